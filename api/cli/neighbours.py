"""Finds the playbooks that a playbook starts among those that lie beside it, and reads no others.

Which ones it starts is seen with a pattern, before anything is parsed: a name too many costs a few
milliseconds, and one that is not found brings in all neighbours, so that a misspelt name gets its advice.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from engine.language.fitting import fitted
from engine.language.inheritance import inherited
from engine.language.playbook import Playbook
from engine.language.shape import shaped
from engine.language.source import read_source
from engine.language.verdict import not_a
from engine.runtime.folder import reader

_STARTS: Final = re.compile(rb"\bplaybook:\s*[\"']?([a-z][a-z0-9_]{1,47})")
_ID: Final = re.compile(rb"^id:\s*[\"']?([a-z][a-z0-9_]{1,47})", re.MULTILINE)


def started_by(text: bytes, beside: Mapping[Path, bytes]) -> dict[str, Playbook]:
    """Read the playbooks that `text` may start, and those that they may start; `beside` are its neighbours."""
    files = {match[1]: file for file, source in beside.items() if (match := _ID.search(source))}
    todo, found = list(_STARTS.findall(text)), dict[bytes, Path]()
    while todo:
        name = todo.pop()
        if name not in files:
            return _read(beside)
        if name not in found:
            found[name] = files[name]
            todo += _STARTS.findall(beside[files[name]])
    return _read({file: beside[file] for file in found.values()})


def _read(files: Mapping[Path, bytes]) -> dict[str, Playbook]:
    read = (_playbook(file, text) for file, text in files.items())
    return {playbook.id: playbook for playbook in read if playbook is not None}


def _playbook(file: Path, text: bytes) -> Playbook | None:
    """Read a playbook without judging it: what is wrong with a neighbour is said when that one is checked."""
    source = read_source(text, file=str(file))
    if not_a(source, "playbook", "firebreak") is not None:
        return None
    data, _ = shaped(inherited(source, reader(file.parent, file.parent)).document)
    return fitted(Playbook, data).model
