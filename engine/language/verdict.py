"""What is said about a file as a whole: whether it is one of ours, and its diagnostics in order.

`# firebreak: allow FB602 reason` at the end of a line silences the warnings and notes of that line. A slug
may stand for a code, and several may be given with commas. Errors are never silenced.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from engine.language.catalogue import entry_for
from engine.language.diagnostic import Diagnostic, Finding
from engine.language.scalars import kind_of
from engine.language.source import Source
from engine.language.suggest import quoted

_ALLOW: Final = re.compile(r"(?:^|\s)#\s*firebreak:\s*allow\s+([\w-]+(?:\s*,\s*[\w-]+)*)")


def not_a(source: Source, what: str, key: str) -> tuple[Diagnostic, ...] | None:
    """Say why a source is no playbook or organisation file at all, or None when it is one."""
    document = source.document
    if source.flaws and not source.is_readable:
        return ()
    if document is None:
        return (source.locate(Finding("FB010", "the file is empty", (), help=f"begin it with the line '{key}: 1'")),)
    if not isinstance(document, dict):
        return (source.locate(Finding("FB010", f"the file must be a map of fields, not {kind_of(document)}", ())),)
    version = document.get(key, 1)
    if version == 1 or isinstance(version, bool):
        return _other_kind(source, document, what, key)
    subject = "this file is for language" if key == "firebreak" else "this organisation file is of version"
    message = f"{subject} {quoted(version)[1:-1]}; this server reads 1"
    return (source.locate(Finding("FB005", message, (key,))),)


def arranged(read: Iterable[Diagnostic], found: Iterable[Diagnostic], *, file: str) -> tuple[Diagnostic, ...]:
    """Sort what the reader and the rules said by place, the file itself before its parents.

    Repetitions go, and what a line allows; where the reader had an error already, the rules have no say.
    """
    first = tuple(read)
    settled = {(d.file, d.line, d.column) for d in first if d.level == "error"}
    said = (*first, *(d for d in found if (d.file, d.line, d.column) not in settled))
    kept = dict.fromkeys(diagnostic for diagnostic in said if not _is_allowed(diagnostic))
    return tuple(sorted(kept, key=lambda d: (d.file != file, d.file, d.line, d.column, d.code, d.message)))


def _other_kind(source: Source, document: Mapping[str, Any], what: str, key: str) -> tuple[Diagnostic, ...] | None:
    other = "firebreak_organisation" if key == "firebreak" else "firebreak"
    if key in document or other not in document:
        return None
    found = "an organisation file" if key == "firebreak" else "a playbook"
    return (source.locate(Finding("FB005", f"this is {found}, not {'an' if what[0] in 'aeiou' else 'a'} {what}", (other,), at="key")),)


def _is_allowed(diagnostic: Diagnostic) -> bool:
    if diagnostic.level == "error":
        return False
    match = _ALLOW.search(diagnostic.source_line)
    entries = [entry_for(word.strip()) for word in match[1].split(",")] if match else []
    return any(entry is not None and entry.code == diagnostic.code for entry in entries)


def is_sound(diagnostics: Iterable[Diagnostic]) -> bool:
    """Tell whether none of them is an error."""
    return not any(diagnostic.level == "error" for diagnostic in diagnostics)
