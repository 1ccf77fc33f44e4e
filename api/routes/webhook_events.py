"""What webhooks are sent, for the OpenAPI document: its `webhooks`, which no route of ours answers.

A shape is never changed but by adding to it; anything else is a new version under a new name.
"""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Body
from pydantic import AwareDatetime, BaseModel, Field

from api.routes.incident_answers import Status
from engine.incident.subscription import Mode


class PlaybookNamed(BaseModel):
    id: str
    version: str
    digest: str


class IncidentNamed(BaseModel):
    """The incident as it was after the event."""

    id: str
    key: str = Field(examples=["INC-7"])
    title: str
    playbook: PlaybookNamed
    status: Status
    severity: str
    mode: Mode
    visibility: Literal["organisation", "participants"]
    declared_at: AwareDatetime
    version: int
    link: str


class Author(BaseModel):
    name: str
    person: str | None
    service: str | None
    via: str


class IncidentEventV1(BaseModel):
    """`data` of a message: one event of an incident."""

    incident: IncidentNamed
    seq: int = Field(description="Number of the event in its incident, from 1.")
    at: AwareDatetime
    by: Author
    type: str = Field(examples=["SeverityRaised"])
    step: str | None
    text: str = Field(description="The sentence of the timeline.")
    notable: bool = Field(description="The room hears of it; false for small steps on the way.")
    changed: dict[str, Any] = Field(description="What the event says, by field; empty where the owner may not read it.")


class PingV1(BaseModel):
    """`data` of `firebreak.ping`."""

    webhook: str


class _Envelope(BaseModel):
    """A CloudEvents 1.0 event."""

    specversion: Literal["1.0"]
    id: str = Field(description="The same at every try: drop what you know.", examples=["INC-7:31"])
    source: str
    type: str = Field(examples=["firebreak.SeverityRaised"])
    subject: str
    time: AwareDatetime
    timestamp: AwareDatetime
    datacontenttype: Literal["application/json"]
    dataschema: str


class IncidentMessage(_Envelope):
    data: IncidentEventV1


class PingMessage(_Envelope):
    type: Literal["firebreak.ping"]
    data: PingV1


TYPE: Final = "application/cloudevents+json"
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    204: {"description": "Taken; any 2xx says so."},
    410: {"description": "Gone: the webhook is paused at once."},
    "default": {"description": "Not taken, redirects included: it is sent again, after `Retry-After` at the earliest."},
}

outgoing = APIRouter()


@outgoing.post(
    "incident-event", summary="Something happened in an incident", status_code=204, operation_id="incident_event", responses=_ANSWERS
)
async def incident_event(body: Annotated[IncidentMessage, Body(media_type=TYPE)]) -> None:
    """Sent for each event that the webhook asked for and its owner may know of. Answer within 5 seconds."""


@outgoing.post("ping", summary="A test", status_code=204, operation_id="ping", responses=_ANSWERS)
async def ping(body: Annotated[PingMessage, Body(media_type=TYPE)]) -> None:
    """Sent when somebody tests the webhook, once."""
