"""Carries a command to the engine, once for each thing that Slack sent, and puts the outcome in a sentence.

Rules:
- What Slack repeats (a retry, a replay, the same press twice) is known by its own id, and gets the first answer.
- The change is on disk before there is a sentence; a Fault is the caller's to tell.
- Refusals come back as a sentence with what would work now; what somebody may not know of does not exist.
- A form that was refused stays open and comes again, mended, under the same id: its refusals are not remembered.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, assert_never

from sqlalchemy import Connection

from api.idempotency import Answer, Remembered, replayed
from api.parts import Parts
from engine.channels.slack_text import cut, cut_plain
from engine.incident.actor import Actor
from engine.incident.allowed import allowed
from engine.incident.commands import AnyCommand, Declare
from engine.incident.refusal import Refusal
from engine.incident.story import sentence
from engine.runtime.outcome import Handled, Memory, NotFound, Outcome, Recalled, Stale
from engine.store.idempotency import Mismatch, Running, Stored

Result = dict[str, Any]
"""What was done, JSON-compatible: `text` (marked up) and `ok`; after a refusal its `code`, its `reason` as plain
text, `allowed` (what works now, a sentence) and the `field` that it names, if any."""


class Doing:
    """Runs commands for Slack."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def run(self, key: str, command: AnyCommand, actor: Actor, *, once: str, typed: str = "") -> Result:
        """Carry out a command on an incident; `once` names what Slack sent. Raises Fault.

        `typed` is the digest of what a form held, which may change between one submission and the next.
        """
        return await self._done(lambda memory: self._parts.handler.handle(key, command, actor, memory=memory), actor, once, typed)

    async def declare(self, playbook: str, version: str | None, command: Declare, actor: Actor, *, once: str, typed: str = "") -> Result:
        """Start an incident; `once` and `typed` as in `run`. Raises Fault."""

        def work(memory: Memory) -> Awaitable[Outcome]:
            return self._parts.handler.declare(playbook, command, actor, version=version, memory=memory)

        return await self._done(work, actor, once, typed)

    async def works_now(self, key: str, step: str, actor: Actor) -> str:
        """Say in a sentence what would work on a step now; empty when nothing would. Raises Fault."""
        seen = await self._parts.handler.look(key, actor) if step else None
        found = allowed(seen.world, seen.incident, step, actor) if seen is not None else ()
        return working(found)

    async def before(self, actor: Actor, *, once: str, typed: str) -> Result | None:
        """Give what a form was answered when it was taken; None when it was not yet. Raises Fault."""
        memory = self._memory(actor, once, typed)

        def looked_up(tx: Connection) -> Stored | Running | Mismatch | None:
            found = memory.recall(tx)
            if found is None:
                memory.release(tx)
            return found

        found = await self._parts.database.write(looked_up)
        return None if found is None else _told(Recalled(found))

    async def _done(self, work: Callable[[Memory], Awaitable[Outcome]], actor: Actor, once: str, typed: str) -> Result:
        return _told(await work(self._memory(actor, once, typed)))

    def _memory(self, actor: Actor, once: str, typed: str) -> Remembered:
        return Remembered(
            self._parts.sealer,
            key=once,
            token_id=(actor.credential or "slack")[:64],
            request=typed or once,
            now=self._parts.clock.now(),
            answered=lambda decided: Answer(200, _result(decided)),
            mendable=bool(typed),
        )


def working(commands: Sequence[str]) -> str:
    """Say in a sentence what works now; empty when nothing does."""
    return f" What works now: {', '.join(commands)}." if commands else ""


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
        case Recalled(answer=Mismatch()):
            return _no("this form was taken already, as it was sent first; open it again for what you changed since")
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
        refused = {"reason": cut_plain(decided.reason, 500), "code": decided.code, "field": decided.field}
        return {**_no(cut(decided.reason, 1_000)), **refused, "allowed": working(decided.allowed)}
    key = decided.incident.key
    story = next((sentence(decided.world, decided.incident, entry) for entry in decided.entries), "there was nothing left to do")
    return {"ok": True, "text": f"{key}: {cut(story, 1_000).removesuffix('.')}.", "key": key, "similar": list(decided.similar)}


def _no(reason: str) -> Result:
    return {"ok": False, "text": f"No: {reason.removesuffix('.')}.", "reason": reason, "code": None, "allowed": "", "field": None}
