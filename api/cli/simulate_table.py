"""What a simulation found, as tables for people and as lines for programs that read text."""

from collections.abc import Iterator
from typing import Final

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from api.cli.output import answer_table, clean, stdout
from api.cli.simulate_words import change, clock, percent, span
from engine.analysis.simulation.figures import Figures, MilestoneFigures, OneMore
from engine.analysis.simulation.summary import busiest

_GOOD, _FAIR = 0.9, 0.6
_MOST_LATE: Final = 8
"""Steps that are shown; the others are in --json and in the report."""


def show(figures: Figures, *, plain: bool) -> None:
    """Show what was found: milestones first, then what is late, who is busy, what would help."""
    if plain or not stdout().is_terminal:
        _lines(figures)
        return
    console = stdout()
    head = Text(f"{clean(figures.title)} {figures.version}", style="bold")
    about = Text(f"{figures.runs:,} runs, each begun {clock(figures.start)} ({figures.timezone}), seed {figures.seed}", style="dim")
    parts: list[Group | Table | Text] = [Group(head, about), _milestones(figures), _late(figures), _roles(figures), *_advice(figures)]
    for part in parts:
        console.print(Padding(part, (0, 0, 1, 0)))


def _table(*columns: str, right: tuple[int, ...] = ()) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number in right else "left", overflow="fold", no_wrap=number in right)
    return table


def _milestones(figures: Figures) -> Table:
    table = _table("milestone", "within", "chance", "half by", "9 of 10 by", "99 of 100", right=(2, 3, 4, 5))
    for each in figures.milestones:
        after = each.after
        table.add_row(Text(clean(each.title)), each.within, _coloured(each.chance), span(after.p50), span(after.p90), span(after.p99))
        for line in _why(each):
            table.add_row(Text(line, style="dim"))
    return table


def _why(each: MilestoneFigures) -> Iterator[str]:
    if each.needed < 1:
        yield f"  needed in {percent(each.needed)} of the runs"
    if each.culprits:
        yield f"  late because of {', '.join(f'{culprit.step} ({percent(culprit.share)})' for culprit in each.culprits[:2])}"


def _late(figures: Figures) -> Table:
    table = _table("step most often late", "role", "due", "chance", "half by", "9 of 10 by", right=(3, 4, 5))
    for each in sorted(figures.dues, key=lambda due: due.chance)[:_MOST_LATE]:
        table.add_row(each.step, each.role or "", each.due, _coloured(each.chance), span(each.after.p50), span(each.after.p90))
    return table


def _roles(figures: Figures) -> Table:
    table = _table("role", "work in a run", "kept waiting", "begins after", "9 of 10 within", right=(1, 2, 3, 4))
    for each in busiest(figures):
        table.add_row(Text(clean(each.title)), span(each.attention), span(each.queued), span(each.response.p50), span(each.response.p90))
    return table


def _advice(figures: Figures) -> Iterator[Text]:
    lines = [_one_more(figures, each) for each in figures.one_more]
    if lines:
        yield Text("\n").join([Text("one more person", style="bold"), *lines])
    all_met = Text(f"all milestones in time: {percent(figures.all_met)} of the runs")
    yield Text("\n").join([all_met, *(Text(line, style="dim") for line in notes(figures))])


def _one_more(figures: Figures, each: OneMore) -> Text:
    titles = {milestone.id: milestone.title for milestone in figures.milestones}
    best = each.best
    what = titles[best.milestone] if best.milestone else "all milestones in time"
    return Text(f"{clean(each.title)}: {change(best.before, best.after)}  {clean(what)}")


def notes(figures: Figures) -> Iterator[str]:
    """What a reader must know to judge the figures."""
    if figures.unfinished:
        yield f"{percent(figures.unfinished)} of the runs did not come to an end within 60 days"
    if figures.refusals:
        said = ", ".join(f"{code} {number}" for code, number in figures.refusals.items())
        yield f"refused by the engine: {said}"
    if figures.named_at_start:
        yield f"somebody is named at the start for {', '.join(figures.named_at_start)}; one person each was assumed"
    if figures.without_takes:
        steps = "step has" if len(figures.without_takes) == 1 else "steps have"
        yield f"{len(figures.without_takes)} {steps} no 'takes'; the usual time for their kind was assumed"


def _coloured(share: float) -> Text:
    style = "green" if share >= _GOOD else "yellow" if share >= _FAIR else "red"
    return Text(percent(share), style=style)


def _lines(figures: Figures) -> None:
    answer_table((), _rows(figures), plain=True)
    circumstances = (("seed", figures.seed), ("start", figures.start), ("runs", figures.runs))
    answer_table(("given", "as"), circumstances, plain=True)


def _rows(figures: Figures) -> Iterator[tuple[object, ...]]:
    yield ("all milestones", percent(figures.all_met))
    for each in figures.milestones:
        after = each.after
        late = each.culprits[0].step if each.culprits else ""
        yield ("milestone", each.id, each.within, percent(each.chance), span(after.p50), span(after.p90), span(after.p99), late)
    for due in figures.dues:
        yield ("due", due.step, due.due, percent(due.chance), span(due.after.p50), span(due.after.p90), span(due.after.p99))
    for role in busiest(figures):
        response = role.response
        yield ("role", role.role, span(role.attention), span(role.queued), span(response.p50), span(response.p90))
    for more in figures.one_more:
        yield ("one more", more.role, more.best.milestone or "all", percent(more.best.before), percent(more.best.after))
    for line in notes(figures):
        yield ("note", line)
