"""What a kind of form is: how it is drawn, which command it becomes, and where a refusal stands in it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from api.slack.forms.fields import Block, words
from api.slack.forms.fields import field as drawn_field
from api.slack.forms.scene import About, Scene
from api.slack.payloads import View
from api.slack.replies import FormErrors
from engine.channels.slack_text import cut, section
from engine.incident.card_facts import outline, role_title
from engine.incident.commands import AnyCommand

TYPED: Final = frozenset(
    {
        "bad_value",
        "note_required",
        "missing_input",
        "wording",
        "unknown_person",
        "unknown_option",
        "unknown_channel",
        "unknown_level",
        "unknown_metric",
        "unknown_input",
        "not_eligible",
        "recused",
        "same_person",
        "near_match",
    }
)
"""Refusals of what is typed; any other is known before anything is."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of form.

    `trial` is the command as somebody might send it: what the rules answer to it whatever is typed is said
    instead of the form. `of` are the kinds of step that it is for (any, and none, when empty). `shows` adds
    to what the form is about what it shows, such as the digest of its words. `places` leads a refusal's field to a block of another
    name. `is_told` marks what shows nowhere by itself.
    """

    title: str
    submit: str
    draw: Callable[[Scene], Iterator[Block]]
    command: Callable[[Scene, View], AnyCommand | FormErrors]
    trial: Callable[[Scene], AnyCommand | None]
    of: tuple[type, ...] = ()
    shows: Callable[[Scene], About] | None = None
    again: Callable[[Scene, View], Iterator[Block]] | None = None
    """Draws it once more, with what was typed, when somebody was faster."""
    useless: Callable[[Scene], str | None] = lambda _: None
    """Says why it could only be refused, where the rules alone don't know."""
    missing: Callable[[Scene], Iterator[Block]] | None = None
    """Lists what is missing when the rules say "not yet"."""
    places: Mapping[str, str] = field(default_factory=dict)
    lenient: frozenset[str] = TYPED
    is_told: bool = False

    def fits(self, scene: Scene) -> bool:
        """Say whether the scene's step is one of those that it is for."""
        return not self.of or isinstance(scene.step, self.of)


def heading(scene: Scene) -> Block:
    """Say what the form is about: the incident, and the step or the role."""
    incident, step = scene.incident, scene.step
    about = role_title(scene.world, scene.about.role) or ""
    if step is not None:
        about = outline(scene.world, incident, step, scene.state, shared=not scene.clear)["title"] or step.id
    return section("\n".join([f"*{incident.key}* {cut(incident.title, 200)}", *([f"*{cut(about, 300)}*"] if about else [])]))


def why(block: str, label: str, *, hint: str = "It goes into the record.", optional: bool = False) -> Block:
    """Draw the field for a reason, a comment or a note."""
    return drawn_field(block, label, words(), hint=hint, optional=optional)
