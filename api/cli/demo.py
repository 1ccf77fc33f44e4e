"""`firebreak demo`: one incident from the first clip to the last follow-up, as a rehearsal, within a minute.

Nothing is acted but the people: the real engine, worker and database run on a folder that is thrown away, with
a clock that jumps over idle time. What is told comes from the incident's own history.
"""

import asyncio
import tempfile
from pathlib import Path
from typing import Annotated, Final

import typer

from api.cli.demo_play import Audience, Play
from api.cli.demo_script import Script, read_script
from api.cli.demo_stage import Stage
from api.cli.output import stdout
from api.cli.shipped import shipped
from api.cli.trouble import SAID_NO
from api.settings import Settings
from api.wiring import build, dismantle
from engine.incident.plan import World
from engine.incident.state import Incident
from engine.runtime.clock import VirtualClock
from engine.runtime.history import rebuild_with
from engine.store.audit import AuditReport, verify

PACE_SECONDS: Final = 0.15


def demo(fast: Annotated[bool, typer.Option("--fast", help="Without the pauses for reading.")] = False) -> None:
    """Watch one incident from the first clip to the last follow-up, on a throw-away database."""
    console = stdout()
    script = read_script()
    with tempfile.TemporaryDirectory(prefix="firebreak-demo-") as folder:
        stage = Stage(console, PACE_SECONDS if console.is_terminal and not fast else 0.0)
        report = asyncio.run(_play(Path(folder), script, stage))
    raise typer.Exit(SAID_NO if report.findings else 0)


async def _play(folder: Path, script: Script, stage: Stage) -> AuditReport:
    clock, audience = VirtualClock(script.starts), Audience()
    parts = await build(_settings(folder), clock=clock, channel=audience)
    try:
        play = Play(parts, clock, stage, script)
        await play.run()
        rebuild = rebuild_with(parts.library)
        report = await parts.database.read(lambda tx: verify(tx, parts.sealer, rebuild=rebuild))
        stage.facts("What came of it", _facts(play, audience, report))
        stage.facts("Now yours", NEXT)
        return report
    finally:
        await dismantle(parts)


def _settings(folder: Path) -> Settings:
    """Set everything that could lead out of the folder, whatever the environment says."""
    playbooks = shipped("playbooks")
    return Settings(
        data_dir=folder,
        database_url=f"sqlite:///{folder / 'firebreak.db'}",
        playbooks=playbooks,
        organisation=playbooks / "organisation.yaml",
        secret_key=None,
        slack_bot_token=None,
        slack_signing_secret=None,
        slack_app_token=None,
        log_level="error",
    )


def _facts(play: Play, audience: Audience, report: AuditReport) -> list[tuple[str, str]]:
    incident, world = play.incident, play.world
    people = [target for target in audience.sent if target.startswith("person:")]
    elsewhere = [target for target in audience.sent if target not in people]
    return [
        ("incident", f"{incident.key}, {incident.status}; {_counted(incident)}"),
        *(("milestone", line) for line in _milestones(world, incident)),
        ("late", f"{play.told['Escalated']} escalated, {play.told['Reminded']} reminded"),
        ("said", f"{sum(audience.sent.values())} messages to {len(people)} people and {', '.join(elsewhere)}; none went anywhere else"),
        ("history", f"{report.events} events; audit verify: {report.verdict}"),
    ]


def _counted(incident: Incident) -> str:
    states = [step.state for step in incident.steps.values()]
    return f"{states.count('done')} steps done, {states.count('skipped')} skipped, {states.count('blocked')} blocked"


def _milestones(world: World, incident: Incident) -> list[str]:
    lines = []
    for name, milestone in world.plan.playbook.milestones.items():
        reached = incident.milestones[name].reached_at if name in incident.milestones else None
        minutes = int((reached - incident.declared_at).total_seconds() // 60) if reached else None
        lines.append(
            f"{milestone.title}: {f'after {minutes} minutes' if minutes is not None else 'not reached'} (within {milestone.within})"
        )
    return lines


NEXT: Final = [
    ("firebreak serve", "run it, with SQLite and no account anywhere"),
    ("firebreak check playbooks", "what it says about playbooks, before anybody needs them"),
    ("docs/index.md", "where to read on"),
]
