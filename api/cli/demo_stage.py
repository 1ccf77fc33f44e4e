"""How the demo is told on a terminal: chapters, one line for each thing that happened, and the words that were published.

Columns: the incident's own clock, what kind of thing it is, the sentence. A day is named when it changes.
"""

import asyncio
from collections.abc import Mapping
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from api.cli.output import clean

STYLES: Final[Mapping[str, str]] = {
    "Rehearsal declared": "bold magenta",
    "Asked": "cyan",
    "Late": "bold yellow",
    "Missed": "bold red",
    "No answer": "yellow",
    "Passed on": "yellow",
    "Rejected": "bold red",
    "Refused": "bold red",
    "On hold": "bold red",
    "Released": "bold green",
    "Approved": "green",
    "Agreed": "bold green",
    "Published": "bold green",
    "Reached": "bold green",
    "Decided": "bold",
    "Raised": "bold yellow",
    "Skipped": "dim",
    "Done": "green",
    "Said": "blue",
    "Closed": "bold magenta",
    "Complete": "bold magenta",
}
WIDEST: Final = 110
_CLOCK: Final = 6
_KIND: Final = 13


class Stage:
    """Tells the story at a readable pace: `seconds` between two lines, 0 for tests and pipes."""

    def __init__(self, console: Console, seconds: float, zone: str = "America/Vancouver") -> None:
        self._console = console
        self._zone = ZoneInfo(zone)
        self._seconds = seconds
        self._day: date | None = None
        self._read_until = 0.0

    async def chapter(self, title: str, tells: str) -> None:
        """Begin a part of the story."""
        self._console.print()
        self._console.print(Text(title.upper(), style="bold magenta"))
        self._console.print(Text(" ".join(tells.split()), style="italic"), width=min(WIDEST, self._console.width))
        await self.pause(4)

    async def remark(self, text: str) -> None:
        """Explain what is about to happen."""
        await self.pause(1)
        self._console.print(Padding(Text(text, style="italic"), (0, 0, 0, _CLOCK + _KIND + 2)), width=self._width)

    async def line(self, at: datetime, sentence: str) -> None:
        """Tell one thing that happened."""
        local = at.astimezone(self._zone)
        if local.date() != self._day:
            self._day = local.date()
            self._console.print(Text(f"{local:%A} {local.day} {local:%B %Y}", style="bold"))
        kind, _, words = clean(sentence).partition(": ")
        label = kind if len(kind) <= _KIND else kind.split()[0]
        row = self._row()
        row.add_row(Text(f"{local:%H:%M}", style="dim"), Text(label, style=STYLES.get(kind, "")), Text(words or kind))
        self._console.print(row)
        await self.pause(1)

    async def words(self, text: str, title: str) -> None:
        """Show words that somebody wrote."""
        panel = Panel(Text(clean(text.strip())), title=title, title_align="left", border_style="dim", padding=(0, 1))
        self._console.print(Padding(panel, (0, 0, 0, _CLOCK + _KIND + 2)), width=self._width)
        await self.pause(2)

    def facts(self, title: str, rows: list[tuple[str, str]]) -> None:
        """Close with what came of it."""
        table = Table.grid(padding=(0, 2))
        for name, value in rows:
            table.add_row(Text(name, style="bold"), Text(clean(value)))
        self._console.print()
        self._console.print(Panel(table, title=title, title_align="left", border_style="magenta", padding=(0, 1)), width=self._width)

    async def pause(self, lines: int) -> None:
        """Leave the reader the time of so many lines since the last pause; what the engine needed of it counts."""
        loop = asyncio.get_running_loop()
        rest = self._read_until - loop.time()
        if self._seconds and rest > 0:
            await asyncio.sleep(rest)
        self._read_until = loop.time() + self._seconds * lines

    @property
    def _width(self) -> int:
        return min(WIDEST, self._console.width)

    def _row(self) -> Table:
        row = Table.grid(padding=(0, 1), expand=False)
        row.add_column(width=_CLOCK - 1)
        row.add_column(width=_KIND)
        row.add_column(width=max(20, self._width - _CLOCK - _KIND - 2), overflow="fold")
        return row
