"""Who is told of nothing costs nothing: commands never look at webhooks, and many that want something else are passed by."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from engine.incident import commands as c
from engine.incident.subscription import Wanted
from engine.runtime.fan_out import TOGETHER, FanOut
from engine.store.webhooks import Owner, add_webhook
from tests.runtime.given import WORK, House, house, playbook
from tests.runtime.webhook_given import URL, hooks

KINDS = ("sqlite",)
"""The statements of one connection are listened to; the others are the same."""

MANY = 1_000
TRIAL = playbook(WORK)


async def _subscribe_many(home: House, wanted: Wanted) -> None:
    def made(tx: Connection) -> None:
        for number in range(MANY):
            owner = Owner(f"token {number}", "ana", None)
            add_webhook(tx, home.sealer, name="hooks", url=URL, owner=owner, wanted=wanted, position=0, now=home.clock.now())

    await home.database.write(made)


async def _statements(home: House) -> list[str]:
    """Hear from now on of every statement of whoever writes."""
    heard: list[str] = []

    def listen(tx: Connection) -> None:
        driver: Any = tx.connection.dbapi_connection
        driver.set_trace_callback(heard.append)

    await home.database.write(listen)
    heard.clear()  # of the end of that transaction
    return heard


async def test_commands_run_the_same_statements_whoever_is_told(tmp_path: Path) -> None:
    async with house(tmp_path, TRIAL) as home:
        await home.declare()
        heard = await _statements(home)
        await home.declare()
        await home.do("INC-2", c.Note("one"))
        alone = len(heard)
        await _subscribe_many(home, Wanted())
        heard.clear()
        await home.declare()
        await home.do("INC-3", c.Note("one"))

        assert len(heard) == alone
        assert [each for each in heard if "webhook" in each] == []


async def test_many_webhooks_that_want_something_else_are_passed_by_in_one_statement(tmp_path: Path) -> None:
    async with house(tmp_path, TRIAL) as home:
        await _subscribe_many(home, Wanted(playbooks=("other",)))
        await home.declare()
        heard = await _statements(home)
        outside = hooks(home)
        await outside.idle()

        assert outside.receiver.received == []
        assert len([each for each in heard if each.startswith("UPDATE webhooks")]) == 1


async def test_each_webhook_goes_on_where_it_was_told_last_and_folds_nothing_twice(tmp_path: Path) -> None:
    async with house(tmp_path, TRIAL) as home:
        outside = hooks(home)
        await outside.subscribe()
        await outside.subscribe()
        await home.declare()
        await outside.idle()
        await home.database.write(lambda tx: tx.execute(text("UPDATE events SET payload = 'unreadable' WHERE seq = 1")) and None)
        await home.do("INC-1", c.Note("one"))
        last = (await home.incident("INC-1")).version

        assert (await outside.idle()).ids.count(f"INC-1:{last}") == 2


async def test_nobody_waits_long_for_messages_that_are_made(tmp_path: Path) -> None:
    async with house(tmp_path, TRIAL) as home:
        await _subscribe_many(home, Wanted(events=("Declared", "Noted")))
        await home.declare()
        await home.do("INC-1", c.Note("one"))
        heard = await _statements(home)
        fan_out = FanOut(home.database, home.sealer, home.library, home.clock)
        while await fan_out.turn():
            pass
        moved = [each for each in heard if each.startswith("UPDATE webhooks")]
        made = await home.database.read(lambda tx: tx.execute(text("SELECT count(*) FROM webhook_messages")).scalar())

        assert made == 2 * MANY
        assert len(moved) >= made / TOGETHER
