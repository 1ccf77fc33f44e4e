"""Tells people elsewhere that Slack takes nothing from us, and that it does again: `defaults.alarm` of the organisation file.

Rules:
- One word when Slack shuts the app out, one when it takes calls again, to each person; a restart repeats neither.
- Refused credentials are told at once, because only a person can mend them; a Slack that answers nothing after
  `PATIENCE`, because it mostly comes back by itself. Who was not told of the beginning is not told of the end.
- Never through Slack: by e-mail, else by text message, else by phone. What fails is tried again at the next heartbeat.
- It happens beside the deliveries: a mail server that hangs keeps nothing else waiting. The words name no incident.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import msgspec
import structlog

from engine.channels.channel import Channel, Outgoing, Sent
from engine.incident.effects import Delivery, to_person
from engine.runtime.clock import Clock
from engine.store.database import Database
from engine.store.fault import Fault
from engine.store.settings import put_setting, setting

PATIENCE: Final = timedelta(minutes=5)
"""How long Slack may answer nothing before anybody is told."""

_SETTING: Final = "slack_alarm"
_log = structlog.get_logger("firebreak.alarm")


@dataclass(frozen=True, slots=True)
class _Alarm:
    """What went wrong, since when, until when, and who has heard of its beginning and of its end."""

    code: str
    since: str
    passes: bool
    """Whether it mostly mends itself."""
    until: str | None = None
    told: tuple[str, ...] = ()
    told_the_end: tuple[str, ...] = ()

    def to_tell(self, people: list[str]) -> list[str]:
        """Give who has not heard of its beginning, or, when it is over, of its end."""
        if self.until is not None:
            return [each for each in self.told if each not in self.told_the_end]
        return [each for each in dict.fromkeys(people) if each not in self.told]

    def heard_by(self, person: str) -> "_Alarm":
        if self.until is not None:
            return replace(self, told_the_end=(*self.told_the_end, person))
        return replace(self, told=(*self.told, person))

    @property
    def is_ripe_at(self) -> datetime:
        return datetime.fromisoformat(self.since) + (PATIENCE if self.passes else timedelta())


class SlackAlarm:
    """Hears from the gate and tells `people` (of the organisation file, or e-mail addresses) through `channel`.

    `address` is the server's, `silence` the gate's word for a Slack that answers nothing.
    """

    def __init__(
        self, database: Database, clock: Clock, people: Callable[[], list[str]], channel: Channel, *, address: str, silence: str
    ) -> None:
        self._database = database
        self._clock = clock
        self._people = people
        self._channel = channel
        self._address = address
        self._silence = silence
        self._heard: list[tuple[str | None, datetime]] = []
        self._telling: asyncio.Task[None] | None = None

    def shut(self, code: str) -> None:
        """Hear that Slack takes nothing, and why."""
        self._heard.append((code, self._clock.now()))
        self._begin()

    def opened(self) -> None:
        """Hear that Slack takes calls."""
        self._heard.append((None, self._clock.now()))
        self._begin()

    async def remind(self) -> None:
        """Tell who has not been told yet: a chore, which waits for nobody."""
        self._begin()

    async def settled(self) -> None:
        """Wait until everybody has been tried who is to be told now."""
        while self._telling is not None and not self._telling.done():
            await asyncio.wait([self._telling])

    async def close(self) -> None:
        """Stop telling; the next life goes on with it."""
        if self._telling is not None:
            self._telling.cancel()
            await asyncio.wait([self._telling])

    def _begin(self) -> None:
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell())
            self._telling.add_done_callback(_report)

    async def _tell(self) -> None:
        try:
            alarm = await self._known()
            while self._heard:
                alarm = self._stands(alarm, *self._heard[0])
                await self._keep(alarm)
                self._heard.pop(0)
            if alarm is not None:
                await self._tell_each(alarm)
        except Fault as fault:
            _log.warning("who is to hear about Slack can't be told yet", fault=str(fault))

    async def _tell_each(self, alarm: _Alarm) -> None:
        if alarm.until is None and self._clock.now() < alarm.is_ripe_at:
            return
        for person in alarm.to_tell(self._people()):
            if self._heard:
                break
            if await self._reached(alarm, person):
                alarm = alarm.heard_by(person)
                await self._keep(alarm)
        if self._heard:
            await self._tell()

    async def _reached(self, alarm: _Alarm, person: str) -> bool:
        outcome = await self._channel.send(Outgoing(_words(alarm, person, self._address), incident="", key="Firebreak"))
        if isinstance(outcome, Sent):
            _log.info("told about Slack elsewhere", person=person, code=alarm.code, is_over=alarm.until is not None)
            return True
        _log.error("nobody heard about Slack there", person=person, code=alarm.code, error=outcome.error)
        return not outcome.retry

    def _stands(self, alarm: _Alarm | None, code: str | None, at: datetime) -> _Alarm | None:
        """Say what stands after the gate said `code`, or that Slack takes calls (None)."""
        if code is None:
            is_over = alarm is None or alarm.until is not None
            if is_over or (alarm is not None and not alarm.told):
                return alarm if is_over else None
            return replace(alarm, until=at.isoformat()) if alarm else None
        passes = code == self._silence
        if alarm is None or alarm.until is not None:
            return _Alarm(code, at.isoformat(), passes)
        return replace(alarm, code=code, passes=passes, told=() if alarm.passes and not passes else alarm.told)

    async def _known(self) -> _Alarm | None:
        text = await self._database.read(lambda tx: setting(tx, _SETTING))
        return msgspec.json.decode(text, type=_Alarm) if text else None

    async def _keep(self, alarm: _Alarm | None) -> None:
        text = msgspec.json.encode(alarm).decode() if alarm else ""
        await self._database.write(lambda tx: put_setting(tx, _SETTING, text))


def _report(telling: asyncio.Task[None]) -> None:
    """Log what broke in our own code; the next heartbeat tries again."""
    broken = None if telling.cancelled() else telling.exception()
    if broken is not None:
        _log.error("telling people about Slack broke off", error=type(broken).__name__)


def _words(alarm: _Alarm, person: str, address: str) -> Delivery:
    is_over, refuses = alarm.until is not None, not alarm.passes
    what = "Slack takes messages again" if is_over else "Slack refuses the app" if refuses else "Slack does not answer"
    since, until = (datetime.fromisoformat(each).strftime("%Y-%m-%d %H:%M UTC") for each in (alarm.since, alarm.until or alarm.since))
    code = f" ({alarm.code})" if refuses else ""
    text = (
        f"{what}, since {until}. What had waited since {since} is being sent, in order."
        if is_over
        else f"{what}{code}, since {since}. Nothing arrives there: messages wait, and are sent in order when it takes them again. "
        f"Incidents go on in the browser: {address}/rooms"
        + (". Whoever runs the Slack app has to mend it: docs/slack.md, When something fails." if refuses else "")
    )
    page = {"subject": f"Firebreak: {what}", "says": f"Firebreak: {what}", "acknowledge": False, "then": "See your mail or the browser."}
    delivery_id = f"slack-alarm:{alarm.since}:{alarm.code}:{'end' if is_over else 'begin'}:{person}"
    return Delivery(delivery_id, "tell", to_person(person), text, body={"reason": "alarm", "by": "email", "page": page})
