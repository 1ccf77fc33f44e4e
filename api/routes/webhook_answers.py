"""What is answered about webhooks, for the OpenAPI document."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, Field

from engine.incident.subscription import Mode


class WebhookFacts(BaseModel):
    id: str = Field(examples=["wh_5f0c3a1be2d94786"])
    name: str
    url: str = Field(description="In full for its owner; an admin sees the host.")
    owner: str = Field(description="A person's id, or `token:` and the name of a service.", examples=["token:helpdesk"])
    events: list[str]
    incidents: list[str]
    playbooks: list[str]
    severities: list[str]
    modes: list[Mode]
    state: Literal["active", "paused"]
    paused_because: Literal["by_hand", "failing", "gone", "token"] | None
    failing_since: AwareDatetime | None
    created_at: AwareDatetime
    changed_at: AwareDatetime
    version: int


class NewWebhookFacts(WebhookFacts):
    secret: str = Field(description="What signs its messages; shown this once.", examples=["whsec_…"])


class WebhookPage(BaseModel):
    items: list[WebhookFacts]
    next: str | None


class RotatedSecret(BaseModel):
    secret: str = Field(description="The new secret; shown this once.", examples=["whsec_…"])
    overlap_until: AwareDatetime | None = Field(description="Until then the one before signs too.")


class MessageFacts(BaseModel):
    event: str = Field(examples=["INC-7:31"])
    type: str = Field(examples=["SeverityRaised"])
    incident: str = Field(examples=["INC-7"])
    state: Literal["pending", "sent", "failed"]
    attempts: int
    response_status: int | None
    duration_ms: int | None
    error: str | None = Field(description="Why the last try failed.")
    owed_at: AwareDatetime
    tried_at: AwareDatetime | None
    next_attempt_at: AwareDatetime | None = Field(description="null where nothing is to be done, or others of the incident go first.")
    settled_at: AwareDatetime | None


class MessagePage(BaseModel):
    items: list[MessageFacts]
    next: str | None


class OwedAgain(BaseModel):
    event: str
    state: Literal["pending"]


class Replayed(BaseModel):
    after: str
    state: Literal["pending"]


class Pinged(BaseModel):
    delivered: bool
    response_status: int | None
    duration_ms: int
    error: str | None
