"""Diagnostics as SARIF 2.1.0 (OASIS), which code hosts show beside the lines that they are about.

Columns count characters (`unicodeCodePoints`), as diagnostics do. A finding is recognised again, wherever
its line moves, by its code, file and message. Same input, same bytes.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from engine.language.catalogue import CATALOGUE
from engine.language.diagnostic import Diagnostic

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: Final = {"error": "error", "warning": "warning", "info": "note"}


def as_sarif(diagnostics: Sequence[Diagnostic], *, pages: Mapping[str, str], uri: Callable[[str], str], version: str) -> str:
    """Give one run; `pages` explain codes in Markdown, `uri` turns a diagnostic's file into a URI."""
    codes = sorted({diagnostic.code for diagnostic in diagnostics})
    run = {
        "tool": {"driver": {"name": "Firebreak", "version": version, "rules": [_rule(code, pages.get(code, "")) for code in codes]}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(diagnostic, codes.index(diagnostic.code), uri(diagnostic.file)) for diagnostic in diagnostics],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _rule(code: str, page: str) -> dict[str, Any]:
    entry = CATALOGUE[code]
    title = {"text": f"{entry.title[:1].upper()}{entry.title[1:]}."}
    text = page.strip() or f"firebreak explain {code}"
    return {
        "id": code,
        "name": "".join(word.capitalize() for word in entry.slug.split("-")),
        "shortDescription": title,
        "fullDescription": title,
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": _LEVELS[entry.level]},
        "properties": {"slug": entry.slug},
    }


def _result(diagnostic: Diagnostic, index: int, uri: str) -> dict[str, Any]:
    said = (
        diagnostic.message,
        *(f"note: {note}" for note in diagnostic.notes),
        *((f"help: {diagnostic.help}",) if diagnostic.help else ()),
    )
    known = f"{diagnostic.code}\n{uri}\n{diagnostic.message}"
    region = {
        "startLine": diagnostic.line,
        "startColumn": diagnostic.column,
        "endLine": diagnostic.line,
        "endColumn": diagnostic.column + diagnostic.length,
    }
    return {
        "ruleId": diagnostic.code,
        "ruleIndex": index,
        "level": _LEVELS[diagnostic.level],
        "message": {"text": "\n".join(said)},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}],
        "partialFingerprints": {"codeFileMessage/v1": hashlib.sha256(known.encode()).hexdigest()},
    }
