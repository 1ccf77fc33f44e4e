"""What is answered about playbooks and tokens, for the OpenAPI document."""

from typing import Any

from pydantic import AwareDatetime, BaseModel, Field

from api.problems import DiagnosticBody
from api.scopes import Scope


class PlaybookVersionFacts(BaseModel):
    id: str
    version: str
    digest: str
    published_at: AwareDatetime


class PlaybookVersionPage(BaseModel):
    items: list[PlaybookVersionFacts]
    next: str | None


class _About(PlaybookVersionFacts):
    title: str
    status: str
    summary: str
    triggers: list[str]
    tags: list[str]
    owner: str


class PlaybookLine(_About):
    steps: int = Field(description="How many it has.")


class PlaybookPage(BaseModel):
    items: list[PlaybookLine]
    next: str | None


class RoleTitle(BaseModel):
    title: str


class MilestoneTerms(BaseModel):
    title: str
    within: str = Field(examples=["60m"])
    from_: str = Field(alias="from")


class Policy(BaseModel):
    id: str
    rule: str
    why: str


class StepOutline(BaseModel):
    id: str
    kind: str
    title: str
    role: str | None


class FollowUpOutline(BaseModel):
    id: str
    at: str = Field(examples=["30d from closed"])
    title: str
    role: str | None


class PlaybookFull(_About):
    """One version of a playbook, and the source that it was published from."""

    visibility: str
    inputs: dict[str, dict[str, Any]]
    roles: dict[str, RoleTitle]
    severity_levels: list[str]
    milestones: dict[str, MilestoneTerms]
    policies: list[Policy]
    steps: list[StepOutline]
    follow_ups: list[FollowUpOutline]
    source: str
    files: dict[str, str]


class Checked(BaseModel):
    valid: bool
    diagnostics: list[DiagnosticBody]


class Published(PlaybookVersionFacts):
    outcome: str = Field(examples=["published"])
    diagnostics: list[DiagnosticBody]


class TokenFacts(BaseModel):
    id: str
    name: str
    scopes: list[Scope]
    person: str | None
    act_as: bool
    created_at: AwareDatetime
    expires_at: AwareDatetime | None
    last_used_at: AwareDatetime | None
    revoked_at: AwareDatetime | None
    overlap_until: AwareDatetime | None = Field(description="Until when an older text of it works too, after it was rotated.")


class NewTokenFacts(TokenFacts):
    token: str = Field(description="Its text, shown this once.")


class TokenPage(BaseModel):
    items: list[TokenFacts]
    next: str | None
