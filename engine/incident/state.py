"""What is true about an incident now: frozen values, folded from its events.

Nothing here is computed from the clock or the organisation file: whoever holds a role, and every
deadline, is what the events said when they were written. `None` means "not yet".
"""

from datetime import datetime
from typing import Final, Literal

import msgspec

from engine.incident.personal import Text, Value

SCHEMA: Final = 2
"""Number of this snapshot's shape: an older snapshot is rebuilt from events, a newer one is a Fault."""

Status = Literal["active", "contained", "closed", "complete", "cancelled"]
StepStatus = Literal["waiting", "ready", "doing", "done", "skipped", "blocked"]
SkipCause = Literal["branch", "of", "path", "guard", "severity", "hand", "revised", "anchor"]
BlockCause = Literal["need", "of", "rejected", "failed", "cancelled"]

OPEN: Final[frozenset[str]] = frozenset({"ready", "doing"})
SETTLED: Final[frozenset[str]] = frozenset({"done", "skipped", "blocked"})


class Parent(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which step of which incident asked for this one."""

    incident: str
    key: str
    step: str
    visibility: Literal["organisation", "participants"] = "organisation"


class Mark(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who did a small thing, when."""

    by: str
    at: datetime


class Version(msgspec.Struct, frozen=True, omit_defaults=True):
    """One submitted version of a statement: texts by language, and the digest that keys bind to."""

    number: int
    digest: str
    texts: dict[str, Text]
    author: str
    at: datetime


class Key(msgspec.Struct, frozen=True, omit_defaults=True):
    """One key turned (or refused) by one person for one role on one exact version."""

    role: str
    person: str
    decision: Literal["approve", "reject"]
    version: str
    at: datetime
    comment: Text | None = None
    credential: str | None = None


class Receipt(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where and when the words stood in one channel; `differs` when not byte for byte the approved ones."""

    channel: str
    link: str
    by: str
    at: datetime
    text: Text | None = None
    differs: bool = False


class EvidenceItem(msgspec.Struct, frozen=True, omit_defaults=True):
    """A custody record: *reported* when a person typed the hash, *verified* when we hashed held bytes."""

    source: str
    sha256: str
    by: Text
    at: datetime
    strength: Literal["reported", "verified"] = "reported"
    collected: dict[str, Text] = {}
    tool: str | None = None
    account: Text | None = None
    note: Text | None = None


class StepState(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step: where it stands, and what its kind adds."""

    state: StepStatus = "waiting"
    skip_cause: SkipCause | None = None
    block_cause: BlockCause | None = None
    reason: Text | None = None
    round: int = 0
    """How often it was re-opened; part of the names of timers and deliveries."""
    void: bool = False
    """Settled under an answer that was revised since: history, but counts as skipped for what comes after."""
    was_done: bool = False
    """Done at least once in this run, whatever became of it since: policies ask what happened, not what stands."""
    ready_at: datetime | None = None
    started_at: datetime | None = None
    settled_at: datetime | None = None
    due_at: datetime | None = None
    act_at: datetime | None = None
    """When `if_no_answer` or `on_overdue` takes effect: the later of due and ready + grace."""
    starts_at: datetime | None = None
    """A follow-up becomes ready at this instant."""
    ends_at: datetime | None = None
    """`for` and `for_at_most`, as an instant."""
    next_at: datetime | None = None
    """A monitor's next check."""
    rungs: tuple[datetime, ...] = ()
    """When each rung of its ladder is told."""
    reminders: tuple[datetime, ...] = ()
    """Fixed reminder instants (`5m before`, `at due`); repeated ones follow `repeat_at`."""
    repeat_at: datetime | None = None
    fired: tuple[str, ...] = ()
    """Names of timers of this round that have fired."""
    snoozed_until: datetime | None = None
    assignee: str | None = None
    """The person who took it or was given it; otherwise it follows its role."""
    done_by: str | None = None
    declined_by: tuple[str, ...] = ()
    ticks: dict[str, Mark] = {}
    result: Value = None
    answer: str | None = None
    note: Text | None = None
    versions: tuple[Version, ...] = ()
    keys: tuple[Key, ...] = ()
    """Keys on the current subject; void ones have been removed."""
    rejections: int = 0
    escalated_to: str | None = None
    """After the last allowed rework, the role that approves or stops."""
    frozen_version: str | None = None
    """The version that a started publish says."""
    returned_version: str | None = None
    """The version of a publish that was given back: what is still under way may yet arrive."""
    receipts: dict[str, Receipt] = {}
    sources: tuple[str, ...] = ()
    items: tuple[EvidenceItem, ...] = ()
    checks: int = 0
    reference: str | None = None
    """A ticket's address, or the linked incident's key."""
    saved: dict[str, Value] = {}


class Call(msgspec.Struct, frozen=True, omit_defaults=True):
    """At `at` the holder of a role is called `by` some way, unless they have acknowledged."""

    at: datetime
    by: str


class RoleState(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who holds a role since when; `tried` have been asked in this incident."""

    people: tuple[str, ...] = ()
    since: datetime | None = None
    acknowledged_at: datetime | None = None
    ack_by: datetime | None = None
    tried: tuple[str, ...] = ()
    unfilled: bool = False
    named: bool = False
    """Named by a person rather than found by the organisation file."""
    awaits: bool = False
    """Somebody waits for its holder to say that they were reached."""
    calls: tuple[Call, ...] = ()
    """When and how they will be called until then, earliest first."""
    called: tuple[str, ...] = ()
    """The ways by which they were called since they were needed."""
    about: str | None = None
    """The step that needs them; None where it is the role itself."""


NEW_STEP: Final = StepState()
NEW_ROLE: Final = RoleState()
"""What is known of a step or role of which nothing is known; shared, because they are frozen."""


class MilestoneState(msgspec.Struct, frozen=True, omit_defaults=True):
    due_at: datetime | None = None
    reached_at: datetime | None = None
    missed_at: datetime | None = None


class MetricValue(msgspec.Struct, frozen=True, omit_defaults=True):
    value: bool | int | float
    at: datetime
    by: str


class Holding(msgspec.Struct, frozen=True, omit_defaults=True):
    """A hold on everything said outside: who stopped it, when and why."""

    by: str
    at: datetime
    reason: Text


class AddedTask(msgspec.Struct, frozen=True, omit_defaults=True):
    """A task added during the run; `fills` names the input whose value settles it."""

    title: Text
    role: str
    fills: str | None = None
    due_at: datetime | None = None


class PlaybookRef(msgspec.Struct, frozen=True, omit_defaults=True):
    id: str
    version: str
    digest: str


class Incident(msgspec.Struct, frozen=True, omit_defaults=True):
    """The snapshot. `version` counts its events: event `seq` n made version n."""

    id: str
    key: str
    playbook: PlaybookRef
    title: str
    severity: str
    declared_at: datetime
    declared_by: str
    status: Status = "active"
    mode: Literal["live", "rehearsal"] = "live"
    speed: int = 1
    visibility: Literal["organisation", "participants"] = "organisation"
    detected_at: datetime | None = None
    contained_at: datetime | None = None
    closed_at: datetime | None = None
    completed_at: datetime | None = None
    external_ref: str | None = None
    parent: Parent | None = None
    merged_into: str | None = None
    inputs: dict[str, Value] = {}
    unknown: tuple[str, ...] = ()
    steps: dict[str, StepState] = {}
    added: dict[str, AddedTask] = {}
    roles: dict[str, RoleState] = {}
    milestones: dict[str, MilestoneState] = {}
    metrics: dict[str, MetricValue] = {}
    raised: tuple[int, ...] = ()
    """Indexes of `raise` rules whose condition was true at the last look."""
    hold: Holding | None = None
    invited: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()
    """Those of `invited` whom nobody else asked: they leave when the incident becomes one for participants."""
    restricted_at: datetime | None = None
    """When an incident that everybody could see became one for participants: it has gone on in another room since."""
    archived_at: datetime | None = None
    """When its room was archived; nothing is said there until the incident is reopened."""
    version: int = 0
    schema: int = msgspec.field(default_factory=lambda: SCHEMA)
    """Made anew, so that it is written although all other defaults are left out."""
