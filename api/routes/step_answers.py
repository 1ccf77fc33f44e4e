"""What is answered about steps, for the OpenAPI document: fields that every step has, then those of some kinds only.

A private step has the same fields for whoever may not read it, empty, and `masked` is true.
"""

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, Field

from api.routes.incident_answers import Key, Person, StepState

Kind = Literal[
    "task", "decision", "statement", "approval", "publish", "message", "evidence", "ticket", "http", "wait", "monitor", "playbook"
]


class ChecklistItem(BaseModel):
    item: str
    optional: bool
    done: bool
    by: Person | None
    at: AwareDatetime | None


class StepLink(BaseModel):
    title: str
    url: str


class Option(BaseModel):
    option: str
    label: str
    then: list[str]
    raise_: str | None = Field(alias="raise")
    note_required: bool


class Version(BaseModel):
    number: int
    content_hash: str
    author: str | None
    at: AwareDatetime


class Approver(BaseModel):
    role: str
    people: list[Person]
    names: list[str]


class KeyTurned(BaseModel):
    role: str
    person: Person
    decision: Literal["approve", "reject"]
    version: str
    at: AwareDatetime
    comment: str | None


class PublishChannel(BaseModel):
    channel: str
    kind: str | None
    where: str | None
    confirmed: bool


class Receipt(BaseModel):
    channel: str
    link: str | None
    by: str | None
    at: AwareDatetime
    text: str | None
    differs: bool


class Source(BaseModel):
    source: str
    kept: bool


class EvidenceKept(BaseModel):
    source: str
    sha256: str
    strength: str
    by: str | None
    at: AwareDatetime
    collected: dict[str, Any]
    tool: str | None
    account: str | None
    note: str | None


class Recorded(BaseModel):
    metric: str
    value: bool | float | str | None


class _OfWords(BaseModel):
    version: int | None = Field(None, description="Number of the words (statement, approval, publish).")
    content_hash: str | None = Field(None, description="What `approve`, `reject` and `confirm` bind to.")
    text: str | None = None
    texts: dict[str, str] | None = None
    author: str | None = None
    audience: list[str] | str | None = None
    posture: str | None = None
    max_words: int | None = None
    must_say: list[str] | None = None
    must_not_say: list[str] | None = None
    languages: list[str] | None = None
    proposed: dict[str, str] | None = Field(None, description="What the template says, until words are submitted.")
    versions: list[Version] | None = None
    of: str | None = Field(None, description="The step whose words these are.")
    approvers: list[Approver] | None = None
    quorum: str | int | None = None
    keys_needed: int | None = None
    work: Any = Field(None, description="What is approved where it is no words.")
    approvals: list[KeyTurned] | None = None
    rejections: int | None = None
    max_rejections: int | None = None
    rework: str | None = None
    escalated_to: str | None = None
    confirm: str | None = None
    channels: list[PublishChannel] | None = None
    frozen: bool | None = None
    receipts: list[Receipt] | None = None


class _OfOtherKinds(BaseModel):
    result_type: dict[str, Any] | None = Field(None, description="What `complete` asks for.")
    measure: list[str] | None = None
    options: list[Option] | None = None
    answer: str | None = None
    if_no_answer: Any = None
    to: list[str] | None = None
    sources: list[Source] | None = None
    collect: list[str] | None = None
    legal_hold: bool | None = None
    evidence: list[EvidenceKept] | None = None
    system: str | None = None
    project: str | None = None
    done_when: str | None = None
    method: str | None = None
    saved: dict[str, Any] | None = None
    for_: str | None = Field(None, alias="for")
    until: str | None = None
    every: str | None = None
    for_at_most: str | None = None
    checks: int | None = None
    next_at: AwareDatetime | None = None
    record: list[Recorded] | None = None
    playbook: str | None = None
    waits: Any = None


class Step(_OfWords, _OfOtherKinds):
    """A step as you may see it."""

    id: str
    kind: Kind
    title: str
    incident: Key
    state: StepState
    role: str | None
    role_title: str | None
    helpers: list[str]
    people: list[Person]
    assignee: Person | None
    assignee_name: str | None
    taken: bool
    done_by: str | None
    due_at: AwareDatetime | None
    late: bool
    ready_at: AwareDatetime | None
    started_at: AwareDatetime | None
    settled_at: AwareDatetime | None
    starts_at: AwareDatetime | None
    ends_at: AwareDatetime | None
    acts_at: AwareDatetime | None
    snoozed_until: AwareDatetime | None
    needs: list[str]
    waiting_for: list[str]
    follow_up: bool
    added: bool
    min_severity: str | None
    sets: str | None
    round: int
    void: bool
    skip_cause: str | None
    block_cause: str | None
    tags: list[str]
    privileged: bool
    private: bool
    masked: bool
    do: str
    reason: str | None
    checklist: list[ChecklistItem]
    links: list[StepLink]
    result: Any
    note: str | None
    reference: str | None
    allowed: list[str] = Field(description="Commands on the step that would work for you now.")


class StepPage(BaseModel):
    items: list[Step]
    next: str | None
