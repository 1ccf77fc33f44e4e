"""What dies in the crash test of webhooks: a process that sends, killed by signal 9 at a chosen step of its messenger."""

import asyncio
from pathlib import Path

from engine.channels.poster import Posted, Posting
from engine.incident import commands as c
from tests.runtime.crashing import Notebook, at_step, quiet
from tests.runtime.given import house
from tests.runtime.webhook_given import Receiver, hooks


class NotingReceiver(Receiver):
    """Notes the ids of what arrives in a file that outlives the process."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._arrived = Notebook(folder / "arrived.txt")

    async def post(self, posting: Posting) -> Posted:
        self._arrived.write(posting.id)
        return await super().post(posting)


def messenger_at(folder: Path, step: int) -> None:
    """Let a webhook be owed two messages of one incident, and die when a step is done for the first time."""
    quiet()
    asyncio.run(_messenger_at(folder, step))


async def _messenger_at(folder: Path, step: int) -> None:
    async with house(folder) as home:
        outside = hooks(home, NotingReceiver(folder), at=at_step(step, armed=[True]))
        await outside.subscribe(events=("Noted",))
        await home.declare()
        for text in ("one", "two"):
            await home.do("INC-1", c.Note(text))
        await outside.idle()
