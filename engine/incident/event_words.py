"""What was decided and said: answers, drafts, keys, publishing, notes."""

from engine.incident.event import Event
from engine.incident.personal import Text
from engine.incident.state import Key


class DecisionAnswered(Event, frozen=True):
    step: str
    option: str
    note: Text | None = None
    by_default: bool = False


class AnswerRevised(Event, frozen=True):
    step: str
    option: str
    was: str
    reason: Text


class DraftSubmitted(Event, frozen=True):
    step: str
    number: int
    digest: str
    texts: dict[str, Text]


class KeyTurned(Event, frozen=True):
    """An approval or a rejection by one person for one role; `shown` is the digest of what they saw."""

    step: str
    key: Key
    shown: str | None = None


class KeysVoided(Event, frozen=True):
    """The approved thing changed, or its key-holder may not hold the key: these roles must turn again."""

    step: str
    roles: tuple[str, ...]
    reason: str


class KeyWithdrawn(Event, frozen=True):
    step: str
    role: str
    person: str
    version: str
    reason: Text


class ApprovalGranted(Event, frozen=True):
    step: str
    version: str


class ReworkAsked(Event, frozen=True):
    """A rejection sends `rework` back; `count` rejections so far."""

    step: str
    rework: str
    count: int


class ApprovalEscalated(Event, frozen=True):
    step: str
    role: str


class PublishStarted(Event, frozen=True):
    step: str
    version: str
    by_engine: bool = False


class PublishReturned(Event, frozen=True):
    step: str
    reason: Text


class ChannelConfirmed(Event, frozen=True):
    step: str
    channel: str
    link: str
    version: str
    text: Text | None = None
    differs: bool = False


class MessageSent(Event, frozen=True):
    """An automatic note; `to` as the playbook wrote it, `text` as rendered."""

    step: str
    to: tuple[str, ...]
    text: Text


class RoundReported(Event, frozen=True):
    """A monitor's values were recorded and its note goes out."""

    step: str
    to: tuple[str, ...]
    text: Text
