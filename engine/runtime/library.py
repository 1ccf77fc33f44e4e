"""The playbooks that may be started and the organisation that they run in, as last found good.

Rules:
- What checks clean is published: a version never changes, and is known by the SHA-256 over its canonical
  source and files (RFC 8785). What does not check, or is changed under its old version, is reported and left out.
- An incident runs its pinned version for ever, as stored, whatever the folder holds or newer rules say.
- The organisation file is replaced only by one that checks clean, and with which every playbook still checks that may
  be started now; a bad one keeps the last good one, and says so. At the start there is none to keep: a playbook that does
  not check with it is left out instead. Who is missing is only warned of (FB114), and what it newly forbids (policies)
  is in force at once, whichever playbooks break it.
- Whoever works with a world keeps it to the end; the next one who asks gets the organisation that is in force then.
- What was found good is not checked and proved again while nothing has changed that it rests on (`verdicts`).
- `world` may be called from any thread.
"""

import asyncio
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final

import rfc8785
import structlog
from sqlalchemy import Connection

from engine.incident.plan import Plan, World
from engine.language.checked import Checked as Judged
from engine.language.checked import Rule
from engine.language.diagnostic import Diagnostic
from engine.language.fitting import fitted
from engine.language.inheritance import inherited
from engine.language.load import Loaded, load_playbook
from engine.language.organisation import Organisation
from engine.language.playbook import Playbook
from engine.language.shape import shaped
from engine.language.source import read_source
from engine.runtime.clock import Clock
from engine.runtime.folder import PlaybookFile, playbook_files, reader, stamp, stored_reader
from engine.runtime.measuring import Meter, Unmeasured
from engine.runtime.organisation_file import InForce, Proof, Read, Refused, look_at, places, read_organisation
from engine.runtime.verdicts import Memory, folder_digest
from engine.store.database import Database
from engine.store.fault import Fault
from engine.store.library import PlaybookVersion, Publication, all_latest, by_digest, publish, running_versions

_SHOWN: Final = 5
"""Places that one line of the log names."""

_log = structlog.get_logger("firebreak.library")


@dataclass(frozen=True, slots=True)
class Checked:
    """A playbook text after checking; `publication` is None when it has errors."""

    loaded: Loaded
    version: PlaybookVersion | None = None
    publication: Publication | None = None


FileChecked = tuple[PlaybookFile, Checked]
Look = tuple[frozenset[tuple[str, int, int, int]], str]
"""What the playbooks' folder looks like, and the organisation file's digest."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A playbook, and what is found in it with another organisation that was not found before: errors and warnings."""

    file: PlaybookFile
    diagnostics: tuple[Diagnostic, ...]

    @property
    def is_broken(self) -> bool:
        return any(each.level == "error" for each in self.diagnostics)


@dataclass(slots=True)
class Report:
    """What a look at the files came to: versions published now, and the diagnostics of each file that was checked and has any."""

    published: list[PlaybookVersion] = field(default_factory=list)
    clashes: list[PlaybookVersion] = field(default_factory=list)
    diagnostics: dict[str, tuple[Diagnostic, ...]] = field(default_factory=dict)


class Library:
    """Holds playbooks and organisation; `playbooks` is a folder, `organisation_file` may be absent."""

    def __init__(
        self, database: Database, clock: Clock, *, playbooks: Path, organisation_file: Path | None = None, meter: Meter | None = None
    ) -> None:
        self._database = database
        self._clock = clock
        self._root = playbooks
        self._organisation_file = organisation_file
        self._meter = meter or Unmeasured()
        self._force: InForce | None = None
        self._looked: Look | None = None
        self._memory = Memory(database)
        self._plans: dict[str, tuple[Plan, Mapping[str, str], Mapping[str, str]]] = {}
        self.refused: Refused | None = None
        """The organisation file as it is now, while an earlier one is in force."""

    @property
    def in_force(self) -> InForce:
        """The organisation as last found good, and since when."""
        if self._force is None:
            raise Fault("the organisation is not known yet", done="stopped", advice="load the library before using it")
        return self._force

    @property
    def organisation(self) -> Organisation:
        """The organisation as last found good."""
        return self.in_force.organisation

    def world(self, tx: Connection, digest: str) -> World:
        """Give the world of a published version; raises Fault when it is not stored or can't be read."""
        force = self.in_force
        known = force.worlds.get(digest)
        if known is not None:
            return known
        plan, texts, unskippable = self._plans.get(digest) or self._planned(tx, digest)
        found = _proof(force, digest, plan.playbook)
        world = World(plan, force.organisation, texts, {**found.unskippable, **unskippable}, found.unproved)
        force.worlds[digest] = world
        return world

    async def load(self) -> Report:
        """Read, check and publish everything; raises Fault when there has never been a good organisation."""
        report = Report()
        self._looked, files, folder = await asyncio.to_thread(self._read)
        force = await asyncio.to_thread(self._new_force, report)
        if await self._memory.recalls(force, folder) and self._force is None:
            self._accept(force)
            return report
        checked = await asyncio.to_thread(self._check_all, files, force)
        if force is not self._force:
            checked = await self._judged(force, files, checked, report)
        for file, one in checked:
            await self._publish_found(file, one, report)
        good = [one.version.digest for _, one in checked if one.version is not None]
        is_whole = len(good) == len(checked) and not report.clashes and (await asyncio.to_thread(self._read))[2] == folder
        await self._memory.keep(self.in_force, good, folder if is_whole else "")
        return report

    async def look(self) -> Look:
        """Give what is seen of the files from outside; it is another when one has changed."""
        return await asyncio.to_thread(self._seen)

    async def refresh(self) -> Report | None:
        """Load again when a file has changed since; None when none has."""
        if await self.look() != self._looked:
            return await self.load()
        await self._memory.keep_proofs(self.in_force)
        return None

    async def publish(self, text: str, *, file: str = "playbook.yaml") -> Checked:
        """Check a playbook's text and publish it when it has no errors; files that it names come from the folder."""
        checked = await asyncio.to_thread(self.check, text, file=file)
        if checked.version is None:
            return checked
        return Checked(checked.loaded, checked.version, await self._published(checked.version))

    def check(self, text: str | bytes, *, file: str = "playbook.yaml") -> Checked:
        """Check a playbook's text against the organisation and the other playbooks, and publish nothing; blocking."""
        raw = text.encode() if isinstance(text, str) else text
        known = self._known(playbook_files(self._root))
        return self._checked(PlaybookFile(file, raw, reader(self._root, self._root)), known, self.in_force)

    def _check_all(self, files: list[PlaybookFile], force: InForce) -> list[FileChecked]:
        known, good = self._known(files), self._memory.good_with(force)
        return [(file, self._checked(file, known, force, good)) for file in files]

    def _checked(self, file: PlaybookFile, known: Mapping[str, Playbook], force: InForce, good: Sequence[str] = ()) -> Checked:
        """Check a file; it is proved unless it becomes one of the versions that are known to be good."""
        loaded = self._load(file, known, force.organisation) if good else None
        if loaded is None or loaded.playbook is None or version_of(file.text, loaded).digest not in good:
            from engine.analysis.proofs import ALL_PROOFS

            loaded = self._load(file, known, force.organisation, proofs=ALL_PROOFS)
        if loaded.playbook is None:
            return Checked(loaded)
        version = version_of(file.text, loaded)
        return Checked(loaded, replace(version, unskippable=_proof(force, version.digest, loaded.playbook).unskippable))

    def _known(self, files: Iterable[PlaybookFile]) -> dict[str, Playbook]:
        """Read the playbooks that others may start, by id; those with errors are none."""
        found = (load_playbook(file.text, file=file.name, read=file.read).playbook for file in files)
        return {playbook.id: playbook for playbook in found if playbook is not None}

    def _load(
        self, file: PlaybookFile, known: Mapping[str, Playbook], organisation: Organisation, *, proofs: Sequence[Rule] = ()
    ) -> Loaded:
        today = self._clock.now().date()
        return load_playbook(
            file.text,
            file=file.name,
            read=file.read,
            organisation=organisation,
            library=known,
            today=today,
            proofs=proofs,
        )

    async def _publish_found(self, file: PlaybookFile, checked: Checked, report: Report) -> None:
        found, version = checked.loaded.diagnostics, checked.version
        if found:
            report.diagnostics[file.name] = found
        if version is None:
            errors = [each for each in found if each.level == "error"]
            _log.error(
                "playbook left out",
                file=file.name,
                errors=len(errors),
                first=f"{errors[0].code} in line {errors[0].line}" if errors else "",
            )
            return
        publication = await self._published(version)
        if publication.outcome == "published":
            report.published.append(version)
            _log.info("playbook published", playbook=version.id, version=version.version, digest=version.digest)
        if publication.outcome == "clash":
            report.clashes.append(version)
            _log.error("playbook changed under its old version", file=file.name, version=version.version, advice="raise its version")

    async def _published(self, version: PlaybookVersion) -> Publication:
        now = self._clock.now()
        return await self._database.write(lambda tx: publish(tx, version, now))

    def _seen(self) -> Look:
        return stamp(self._root), look_at(self._organisation_file)

    def _read(self) -> tuple[Look, list[PlaybookFile], str]:
        """Give what is seen of the files, the playbooks, and the digest of everything in their folder."""
        try:
            return self._seen(), list(playbook_files(self._root)), folder_digest(self._root)
        except OSError as error:
            raise Fault(f"the playbooks can't be read: {error}", done="read none", advice="make the folder readable") from error

    def _new_force(self, report: Report) -> InForce:
        """Read the organisation file: a new one to be judged, or the one in force when it says the same or is bad."""
        read = read_organisation(self._organisation_file)
        if read.diagnostics and self._organisation_file is not None:
            report.diagnostics[self._organisation_file.name] = read.diagnostics
        now = self._clock.now()
        if read.organisation is None:
            return self._kept(read, now)
        if self._force is not None and read.organisation == self._force.organisation:
            self._accept(replace(self._force, digest=read.digest))
            return self.in_force
        return InForce(read.organisation, read.digest, now)

    def _kept(self, read: Read, now: datetime) -> InForce:
        if self._force is None:
            name = self._organisation_file.name if self._organisation_file else ""
            raise Fault(f"{name} can't be used: {read.reason}", done="started nothing", advice=f"run 'firebreak check {name}'")
        self._refuse(Refused(", ".join(read.places[:_SHOWN]), read.places, now))
        return self._force

    async def _judged(self, force: InForce, files: list[PlaybookFile], checked: list[FileChecked], report: Report) -> list[FileChecked]:
        """Put a new organisation in force, unless playbooks that checked until now don't check with it."""
        if self._force is None:
            self._accept(force)
            return checked
        startable, running = await self._database.read(lambda tx: (all_latest(tx), running_versions(tx)))
        lost = await asyncio.to_thread(self._lost, files, startable, force)
        broken = [each for each in lost if each.is_broken]
        if broken:
            report.diagnostics.update({each.file.name: each.diagnostics for each in broken})
            many = "1 playbook does" if len(broken) == 1 else f"{len(broken)} playbooks do"
            self._refuse(Refused(f"{many} not check with it", places_of(broken), force.since))
            return await asyncio.to_thread(self._check_all, files, self._force)
        lost += await asyncio.to_thread(self._lost_of_running, running, force)
        self._accept(force)
        for each in lost:
            _log.warning("a playbook names what the new organisation file lacks", file=each.file.name, places=places_of([each])[:_SHOWN])
        return checked

    def _lost(self, files: Iterable[PlaybookFile], stored: Iterable[PlaybookVersion], force: InForce) -> list[Lost]:
        """List what may be started now and misses something in another organisation; what missed it before is no news."""
        known = self._known(files)
        beside = (as_file(each) for each in stored if each.id not in known)
        return [each for file in (*files, *beside) if (each := self._loss(file, known, force)) is not None]

    def _lost_of_running(self, running: Iterable[PlaybookVersion], force: InForce) -> list[Lost]:
        """List the older versions of running incidents that miss something, and prove them before anybody needs them."""
        for version in running:
            with suppress(Fault):  # it is said to whoever needs that version
                _proof(force, version.digest, restored_playbook(version))
        return [each for version in running if (each := self._loss(as_file(version), {}, force)) is not None]

    def _loss(self, file: PlaybookFile, known: Mapping[str, Playbook], force: InForce) -> Lost | None:
        old = self._load(file, known, self.organisation)
        if old.playbook is None or old.playbook.status == "retired":
            return None
        before = {(each.code, each.message) for each in old.diagnostics}
        found = self._load(file, known, force.organisation).diagnostics
        new = tuple(each for each in found if each.level != "info" and (each.code, each.message) not in before)
        return Lost(file, new) if new else None

    def _accept(self, force: InForce) -> None:
        is_new = self._force is None or self._force.organisation != force.organisation
        self._force, self.refused = force, None
        if is_new:
            self._meter.reloaded(taken=True)
            _log.info("organisation in force", name=force.organisation.name, digest=force.digest)

    def _refuse(self, refused: Refused) -> None:
        """Keep the last good one; the log says it once, and where the file is wrong, without its words."""
        if self.refused is not None and self.refused.places == refused.places:
            return
        self.refused = refused
        self._meter.reloaded(taken=False)
        name = self._organisation_file.name if self._organisation_file else ""
        _log.error(
            "organisation file is bad; the last good one stays in force",
            file=name,
            problem=refused.problem,
            places=refused.places[:_SHOWN],
            advice="run: firebreak check",
        )

    def _planned(self, tx: Connection, digest: str) -> tuple[Plan, Mapping[str, str], Mapping[str, str]]:
        stored = by_digest(tx, digest)
        if stored is None:
            raise Fault(f"playbook {digest[:12]} is not stored", done="changed nothing", advice="restore the playbooks table from a backup")
        planned = Plan.of(restored_playbook(stored), digest), dict(stored.files), dict(stored.unskippable)
        self._plans[digest] = planned
        return planned


def places_of(lost: Iterable[Lost]) -> tuple[str, ...]:
    """Say where things are missing."""
    return places(found for each in lost for found in each.diagnostics)


def as_file(stored: PlaybookVersion) -> PlaybookFile:
    """Take a published version for a file of that name."""
    return PlaybookFile(f"{stored.id} {stored.version}", stored.source.encode(), stored_reader(dict(stored.files)))


def _proof(force: InForce, digest: str, playbook: Playbook) -> Proof:
    """Prove a version for an organisation: once, away from the transactions that use it later."""
    if digest not in force.proofs:
        from engine.analysis.proving.rules import verified

        found = verified(Judged(playbook, force.organisation))
        force.proofs[digest] = Proof(found.unskippable, found.unproved)
    return force.proofs[digest]


def version_of(source: bytes, loaded: Loaded) -> PlaybookVersion:
    """Make the version to publish of a playbook without errors."""
    playbook = loaded.playbook
    if playbook is None:
        raise ValueError("a playbook with errors has no version to publish")
    text = read_source(source, file=playbook.id).text
    return PlaybookVersion(playbook.id, playbook.version, digest_of(text, loaded.files), text, dict(loaded.files))


def digest_of(source: str, files: Mapping[str, str]) -> str:
    """Give the SHA-256 (hex) that a version is known by."""
    return hashlib.sha256(rfc8785.dumps({"source": source, "files": dict(files)})).hexdigest()


def restored_playbook(stored: PlaybookVersion) -> Playbook:
    """Read a published version back without judging it again; raises Fault when it can't be read."""
    family = inherited(read_source(stored.source, file=f"{stored.id}.yaml"), stored_reader(dict(stored.files)))
    data, _ = shaped(family.document)
    fit = fitted(Playbook, data)
    if fit.model is None or fit.findings:
        raise Fault(
            f"playbook {stored.id} {stored.version} can't be read back",
            done="changed nothing",
            advice="run the version of Firebreak that published it",
        )
    return fit.model
