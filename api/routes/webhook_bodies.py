"""What the routes of webhooks take."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, WithJsonSchema

from api.routes.step_bodies import Body, Link, Short
from engine.incident.subscription import EVENTS, Mode
from engine.language.suggest import listed, nearest


def _known_event(name: str) -> str:
    if name in EVENTS:
        return name
    alike = nearest(name, EVENTS)
    raise ValueError(f"{name[:60]!r} is no event{f'; did you mean {listed(alike)}' if alike else ''}")


EventName = Annotated[str, AfterValidator(_known_event), WithJsonSchema({"type": "string", "enum": list(EVENTS)})]
Events = Annotated[list[EventName], Field(max_length=len(EVENTS), description="Kinds of events, as the timeline names them; [] for all.")]
Incidents = Annotated[list[Short], Field(max_length=100, description="Keys of incidents; [] for all.", examples=[["INC-7"]])]
Playbooks = Annotated[list[Short], Field(max_length=100, description="Ids of playbooks; [] for all.")]
Severities = Annotated[list[Short], Field(max_length=20, description="Levels that the incident has now; [] for all.", examples=[["sev1"]])]
Modes = Annotated[list[Mode], Field(min_length=1, max_length=2, description="Rehearsals only when they are asked for.")]
EventId = Annotated[Short, Field(examples=["INC-7:31"])]


class NewWebhook(Body):
    name: Short = Field(examples=["helpdesk"])
    url: Link = Field(description="Its host stands in the organisation file's `outgoing_hosts`.", examples=["https://hooks.example.com/in"])
    events: Events = []
    incidents: Incidents = []
    playbooks: Playbooks = []
    severities: Severities = []
    modes: Modes = ["live"]


class WebhookChange(Body):
    """What is to be changed; what is left out stays."""

    name: Short | None = None
    url: Link | None = None
    events: Events | None = None
    incidents: Incidents | None = None
    playbooks: Playbooks | None = None
    severities: Severities | None = None
    modes: Modes | None = None
    state: Literal["active", "paused"] | None = Field(None, description="`active` resumes it where it stopped.")


class SecretRotation(Body):
    overlap_hours: Annotated[int, Field(ge=0, le=168)] = Field(24, description="How long the secret of now signs beside the new one.")


class Redelivery(Body):
    event: EventId


class Replay(Body):
    after: EventId = Field(description="Everything that happened after this event, in any incident; number 0 is before the first.")
