"""What was measured under load, as a table, as figures beside their goals, as JSON and as a plot."""

import json
import os
import platform
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Protocol

from benchmarks.figure import Figure
from benchmarks.load_client import Sample

FLOOR_OF: Final = {"declare": "commit", "complete": "commit", "slash": "commit", "list_incidents": "echo", "list_tasks": "echo"}
"""Which floor an operation is held against."""

RATIOS: Final = {"declare": 0.25, "complete": 1.0, "slash": 0.8, "list_incidents": 0.25, "list_tasks": 0.25}
"""The part of its floor's rate that each operation is to reach with 32 clients."""

_GROWTH: Final = 1.2
_COLOURS: Final = {"declare": "#b3261e", "complete": "#0b6e4f", "slash": "#1d4e89", "list_incidents": "#8a5a00", "list_tasks": "#6a3d9a"}


class Measurement(Protocol):
    """What one database came to."""

    incidents: int
    samples: list[Sample]
    ready: float
    memory_before: float
    memory_after: float
    filled_in: float


def sample_of(measured: Measurement, operation: str, clients: int) -> Sample:
    """Find what so many clients saw of an operation."""
    return next(each for each in measured.samples if (each.operation, each.clients) == (operation, clients))


def ratio(measured: Measurement, operation: str, clients: int) -> float:
    """Give the rate as a part of the floor's."""
    bare = sample_of(measured, FLOOR_OF[operation], clients).rate
    return sample_of(measured, operation, clients).rate / bare if bare else 0.0


def table(all_measured: Sequence[Measurement]) -> str:
    """Write a line for each operation and number of clients."""
    lines = [
        f"{'incidents':>9} {'clients':>7} {'operation':<15} {'/s':>8} {'of floor':>8} {'p50 ms':>8} {'p99 ms':>8} {'CPU ms':>7} busy failed"
    ]
    for measured in all_measured:
        for each in measured.samples:
            part = f"{ratio(measured, each.operation, each.clients):.2f}" if each.operation in FLOOR_OF else ""
            lines.append(
                f"{measured.incidents:>9,} {each.clients:>7} {each.operation:<15} {each.rate:>8,.0f} {part:>8} {each.median:>8.1f}"
                f" {each.percentile(0.99):>8.1f} {each.each:>7.2f} {each.busy:>4} {len(each.failures):>6}"
            )
        lines.append(
            f"{measured.incidents:>9,} ready after {measured.ready:.1f} s; {measured.memory_before:.0f} MiB then,"
            f" {measured.memory_after:.0f} MiB after; filled in {measured.filled_in:.0f} s"
        )
    return "\n".join(lines)


def figures(all_measured: Sequence[Measurement]) -> list[Figure]:
    """Hold what was measured against its goals."""
    return [figure for measured in all_measured for figure in _of_one(measured)] + list(_growth(all_measured))


def _of_one(measured: Measurement) -> Iterator[Figure]:
    about = f"{measured.incidents:,} incidents"
    for operation, goal in RATIOS.items():
        each = sample_of(measured, operation, 32)
        how = f"{each.rate:,.0f}/s, median {each.median:.0f} ms, {each.each:.2f} ms of processor time; {about}"
        name = f"{operation}, 32 clients, part of the floor ({FLOOR_OF[operation]})"
        yield Figure(name, ratio(measured, operation, 32), goal, "x", how, at_least=True)
    for operation in ("complete", "slash"):
        yield Figure(f"{operation}, 32 clients, 99th percentile", sample_of(measured, operation, 32).percentile(0.99), 100, "ms", about)
    yield Figure("declare, processor time", sample_of(measured, "declare", 32).each, 2, "ms", about)
    failed = [failure for each in measured.samples for failure in each.failures]
    yield Figure("requests that failed", len(failed), 0, "", "; ".join([about, *failed[:3]]))
    yield Figure("memory at the end", measured.memory_after, 150, "MiB", f"{measured.memory_before:.0f} MiB when ready; {about}")
    yield Figure("cold start to ready", measured.ready, 1.5, "s", about)


def _growth(all_measured: Sequence[Measurement]) -> Iterator[Figure]:
    for few, many in pairwise(all_measured):
        for operation in FLOOR_OF:
            before, after = (_processor(each, operation) for each in (few, many))
            how = f"{before:.2f} ms with {few.incidents:,} incidents, {after:.2f} ms with {many.incidents:,}, all numbers of clients"
            yield Figure(f"{operation}, growth of processor time", after / before if before else 0.0, _GROWTH, "x", how)


def _processor(measured: Measurement, operation: str) -> float:
    """Milliseconds of processor time for each answer, over all numbers of clients."""
    all_of_it = [each for each in measured.samples if each.operation == operation]
    answers = sum(len(each.took) for each in all_of_it)
    return sum(each.processor for each in all_of_it) * 1000 / answers if answers else 0.0


def write(all_measured: Sequence[Measurement], folder: Path) -> None:
    """Write `load.json` and `load.svg`."""
    folder.mkdir(exist_ok=True)
    (folder / "load.json").write_text(json.dumps(_facts(all_measured), indent=1) + "\n", "utf-8")
    (folder / "load.svg").write_text(plot(all_measured), "utf-8")


def _facts(all_measured: Sequence[Measurement]) -> dict[str, Any]:
    machine = {
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "sqlite": sqlite3.sqlite_version,
    }
    return {
        "machine": machine,
        "goals": [asdict(figure) | {"met": figure.is_met} for figure in figures(all_measured)],
        "runs": [
            {
                "incidents": measured.incidents,
                "ready_s": measured.ready,
                "memory_mib": [measured.memory_before, measured.memory_after],
                "samples": [_sample_facts(measured, each) for each in measured.samples],
            }
            for measured in all_measured
        ],
    }


def _sample_facts(measured: Measurement, each: Sample) -> dict[str, Any]:
    return {
        "operation": each.operation,
        "clients": each.clients,
        "per_second": each.rate,
        "of_floor": ratio(measured, each.operation, each.clients) if each.operation in FLOOR_OF else None,
        "p50_ms": each.median,
        "p99_ms": each.percentile(0.99),
        "cpu_ms": each.each,
        "busy": each.busy,
        "failures": each.failures[:20],
        "failed": len(each.failures),
    }


def plot(all_measured: Sequence[Measurement]) -> str:
    """Draw, for each database, each operation's part of its floor over the number of clients; the dashed line is the floor."""
    width, height, left = 420, 260, 46
    panels = []
    for place, measured in enumerate(all_measured):
        clients = sorted({each.clients for each in measured.samples})
        at = {count: left + number * 110 for number, count in enumerate(clients)}
        top = max(1.2, *(ratio(measured, operation, count) for operation in FLOOR_OF for count in clients))
        drawn = [f'<text x="{left}" y="20" font-weight="bold">{measured.incidents:,} incidents: part of the floor</text>']
        drawn += [f'<text x="{x}" y="250" text-anchor="middle">{count}</text>' for count, x in at.items()]
        one = _height(1.0, top)
        drawn.append(f'<line x1="{left}" x2="{width - 10}" y1="{one:.1f}" y2="{one:.1f}" stroke="#777" stroke-dasharray="4 3"/>')
        drawn.append(f'<text x="{left - 8}" y="{one + 4:.1f}" text-anchor="end">1.0</text>')
        for number, (operation, colour) in enumerate(_COLOURS.items()):
            line = " ".join(f"{x},{_height(ratio(measured, operation, count), top):.1f}" for count, x in at.items())
            drawn.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
            drawn.append(f'<text x="{left + 8 + number * 72}" y="36" fill="{colour}" font-size="10">{operation}</text>')
        panels.append(f'<g transform="translate({place * width},0)">{"".join(drawn)}</g>')
    size = f'width="{width * len(panels)}" height="{height}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="11">{"".join(panels)}</svg>\n'


def _height(value: float, top: float) -> float:
    return 234 - 186 * value / top
