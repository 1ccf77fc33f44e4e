"""The shape of a playbook after it was read: frozen pydantic models, one per construct of the language.

A step's kind key (`task: Title`) has been turned into `kind` and `title` before these models see it,
and `follow_ups` keep their own model. Cross-references (unknown roles, cycles) are the rules' business.
"""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from engine.language.duration import DueText, Duration, DurationText, ReminderText

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,47}$")]
Title = Annotated[str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True)]
Text = Annotated[str, StringConstraints(max_length=20_000)]
Scalar = str | bool | int | float

_Written = Literal["text", "long_text", "number", "yes_no", "choice", "date", "datetime", "duration"]
InputType = Literal[_Written, "url", "url_list", "person", "people", "file", "country"]
Reach = Literal["slack", "email", "phone", "sms", "pagerduty"]
Audience = Literal["public", "media", "customers", "partners", "regulators", "employees", "managers", "named_people"]
OUTSIDE: Final[frozenset[str]] = frozenset({"public", "media", "customers", "partners", "regulators"})
"""Audiences outside the organisation: what goes to them always needs an approval (FB401)."""

_ASKED: Final = ("task", "decision", "statement", "approval", "publish")
KINDS: Final = (*_ASKED, "message", "evidence", "ticket", "http", "wait", "monitor", "playbook")
PEOPLE_KINDS: Final[frozenset[str]] = frozenset({"task", "decision", "statement", "publish", "evidence", "monitor"})
"""Kinds that need a `role` (an approval is owned by its `approvers`)."""

AUTOMATIC_KINDS: Final[frozenset[str]] = frozenset({"message", "ticket", "http", "wait", "playbook"})
"""Kinds that the engine performs by itself once they are ready."""


class Model(BaseModel):
    """Every model is frozen, knows its fields, and accepts YAML's own words (`from`, `with`, `for`)."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, str_strip_whitespace=False)


class Reference(Model):
    title: Title
    url: str = ""


class Settings(Model):
    visibility: Literal["organisation", "participants"] = "organisation"
    timezone: str | None = None
    calendar: str | None = None
    war_room: Text | None = None
    quiet_hours: str | None = None
    rehearsal_banner: bool = True


class Input(Model):
    type: InputType
    label: Title | None = None
    required: bool = False
    default: Scalar | list[Scalar] | None = None
    options: list[Title] = []
    personal: bool | None = None
    ask: Literal["start", "later"] = "start"

    @property
    def is_personal(self) -> bool:
        return self.type in ("person", "people") if self.personal is None else self.personal


class ReachStep(Model):
    after: DurationText
    by: Reach


class Role(Model):
    title: Title
    assign: Annotated[str, StringConstraints(pattern=r"^(ask|(oncall|group|person|email):\S+)$")] = "ask"
    fallback: list[Name] = []
    ack: DurationText = Duration(10, "m")
    skills: list[Name] = []
    reach: list[ReachStep] | None = None
    min: Annotated[int, Field(ge=1, le=20)] = 1
    recuse: Text | None = None


class Rung(Model):
    late: DurationText
    to: Name | list[Name]
    by: Reach = "slack"

    @property
    def roles(self) -> tuple[str, ...]:
        return (self.to,) if isinstance(self.to, str) else tuple(self.to)


class Level(Model):
    title: Title
    means: Text
    watch: DurationText | None = None
    visibility: Literal["participants"] | None = None


class RaiseRule(Model):
    to: Name
    when: Text


class Severity(Model):
    levels: dict[Name, Level]
    start: Name | None = None
    raise_: list[RaiseRule] = Field(default=[], alias="raise")
    lower_by: Name | None = None


class Milestone(Model):
    title: Title
    reached_by: list[Name]
    within: DurationText
    from_: str = Field(default="declared", alias="from")
    tell: list[Name] = []


class Metric(Model):
    title: Title
    type: Literal["elapsed", "number", "percent", "yes_no"]
    from_: str | None = Field(default=None, alias="from")
    to: str | None = None
    source: str | None = None
    target: str | None = None
    unit: str | None = None


class TemplateSource(Model):
    text: Text | None = None
    file: str | None = None
    languages: dict[str, str] = {}
    needs_inputs: list[Name] = []


class Policy(Model):
    """One policy; which fields a rule uses stands in `docs/language.md` and is checked by the rules."""

    id: Name
    rule: str
    why: Text = ""
    level: Literal["error", "warning"] = "error"
    audience: list[Audience] = []
    approvers: list[Name] = []
    first: Name | None = None
    then: Name | list[Name] | None = None
    step: Name | None = None
    needs: list[Name] = []
    steps: list[Name] = []
    max: DurationText | None = None
    words: list[Title] = []

    @property
    def thens(self) -> tuple[str, ...]:
        if self.then is None:
            return ()
        return (self.then,) if isinstance(self.then, str) else tuple(self.then)


class ChecklistItem(Model):
    item: Title
    optional: bool = False


class StepLink(Model):
    title: Title
    url: str


class StepFields(Model):
    """What all kinds of step share."""

    id: Name
    title: Title
    do: Text = ""
    role: Name | None = None
    helpers: list[Name] = []
    needs: list[Name] = []
    when: Text | None = None
    min_severity: Name | None = None
    due: DueText | None = None
    takes: DurationText = Duration(0, "m")
    remind: list[ReminderText] | None = None
    escalate: Name | list[Rung] | None = None
    checklist: list[ChecklistItem] = []
    private: bool = False
    readers: list[Name] = []
    privileged: bool = False
    even_if_blocked: bool = False
    can_skip: bool = True
    grace: DurationText | None = None
    sets: Literal["contained", "closed"] | None = None
    tags: list[str] = []
    links: list[StepLink] = []


class Result(Model):
    """A task's result: an input-like definition of what the person writes down."""

    type: InputType
    label: Title | None = None
    required: bool = False
    options: list[Title] = []
    personal: bool | None = None


class Task(StepFields):
    kind: Literal["task"] = "task"
    result: Result | None = None


class Option(Model):
    label: Title
    then: list[Name]
    raise_: Name | None = Field(default=None, alias="raise")
    note_required: bool = False


class Decision(StepFields):
    kind: Literal["decision"] = "decision"
    options: dict[Name, Option]
    if_no_answer: Name | None = None


class Statement(StepFields):
    kind: Literal["statement"] = "statement"
    audience: Audience
    template: Name
    languages: list[str] = []
    max_words: Annotated[int, Field(ge=1)] | None = None
    must_say: list[Title] = []
    must_not_say: list[Title] = []
    posture: Literal["inform", "adjust", "deny", "diminish", "rebuild", "bolster"] | None = None


class OnReject(Model):
    rework: Name
    max: Annotated[int, Field(ge=0, le=20)] = 3
    then: Literal["escalate", "stop"] = "escalate"


class Approval(StepFields):
    kind: Literal["approval"] = "approval"
    of: Name
    approvers: Annotated[list[Name], Field(min_length=1)]
    quorum: Literal["all", "any"] | Annotated[int, Field(ge=1)] = "all"
    on_reject: OnReject
    on_overdue: Literal["escalate", "reject"] = "escalate"

    @property
    def keys_needed(self) -> int:
        match self.quorum:
            case "all":
                return len(self.approvers)
            case "any":
                return 1
            case number:
                return number


class Publish(StepFields):
    kind: Literal["publish"] = "publish"
    of: Name
    channels: Annotated[list[str], Field(min_length=1)]
    confirm: Literal["manual", "api"] = "manual"


class Message(StepFields):
    kind: Literal["message"] = "message"
    to: Annotated[list[str], Field(min_length=1)]
    text: Text | None = None
    template: Name | None = None
    audience: Literal["internal"] | Audience = "internal"


class Evidence(StepFields):
    kind: Literal["evidence"] = "evidence"
    from_: Text | None = Field(default=None, alias="from")
    collect: Annotated[list[Name], Field(min_length=1)]
    hash: Literal["sha256"] = "sha256"
    legal_hold: bool = False
    keep: str | None = None
    store: str | None = None


class Ticket(StepFields):
    kind: Literal["ticket"] = "ticket"
    system: Name
    project: str
    template: Name | None = None
    text: Text | None = None
    done_when: Literal["created", "closed"] = "created"


class Retry(Model):
    times: Annotated[int, Field(ge=0, le=10)] = 3
    wait: DurationText = Duration(10, "s")


class Http(StepFields):
    kind: Literal["http"] = "http"
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    url: str
    headers: dict[str, str] = {}
    body: Text | dict[str, Any] | None = None
    secret: list[str] = []
    expect: Annotated[list[int], Field(min_length=1, max_length=2)] = [200, 299]
    save: dict[Name, str] = {}
    timeout: DurationText = Duration(30, "s")
    retry: Retry = Retry()
    on_fail: Literal["block", "continue"] = "block"


class Wait(StepFields):
    kind: Literal["wait"] = "wait"
    for_: DurationText | None = Field(default=None, alias="for")
    until: Text | None = None
    for_at_most: DurationText | None = None


class EachTime(Model):
    to: list[str]
    text: Text


class Monitor(StepFields):
    kind: Literal["monitor"] = "monitor"
    every: DurationText
    until: Text
    for_at_most: DurationText | None = None
    record: list[Name] = []
    each_time: EachTime | None = None
    background: bool = True


def called(playbook: str) -> str:
    """The title of a step that calls a playbook and has no title of its own: its id, in words."""
    return playbook.partition("@")[0].replace("_", " ").capitalize()


class SubPlaybook(StepFields):
    """Starts a linked incident; `playbook` is the id, or `id@x.y.z`."""

    kind: Literal["playbook"] = "playbook"
    playbook: str
    with_: dict[Name, Any] = Field(default={}, alias="with")
    wait: bool = True


Step = Annotated[
    Task | Decision | Statement | Approval | Publish | Message | Evidence | Ticket | Http | Wait | Monitor | SubPlaybook,
    Field(discriminator="kind"),
]


class FollowUp(Model):
    id: Name
    at: DueText
    role: Name
    task: Title
    measure: list[Name] = []
    when: Text | None = None


class Playbook(Model):
    """A whole playbook, every reference by name, `extends` already merged."""

    firebreak: Literal[1]
    id: Name
    title: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    version: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,6}\.[0-9]{1,6}\.[0-9]{1,6}$")]
    status: Literal["draft", "active", "retired"] = "active"
    owner: Name
    review_every: DurationText = Duration(180, "d")
    summary: Text = ""
    triggers: list[Text] = []
    tags: list[str] = []
    jurisdictions: list[str] = []
    references: list[Reference] = []
    extends: str | None = None
    settings: Settings = Settings()
    inputs: dict[Name, Input] = {}
    roles: dict[Name, Role] = {}
    ladders: dict[Name, list[Rung]] = {}
    severity: Severity | None = None
    milestones: dict[Name, Milestone] = {}
    metrics: dict[Name, Metric] = {}
    templates: dict[Name, TemplateSource] = {}
    policies: list[Policy] = []
    steps: Annotated[list[Step], Field(min_length=1)]
    follow_ups: list[FollowUp] = []
