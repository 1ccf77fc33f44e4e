"""What a fake workspace holds: people, channels, messages, views, and how to find them.

Rules:
- The clock stands still unless a test moves it (`forward`), or gives its own (`clock`).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, RLock
from typing import Any, Final, Literal

BOT: Final = "U0FIREBREAK"
TOKEN: Final = "xoxb-fake-bot-token"
APP_TOKEN: Final = "xapp-fake-app-token"
TEAM: Final = "T0TEAM"
EPOCH: Final = 4_000_000_000
"""Message times start here, far in the future, so that every search in the history looks early enough."""
TRIGGER_LIVES: Final = 3.0
"""Seconds, by the fake's clock."""


class Refused(Exception):
    """The answer is `ok: false` with this code, and with what Slack adds to it."""

    def __init__(self, code: str, *details: str) -> None:
        super().__init__(code)
        self.details = list(details)


@dataclass
class User:
    id: str
    email: str | None = None
    name: str = ""
    guest: Literal["", "restricted", "ultra_restricted"] = ""
    team: str = TEAM
    tz: str = "Etc/UTC"
    bot: bool = False
    deleted: bool = False
    home: dict[str, Any] | None = None


@dataclass
class Channel:
    id: str
    name: str
    private: bool = False
    creator: str = BOT
    members: set[str] = field(default_factory=lambda: {BOT})
    topic: str = ""
    purpose: str = ""
    archived: bool = False
    messages: dict[str, dict[str, Any]] = field(default_factory=dict)
    pins: list[str] = field(default_factory=list)
    bookmarks: dict[str, dict[str, Any]] = field(default_factory=dict)
    ephemeral: list[dict[str, Any]] = field(default_factory=list)
    """What only one person (`user`) saw."""


class Workspace:
    """One workspace; a test makes people and channels, the product everything else."""

    def __init__(self) -> None:
        self.clock: Callable[[], float] | None = None
        self.socket_url = ""
        """Where `apps.connections.open` sends a Socket Mode client."""
        self.channels: dict[str, Channel] = {}
        self.users: dict[str, User] = {BOT: User(BOT, name="firebreak", bot=True)}
        self.views: list[dict[str, Any]] = []
        """Every modal as it was opened or pushed, oldest first; an update changes its entry."""
        self.lock = RLock()
        self.heard = Event()
        """Set at the first whisper."""
        self._ahead = 0.0
        self._count = 0
        self._triggers: dict[str, float | None] = {}

    def now(self) -> float:
        """Give the seconds since 1970, by the clock that rules this workspace."""
        return self.clock() if self.clock else EPOCH + self._ahead

    def forward(self, seconds: float) -> None:
        self._ahead += seconds

    def user(self, id: str, *, email: str | None = None, **more: Any) -> str:
        self.users[id] = User(id, email, **more)
        return id

    def channel(self, name: str, **more: Any) -> Channel:
        """Make a channel by hand; the bot is in it unless `members` says otherwise."""
        made = Channel(self.new_id("C"), name, **more)
        self.channels[made.id] = made
        return made

    def named(self, name: str) -> Channel:
        return next(channel for channel in self.channels.values() if channel.name == name)

    def messages(self, name: str) -> list[dict[str, Any]]:
        """What stands in a channel now, oldest first, threads included."""
        return list(self.named(name).messages.values())

    def says(self, user: str, channel: str, text: str, **more: Any) -> str:
        """Let a person write a message in a channel (by its name); gives its ts."""
        ts = self.new_ts()
        self.named(channel).messages[ts] = {"type": "message", "user": user, "ts": ts, "text": text, **more}
        return ts

    def trigger(self) -> str:
        """A trigger id that opens one view within three seconds."""
        made = f"trigger.{self.new_id('')}"
        self._triggers[made] = self.now()
        return made

    def exchange(self, trigger: str | None) -> None:
        """Use up a trigger, or say why it can't be used."""
        if trigger is None or trigger not in self._triggers:
            raise Refused("invalid_trigger_id")
        since = self._triggers[trigger]
        if since is None:
            raise Refused("exchanged_trigger_id")
        if self.now() - since > TRIGGER_LIVES:
            raise Refused("expired_trigger_id")
        self._triggers[trigger] = None

    def found(self, id: str) -> Channel:
        if id not in self.channels:
            raise Refused("channel_not_found")
        channel = self.channels[id]
        if channel.private and BOT not in channel.members:
            raise Refused("channel_not_found")
        return channel

    def inside(self, id: str) -> Channel:
        """The channel, if the bot is in it and it is open."""
        channel = self.found(id)
        if BOT not in channel.members:
            raise Refused("not_in_channel")
        if channel.archived:
            raise Refused("is_archived")
        return channel

    def written_to(self, name: str) -> Channel:
        """The channel of an id, a `#name`, or a person (a direct message, opened when needed)."""
        if name in self.users:
            return self.direct(name)
        if name.startswith("#"):
            found = next((channel for channel in self.channels.values() if channel.name == name[1:]), None)
            if found is None:
                raise Refused("channel_not_found")
            name = found.id
        return self.inside(name)

    def direct(self, user: str) -> Channel:
        """The conversation of the app with one person."""
        return self.channels.setdefault(f"D{user}", Channel(f"D{user}", f"@{user}", members={BOT, user}))

    def new_ts(self) -> str:
        return f"{int(self.now())}.{self.number():06d}"

    def number(self) -> int:
        with self.lock:
            self._count += 1
            return self._count

    def new_id(self, kind: str) -> str:
        return f"{kind}0{self.number():06d}"


def yes(value: object) -> bool:
    """Read a truth value as JSON or as a form field gives it."""
    return value in (True, "1", "true")


def check_name(workspace: Workspace, name: str) -> None:
    """Refuse a channel name that Slack would refuse."""
    if not name:
        raise Refused("invalid_name_required")
    if len(name) > 80:
        raise Refused("invalid_name_maxlength")
    if not re.fullmatch(r"[\w-]+", name) or name != name.lower():
        raise Refused("invalid_name_specials")
    if not re.search(r"\w", name):
        raise Refused("invalid_name_punctuation")
    if any(channel.name == name for channel in workspace.channels.values()):
        raise Refused("name_taken")


def page(items: list[Any], arguments: dict[str, Any], *, usual: int = 100) -> tuple[list[Any], dict[str, str]]:
    """Cut one page out of a list; gives Slack's `response_metadata` too."""
    cursor, limit = str(arguments.get("cursor") or "0"), str(arguments.get("limit") or usual)
    if not cursor.isdigit():
        raise Refused("invalid_cursor")
    if not limit.isdigit() or not 1 <= int(limit) <= 1_000:
        raise Refused("invalid_limit")
    start, end = int(cursor), int(cursor) + int(limit)
    return items[start:end], {"next_cursor": str(end) if end < len(items) else ""}
