"""The playbooks that may be started and the organisation that they run in, as last found good.

Rules:
- What checks clean is published: a version never changes, and is known by the SHA-256 over its canonical
  source and files (RFC 8785). What does not check, or is changed under its old version, is reported and left out.
- An incident runs its pinned version for ever, as stored, whatever the folder holds or newer rules say.
- The organisation file is replaced only by one that checks clean; a bad one keeps the last good one, and says so.
- `world` may be called from any thread.
"""

import asyncio
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import rfc8785
import structlog
from sqlalchemy import Connection

from engine.analysis.proofs import ALL_PROOFS
from engine.analysis.proving.rules import verified
from engine.incident.plan import Plan, World
from engine.language.checked import Checked as Judged
from engine.language.diagnostic import Diagnostic
from engine.language.fitting import fitted
from engine.language.inheritance import inherited
from engine.language.load import Loaded, load_organisation, load_playbook
from engine.language.organisation import Organisation
from engine.language.playbook import Playbook
from engine.language.shape import shaped
from engine.language.source import read_source
from engine.runtime.clock import Clock
from engine.runtime.folder import PlaybookFile, playbook_files, reader, stamp, stored_reader
from engine.store.database import Database
from engine.store.fault import Fault
from engine.store.library import PlaybookVersion, Publication, by_digest, publish

_log = structlog.get_logger("firebreak.library")


@dataclass(frozen=True, slots=True)
class Checked:
    """A playbook text after checking; `publication` is None when it has errors."""

    loaded: Loaded
    version: PlaybookVersion | None = None
    publication: Publication | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """What is kept of a proof: steps that nobody skips by hand, each with its policy, and policies that could not be proved."""

    unskippable: Mapping[str, str]
    unproved: tuple[str, ...]


@dataclass(slots=True)
class Report:
    """What a look at the files came to: versions published now, and the diagnostics of each file that has any."""

    published: list[PlaybookVersion] = field(default_factory=list)
    clashes: list[PlaybookVersion] = field(default_factory=list)
    diagnostics: dict[str, tuple[Diagnostic, ...]] = field(default_factory=dict)


class Library:
    """Holds playbooks and organisation; `playbooks` is a folder, `organisation_file` may be absent."""

    def __init__(self, database: Database, clock: Clock, *, playbooks: Path, organisation_file: Path | None = None) -> None:
        self._database = database
        self._clock = clock
        self._root = playbooks
        self._organisation_file = organisation_file
        self._organisation: Organisation | None = None
        self._stamp: frozenset[tuple[str, int, int]] = frozenset()
        self._plans: dict[str, tuple[Plan, Mapping[str, str], Mapping[str, str]]] = {}
        self._worlds: dict[str, World] = {}
        self._proofs: dict[str, Proof] = {}

    @property
    def organisation(self) -> Organisation:
        """The organisation as last found good."""
        if self._organisation is None:
            raise Fault("the organisation is not known yet", done="stopped", advice="load the library before using it")
        return self._organisation

    def world(self, tx: Connection, digest: str) -> World:
        """Give the world of a published version; raises Fault when it is not stored or can't be read."""
        worlds = self._worlds  # taken before the organisation: a new one brings an empty dict of its own
        known = worlds.get(digest)
        if known is not None:
            return known
        plan, texts, stored_unskippable = self._plans.get(digest) or self._planned(tx, digest)
        world = self._proved(plan, texts, stored_unskippable)
        worlds[digest] = world
        return world

    async def load(self) -> Report:
        """Read, check and publish everything; raises Fault when there has never been a good organisation."""
        report = Report()
        self._stamp, files = await asyncio.to_thread(self._read)
        await asyncio.to_thread(self._load_organisation, report)
        for file, checked in await asyncio.to_thread(self._check_all, files):
            await self._publish_found(file, checked, report)
        return report

    async def refresh(self) -> Report | None:
        """Load again when a file has changed since; None when none has."""
        current = await asyncio.to_thread(stamp, self._root, *self._extra())
        return await self.load() if current != self._stamp else None

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
        return self._checked(PlaybookFile(file, raw, reader(self._root, self._root)), known)

    def _check_all(self, files: list[PlaybookFile]) -> list[tuple[PlaybookFile, Checked]]:
        known = self._known(files)
        return [(file, self._checked(file, known)) for file in files]

    def _checked(self, file: PlaybookFile, known: Mapping[str, Playbook]) -> Checked:
        loaded = self._load(file, known)
        if loaded.playbook is None:
            return Checked(loaded)
        version = version_of(file.text, loaded)
        proof = self._proof(version.digest, loaded.playbook)
        return Checked(loaded, replace(version, unskippable=proof.unskippable))

    def _proof(self, digest: str, playbook: Playbook) -> Proof:
        """Prove a version for the organisation as it is now: once, away from the transactions that use it later."""
        proofs = self._proofs  # taken once: a new organisation brings an empty dict of its own
        if digest not in proofs:
            found = verified(Judged(playbook, self._organisation))
            proofs[digest] = Proof(found.unskippable, found.unproved)
        return proofs[digest]

    def _known(self, files: Iterable[PlaybookFile]) -> dict[str, Playbook]:
        """Read the playbooks that others may start, by id; those with errors are none."""
        found = (load_playbook(file.text, file=file.name, read=file.read).playbook for file in files)
        return {playbook.id: playbook for playbook in found if playbook is not None}

    def _load(self, file: PlaybookFile, known: Mapping[str, Playbook]) -> Loaded:
        today = self._clock.now().date()
        return load_playbook(
            file.text,
            file=file.name,
            read=file.read,
            organisation=self._organisation,
            library=known,
            today=today,
            proofs=ALL_PROOFS,
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

    def _extra(self) -> tuple[Path, ...]:
        return (self._organisation_file,) if self._organisation_file else ()

    def _read(self) -> tuple[frozenset[tuple[str, int, int]], list[PlaybookFile]]:
        try:
            return stamp(self._root, *self._extra()), list(playbook_files(self._root))
        except OSError as error:
            raise Fault(f"the playbooks can't be read: {error}", done="read none", advice="make the folder readable") from error

    def _load_organisation(self, report: Report) -> None:
        """Take a new organisation file when it checks clean."""
        if self._organisation_file is None:
            self._replace(Organisation(firebreak_organisation=1, name="This organisation"), digest="")
            return
        name = self._organisation_file.name
        try:
            text = self._organisation_file.read_bytes()
        except OSError as error:
            self._keep(name, str(error), where=error.strerror or type(error).__name__)
            return
        loaded = load_organisation(text, file=name)
        if loaded.diagnostics:
            report.diagnostics[name] = loaded.diagnostics
        if loaded.organisation is None:
            errors = [(each.message, f"{each.code} in line {each.line}") for each in loaded.diagnostics if each.level == "error"]
            problem, where = errors[0] if errors else ("", "")
            self._keep(name, problem, where=where)
            return
        self._replace(loaded.organisation, digest=hashlib.sha256(text).hexdigest())

    def _keep(self, name: str, problem: str, *, where: str) -> None:
        """Keep the last good file; the log says where the new one is wrong, without its words, which may be somebody's address."""
        if self._organisation is None:
            raise Fault(f"{name} can't be used: {problem}", done="started nothing", advice=f"run 'firebreak check {name}'")
        _log.error("organisation file is bad; the last good one stays in force", file=name, problem=where, advice="run: firebreak check")

    def _replace(self, organisation: Organisation, *, digest: str) -> None:
        if organisation == self._organisation:
            return
        self._organisation = organisation
        self._worlds = {}
        self._proofs = {}
        _log.info("organisation in force", name=organisation.name, digest=digest)

    def _proved(self, plan: Plan, texts: Mapping[str, str], unskippable: Mapping[str, str]) -> World:
        """Prove a version again for the organisation as it is now, whose required policies may have changed since."""
        found = self._proof(plan.digest, plan.playbook)
        return World(plan, self.organisation, texts, {**found.unskippable, **unskippable}, found.unproved)

    def _planned(self, tx: Connection, digest: str) -> tuple[Plan, Mapping[str, str], Mapping[str, str]]:
        stored = by_digest(tx, digest)
        if stored is None:
            raise Fault(f"playbook {digest[:12]} is not stored", done="changed nothing", advice="restore the playbooks table from a backup")
        planned = Plan.of(restored_playbook(stored), digest), dict(stored.files), dict(stored.unskippable)
        self._plans[digest] = planned
        return planned


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
