"""`firebreak simulate PLAYBOOK`: run it ahead ten thousand times, and say how likely its deadlines are.

Rules:
- The runs obey the live engine's rules; the people in them come from the organisation file and take their time.
- The same seed, start and files give the same answer, however many processes share the work.
- Nobody is named: what people do is told by role.
"""

from datetime import datetime
from pathlib import Path
from secrets import randbelow
from typing import Annotated, Final

import typer

from api.cli.output import Json, Plain, answer_json, talk
from api.cli.trouble import Trouble
from engine.analysis.simulation.assumptions import Assumptions
from engine.analysis.simulation.odds import BadOdds, Odds, read_odds
from engine.analysis.simulation.question import Question
from engine.incident.plan import World
from engine.runtime.clock import SystemClock

LARGEST_SEED: Final = 1_000_000
MOST_RUNS: Final = 1_000_000
_DEFAULTS: Final = Assumptions()


def simulate(
    playbook: Annotated[Path, typer.Argument(metavar="PLAYBOOK", help="The playbook to run ahead.")],
    runs: Annotated[int, typer.Option(min=1, max=MOST_RUNS, help="How many runs.")] = 10_000,
    seed: Annotated[int | None, typer.Option(min=0, help="Repeat a simulation; without it one is drawn and printed.")] = None,
    organisation: Annotated[Path | None, typer.Option(help="Who is there; else organisation.yaml beside the playbook.")] = None,
    odds: Annotated[list[str] | None, typer.Option(help="How likely answers are: real=ours:0.7,unclear:0.2. Again for each.")] = None,
    start: Annotated[str, typer.Option(help="When it begins: 2026-11-23T10:00, 'friday 16:30', or night.")] = "monday 10:00",
    no_show: Annotated[float, typer.Option(min=0.0, max=1.0, help="Chance that somebody does not answer at all.")] = _DEFAULTS.no_show,
    reject: Annotated[float, typer.Option(min=0.0, max=1.0, help="Chance that a key-holder sends words back.")] = _DEFAULTS.reject,
    report: Annotated[Path | None, typer.Option(help="Write a page with charts: FILE.html, or FILE.svg for the charts alone.")] = None,
    processes: Annotated[int | None, typer.Option(min=1, max=64, help="Processes that share the work; else one for each core.")] = None,
    json: Json = False,
    plain: Plain = False,
) -> None:
    """Run a playbook ahead many times: how likely is each deadline, who is the bottleneck, what would help."""
    from api.cli.simulate_pool import answered
    from api.cli.simulate_start import start_of

    world = _world(playbook, organisation)
    begins = start_of(start, world.organisation, SystemClock().now())
    drawn = seed if seed is not None else randbelow(LARGEST_SEED)
    assumed = Assumptions(no_show=no_show, reject=reject)
    question = Question(world, _odds(world, odds or []), begins, drawn, assumed)
    _refuse_bad_report(report)
    found = answered(question, runs, processes, quiet=json or plain)
    if report is not None:
        from api.cli.simulate_report import write_report

        write_report(report, question, found)
        talk(f"report: {report}")
    if json:
        import msgspec

        answer_json(msgspec.to_builtins(found.figures))
        return
    from api.cli.simulate_table import show

    show(found.figures, plain=plain)
    talk(f"to repeat: --seed {drawn} --start {_typed(begins, world)}")


def _world(playbook: Path, organisation: Path | None) -> World:
    from api.cli.desk import Desk, world_of

    desk = Desk(organisation)
    people = desk.people_for(playbook, purpose="a simulation")
    return world_of(desk.sound(playbook, purpose="only a sound one can be simulated"), people)


def _odds(world: World, texts: list[str]) -> Odds:
    try:
        return read_odds(world.plan.playbook, texts)
    except BadOdds as error:
        raise Trouble(str(error)) from error


def _typed(begins: datetime, world: World) -> str:
    from engine.incident.calendar import zone_of

    return begins.astimezone(zone_of(world.organisation.timezone)).isoformat(timespec="minutes")


def _refuse_bad_report(report: Path | None) -> None:
    """Say so before ten thousand runs are made for nothing."""
    if report is None:
        return
    if report.suffix not in (".html", ".svg"):
        raise Trouble(f"can't write a report to '{report}'; name a file that ends in .html or .svg")
    if not report.parent.is_dir():
        raise Trouble(f"can't write '{report}': there is no folder '{report.parent}'")
