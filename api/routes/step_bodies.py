"""What a command on a step takes over HTTP; unknown fields are refused, because a misspelt one would be lost."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel, StringConstraints

Short = Annotated[str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True, pattern=r"\S")]
Long = Annotated[str, StringConstraints(min_length=1, max_length=10_000)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=100_000)]
Link = Annotated[str, StringConstraints(min_length=1, max_length=2_000, strip_whitespace=True, pattern=r"\S")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*$")]
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Body(BaseModel):
    """A request body."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Tick(Body):
    item: Short = Field(description="The item's text, or its number counted from 1.", examples=["Scheduler paused"])
    done: bool = Field(True, description="false takes the tick back.")


class Complete(Body):
    result: Any = Field(None, description="What the step's `result` asks for.")
    link: Link | None = Field(None, description="Where the work can be seen.")


class Skip(Body):
    reason: Long = Field(examples=["no agencies are involved"])


class Assign(Body):
    person: Short = Field(description="Id or e-mail of a person.", examples=["ana"])


class Answer(Body):
    option: Short = Field(examples=["ours"])
    note: Long | None = Field(None, description="Why; required when an answer is revised.")


class Submit(Body):
    text: Words | None = Field(None, description="The words; without them the template is taken as it stands.")
    language: Language | None = Field(None, examples=["fr"])
    texts: dict[Language, Words] = Field(
        default_factory=dict, max_length=50, description="The words in several languages, as one version.", examples=[{"en": "We know."}]
    )
    version: Hash | Literal[""] | None = Field(
        None, description="`content_hash` of the words that these were written over, empty for none: whoever was overtaken is told (409)."
    )


class Approve(Body):
    version: Hash = Field(description="`content_hash` of the words that were read: the key turns on exactly these.")
    role: Short | None = Field(None, description="Needed only by who holds several of the roles.")


class Reject(Body):
    version: Hash
    comment: Long = Field(examples=["say what we do for the people involved"])
    role: Short | None = None


class Withdraw(Body):
    version: Hash
    reason: Long


class Confirm(Body):
    channel: Short = Field(examples=["brand_x"])
    link: Link = Field(description="Where the words now stand.", examples=["https://x.example/brand/status/1"])
    text: Words | None = Field(None, description="The words as posted; a difference is recorded and told.")
    version: Hash | None = Field(None, description="`content_hash` of the words that were posted.")


class Decline(Body):
    reason: Long


class Snooze(Body):
    span: Short = Field(alias="for", description="How long to stay silent, as playbooks write it.", examples=["30m"])


class Evidence(Body):
    source: Link = Field(examples=["https://video.example/1"])
    sha256: Hash = Field(description="SHA-256 of the saved file, lower-case hexadecimal.")
    collected: dict[Short, Long] = Field(default_factory=dict, max_length=50, description="What the step asks to collect.")
    tool: Short | None = None
    account: Short | None = None
    note: Long | None = None


class Metrics(RootModel[Annotated[dict[str, bool | int | float], Field(min_length=1, max_length=200)]]):
    """Values by metric."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [{"views_total": 12000}]})


class Comment(Body):
    text: Long
