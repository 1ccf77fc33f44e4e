"""An incident worked through from Slack alone, and written down: who did what, and what appeared where.

Rules:
- Everything goes through `Somebody`: typed, pressed and filled in by the words that are shown.
- What is written down is what stands in the fake Slack when everything owed has arrived, with the clock of the day.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from engine.language.load import load_organisation
from tests.fake_slack import TOKEN, Channel, FakeSlack
from tests.fake_slack_server import fake_slack
from tests.journeys.given import PATIENCE, ROOT, Server
from tests.journeys.slack_page import Reader
from tests.journeys.slack_people import SECRET, Door, Pressed, Somebody
from tests.journeys.slack_transcript import Transcript

ZONE: Final = ZoneInfo("America/Vancouver")
STARTS: Final = datetime(2026, 3, 3, 18, 0, tzinfo=UTC)
"""Ten o'clock on a Tuesday in Vancouver."""


@dataclass
class Stage:
    """The product, its Slack, and the page that is being written."""

    server: Server
    slack: FakeSlack
    door: Door
    written: Transcript
    room: Channel | None = None
    now: datetime = STARTS

    def at(self, minutes: float = 0, *, days: float = 0) -> None:
        """Let the day go on until so many minutes (and days) after the start."""
        self.now = self.door.now = STARTS + timedelta(minutes=minutes, days=days)
        self.server.ahead = (self.now - STARTS).total_seconds()
        (self.server.folder / "clock").write_text(str(self.server.ahead))
        self._look(by_itself=self.now)

    def opens(self, room: str) -> None:
        """Wait until there is the room, and write down what stands in it."""
        self.settle()
        self.room = self.slack.named(room)
        self._look()

    def types(self, who: str, text: str) -> None:
        """Type a slash command in the room, or in #general before there is one."""
        channel = self.room or self.slack.named("general")
        answer = self._somebody(who).types(text, channel=channel)
        self._tell(who, f"types `/incident {text}`.")
        if answer.get("text"):
            self.written.quote("Only they see", self.written.reader.message(answer))
        self._look()

    def presses(self, who: str, label: str, about: str, *, refused: bool = False, **filled: Any) -> None:
        """Press a button; fill in the form that opens, by the labels of its fields, if there is anything to fill in."""
        pressed = self._somebody(who).presses(label, about=about, channels=self._seen_by(who))
        asked = f" Slack asks: “{pressed.question}”" if pressed.question else ""
        self._tell(who, f"presses *{label}* on “{about}”.{asked}")
        self._after(who, pressed, filled, refused=refused)

    def ticks(self, who: str, about: str) -> None:
        pressed = self._somebody(who).ticks(about=about, channels=self._seen_by(who))
        self._tell(who, f"ticks everything on “{about}”.")
        self._after(who, pressed, {}, refused=False)

    def writes(self, who: str, text: str) -> str:
        """Let somebody write in the room, as people do; gives the message's ts."""
        assert self.room is not None
        ts = self.slack.says(_id_of(who), self.room.name, text)
        self._tell(who, "writes in the room.")
        self._look()
        return ts

    def adds(self, who: str, ts: str) -> None:
        """Choose "Add to timeline" on a message of the room."""
        assert self.room is not None
        self._somebody(who).chooses("Add to timeline", channel=self.room, ts=ts)
        self._tell(who, "chooses *Add to timeline* on it.")
        self._look()

    def pins(self, who: str, ts: str) -> None:
        """Put a 📌 under a message of the room."""
        assert self.room is not None
        self._somebody(who).reacts("pushpin", channel=self.room, ts=ts)
        self._tell(who, "puts a 📌 under it.")
        self._look()

    def home(self, who: str) -> None:
        """Open the app's own page, and write down what it shows."""
        self._somebody(who).opens_home()
        self.settle()
        self._tell(who, "opens Firebreak's *Home*.")
        self.written.quote("They see", self.written.reader.blocks((self.slack.users[_id_of(who)].home or {})["blocks"]))

    def fills(self, who: str, view: dict[str, Any], filled: dict[str, Any]) -> None:
        """Fill in an open form, and send it."""
        answer = self._somebody(who).submits(view, filled)
        assert answer.get("response_action") != "errors", f"“{view['title']['text']}”: {answer}"
        given = "; ".join(f"{label}: {_shown(value)}" for label, value in filled.items()) or "as it stands"
        self._tell(who, f"sends the form *{view['title']['text']}* ({given}).")
        if answer.get("view"):
            self.written.quote("The form says", self.written.reader.blocks(answer["view"]["blocks"]))

    def settle(self) -> None:
        """Wait until nothing is due any more and everything that is owed has arrived."""
        assert self.door.http.get(f"{self.server.url}/rest", timeout=3 * PATIENCE).status_code == 200

    def _look(self, *, by_itself: datetime | None = None) -> None:
        self.settle()
        self.written.whispers()
        self.written.changes(by_itself=by_itself)

    def _tell(self, who: str, what: str) -> None:
        self.written.tell(self.now, _id_of(who), what)

    def _after(self, who: str, pressed: Pressed, filled: dict[str, Any], *, refused: bool) -> None:
        if pressed.form is not None and pressed.form.get("submit"):
            self.fills(who, pressed.form, filled)
        else:
            assert not filled, f"no form opened to fill in {sorted(filled)}"
        self.settle()
        assert self.written.unread or not refused, "nobody said no"
        self._look()

    def _seen_by(self, who: str) -> list[Channel]:
        """Where somebody can press anything: the room, if they are in it, and what was said to them alone."""
        direct = self.slack.channels.get(f"D{_id_of(who)}")
        room = self.room if self.room and _id_of(who) in self.room.members else None
        return [channel for channel in (room, direct) if channel is not None]

    def _somebody(self, who: str) -> Somebody:
        return Somebody(_id_of(who), self.door)


@contextmanager
def stage(folder: Path, **environment: str) -> Iterator[Stage]:
    """Run the product over a fake Slack whose people are those of the sample organisation, without its morning lists.

    Those come with the worker's heartbeat, which is the machine's business, not the day's.
    """
    text = (ROOT / "playbooks" / "organisation.yaml").read_text(encoding="utf-8")
    organisation = load_organisation(text, file="organisation.yaml").organisation
    assert organisation is not None
    (folder / "organisation.yaml").write_text(text.replace("defaults: {", "defaults: {digest: never, "), encoding="utf-8")
    people = {person.slack: person for person in organisation.people.values() if person.slack}
    names = {slack_id: person.name for slack_id, person in people.items()}
    with fake_slack() as slack:
        for slack_id, person in people.items():
            slack.user(slack_id, email=person.email, name=person.name)
        slack.channel("general")
        slack.channel("all-staff")
        extra = {
            "FIREBREAK_SLACK_BOT_TOKEN": TOKEN,
            "FIREBREAK_SLACK_SIGNING_SECRET": SECRET,
            "FIREBREAK_SLACK_API_URL": slack.url,
            "FIREBREAK_ORGANISATION": str(folder / "organisation.yaml"),
            "FIREBREAK_BASE_URL": "https://firebreak.example.com",
            **environment,
        }
        server = Server(folder, extra=extra, starts=STARTS.isoformat()).start()
        written = Transcript(slack, Reader(ZONE, lambda known: names.get(known) or slack.channels[known].name), names)
        try:
            yield Stage(server, slack, Door(server.url, slack, STARTS), written)
        finally:
            slack.let_go.set()
            server.stop()


def _id_of(who: str) -> str:
    return f"U0{who.upper()}"


def _shown(value: Any) -> str:
    return ", ".join(map(_shown, value)) if isinstance(value, list) else " / ".join(str(value).splitlines())
