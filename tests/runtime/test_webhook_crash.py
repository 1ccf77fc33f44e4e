"""A process that dies over a webhook's message loses nothing, sends in order, and sends nothing again that it has written down."""

from pathlib import Path

import pytest

from tests.runtime import crashing, webhook_crashing
from tests.runtime.given import WORK, house, playbook
from tests.runtime.webhook_given import hooks

KINDS = ("sqlite",)
"""Processes are killed on one file, where the next one takes over at once; elsewhere its lease runs out (`test_webhooks.py`)."""


@pytest.mark.parametrize(("step", "before"), [(1, 0), (2, 0), (3, 1), (4, 1)])
async def test_killed_at_any_step_both_messages_arrive_in_order(tmp_path: Path, step: int, before: int) -> None:
    async with house(tmp_path, playbook(WORK)):
        pass
    assert crashing.as_main(webhook_crashing.messenger_at, tmp_path, step) == -9
    arrived = crashing.lines(tmp_path / "arrived.txt")

    async with house(tmp_path) as home:
        outside = hooks(home, webhook_crashing.NotingReceiver(tmp_path))
        await outside.messenger.take_over()
        await outside.idle()
        version = (await home.incident("INC-1")).version

    assert len(arrived) == before
    assert list(dict.fromkeys(crashing.lines(tmp_path / "arrived.txt"))) == [f"INC-1:{version - 1}", f"INC-1:{version}"]
    assert len(crashing.lines(tmp_path / "arrived.txt")) == (3 if step == 3 else 2)
