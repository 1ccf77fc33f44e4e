"""A server that ends without cutting anybody off: what has arrived is answered, and every client is told to connect anew.

uvicorn closes a connection that has nothing under way at once. A request that has arrived and was not read yet is then
answered by the operating system, with a reset, and whoever sent it can't know whether it was done.
"""

import asyncio
import socket
from collections.abc import Callable
from types import FrameType
from typing import Final

import uvicorn

LINGER_SECONDS: Final = 0.5
"""How long open connections may bring one more request; each answer then says that it is the last."""
_LAST: Final = (b"connection", b"close")


def _nothing() -> None:
    """Have nothing to end."""


class DrainingServer(uvicorn.Server):
    """Runs one application until a signal ends it; `on_exit` ends what never ends by itself, such as streams."""

    def __init__(self, config: uvicorn.Config, on_exit: Callable[[], None] = _nothing) -> None:
        super().__init__(config)
        self._on_exit = on_exit

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self._on_exit()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no new connections, answer what the open ones bring, then close."""
        for server in self.servers:
            server.close()
        self.server_state.default_headers = [*self.server_state.default_headers, _LAST]
        if self.server_state.connections:
            await asyncio.sleep(LINGER_SECONDS)
        await super().shutdown(sockets)
