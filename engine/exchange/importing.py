"""Any tool's file in, a playbook of ours out: guesses which tool it was, and checks what became of it."""

import posixpath
from dataclasses import replace
from typing import Final, Literal, assert_never

from engine.exchange.cacao.importing import import_cacao, looks_like_cacao
from engine.exchange.imported import Imported
from engine.exchange.json_text import Json, read_json
from engine.exchange.mattermost.importing import import_mattermost, looks_like_mattermost
from engine.language.load import load_playbook

Tool = Literal["cacao", "mattermost"]
TOOLS: Final[tuple[Tool, ...]] = ("cacao", "mattermost")


def import_playbook(raw: bytes, *, file: str, tool: Tool | None = None) -> Imported:
    """Read a file; `tool` says whose it is, else it is guessed. Errors of the playbook itself come last."""
    source = read_json(raw, file=file)
    if source.flaws:
        return Imported({}, source.flaws)
    known = tool or _guessed(source)
    if known is None:
        message = "this is neither a CACAO playbook (it has no 'workflow') nor a Mattermost one (it has no 'checklists')"
        return Imported({}, (source.diagnostic("FB010", message),))
    match known:
        case "cacao":
            return _checked(_in_order(import_cacao(source)))
        case "mattermost":
            return _checked(_in_order(import_mattermost(source)))
        case _:
            assert_never(known)


def _guessed(source: Json) -> Tool | None:
    if looks_like_cacao(source.value):
        return "cacao"
    return "mattermost" if looks_like_mattermost(source.value) else None


def _checked(imported: Imported) -> Imported:
    """Say what is wrong with the playbook that was made: what the file asks for may be impossible here."""
    if not imported.files:
        return imported

    def read(name: str) -> str:
        if posixpath.normpath(name) not in imported.files:
            raise FileNotFoundError(name)
        return imported.files[posixpath.normpath(name)]

    loaded = load_playbook(imported.files[imported.playbook], file=imported.playbook, read=read)
    errors = tuple(found for found in loaded.diagnostics if found.level == "error")
    return replace(imported, diagnostics=(*imported.diagnostics, *errors))


def _in_order(imported: Imported) -> Imported:
    """Put what was found in the order of the file."""
    found = sorted(imported.diagnostics, key=lambda each: (each.line, each.column, each.code, each.message))
    return replace(imported, diagnostics=tuple(found))
