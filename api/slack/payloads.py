"""Reads what Slack sends into frozen values; what Slack adds later is ignored, what is missing is empty.

Rules:
- Texts that can't be stored (NUL, lone surrogates) and JSON that is too deep are refused, as everywhere.
- Whoever acts is named by team and user id, never by a user name, which is not an identity.
"""

from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec

from api.body import check_text
from api.problems import Problem

S = TypeVar("S", bound=msgspec.Struct)


class Named(msgspec.Struct, frozen=True):
    """A user, a team or a channel."""

    id: str = ""
    name: str = ""
    team_id: str | None = None


class Chosen(msgspec.Struct, frozen=True):
    """An option of a choice."""

    value: str = ""


class Action(msgspec.Struct, frozen=True):
    """One press, or one change of checkboxes."""

    action_id: str = ""
    action_ts: str = ""
    value: str | None = None
    selected_option: Chosen | None = None
    """What was chosen from an overflow menu."""
    selected_options: list[Chosen] | None = None


class Container(msgspec.Struct, frozen=True):
    """Where an element stands."""

    message_ts: str | None = None
    view_id: str | None = None


class State(msgspec.Struct, frozen=True):
    """What a form holds: by block, then by element."""

    values: dict[str, dict[str, dict[str, Any]]] = {}


class View(msgspec.Struct, frozen=True):
    """A form as it was submitted, or the home that was pressed in."""

    id: str = ""
    type: str = ""
    hash: str = ""
    callback_id: str = ""
    private_metadata: str = ""
    state: State | None = None
    blocks: list[dict[str, Any]] = []


class Interaction(msgspec.Struct, frozen=True):
    """A press, a submitted form, a shortcut: everything that comes as `payload`."""

    type: str = ""
    callback_id: str = ""
    user: Named | None = None
    team: Named | None = None
    channel: Named | None = None
    trigger_id: str = ""
    response_url: str = ""
    is_enterprise_install: bool | str = False
    actions: list[Action] = []
    container: Container | None = None
    view: View | None = None
    message: dict[str, Any] = {}
    message_ts: str = ""
    """Of a message shortcut: what it was used on."""

    @property
    def trigger(self) -> str:
        """What lets a form open; one that comes from within a form is laid over it (see `Workspace.open_view`)."""
        is_within = self.trigger_id and self.view is not None and self.view.type == "modal"
        return f"over:{self.trigger_id}" if is_within else self.trigger_id


class Slash(msgspec.Struct, frozen=True):
    """One slash command; there is no thread, because Slack knows no slash commands in threads."""

    team_id: str = ""
    user_id: str = ""
    channel_id: str = ""
    channel_name: str = ""
    command: str = "/incident"
    text: str = ""
    trigger_id: str = ""
    response_url: str = ""
    enterprise_id: str | None = None
    is_enterprise_install: bool | str = False


class Authorization(msgspec.Struct, frozen=True):
    """An installation of our app that an event was sent for."""

    team_id: str | None = None
    enterprise_id: str | None = None
    user_id: str | None = None
    """Whom people mention when they speak to the app."""
    is_enterprise_install: bool | None = False


class Event(msgspec.Struct, frozen=True):
    """The envelope of the Events API."""

    type: str = ""
    challenge: str = ""
    team_id: str | None = None
    event_id: str = ""
    is_ext_shared_channel: bool = False
    authorizations: list[Authorization] = []
    event: dict[str, Any] = {}
    retry_attempt: int = 0
    """How often Slack sent it before; it gives up after the third."""


def read_form(body: bytes) -> dict[str, str]:
    """Read form fields; raises Problem when they can't be stored."""
    try:
        fields = dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=200))
    except ValueError as error:
        raise Problem("malformed", "the body is no form") from error
    for name, value in fields.items():
        check_text(value, name)
    return fields


def slash_of(payload: Mapping[str, Any]) -> Slash:
    """Read a slash command; raises Problem when nothing tells it from another."""
    slash = _converted(payload, Slash)
    if not slash.trigger_id:
        raise Problem("invalid", "this is not what Slack sends: it has no trigger_id")
    return slash


def interaction_of(payload: Mapping[str, Any]) -> Interaction:
    """Read a press, a form or a shortcut; raises Problem when it is none."""
    return _converted(payload, Interaction)


def event_of(payload: Mapping[str, Any]) -> Event:
    """Read an event's envelope; raises Problem when it is none."""
    return _converted(payload, Event)


def _converted(payload: Mapping[str, Any], shape: type[S]) -> S:
    try:
        return msgspec.convert(payload, shape)
    except msgspec.ValidationError as error:
        raise Problem("invalid", f"this is not what Slack sends: {error}") from error
