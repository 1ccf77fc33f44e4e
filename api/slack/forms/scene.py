"""What a form is about, who asks for it, and the incident as it is now."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from engine.incident.actor import Actor
from engine.incident.allowed import allowed
from engine.incident.plan import World
from engine.incident.state import Incident, StepState
from engine.incident.visibility import takes_part
from engine.language.playbook import Step

_NAMES: Final = ("key", "step", "role", "option", "digest", "back", "direct")


@dataclass(frozen=True, slots=True)
class About:
    """What a form is about; kept in its `private_metadata`, so that nothing has to be remembered here.

    `digest` is the content hash of the words that were shown; `back` is a response address of Slack, where a
    result that shows nowhere else is whispered.
    """

    key: str
    step: str = ""
    role: str = ""
    option: str = ""
    digest: str = ""
    back: str = ""
    direct: str = ""
    """Anything where the form was opened from a direct message, which shows nothing of what came of it."""

    def written(self) -> str:
        """Write it as `private_metadata`."""
        return json.dumps({name: value for name in _NAMES if (value := getattr(self, name))})

    @staticmethod
    def read(found: Mapping[str, str]) -> "About | None":
        """Read it back; None when it names no incident."""
        given = {name: found[name] for name in _NAMES if name in found}
        return About(**given) if given.get("key") else None


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks for a form, and the trigger with which Slack lets it open, for three seconds."""

    actor: Actor
    trigger: str
    back: str = ""
    is_direct: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """What a form sees: `now` is an aware instant, `room` the address of its page, or of its step's."""

    about: About
    world: World
    incident: Incident
    actor: Actor
    now: datetime
    room: str = ""

    @property
    def step(self) -> Step | None:
        return self.world.step(self.incident, self.about.step)

    @property
    def state(self) -> StepState:
        return self.incident.steps.get(self.about.step, StepState())

    @property
    def allowed(self) -> tuple[str, ...]:
        """What would work on the step now."""
        return allowed(self.world, self.incident, self.about.step, self.actor) if self.about.step else ()

    @property
    def clear(self) -> bool:
        """Whether personal values may be shown to whoever asks."""
        return takes_part(self.world, self.incident, self.actor)
