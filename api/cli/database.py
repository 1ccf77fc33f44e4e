"""`firebreak db upgrade`, `db check`, `audit verify` and `erase`: what an operator does to the stored history."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from sqlalchemy import Connection

from api.cli.keys import key_here
from api.cli.local import organisation_of, reading, run, upgraded, writing
from api.cli.output import Json, answer, answer_json, talk
from api.cli.settings import settings
from api.cli.trouble import SAID_NO, Trouble
from api.secret_key import secret_of
from api.settings import Settings
from engine.incident.codec import encode_incident
from engine.incident.evolve import replay
from engine.incident.plan import Plan, World
from engine.language.organisation import Organisation
from engine.runtime.clock import SystemClock
from engine.runtime.history import entries_of
from engine.runtime.library import restored_playbook
from engine.runtime.planned import planned_steps
from engine.runtime.projection import projected
from engine.store.audit import AuditReport, verify
from engine.store.audit_rebuilt import Rebuild, Rebuilt
from engine.store.erasure import erase_subject
from engine.store.event_log import StoredEvent
from engine.store.fault import Fault
from engine.store.finding import Finding
from engine.store.library import by_digest
from engine.store.seal import Sealer
from engine.store.soundness import Soundness, soundness


def upgrade_database() -> None:
    """Create the database, or bring it to this release's shape; 'serve' does it too."""
    upgraded(settings())
    answer("the database has this release's shape")


def check_database(as_json: Json = False) -> None:
    """Find out whether the database is fit to be served, changing nothing; exit 1 if something is wrong with it."""
    chosen = settings()
    key = key_here(chosen)
    looked = run(_looked(chosen, Sealer(key) if key else None))
    if as_json:
        answer_json({**asdict(looked), "findings": _listed(looked.findings)})
    else:
        for finding in looked.findings:
            answer(f"{finding.incident}: {finding.text}" if finding.incident else finding.text)
        if not looked.findings:
            answer(f"sound: schema {looked.schema}, {looked.incidents} incidents, {looked.events} events, {looked.heads} heads")
    raise typer.Exit(SAID_NO if looked.findings else 0)


def verify_audit(
    key: Annotated[str | None, typer.Argument(metavar="KEY", help="Only this incident.")] = None,
    as_json: Json = False,
) -> None:
    """Find what was changed, removed or reordered behind Firebreak's back; exit 1 if anything was."""
    report = run(_audited(settings(), key))
    if as_json:
        answer_json(_facts(report))
    else:
        for finding in report.findings:
            answer(f"{finding.incident or 'the log of heads'}: {finding.text}")
        answer(f"{report.verdict}: {report.events} events of {report.incidents} incidents, {report.heads} heads")
    raise typer.Exit(SAID_NO if report.findings else 0)


def erase(
    subject: Annotated[str, typer.Argument(help="Whom to forget, as they were written in the incident.")],
    reason: Annotated[str, typer.Option(help="Why; it stands where their name stood.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Destroy the key that everything personal about somebody is sealed with. It can't be undone."""
    if not yes and not sys.stdin.isatty():
        raise Trouble("forgetting somebody can't be undone, and nobody can be asked here", "add --yes", code=SAID_NO)
    if not yes:
        typer.confirm(f"Forget everything personal about '{subject}', for good?", abort=True, err=True)
    if not run(_erased(settings(), subject, reason)):
        raise Trouble(f"nothing is stored about '{subject}'; write them as the incident does", code=SAID_NO)
    answer(f"{subject} is forgotten")
    talk("backups made before still hold the key, and offline packs may name them: let them expire, or delete them")


async def _looked(chosen: Settings, sealer: Sealer | None) -> Soundness:
    async with reading(chosen) as database:
        return await database.read(lambda tx: soundness(tx, sealer, planned_steps))


async def _audited(chosen: Settings, key: str | None) -> AuditReport:
    sealer, rebuild = Sealer(secret_of(chosen)), _rebuild_in(organisation_of(chosen))
    async with reading(chosen) as database:
        return await database.read(lambda tx: verify(tx, sealer, rebuild=rebuild, key=key))


def _rebuild_in(organisation: Organisation) -> Rebuild:
    """Give what the events alone say, from pinned playbooks as stored: nothing is published while history is checked."""
    worlds: dict[str, World] = {}

    def world(tx: Connection, digest: str) -> World:
        if digest not in worlds:
            stored = by_digest(tx, digest)
            if stored is None:
                raise Fault(f"playbook {digest[:12]} is not stored", done="rebuilt nothing", advice="restore the table from a backup")
            worlds[digest] = World(Plan.of(restored_playbook(stored), digest), organisation, dict(stored.files))
        return worlds[digest]

    def rebuild(tx: Connection, events: Sequence[StoredEvent]) -> Rebuilt:
        incident = replay(entries_of(events))
        return Rebuilt(encode_incident(incident), projected(world(tx, incident.playbook.digest), incident))

    return rebuild


async def _erased(chosen: Settings, subject: str, reason: str) -> bool:
    sealer, now = Sealer(secret_of(chosen)), SystemClock().now()
    async with writing(chosen) as database:
        await database.write(sealer.confirm)
        return await erase_subject(database, sealer, subject, reason=reason, at=now)


def _facts(report: AuditReport) -> dict[str, object]:
    counts = {"incidents": report.incidents, "events": report.events, "heads": report.heads}
    return {"verdict": report.verdict, **counts, "findings": _listed(report.findings)}


def _listed(findings: Sequence[Finding]) -> list[dict[str, object]]:
    return [{"incident": each.incident, "seq": each.seq, "text": each.text} for each in findings]
