"""How fast we may call Slack: by method and, for messages, by channel (its names, apart by spaces). Pure: the instant is an argument.

Rules:
- Whoever comes too early is told when to come back, and that place is kept: waiting costs no sleep and no call.
- What counts is when calls were made, not when they were planned: no window ever holds more than its limit.
- A pause that Slack asked for (`Retry-After`) ends every place before it.
- A clock that is put back makes nobody wait longer: what it left in the future is taken as said now, or forgotten.
- A channel that nobody has written to for a while is forgotten.
"""

from bisect import insort
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

POST: Final = "chat.postMessage"
SECOND: Final = timedelta(seconds=1)
MINUTE: Final = timedelta(minutes=1)
WORKSPACE_POSTS: Final = 200
"""Messages a minute in a whole workspace; Slack says "several hundred" (docs.slack.dev/apis/web-api/rate-limits)."""
TIERS: Final[Mapping[str, int]] = {
    "bookmarks.add": 20,
    "bookmarks.edit": 20,
    "bookmarks.list": 50,
    "bookmarks.remove": 20,
    "chat.delete": 50,
    "chat.postEphemeral": 100,
    "chat.update": 50,
    "conversations.archive": 20,
    "conversations.create": 20,
    "conversations.history": 50,
    "conversations.info": 50,
    "conversations.invite": 50,
    "conversations.join": 50,
    "conversations.kick": 50,
    "conversations.list": 20,
    "conversations.members": 100,
    "conversations.open": 50,
    "conversations.rename": 20,
    "conversations.replies": 50,
    "conversations.setPurpose": 20,
    "conversations.setTopic": 20,
    "conversations.unarchive": 20,
    "pins.add": 20,
    "pins.list": 20,
    "pins.remove": 20,
    "reactions.add": 50,
    "users.info": 100,
    "users.lookupByEmail": 50,
    "usergroups.list": 20,
    "usergroups.users.list": 20,
}
"""Calls a minute (tier 1: 1, 2: 20, 3: 50, 4: 100) of the methods that deliveries use; others have no figure of their own."""

_FORGOTTEN: Final = timedelta(seconds=30)
"""A place that nobody came for is given away after this."""
_MARGIN: Final = timedelta(milliseconds=50)
"""What a call may be late without making the next one wait again."""
_WINDOWS: Final = 500
"""So many windows are kept before those that limit nothing any more are looked for."""


@dataclass(slots=True)
class Window:
    """At most `most` calls in any stretch of `span`."""

    most: int
    span: timedelta
    made: deque[datetime] = field(default_factory=deque)
    places: deque[datetime] = field(default_factory=deque)
    paused_until: datetime | None = None
    seen_at: datetime | None = None

    def free_at(self, now: datetime) -> datetime:
        """Say when a call that asks now may be made; `now` itself when at once."""
        self._look_at_the_clock(now)
        while self.places and self.places[0] < now - _FORGOTTEN:
            self.places.popleft()
        open_at = self._open_at(now, list(self.made))
        if open_at <= now and (not self.places or self.places[0] <= now):
            return now
        return max(open_at, self._open_at(now, [*self.made, *self.places]))

    def keep_place(self, now: datetime) -> datetime:
        """Keep a place for whoever asks now: behind the others, or as soon as can be for one whose place came too early."""
        is_overdue = bool(self.places) and self.places[0] <= now
        if is_overdue:
            self.places.popleft()
        place = (self._open_at(now, list(self.made)) if is_overdue else self.free_at(now)) + _MARGIN
        insort(self.places, place)
        return place

    def make(self, now: datetime) -> None:
        """Count a call."""
        if self.places and self.places[0] <= now:
            self.places.popleft()
        self.made.append(now)
        while len(self.made) > self.most:
            self.made.popleft()

    def take_back(self, at: datetime) -> None:
        """Count a call no more that was not made after all."""
        if at in self.made:
            self.made.remove(at)

    def pause(self, until: datetime, now: datetime) -> None:
        """Make no call before an instant; places before it are void, and their holders queue again when they come."""
        self._look_at_the_clock(now)
        self.paused_until = max(until, self.paused_until or until)
        while self.places and self.places[0] < self.paused_until:
            self.places.popleft()

    def is_idle(self, now: datetime) -> bool:
        """Say whether it limits nobody, and nobody waits for it."""
        is_open = self.paused_until is None or self.paused_until <= now
        return is_open and self.free_at(now) <= now and not self.places and (not self.made or self.made[-1] + self.span <= now)

    def _look_at_the_clock(self, now: datetime) -> None:
        """Where it was put back: forget the calls and places that lie ahead, and keep the length of a pause."""
        back = (self.seen_at or now) - now
        self.seen_at = now
        while self.made and self.made[-1] > now:
            self.made.pop()
        if back <= timedelta():
            return
        self.places.clear()
        self.paused_until = self.paused_until and self.paused_until - back

    def _open_at(self, now: datetime, taken: list[datetime]) -> datetime:
        opens = max(now, self.paused_until or now)
        return max(opens, taken[-self.most] + self.span) if len(taken) >= self.most else opens


class Pace:
    """Every window that calls go through."""

    def __init__(self) -> None:
        self._windows: dict[str, Window] = {}
        self._most = _WINDOWS

    def __len__(self) -> int:
        """Count the windows that are kept."""
        return len(self._windows)

    def ask(self, method: str, channel: str, now: datetime) -> datetime:
        """Make the call now (gives `now`), or keep a place and say when."""
        if len(self._windows) > self._most:
            self._forget(now)
        windows = self._of(method, channel)
        if all(window.free_at(now) <= now for window in windows):
            for window in windows:
                window.make(now)
            return now
        return max(window.keep_place(now) for window in windows if window.free_at(now) > now)

    def made(self, method: str, channel: str, at: datetime) -> None:
        """Count a call of an earlier life."""
        for window in self._of(method, channel):
            window.make(at)

    def pause(self, method: str, channel: str, until: datetime, now: datetime) -> None:
        """Make no such call before an instant."""
        for name in self._names(method, channel):
            self._window(name, *self._limit(method)).pause(until, now)

    def take_back(self, method: str, channel: str, at: datetime, until: datetime) -> datetime:
        """Count a call no more that others left no room for until an instant; gives a place after it."""
        for window in self._of(method, channel):
            window.take_back(at)
        self.pause(method, channel, until, at)
        return self.ask(method, channel, at)

    def paused_until(self, method: str, channel: str, now: datetime) -> datetime:
        """Say until when Slack asked for a pause; `now` when it did not."""
        return max((window.paused_until or now for window in self._of(method, channel)), default=now)

    def _forget(self, now: datetime) -> None:
        self._windows = {name: window for name, window in self._windows.items() if not window.is_idle(now)}
        self._most = max(_WINDOWS, 2 * len(self._windows))

    def _of(self, method: str, channel: str) -> tuple[Window, ...]:
        windows = tuple(self._window(name, *self._limit(method)) for name in self._names(method, channel))
        return (*windows, self._window(method, WORKSPACE_POSTS, MINUTE)) if method == POST else windows

    def _names(self, method: str, channel: str) -> tuple[str, ...]:
        """A channel may have two names, its own and its id: then a call counts for both."""
        return tuple(f"{method} {name}" for name in channel.split()) if method == POST else (method,)

    def _limit(self, method: str) -> tuple[int, timedelta]:
        return (1, SECOND) if method == POST else (TIERS.get(method, 100), MINUTE)

    def _window(self, name: str, most: int, span: timedelta) -> Window:
        return self._windows.setdefault(name, Window(most, span))


def wait_among(name: str, calls: Sequence[tuple[str, datetime, datetime | None]], now: datetime) -> timedelta:
    """Say how long a call (a method, and its channel after a space) must wait after those made within the last minute, oldest first.

    Each has its name, when it was made, and until when it was answered with a pause.
    """
    method, _, channel = name.partition(" ")
    pace = Pace()
    for called, at, paused_until in calls:
        where = called.partition(" ")[2]
        if paused_until is None:
            pace.made(method, where, at)
        else:
            pace.pause(method, where, paused_until, now)
    return pace.ask(method, channel, now) - now
