"""The organisation file as it lies on disk, and the organisation that is in force because it checked clean.

Rules:
- What is said about a file that was refused names places and codes, never the file's words, which may be somebody's address.
- What was made for an organisation lies beside it and goes with it: whoever took one keeps working with what fits it.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from engine.incident.plan import World
from engine.language.diagnostic import Diagnostic
from engine.language.load import load_organisation
from engine.language.organisation import Organisation

NOBODY: Final = Organisation(firebreak_organisation=1, name="This organisation")
"""In force where no file is named."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What is kept of a proof: steps that nobody skips by hand, each with its policy, and policies that could not be proved."""

    unskippable: Mapping[str, str]
    unproved: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InForce:
    """An organisation since an instant; `digest` is the SHA-256 of its file, empty without one. The rest was made for it."""

    organisation: Organisation
    digest: str
    since: datetime
    worlds: dict[str, World] = field(default_factory=dict)
    proofs: dict[str, Proof] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that is not in force: in short what is wrong, for anybody; where, for whoever keeps the files; and since when."""

    problem: str
    places: tuple[str, ...]
    since: datetime


@dataclass(frozen=True, slots=True)
class Read:
    """What a look at the file found: an organisation, or where it is wrong; `reason` is the first error in words."""

    organisation: Organisation | None
    digest: str = ""
    diagnostics: tuple[Diagnostic, ...] = ()
    places: tuple[str, ...] = ()
    reason: str = ""


def read_organisation(file: Path | None) -> Read:
    """Read and check the file; blocking."""
    if file is None:
        return Read(NOBODY)
    try:
        text = file.read_bytes()
    except OSError as error:
        return Read(None, places=(f"{file.name}: {error.strerror or type(error).__name__}",), reason=str(error))
    loaded = load_organisation(text, file=file.name)
    errors = [each for each in loaded.diagnostics if each.level == "error"]
    reason = errors[0].message if errors else ""
    return Read(loaded.organisation, hashlib.sha256(text).hexdigest(), loaded.diagnostics, places(errors), reason)


def look_at(file: Path | None) -> str:
    """Give what changes whenever the file's bytes do, or whether it can be read; blocking."""
    if file is None:
        return ""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        return type(error).__name__


def places(found: Iterable[Diagnostic]) -> tuple[str, ...]:
    """Say where findings are and what kind they are, each once."""
    return tuple(dict.fromkeys(f"{each.file}:{each.line} {each.code}" for each in found))
