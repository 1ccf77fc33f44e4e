"""What declaring an incident, and commands on a whole incident, take over HTTP."""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field, RootModel

from api.routes.step_bodies import Body, Long, Short


class Declare(Body):
    playbook: Short = Field(description="Id of a playbook.", examples=["filmed_workplace_argument"])
    inputs: dict[str, Any] = Field(
        default_factory=dict,
        description="Answers to the playbook's start form; see `GET /v1/playbooks/{id}/form`.",
        examples=[{"site": "Plant 4", "video_urls": ["https://video.example/1"], "people": ["Fred Example"]}],
    )
    unknown: list[Short] = Field(default_factory=list, max_length=200, description="Required inputs that nobody knows yet.")
    title: Short | None = None
    severity: Short | None = Field(None, examples=["sev2"])
    mode: Literal["live", "rehearsal"] = "live"
    speed: Annotated[int, Field(ge=1, le=3600)] = Field(1, description="A rehearsal's durations are divided by it.")
    external_ref: Short | None = Field(None, description="Your own reference, to find it again.")
    detected_at: AwareDatetime | None = Field(None, description="When it was first seen, if earlier than now.")


class Change(Body):
    to: Short = Field(description="A severity level of the playbook.", examples=["sev1"])
    reason: Long


class Reason(Body):
    reason: Long


class Note(Body):
    text: Long


class AddTask(Body):
    title: Short
    role: Short
    due: Short | None = Field(None, description="As playbooks write it: `2h`, `3bd`, `4h from declared`.", examples=["2h"])


class Values(RootModel[Annotated[dict[str, Any], Field(min_length=1, max_length=200)]]):
    """Values by input."""


class Lists(RootModel[Annotated[dict[str, list[Long]], Field(min_length=1, max_length=200)]]):
    """What to add to inputs of type `people` and `url_list`."""


class Merge(Body):
    into: Short = Field(description="Key of the incident that goes on.", examples=["INC-3"])
    reason: Long = "duplicate"


class Migrate(Body):
    version: Short = Field(description="Version of the same playbook to move to.", examples=["1.1.0"])


class Invite(Body):
    person: Short = Field(description="Id or e-mail of a person.")


class NameRole(Body):
    person: Short = Field(description="Id or e-mail of a person.", examples=["ana"])


class HandOver(Body):
    to: Short = Field(description="Id or e-mail of a person.")
    note: Annotated[str, Field(max_length=10_000)] = ""
