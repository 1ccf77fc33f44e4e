"""Forms about any step: skip it, hand it on, give it away, say something about it, silence it."""

from collections.abc import Iterator, Mapping
from typing import Final

from api.slack.forms.entered import text_of
from api.slack.forms.fields import Block, choice, field, somebody
from api.slack.forms.kind import Kind, why
from api.slack.forms.scene import Scene
from api.slack.payloads import View
from api.slack.replies import FormErrors
from engine.incident import commands as c

NOT_OURS: Final = "This user's Slack id is not in the organisation file; choose somebody else, or have them added first."
SPANS: Final = (("15 minutes", "15m"), ("1 hour", "1h"), ("4 hours", "4h"))

_ANY: Final = "because"


def chosen_person(scene: Scene, view: View, block: str) -> str | FormErrors:
    """Read who was chosen: somebody of the organisation, or what is wrong."""
    user = text_of(view, block)
    found = [name for name, person in scene.world.organisation.people.items() if user and person.slack == user]
    return found[0] if len(found) == 1 else FormErrors({block: NOT_OURS if user else "Choose somebody."})


def _skip(scene: Scene) -> Iterator[Block]:
    yield why("reason", "Why is it not needed?")


def _skipped(scene: Scene, view: View) -> c.AnyCommand:
    return c.SkipStep(scene.about.step, text_of(view, "reason"))


def _decline(scene: Scene) -> Iterator[Block]:
    yield why("reason", "Why can't you do it?", hint="It goes to the next person of its role, with your reason in the record.")


def _declined(scene: Scene, view: View) -> c.AnyCommand:
    return c.Decline(scene.about.step, text_of(view, "reason"))


def _assign(scene: Scene) -> Iterator[Block]:
    yield field("person", "Who does it?", somebody(), hint="They are told at once.")


def _assigned(scene: Scene, view: View) -> c.AnyCommand | FormErrors:
    person = chosen_person(scene, view, "person")
    return person if isinstance(person, FormErrors) else c.AssignStep(scene.about.step, person)


def _comment(scene: Scene) -> Iterator[Block]:
    yield why("text", "Your comment", hint="It goes into the step's history.")


def _commented(scene: Scene, view: View) -> c.AnyCommand:
    return c.Comment(scene.about.step, text_of(view, "text"))


def _snooze(scene: Scene) -> Iterator[Block]:
    yield field("for", "For how long?", choice("radio_buttons", SPANS, "1h"), hint="Escalation goes on all the same.")


def _snoozed(scene: Scene, view: View) -> c.AnyCommand:
    return c.Snooze(scene.about.step, text_of(view, "for"))


STEP_FORMS: Final[Mapping[str, Kind]] = {
    "skip": Kind("Skip this step", "Skip", _skip, _skipped, lambda scene: c.SkipStep(scene.about.step, _ANY)),
    "decline": Kind("I can't do this", "Hand it on", _decline, _declined, lambda scene: c.Decline(scene.about.step, _ANY)),
    "assign": Kind(
        "Give it to somebody", "Assign", _assign, _assigned, lambda scene: c.AssignStep(scene.about.step, scene.actor.person or "")
    ),
    "comment": Kind("Comment", "Comment", _comment, _commented, lambda scene: c.Comment(scene.about.step, _ANY), is_told=True),
    "snooze": Kind("Silence reminders", "Silence", _snooze, _snoozed, lambda scene: c.Snooze(scene.about.step, "15m"), is_told=True),
}
