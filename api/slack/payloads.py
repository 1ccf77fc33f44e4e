"""Reads what Slack sends into frozen values; what Slack adds later is ignored, what is missing is empty.

Rules:
- Texts that can't be stored (NUL, lone surrogates) and JSON that is too deep are refused, as everywhere.
- Whoever acts is named by team and user id, never by a user name, which is not an identity.
"""

from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec

from api.body import check_text, parse_json
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
    selected_options: list[Chosen] | None = None


class Container(msgspec.Struct, frozen=True):
    """Where an element stands."""

    message_ts: str | None = None
    view_id: str | None = None


class State(msgspec.Struct, frozen=True):
    """What a form holds: by block, then by element."""

    values: dict[str, dict[str, dict[str, Any]]] = {}


class View(msgspec.Struct, frozen=True):
    """A form as it was submitted."""

    id: str = ""
    hash: str = ""
    callback_id: str = ""
    private_metadata: str = ""
    state: State | None = None


class Interaction(msgspec.Struct, frozen=True):
    """A press, a submitted form, a shortcut: everything that comes as `payload`."""

    type: str = ""
    callback_id: str = ""
    user: Named | None = None
    team: Named | None = None
    channel: Named | None = None
    trigger_id: str = ""
    response_url: str = ""
    actions: list[Action] = []
    container: Container | None = None
    view: View | None = None


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


class Event(msgspec.Struct, frozen=True):
    """The envelope of the Events API."""

    type: str = ""
    challenge: str = ""
    team_id: str = ""
    event_id: str = ""
    event: dict[str, Any] = {}


def read_form(body: bytes) -> dict[str, str]:
    """Read form fields; raises Problem when they can't be stored."""
    try:
        fields = dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=200))
    except ValueError as error:
        raise Problem("malformed", "the body is no form") from error
    for name, value in fields.items():
        check_text(value, name)
    return fields


def read_slash(fields: dict[str, str]) -> Slash:
    """Read the fields of a slash command; raises Problem when nothing tells it from another."""
    slash = msgspec.convert(fields, Slash)
    if not slash.trigger_id:
        raise Problem("invalid", "this is not what Slack sends: it has no trigger_id")
    return slash


def read_interaction(fields: dict[str, str]) -> Interaction:
    """Read the field `payload`; raises Problem when it is no interaction."""
    return _converted(fields.get("payload", "").encode(), Interaction)


def read_event(body: bytes) -> Event:
    """Read an event's envelope; raises Problem when it is none."""
    return _converted(body, Event)


def _converted(body: bytes, shape: type[S]) -> S:
    try:
        return msgspec.convert(parse_json(body), shape)
    except msgspec.ValidationError as error:
        raise Problem("invalid", f"this is not what Slack sends: {error}") from error
