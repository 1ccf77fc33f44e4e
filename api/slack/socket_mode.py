"""Socket Mode: what Slack sends by a connection that we opened gets the same answers as what it sends to our address.

Rules:
- Nothing is signed, because Slack sends it by a connection that only our app token opens.
- What can't be read is answered empty, so that Slack does not send it again, and told in the log.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final, get_args

import structlog

from api.body import check_values
from api.problems import Problem
from api.slack.answering import Ack, Answering, Kind
from api.workspace import Acknowledge, Socket
from engine.runtime.clock import new_mark

KINDS: Final[Mapping[str, Kind]] = {kind: kind for kind in get_args(Kind)}

_log = structlog.get_logger("firebreak.slack")


class SocketMode:
    """Answers envelopes."""

    def __init__(self, socket: Socket, answering: Answering) -> None:
        self._socket = socket
        self._answering = answering

    async def run(self, stop: asyncio.Event) -> None:
        """Answer until `stop` is set."""
        await self._socket.run(stop, self.take)

    async def take(self, kind: str, payload: Mapping[str, Any], acknowledge: Acknowledge) -> None:
        """Answer one envelope, then do what is left to do."""
        with structlog.contextvars.bound_contextvars(request_id=new_mark()):
            ack = await self._ack(kind, payload)
            if not ack.again:  # what is not acknowledged comes again
                await acknowledge(ack.body)
            if ack.after is not None:
                await ack.after()

    async def _ack(self, kind: str, payload: Mapping[str, Any]) -> Ack:
        known = KINDS.get(kind)
        if known is None:
            _log.warning("slack sent something of an unknown kind", kind=kind[:40])
            return Ack()
        try:
            check_values(payload)
            return await self._answering.answer(known, payload)
        except Problem as problem:
            _log.warning("slack sent something that can't be read", kind=kind, problem=problem.code)
            return Ack()
