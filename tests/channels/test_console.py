"""The console prints what would be sent, so that a person can follow it."""

import io

import pytest
from rich.console import Console

from engine.channels.channel import Outgoing
from engine.channels.console import ConsoleChannel
from tests.channels.given import outgoing


async def _printed(delivery: Outgoing) -> str:
    stream = io.StringIO()
    await ConsoleChannel(Console(file=stream, width=60, no_color=True)).send(delivery)
    return stream.getvalue()


async def test_a_delivery_is_a_heading_and_its_text() -> None:
    printed = await _printed(outgoing("war_room:inc-7", kind="room", text="First line.\nSecond [bold]line[/bold] :warning:."))

    assert printed == "INC-7 → war room inc-7  room\n    First line.\n    Second [bold]line[/bold] :warning:.\n"


async def test_a_long_text_is_one_line_whatever_the_width() -> None:
    printed = await _printed(outgoing("slack:#x", text="word " * 60))

    assert len(printed.splitlines()) == 2


@pytest.mark.parametrize("evil", ["\x1b[2J", "\x1b]0;title\x07", "a\rb", "\x9b31m", "\u202e", "\x00"])
async def test_no_text_can_repaint_the_terminal(evil: str) -> None:
    printed = await _printed(outgoing("slack:#x", text=f"before {evil} after"))

    assert not any(char in printed for char in "\x1b\x07\r\x9b\u202e\x00")


async def test_no_text_can_forge_a_heading() -> None:
    printed = await _printed(outgoing("slack:#x", text="one\nINC-9 → slack #y  say\u2028INC-9 → slack #z"))

    assert [line for line in printed.splitlines() if line.startswith("INC-")] == ["INC-7 → slack #x  say"]


async def test_a_card_that_is_sent_again_says_that_it_was_edited() -> None:
    printed = await _printed(outgoing("war_room:inc-7", kind="card", receipt_before={"console": "INC-7:card"}))

    assert "card (edited)" in printed


async def test_e_mail_says_that_nobody_got_it() -> None:
    printed = await _printed(outgoing("email:press@example.com", kind="message", outside=True))

    assert printed.startswith("INC-7 → email press@example.com  message (outside) (no mail server is set up, so it is printed here)")


async def test_what_only_a_real_channel_has_is_not_printed() -> None:
    assert await _printed(outgoing("war_room:inc-7:bookmarks", kind="bookmarks")) == ""
