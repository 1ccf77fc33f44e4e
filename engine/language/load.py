"""`load_playbook` and `load_organisation`: the bytes of a file in, a model or the whole list of what is wrong out.

- Whatever comes in, nothing is raised; the same input gives the same diagnostics in the same order.
- A playbook is given only when nothing is an error. Rules also run over a file with faulty fields, mended
  for the purpose, so that an author sees everything at once and no echoes.
- Files are read through `read`, never directly; the day comes as an argument, never from a clock.
- `# firebreak: allow FB602 reason` at the end of a line silences warnings and notes of that line, not errors.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from typing import Final

from engine.language.checked import Checked, Rule
from engine.language.diagnostic import Diagnostic, Finding, Read
from engine.language.fitting import Fitted, fitted
from engine.language.inheritance import Family, inherited
from engine.language.organisation import Organisation
from engine.language.organisation_rules import ORGANISATION_RULES
from engine.language.playbook import Playbook
from engine.language.rules import ALL_RULES
from engine.language.shape import authored, oversized, shaped
from engine.language.source import read_source
from engine.language.verdict import arranged, is_sound, not_a

MOST_PER_RULE: Final = 100
"""Findings taken from one rule; more of the same would help nobody, and a file made to waste time can't."""


@dataclass(frozen=True)
class Loaded:
    """What became of a file: a playbook when there are no errors, and every diagnostic either way."""

    playbook: Playbook | None
    diagnostics: tuple[Diagnostic, ...]
    files: Mapping[str, str] = field(default_factory=dict)
    """Text of every other file that the playbook is made of (templates, parents), by its relative path."""


@dataclass(frozen=True)
class LoadedOrganisation:
    """What became of an organisation file: None when anything in it is an error."""

    organisation: Organisation | None
    diagnostics: tuple[Diagnostic, ...]


def load_playbook(
    text: bytes | str,
    *,
    file: str,
    read: Read,
    organisation: Organisation | None = None,
    library: Mapping[str, Playbook] | None = None,
    today: date | None = None,
    proofs: Sequence[Rule] = (),
) -> Loaded:
    """Read and check a playbook; `file` is the name to show, `read` gives files relative to it.

    `proofs` are rules that reason about whole runs: they are asked only about a playbook without errors.
    """
    source = read_source(text, file=file)
    refusal = not_a(source, "playbook", "firebreak")
    if refusal is not None:
        return Loaded(None, arranged(source.diagnostics, refusal, file=file))
    assert isinstance(source.document, dict)
    excess = oversized(source.document)
    if excess is not None:
        return Loaded(None, arranged(source.diagnostics, (source.locate(excess),), file=file))
    family = inherited(source, read)
    data, misshapen = shaped(family.document)
    fit = fitted(Playbook, data)
    files, missing = _files(fit.model, read)
    found = [*misshapen, *(_authored(finding, family) for finding in fit.findings)]
    if fit.model is not None:
        checked = Checked(fit.model, organisation, files, missing, library or {}, today)
        found += _ruled(ALL_RULES, checked, fit)
    read_first = (*source.diagnostics, *family.diagnostics)
    diagnostics = arranged(read_first, (family.locate(finding) for finding in found), file=file)
    if proofs and fit.model is not None and is_sound(diagnostics):
        found += _ruled(proofs, checked, fit)
        diagnostics = arranged(read_first, (family.locate(finding) for finding in found), file=file)
    return Loaded(fit.model if is_sound(diagnostics) else None, diagnostics, {**family.files, **files})


def load_organisation(text: bytes | str, *, file: str) -> LoadedOrganisation:
    """Read and check an organisation file; one with an error is not used at all."""
    source = read_source(text, file=file)
    refusal = not_a(source, "organisation file", "firebreak_organisation")
    if refusal is not None:
        return LoadedOrganisation(None, arranged(source.diagnostics, refusal, file=file))
    assert isinstance(source.document, dict)
    fit = fitted(Organisation, source.document)
    found = list(fit.findings)
    if fit.model is not None:
        ruled = (finding for rule in ORGANISATION_RULES for finding in islice(rule(fit.model), MOST_PER_RULE))
        found += [placed for finding in ruled if (placed := fit.placed(finding)) is not None]
    diagnostics = arranged(source.diagnostics, (source.locate(finding) for finding in found), file=file)
    return LoadedOrganisation(fit.model if is_sound(diagnostics) else None, diagnostics)


def _authored(finding: Finding, family: Family) -> Finding:
    path = authored(finding.path, family.document)
    return replace(finding, path=path)


def _ruled(rules: Sequence[Rule], checked: Checked, fit: Fitted[Playbook]) -> Iterator[Finding]:
    for rule in rules:
        for finding in islice(rule(checked), MOST_PER_RULE):
            placed = fit.placed(finding)
            if placed is not None:
                yield placed


def _files(playbook: Playbook | None, read: Read) -> tuple[dict[str, str], frozenset[str]]:
    """Read the files that templates name, each once."""
    templates = playbook.templates.values() if playbook is not None else ()
    wanted = [name for template in templates for name in (template.file, *template.languages.values()) if name]
    files: dict[str, str] = {}
    missing: set[str] = set()
    for name in dict.fromkeys(wanted):
        try:
            files[name] = read(name)
        except (OSError, ValueError):
            missing.add(name)
    return files, frozenset(missing)
