"""Forms about the whole incident: note, severity, hold, tasks, roles, and how it ends."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from api.slack.forms.entered import answer_of, text_of
from api.slack.forms.fields import HINTS, OPTIONS, Block, choice, element_of, field, somebody, words
from api.slack.forms.kind import Kind, why
from api.slack.forms.scene import About, Scene
from api.slack.forms.step_forms import chosen_person
from api.slack.payloads import View
from api.slack.replies import FormErrors
from engine.channels.slack_text import cut, section
from engine.incident import commands as c
from engine.incident.card_facts import outline
from engine.incident.severity import change_to
from engine.incident.state import OPEN
from engine.language.playbook import Result, Task

_ANY: Final = "because"
_MOST_LISTED: Final = 12


def _note(scene: Scene) -> Iterator[Block]:
    yield why("text", "What happened?", hint="It goes into the timeline.")


def _noted(scene: Scene, view: View) -> c.AnyCommand:
    return c.Note(text_of(view, "text"))


def _severity(scene: Scene) -> Iterator[Block]:
    severity = scene.world.plan.playbook.severity
    titles = {name: f"{name.upper()}: {level.title}" for name, level in severity.levels.items()} if severity else {}
    options = [(titles.get(level, level), level) for level in scene.world.plan.levels]
    yield field("to", "Severity", choice("static_select", options, scene.incident.severity), hint="Anybody may raise it.")
    yield why("reason", "Why?")


def _standing(scene: Scene) -> About:
    return replace(scene.about, option=scene.incident.severity)


def _changed(scene: Scene, view: View) -> c.AnyCommand | FormErrors:
    level, reason = text_of(view, "to"), text_of(view, "reason")
    if level == scene.about.option:
        return FormErrors({"to": f"It is {level.upper()} already; choose another."})
    return change_to(scene.world, scene.incident, level, reason)


def _hold(scene: Scene) -> Iterator[Block]:
    yield section("Nothing is published while a hold stands; only another key-holder releases it.")
    yield why("reason", "Why is everything held?")


def _held(scene: Scene, view: View) -> c.AnyCommand:
    return c.Hold(text_of(view, "reason"))


def _release(scene: Scene) -> Iterator[Block]:
    yield why("reason", "Why can it go on?")


def _released(scene: Scene, view: View) -> c.AnyCommand:
    return c.Release(text_of(view, "reason"))


def _add_task(scene: Scene) -> Iterator[Block]:
    plan = scene.world.plan
    roles = [(role.title, name) for name, role in plan.playbook.roles.items()][:OPTIONS]
    yield field("title", "What is to be done?", words(lines=False, most=300))
    yield field("role", "Whose is it?", choice("static_select", roles, plan.lead_role))
    yield field("due", "Until when?", words(lines=False, most=100), optional=True, hint="From now: 30m, 2h, 3d, 3bd (working days).")


def _added(scene: Scene, view: View) -> c.AnyCommand:
    return c.AddTask(text_of(view, "title"), text_of(view, "role"), text_of(view, "due") or None)


def _hand_over(scene: Scene) -> Iterator[Block]:
    yield field("to", "To whom?", somebody(), hint="They are told at once, and asked to acknowledge.")
    yield why("note", "What should they know?", hint="They read it with the hand-over.", optional=True)


def _handed_over(scene: Scene, view: View) -> c.AnyCommand | FormErrors:
    person = chosen_person(scene, view, "to")
    return person if isinstance(person, FormErrors) else c.HandOver(scene.about.role, person, text_of(view, "note"))


def _trial_hand_over(scene: Scene) -> c.AnyCommand:
    others = (person for person in scene.world.organisation.people if person != scene.actor.person)
    return c.HandOver(scene.about.role, next(others, ""))


def _contain(scene: Scene) -> Iterator[Block]:
    yield section("Say that it does not spread any more. What waits for that opens.")
    yield from _still_open(scene)


def _contained(scene: Scene, view: View) -> c.AnyCommand:
    return c.Contain()


def _close(scene: Scene) -> Iterator[Block]:
    """Ask once more, with what the closing step asks for and what is still open."""
    yield section("The work is done. Follow-ups stay, and it can be reopened.")
    yield from _still_open(scene)
    result = _closing_result(scene)
    if result:
        yield field("result", result.label or "Result", element_of(result), optional=not result.required, hint=HINTS.get(result.type))


def _closed(scene: Scene, view: View) -> c.AnyCommand:
    result, step = _closing_result(scene), scene.world.plan.closing_step
    if result and step:
        return c.CompleteStep(step, answer_of(view, "result", result))
    return c.Close()


def _closing_result(scene: Scene) -> Result | None:
    """What the closing step asks for, where it is ready to be done."""
    plan = scene.world.plan
    step = plan.steps.get(plan.closing_step or "")
    is_open = step is not None and scene.incident.steps[step.id].state in OPEN
    return step.result if is_open and isinstance(step, Task) else None


def _still_open(scene: Scene) -> Iterator[Block]:
    yield from _listed(
        scene, [name for name, state in scene.incident.steps.items() if state.state in OPEN and name != scene.world.plan.closing_step]
    )


def _before_close(scene: Scene) -> Iterator[Block]:
    closing = scene.world.plan.closing_step
    before = scene.world.plan.graph.ancestors(closing) if closing else frozenset()
    yield from _listed(scene, [name for name, state in scene.incident.steps.items() if name in before and state.state in OPEN])


def _listed(scene: Scene, open_now: list[str]) -> Iterator[Block]:
    if not open_now:
        return
    lines = [f"•  {cut(_title(scene, name), 150)}" for name in open_now[:_MOST_LISTED]]
    more = [f"and {len(open_now) - _MOST_LISTED} more"] if len(open_now) > _MOST_LISTED else []
    yield section("\n".join(["*Still open*", *lines, *more]))


def _title(scene: Scene, name: str) -> str:
    step, state = scene.world.step(scene.incident, name), scene.incident.steps[name]
    facts = outline(scene.world, scene.incident, step, state, shared=not scene.clear) if step else {}
    return facts.get("title") or name


def _cancel(scene: Scene) -> Iterator[Block]:
    yield section("Everything that is open stops. This can't be taken back.")
    yield why("reason", "Why is it cancelled?")


def _cancelled(scene: Scene, view: View) -> c.AnyCommand:
    return c.Cancel(text_of(view, "reason"))


def _always(trial: c.AnyCommand | None) -> Callable[[Scene], c.AnyCommand | None]:
    return lambda _: trial


INCIDENT_FORMS: Final[Mapping[str, Kind]] = {
    "note": Kind("Add to the timeline", "Add", _note, _noted, _always(c.Note(_ANY)), is_told=True),
    "severity": Kind("Change the severity", "Change", _severity, _changed, _always(None), shows=_standing),
    "hold": Kind("Hold what goes outside", "Hold", _hold, _held, _always(c.Hold(_ANY))),
    "release": Kind("Release the hold", "Release", _release, _released, _always(c.Release(_ANY))),
    "add_task": Kind("Add a task", "Add", _add_task, _added, lambda scene: c.AddTask(_ANY, scene.world.plan.lead_role)),
    "hand_over": Kind("Hand over a role", "Hand over", _hand_over, _handed_over, _trial_hand_over, places={"person": "to"}),
    "contain": Kind("Contained", "It is contained", _contain, _contained, _always(c.Contain())),
    "close": Kind("Close the incident", "Close it", _close, _closed, _always(c.Close()), missing=_before_close),
    "cancel": Kind("Cancel the incident", "Cancel it", _cancel, _cancelled, _always(c.Cancel(_ANY))),
}
