"""What someone asks for: one frozen value per command, imperative.

Texts arrive plain; `decide` marks what is personal. Instants are aware UTC. A command that carries
`version` means the content hash (hex SHA-256) of the words that were shown to whoever sent it.
"""

from datetime import datetime
from typing import Any, Literal

import msgspec

from engine.incident.state import Parent

Mode = Literal["live", "rehearsal"]


class Command(msgspec.Struct, frozen=True, omit_defaults=True, tag=True):
    """Common root, so that a command can be stored and read back by its tag."""


class Declare(Command, frozen=True):
    """Start an incident; `key` and `id` are given by the caller, because the core makes no ids."""

    id: str
    key: str
    inputs: dict[str, Any] = {}
    unknown: tuple[str, ...] = ()
    title: str | None = None
    severity: str | None = None
    mode: Mode = "live"
    speed: int = 1
    external_ref: str | None = None
    detected_at: datetime | None = None
    parent: Parent | None = None


class StartStep(Command, frozen=True):
    step: str


class TickItem(Command, frozen=True):
    """Tick (or untick) a checklist item, named by its text or its number from 1."""

    step: str
    item: str
    done: bool = True


class CompleteStep(Command, frozen=True):
    step: str
    result: Any = None
    link: str | None = None


class SkipStep(Command, frozen=True):
    step: str
    reason: str


class AssignStep(Command, frozen=True):
    step: str
    person: str


class Answer(Command, frozen=True):
    """Answer a decision, or revise its answer (then `note` is the required reason)."""

    step: str
    option: str
    note: str | None = None


class SubmitDraft(Command, frozen=True):
    """Submit words for a statement, in one language or (`texts`) in several at once; without any the template as it stands."""

    step: str
    text: str | None = None
    language: str | None = None
    texts: dict[str, str] = {}
    version: str | None = None


class Approve(Command, frozen=True):
    """Turn a key on exactly `version`; `role` is needed only by who holds several of the roles."""

    step: str
    version: str
    role: str | None = None


class Reject(Command, frozen=True):
    step: str
    version: str
    comment: str
    role: str | None = None


class Withdraw(Command, frozen=True):
    step: str
    version: str
    reason: str


class Confirm(Command, frozen=True):
    """Say that the approved words now stand in `channel`, at `link`; `text` is what was posted."""

    step: str
    channel: str
    link: str
    text: str | None = None
    version: str | None = None


class Decline(Command, frozen=True):
    """I can't do this: the step goes to somebody else of its role or fallback."""

    step: str
    reason: str


class Snooze(Command, frozen=True):
    """Silence reminders (never ladders) of a step for `span`, as the playbook writes durations."""

    step: str
    span: str


class AddEvidence(Command, frozen=True):
    """One item for one source; `sha256` is as the person typed it, so the item is *reported*."""

    step: str
    source: str
    sha256: str
    collected: dict[str, str] = {}
    tool: str | None = None
    account: str | None = None
    note: str | None = None


class RecordMetrics(Command, frozen=True):
    """Record values; with `step`, for that monitor, follow-up or step."""

    values: dict[str, Any]
    step: str | None = None


class Comment(Command, frozen=True):
    step: str
    text: str


class Raise(Command, frozen=True):
    to: str
    reason: str


class Lower(Command, frozen=True):
    to: str
    reason: str


class Contain(Command, frozen=True):
    pass


class Close(Command, frozen=True):
    pass


class Cancel(Command, frozen=True):
    reason: str


class Reopen(Command, frozen=True):
    reason: str


class Note(Command, frozen=True):
    text: str


class AddTask(Command, frozen=True):
    title: str
    role: str
    due: str | None = None


class Fill(Command, frozen=True):
    values: dict[str, Any]


class Add(Command, frozen=True):
    """Add people or links to inputs of type `people` and `url_list`."""

    values: dict[str, list[str]]


class Hold(Command, frozen=True):
    reason: str


class Release(Command, frozen=True):
    reason: str


class Merge(Command, frozen=True):
    """Settle this incident as a duplicate of the incident with key `into`."""

    into: str
    reason: str = "duplicate"


class Restrict(Command, frozen=True):
    """Close the incident to everybody who takes no part in it; nothing opens it again."""

    reason: str


class Migrate(Command, frozen=True):
    """Move the run to the playbook version of the world it is decided in."""

    version: str
    digest: str


class NameRole(Command, frozen=True):
    role: str
    person: str


class Acknowledge(Command, frozen=True):
    role: str


class HandOver(Command, frozen=True):
    role: str
    to: str
    note: str = ""


class Invite(Command, frozen=True):
    """Let a person see and follow an incident for participants."""

    person: str


class Tick(Command, frozen=True):
    """Time has passed: everything due by now takes effect, in order."""


class RecordDelivery(Command, frozen=True):
    """What became of an owed delivery that asked for a receipt."""

    delivery: str
    step: str
    outcome: Literal["sent", "failed"]
    receipt: dict[str, Any] = {}
    error: str = ""


class ReportChild(Command, frozen=True):
    """The linked incident of a sub-playbook step changed its status."""

    step: str
    key: str
    status: Literal["closed", "cancelled"]


AnyCommand = (
    Declare
    | StartStep
    | TickItem
    | CompleteStep
    | SkipStep
    | AssignStep
    | Answer
    | SubmitDraft
    | Approve
    | Reject
    | Withdraw
    | Confirm
    | Decline
    | Snooze
    | AddEvidence
    | RecordMetrics
    | Comment
    | Raise
    | Lower
    | Contain
    | Close
    | Cancel
    | Reopen
    | Note
    | AddTask
    | Fill
    | Add
    | Hold
    | Release
    | Merge
    | Restrict
    | Migrate
    | NameRole
    | Acknowledge
    | HandOver
    | Invite
    | Tick
    | RecordDelivery
    | ReportChild
)
