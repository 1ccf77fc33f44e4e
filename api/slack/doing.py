"""Carries a command to the engine, once for each thing that Slack sent, and puts the outcome in a sentence.

Rules:
- What Slack repeats (a retry, a replay, the same press twice) is known by its own id, and gets the first answer.
- The change is on disk before there is a sentence; a Fault is the caller's to tell.
- Refusals come back as a sentence with what would work now; what somebody may not know of does not exist.
"""

from collections.abc import Awaitable, Callable
from typing import Any, assert_never

from api.idempotency import Answer, Remembered, replayed
from api.parts import Parts
from engine.channels.slack_text import cut
from engine.incident.actor import Actor
from engine.incident.commands import AnyCommand, Declare
from engine.incident.refusal import Refusal
from engine.incident.story import sentence
from engine.runtime.outcome import Handled, Memory, NotFound, Outcome, Recalled, Stale
from engine.store.idempotency import Stored

Result = dict[str, Any]
"""What was done, JSON-compatible: `text` (marked up), and `field` when a refusal names one; `ok` says which."""


class Doing:
    """Runs commands for Slack."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def run(self, key: str, command: AnyCommand, actor: Actor, *, once: str) -> Result:
        """Carry out a command on an incident; `once` names what Slack sent. Raises Fault."""
        return await self._done(lambda memory: self._parts.handler.handle(key, command, actor, memory=memory), actor, once)

    async def declare(self, playbook: str, version: str | None, command: Declare, actor: Actor, *, once: str) -> Result:
        """Start an incident. Raises Fault."""

        def work(memory: Memory) -> Awaitable[Outcome]:
            return self._parts.handler.declare(playbook, command, actor, version=version, memory=memory)

        return await self._done(work, actor, once)

    async def _done(self, work: Callable[[Memory], Awaitable[Outcome]], actor: Actor, once: str) -> Result:
        memory = Remembered(
            self._parts.sealer,
            key=once,
            token_id=(actor.credential or "slack")[:64],
            request=once,
            now=self._parts.clock.now(),
            answered=lambda decided: Answer(200, _result(decided)),
        )
        return _told(await work(memory))


def _told(outcome: Outcome) -> Result:
    match outcome:
        case Handled() | Refusal():
            return _result(outcome)
        case NotFound(asked=asked):
            return _no(f"there is no incident {cut(asked, 40)}, or it isn't for you")
        case Stale():
            return _no("it has changed since; look again")
        case Recalled(answer=Stored() as stored):
            return _recalled(stored)
        case Recalled():
            return _no("this was asked before and is still being worked on")
        case _:
            assert_never(outcome)


def _recalled(stored: Stored) -> Result:
    if stored.body is None:
        return _no("this was done before, and who it was about has been erased since")
    answer: Result = replayed(stored).body
    return answer


def _result(decided: Handled | Refusal) -> Result:
    if isinstance(decided, Refusal):
        more = f" What works now: {', '.join(decided.allowed)}." if decided.allowed else ""
        return {**_no(cut(decided.reason, 1_000)), "allowed": more, "field": decided.field}
    key = decided.incident.key
    story = next((sentence(decided.world, decided.incident, entry) for entry in decided.entries), "there was nothing left to do")
    return {"ok": True, "text": f"{key}: {cut(story, 1_000)}.", "key": key, "similar": list(decided.similar)}


def _no(reason: str) -> Result:
    return {"ok": False, "text": f"No: {reason}.", "allowed": "", "field": None}
