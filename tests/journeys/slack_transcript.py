"""Writes down what people see in a fake Slack: what is new, what is edited, what only one of them sees.

Rules:
- The card of the incident is shown when it is asked for; that it is edited all the time is said once.
- A message to one person alone is shown whole the first time that its words stand anywhere; after that, only its heading.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tests.fake_slack import FakeSlack
from tests.journeys.slack_page import Reader


@dataclass
class Transcript:
    """The page so far."""

    slack: FakeSlack
    reader: Reader
    names: Mapping[str, str]
    page: list[str] = field(default_factory=list)
    _seen: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    _shown: set[str] = field(default_factory=set)
    _whispers: int = 0

    def chapter(self, title: str) -> None:
        self.page += ["", f"## {title}"]

    def tell(self, at: datetime, who: str, what: str) -> None:
        self.page += ["", f"**{self.reader.moment(at.timestamp())}** {self.names[who]} {what}"]

    def quote(self, title: str, lines: list[str]) -> None:
        self.page += ["", f"{title}:", "", "```text", *lines, "```"]

    def card(self, room: str) -> None:
        """Show the pinned card as it stands."""
        channel = self.slack.named(room)
        self.quote("The pinned card now", self.reader.message(channel.messages[channel.pins[0]]))

    def changes(self, *, by_itself: datetime | None = None) -> None:
        """Write down what is new or different since the last time; `by_itself` is when nobody did anything for it."""
        before = len(self.page)
        for channel in sorted(self.slack.channels.values(), key=lambda each: each.name):
            if not channel.id.startswith("D"):
                self._of_room(channel.id)
        repeated = [line for channel in sorted(self.slack.channels) if channel.startswith("D") for line in self._of_person(channel)]
        self.page += ["", *repeated] if repeated else []
        if by_itself and len(self.page) > before:
            self.page[before:before] = ["", f"**{self.reader.moment(by_itself.timestamp())}** Time has passed."]

    def whispers(self) -> None:
        """Write down what was said to one person since the last time."""
        new, self._whispers = self.slack.whispers[self._whispers :], len(self.slack.whispers)
        for whisper in new:
            self.quote("Only they see", self.reader.message(whisper))

    @property
    def unread(self) -> int:
        """How many whispers are not written down yet."""
        return len(self.slack.whispers) - self._whispers

    def _of_room(self, id: str) -> None:
        channel = self.slack.channels[id]
        new: list[str] = []
        edited: list[str] = []
        for ts, message in channel.messages.items():
            lines, before = self.reader.message(message), self._seen.get((id, ts))
            if lines == before:
                continue
            self._seen[id, ts] = lines
            if before is None:
                self._shown |= set(lines)
                new += ["- - -", *lines] if new else lines
            elif ts not in channel.pins:
                edited.append(f"- edited: {self.reader.words(message['text'])}")
        if new:
            self.quote(f"In #{channel.name}", new)
        self.page += ["", *edited] if edited else []

    def _of_person(self, id: str) -> Iterator[str]:
        """Show what one person alone got; gives the headings of what stood somewhere before."""
        for ts, message in self.slack.channels[id].messages.items():
            lines, before = self.reader.message(message), self._seen.get((id, ts))
            self._seen[id, ts] = lines
            if before is not None:
                continue
            if set(lines[1:]) <= self._shown and lines[0] in self._shown | {message["text"]}:
                yield f"- to {self.names[id[1:]]} alone: {' '.join(lines[:2])}"
                continue
            self.quote(f"To {self.names[id[1:]]} alone", lines)
            self._shown |= set(lines)
