"""Makes the runs of a simulation, on several processes, with a bar that shows how far it is.

Runs are numbered, and each depends on its number alone: how they are shared out changes nothing.
"""

import gc
import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

import msgspec
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from api.cli.output import stderr
from api.cli.trouble import SAID_NO, Trouble
from engine.analysis.simulation.figures import Figures, OneMore
from engine.analysis.simulation.outcome import RunOutcome
from engine.analysis.simulation.question import Question, outcomes_of, roles_to_try
from engine.analysis.simulation.sensitivity import compared
from engine.analysis.simulation.setting import NotStartable, Setting
from engine.analysis.simulation.summary import summarise

CHUNK: Final = 50
"""Runs that a process makes before it reports."""
COMPARED_SHARE: Final = 20
"""One run in so many is made again for each role that is tried, but never fewer than `FEWEST_COMPARED`."""
FEWEST_COMPARED: Final = 200
RARELY: Final = 50_000
"""Objects between two collections: runs leave no circles behind, so looking for them is wasted."""

Work = Callable[[str | None, range], list[RunOutcome]]
Tick = Callable[[int], None]

_mine: dict[str | None, Setting] = {}
"""In a process of the pool: what its runs share, by the role that has one more person."""
_asked: list[Question] = []


@dataclass(frozen=True)
class Found:
    """The figures, and the outcomes that they were made of."""

    figures: Figures
    outcomes: list[RunOutcome]


def answered(question: Question, runs: int, processes: int | None, *, quiet: bool = False) -> Found:
    """Make `runs` runs and those that show what one more person would change."""
    count = processes or os.cpu_count() or 1
    try:
        with _crew(question, min(count, -(-runs // CHUNK))) as crew, _bar(runs, quiet=quiet) as tick:
            return _answered(question, runs, crew, tick)
    except NotStartable as refused:
        raise Trouble(f"the playbook can't be started: {refused}", code=SAID_NO) from refused
    except BrokenProcessPool as broken:
        raise Trouble("a process that made runs was ended from outside; try fewer with --processes 1") from broken


def _answered(question: Question, runs: int, crew: ProcessPoolExecutor | None, tick: Tick) -> Found:
    make = partial(_made, question, crew, tick)
    outcomes = make(None, runs)
    figures = summarise(question.setting(), outcomes)
    compare = min(runs, max(FEWEST_COMPARED, runs // COMPARED_SHARE))
    titles = {role.role: role.title for role in figures.roles}
    more: list[OneMore] = [compared(role, titles[role], outcomes[:compare], make(role, compare)) for role in roles_to_try(figures)]
    return Found(msgspec.structs.replace(figures, one_more=more), outcomes)


def _made(question: Question, crew: ProcessPoolExecutor | None, tick: Tick, role: str | None, runs: int) -> list[RunOutcome]:
    """Make runs 0 to `runs` - 1, in the order of their numbers."""
    chunks = [range(first, min(first + CHUNK, runs)) for first in range(0, runs, CHUNK)]
    found: dict[int, list[RunOutcome]] = {}
    if crew is None:
        setting = question.setting(role)
        for chunk in chunks:
            found[chunk.start] = outcomes_of(setting, chunk)
            tick(len(chunk))
    else:
        waiting: Mapping[Future[list[RunOutcome]], range] = {crew.submit(_work, role, chunk): chunk for chunk in chunks}
        for done in as_completed(waiting):
            found[waiting[done].start] = done.result()
            tick(len(waiting[done]))
    return [outcome for first in sorted(found) for outcome in found[first]]


@contextmanager
def _crew(question: Question, processes: int) -> Iterator[ProcessPoolExecutor | None]:
    if processes <= 1:
        yield None
        return
    way = multiprocessing.get_context("fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn")
    pool = ProcessPoolExecutor(processes, mp_context=way, initializer=_prepare, initargs=(question,))
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _prepare(question: Question) -> None:
    gc.set_threshold(RARELY)
    gc.freeze()
    _asked.append(question)


def _work(role: str | None, numbers: range) -> list[RunOutcome]:
    if role not in _mine:
        _mine[role] = _asked[0].setting(role)
    return outcomes_of(_mine[role], numbers)


@contextmanager
def _bar(runs: int, *, quiet: bool) -> Iterator[Tick]:
    """Show how far it is, on a terminal; no thread of its own, because processes are forked beside it."""
    console = stderr()
    if quiet or not console.is_terminal:
        yield lambda _runs: None
        return
    columns = (TextColumn("simulating"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(compact=True))
    with Progress(*columns, console=console, transient=True, auto_refresh=False) as progress:
        task = progress.add_task("", total=runs + _compared(runs))

        def tick(done: int) -> None:
            progress.advance(task, done)
            progress.refresh()

        yield tick


def _compared(runs: int) -> int:
    from engine.analysis.simulation.question import ROLES_TRIED

    return ROLES_TRIED * min(runs, max(FEWEST_COMPARED, runs // COMPARED_SHARE))
