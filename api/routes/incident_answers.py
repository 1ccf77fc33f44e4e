"""What is answered about incidents, for the OpenAPI document; a test holds real answers against it.

The models describe and never serialise: answers are written by `engine.incident.describe`, and fields may be added to them.
"""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, Field

Status = Literal["active", "contained", "closed", "complete", "cancelled"]
Mode = Literal["live", "rehearsal"]
StepState = Literal["waiting", "ready", "doing", "done", "skipped", "blocked"]
Key = Annotated[str, Field(examples=["INC-7"])]
Person = Annotated[str, Field(description="Id of a person in the organisation file.", examples=["ana"])]


class PlaybookRef(BaseModel):
    """The version that an incident is pinned to."""

    id: str = Field(examples=["filmed_workplace_argument"])
    version: str = Field(examples=["1.0.0"])
    digest: str = Field(description="SHA-256 of the source, hexadecimal.")


class PinnedPlaybook(PlaybookRef):
    title: str


class Counts(BaseModel):
    """Steps by state."""

    waiting: int
    ready: int
    doing: int
    done: int
    skipped: int
    blocked: int


class LateCounts(Counts):
    late: int = Field(description="Open steps past their deadline.")


class Role(BaseModel):
    title: str
    person: Person | None
    name: str | None
    people: list[Person]
    since: AwareDatetime | None
    acknowledged_at: AwareDatetime | None
    acknowledge_by: AwareDatetime | None
    unfilled: bool = Field(description="Nobody could be found for it.")
    holds_key: bool = Field(description="Whoever holds it approves.")


class Milestone(BaseModel):
    id: str
    title: str
    due_at: AwareDatetime | None
    reached_at: AwareDatetime | None
    missed: bool
    missed_at: AwareDatetime | None
    applies: bool
    seconds_left: int | None = Field(description="Negative once it is late.")


class Metric(BaseModel):
    title: str
    type: str
    unit: str | None
    target: str | None
    value: bool | float | str | None
    met: bool | None
    at: AwareDatetime | None
    by: str | None = None
    seconds: int | None = Field(None, description="Of a metric of type `elapsed`.")
    running: bool | None = Field(None, description="Of a metric of type `elapsed`.")


class Hold(BaseModel):
    by: Person | None
    at: AwareDatetime
    reason: str


class TicketRef(BaseModel):
    step: str
    system: str
    reference: str


class Relation(BaseModel):
    relation: Literal["parent", "child", "merged_into"]
    key: Key
    step: str | None = None


class _Incident(BaseModel):
    id: str
    key: Key
    title: str
    status: Status
    mode: Mode
    speed: float = Field(description="How many times faster than life a rehearsal runs.")
    visibility: Literal["organisation", "participants"]
    severity: str
    severity_title: str
    external_ref: str | None
    declared_by: str
    declared_at: AwareDatetime
    detected_at: AwareDatetime | None
    contained_at: AwareDatetime | None
    closed_at: AwareDatetime | None
    completed_at: AwareDatetime | None
    merged_into: str | None
    version: int = Field(description="How many entries its history has; the `ETag` of the incident.")


class Incident(_Incident):
    """An incident as you may see it."""

    playbook: PinnedPlaybook
    severity_levels: list[str]
    inputs: dict[str, Any]
    unknown: list[str] = Field(description="Inputs that were said to be unknown.")
    roles: dict[str, Role]
    milestones: list[Milestone]
    counts: LateCounts
    metrics: dict[str, Metric]
    hold: Hold | None
    tickets: list[TicketRef]
    links: list[Relation]
    invited: list[Person]
    participant: bool = Field(description="You take part; personal values are masked for everybody else.")
    allowed: list[str] = Field(description="Commands on the incident that would work for you now.")


class DeclaredIncident(Incident):
    similar: list[Key] = Field(description="Open incidents that hold one of its links.")


class IncidentLine(_Incident):
    """An incident as it stands in a list."""

    playbook: PlaybookRef
    playbook_title: str
    lead: str | None = Field(description="Who leads it, as the incident names them.")
    counts: Counts
    hold: bool


class TaskIncident(BaseModel):
    id: str
    key: Key
    title: str
    severity: str
    mode: Mode


class Task(BaseModel):
    """A step on a to-do list."""

    incident: TaskIncident
    step: str
    kind: str
    title: str
    state: StepState
    role: str | None
    assignee: Person | None
    people: list[Person] = Field(description="Who can act on it now, or who did it.")
    due_at: AwareDatetime | None
    late: bool
    ready_at: AwareDatetime | None
    private: bool


class By(BaseModel):
    name: str | None
    person: Person | None
    service: str | None
    via: str


class TimelineEntry(BaseModel):
    seq: int
    at: AwareDatetime
    by: By
    type: str = Field(examples=["NoteAdded"])
    step: str | None
    text: str = Field(description="What happened, as one sentence.")
    notable: bool


class Delivery(BaseModel):
    """Something that was sent, or is to be."""

    id: str = Field(examples=["INC-7:31:0"])
    kind: str
    target: str
    step: str | None
    state: Literal["pending", "waiting", "sent", "dead", "erased"]
    text: str | None
    revision: int
    attempts: int
    last_error: str | None
    receipt: dict[str, Any] | None
    owed_at: AwareDatetime
    next_attempt_at: AwareDatetime | None
    sent_at: AwareDatetime | None


class RevivedDelivery(BaseModel):
    id: str
    state: Literal["pending"]


class _Page(BaseModel):
    next: str | None = Field(description="`cursor` of the next page; null on the last.")


class IncidentPage(_Page):
    items: list[IncidentLine]


class TaskPage(_Page):
    items: list[Task]


class TimelinePage(_Page):
    items: list[TimelineEntry]


class DeliveryPage(_Page):
    items: list[Delivery]
