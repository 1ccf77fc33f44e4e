"""Forms about what came of a step: the result of a task, an input that was not known, an answer with its note."""

from collections.abc import Iterator, Mapping
from typing import Final

from api.slack.forms.entered import answer_of, text_of
from api.slack.forms.fields import HINTS, Block, choice, element_of, field
from api.slack.forms.kind import TYPED, Kind, why
from api.slack.forms.scene import Scene
from api.slack.payloads import View
from api.slack.replies import FormErrors
from engine.channels.slack_text import cut, section
from engine.incident import commands as c
from engine.incident.plan import World
from engine.incident.state import Incident, StepState
from engine.language.playbook import Decision, Input, Result, Task

RADIOS: Final = 10


def asked_of(world: World, incident: Incident, step_id: str) -> Result | Input | None:
    """What a task asks for when it is done: its result, or the value that it was added to find out."""
    found = _fills(world, incident, step_id)
    if found:
        return found[1]
    step = world.step(incident, step_id)
    return step.result if isinstance(step, Task) else None


def needs_note(world: World, incident: Incident, step_id: str, option: str) -> bool:
    """Say whether this answer is one that has to be explained: the author asks for it, or it revises another."""
    step, state = world.step(incident, step_id), incident.steps.get(step_id, StepState())
    if not isinstance(step, Decision) or option not in step.options:
        return False
    is_revised = state.state == "done" and not state.void and state.answer != option
    return step.options[option].note_required or is_revised


def _fills(world: World, incident: Incident, step_id: str) -> tuple[str, Input] | None:
    added = incident.added.get(step_id)
    if added is None or added.fills is None or added.fills not in incident.unknown:
        return None
    known = world.plan.playbook.inputs.get(added.fills)
    return (added.fills, known) if known else None


def _done(scene: Scene) -> Iterator[Block]:
    asked = asked_of(scene.world, scene.incident, scene.about.step)
    if asked is None:
        return
    is_required = not isinstance(asked, Result) or asked.required
    yield field("result", asked.label or "Result", element_of(asked), optional=not is_required, hint=HINTS.get(asked.type))
    if isinstance(asked, Result):
        yield field("link", "Link", {"type": "url_text_input"}, optional=True, hint="Where the work can be seen.")


def _completed(scene: Scene, view: View) -> c.AnyCommand | FormErrors:
    fills = _fills(scene.world, scene.incident, scene.about.step)
    asked = fills[1] if fills else asked_of(scene.world, scene.incident, scene.about.step)
    answer = answer_of(view, "result", asked) if asked else None
    if fills and answer is None:
        return FormErrors({"result": "Answer this; or skip the step with a reason."})
    if fills:
        return c.Fill({fills[0]: answer})
    return c.CompleteStep(scene.about.step, answer, text_of(view, "link") or None)


def _answer(scene: Scene) -> Iterator[Block]:
    step = scene.step
    assert isinstance(step, Decision)
    option = step.options.get(scene.about.option)
    yield section(f"Your answer: *{cut(option.label if option else scene.about.option, 200)}*")
    yield from _was(scene, step)
    yield why("note", "Why?")


def _answered(scene: Scene, view: View) -> c.AnyCommand:
    return c.Answer(scene.about.step, scene.about.option, text_of(view, "note") or None)


def _revise(scene: Scene) -> Iterator[Block]:
    step = scene.step
    assert isinstance(step, Decision)
    yield from _was(scene, step)
    options = [(option.label, name) for name, option in step.options.items() if name != scene.state.answer]
    yield field("option", "The answer", choice("radio_buttons" if len(options) <= RADIOS else "static_select", options))
    yield why("note", "Why?", hint="Work under the old answer ends; what it needs now opens.")


def _revised(scene: Scene, view: View) -> c.AnyCommand | FormErrors:
    option = text_of(view, "option")
    if not option:
        return FormErrors({"option": "Choose an answer."})
    return c.Answer(scene.about.step, option, text_of(view, "note") or None)


def _was(scene: Scene, step: Decision) -> Iterator[Block]:
    was = scene.state.answer
    if was and scene.state.state == "done":
        yield section(f"It was answered: *{cut(step.options[was].label if was in step.options else was, 200)}*")


def _other_answer(scene: Scene) -> c.AnyCommand:
    options = scene.step.options if isinstance(scene.step, Decision) else {}
    return c.Answer(scene.about.step, next((name for name in options if name != scene.state.answer), ""), "because")


ANSWER_FORMS: Final[Mapping[str, Kind]] = {
    "done": Kind("Complete this step", "Done", _done, _completed, lambda scene: c.CompleteStep(scene.about.step), places={"link": "link"}),
    "answer": Kind(
        "Answer with a note",
        "Answer",
        _answer,
        _answered,
        lambda scene: c.Answer(scene.about.step, scene.about.option, "because"),
        of=(Decision,),
        lenient=TYPED - {"unknown_option"},
    ),
    "revise": Kind("Change the answer", "Answer", _revise, _revised, _other_answer, of=(Decision,), lenient=TYPED | {"policy"}),
}
