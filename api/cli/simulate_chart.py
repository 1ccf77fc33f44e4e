"""Charts of a simulation as numbers: where each bar, line and word stands, in the units of an SVG.

The pages that draw them compute nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from api.cli.simulate_words import percent, span
from engine.analysis.simulation.figures import Figures, MilestoneFigures
from engine.analysis.simulation.outcome import RunOutcome
from engine.analysis.simulation.typical import Span

WIDTH: Final = 960
_PLOT_LEFT, _PLOT_WIDTH = 20, 860
_TOP: Final = 28
"""Room above the bars for what is written there."""
_HEIGHT: Final = 112
_BINS: Final = 48
_TICKS: Final = (60, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200, 86_400, 172_800, 604_800)
_MOST_TICKS: Final = 9
_GANTT_LEFT, _GANTT_WIDTH, _ROW = 430, 500, 22
_LETTER, _SMALL_LETTER = 6.8, 6.0
_MOST_ROWS: Final = 60


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    width: float
    y: float
    height: float
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Tick:
    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Histogram:
    """When a milestone was reached, over all runs that needed it; `later` says who did not fit."""

    title: str
    chance: str
    bars: list[Bar]
    ticks: list[Tick]
    deadline: Tick | None
    later: str
    height: int = _TOP + _HEIGHT + 36
    floor: int = _TOP + _HEIGHT


@dataclass(frozen=True, slots=True)
class Row:
    title: str
    role: str
    y: float
    waits: Bar
    works: Bar
    label: str


@dataclass(frozen=True, slots=True)
class Gantt:
    """The typical run: for each piece of work, when it waited and when it was done."""

    rows: list[Row]
    ticks: list[Tick]
    deadlines: list[Tick]
    later: str
    height: int
    left: int = _GANTT_LEFT


def histogram(figures: MilestoneFigures, outcomes: Sequence[RunOutcome]) -> Histogram:
    """Sort the runs into equal spans of time."""
    marks = [outcome.milestones[figures.id] for outcome in outcomes]
    reached = [mark.after for mark in marks if mark.after is not None]
    needed = sum(mark.fate != "not_needed" for mark in marks)
    end = _end(figures, reached)
    counts = [0] * _BINS
    for after in reached:
        if after < end:
            counts[after * _BINS // end] += 1
    tallest, width = max([*counts, 1]), _PLOT_WIDTH / _BINS
    bars = [
        Bar(
            x=_PLOT_LEFT + number * width,
            width=width - 1.5,
            y=_TOP + _HEIGHT * (1 - count / tallest),
            height=_HEIGHT * count / tallest,
            is_late=figures.deadline is not None and number * end / _BINS >= figures.deadline,
        )
        for number, count in enumerate(counts)
        if count
    ]
    beyond = needed - sum(counts)
    deadline = Tick(_PLOT_LEFT + _PLOT_WIDTH * figures.deadline / end, span(figures.deadline)) if figures.deadline else None
    later = f"{percent(beyond / needed)} later than {span(end)} or never" if beyond else ""
    return Histogram(figures.title, percent(figures.chance), bars, _ticks(end, _PLOT_LEFT, _PLOT_WIDTH), deadline, later)


def gantt(spans: Sequence[Span], figures: Figures, last: int) -> Gantt:
    """Lay out the work that began by the last milestone; `last` in seconds."""
    deadlines = [each.deadline for each in figures.milestones if each.deadline and " from " not in each.within]
    end = max([last, *deadlines, 600]) * 115 // 100
    shown = [each for each in spans if each.begun_at < end][:_MOST_ROWS]
    rows = [_row(each, number, end) for number, each in enumerate(shown)]
    lines = [Tick(_at(deadline, end), span(deadline)) for deadline in dict.fromkeys(deadlines)]
    later = f"{len(spans) - len(shown)} pieces of work came later" if len(spans) > len(shown) else ""
    return Gantt(rows, _ticks(end, _GANTT_LEFT, _GANTT_WIDTH), lines, later, 30 + len(rows) * _ROW + 34)


def _row(each: Span, number: int, end: int) -> Row:
    y = 30 + number * _ROW
    came, begun, done = (_at(min(at, end), end) for at in (each.came_at, each.begun_at, each.done_at))
    return Row(
        title=_shortened(each.title, each.role),
        role=each.role,
        y=y,
        waits=Bar(came, max(begun - came, 0), y + 7, 4),
        works=Bar(begun, max(done - begun, 2), y + 3, 12),
        label=f"{each.title}, {each.role}: comes after {span(each.came_at)}, begun {span(each.begun_at)}, done {span(each.done_at)}",
    )


def _shortened(title: str, role: str) -> str:
    """Leave room for the role that stands at the right of the same line, in smaller letters."""
    most = int((_GANTT_LEFT - 24 - len(role) * _SMALL_LETTER) / _LETTER)
    return title if len(title) <= most else f"{title[: most - 1].rstrip()}…"


def _at(seconds: int, end: int) -> float:
    return _GANTT_LEFT + _GANTT_WIDTH * seconds / end


def _end(figures: MilestoneFigures, reached: Sequence[int]) -> int:
    """Far enough for nine runs of ten, and for the deadline; not for the one that took until the morning."""
    ordered = sorted(reached)
    usual = ordered[len(ordered) * 9 // 10] if ordered else 0
    deadline = figures.deadline or 0
    most = 4 * deadline if deadline else usual
    return max(deadline * 3 // 2, min(usual * 12 // 10, most), 600)


def _ticks(end: int, left: int, width: int) -> list[Tick]:
    step = next((each for each in _TICKS if end / each <= _MOST_TICKS), end)
    return [Tick(left + width * at / end, span(at) if at else "declared") for at in range(0, end + 1, step)]
