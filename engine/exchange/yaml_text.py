"""Writes a playbook as people write one: short maps on one line, long texts as blocks, sections apart.

Only plain values come in (texts, numbers, yes and no, lists, maps with words as keys). What is written reads back
as the same values with the reader of `engine.language.source`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import Any, Final

from engine.language.decoding import is_refused
from engine.language.scalars import resolve

WIDEST: Final = 140
_PLAIN: Final = re.compile(r"[A-Za-z0-9_(/+<>=.][^\n\r\t\x85\u2028\u2029{}\[\],#&*!|>'\"%@`\\]*")
_MAPS: Final = frozenset({"inputs", "roles", "metrics"})
_AT_HEAD: Final = ("tags", "jurisdictions", "settings")
_BREAKS: Final = re.compile("[\x85\u2028\u2029]")


def playbook_text(document: Mapping[str, Any], *, comments: tuple[str, ...] = ()) -> str:
    """Write a whole playbook, with comments at its head."""
    parts = ["".join(f"# {' '.join(comment.split())}\n" for comment in comments) + "".join(_head(document))]
    parts += [
        "".join(_section(name, value))
        for name, value in document.items()
        if isinstance(value, dict | list) and value and name not in _AT_HEAD
    ]
    return "\n".join(parts)


def cleaned(value: Any) -> Any:
    """Give a plain value in which every text is one that a playbook may hold."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(str(key)): cleaned(entry) for key, entry in value.items()}
    return [cleaned(entry) for entry in value] if isinstance(value, list) else value


def clean(text: str) -> str:
    """Give a text that a playbook may hold: no invisible characters, and one kind of line end."""
    plain = _BREAKS.sub("\n", text.replace("\r\n", "\n").replace("\r", "\n"))
    return plain if not is_refused(plain) else "".join("\ufffd" if is_refused(each) else each for each in plain)


def _head(document: Mapping[str, Any]) -> Iterator[str]:
    for name, value in document.items():
        if name in _AT_HEAD and value:
            yield f"{name}: {_flow(value)}\n"
        elif not isinstance(value, dict | list):
            yield f"{_key(name)}: {_scalar_or_block(value, 2)}\n"


def _section(name: str, value: Any) -> Iterator[str]:
    yield f"{_key(name)}:\n"
    if isinstance(value, dict):
        for key, entry in value.items():
            yield from _entry(key, entry, 2, at_once=name in _MAPS)
        return
    for entry in value:
        yield from _item(entry)


def _item(entry: Any) -> Iterator[str]:
    """Write an entry of a list of maps: on one line when it fits, else a line for each field."""
    flow = _flow(entry)
    if not isinstance(entry, dict) or (len(flow) <= WIDEST - 4 and not _is_roomy(entry)):
        yield f"  - {flow}\n"
        return
    lead = "  - "
    for key, value in entry.items():
        for line in _entry(key, value, 4, at_once=False):
            yield lead + line[4:] if lead == "  - " else line
            lead = ""


def _is_roomy(entry: Mapping[str, Any]) -> bool:
    """Tell whether a map holds options or more than a line of text, which read better apart."""
    return "options" in entry or any(isinstance(value, str) and ("\n" in value or len(value) > 80) for value in entry.values())


def _entry(key: str, value: Any, indent: int, *, at_once: bool) -> Iterator[str]:
    margin = " " * indent
    if isinstance(value, dict) and value and not at_once and (key == "options" or len(_flow(value)) > WIDEST - indent - len(key)):
        yield f"{margin}{_key(key)}:\n"
        for name, entry in value.items():
            yield f"{margin}  {_key(name)}: {_flow(entry)}\n"
        return
    if isinstance(value, list) and len(_flow(value)) > WIDEST - indent - len(key):
        yield f"{margin}{_key(key)}:\n"
        yield from (f"{margin}  - {_flow(each)}\n" for each in value)
        return
    yield f"{margin}{_key(key)}: {_scalar_or_block(value, indent + 2)}\n"


def _scalar_or_block(value: Any, indent: int) -> str:
    margin = " " * indent
    if isinstance(value, str) and len(value) > WIDEST - indent and (lines := _folded(value.removesuffix("\n"))):
        return (">" if value.endswith("\n") else ">-") + "".join(f"\n{margin}{line}" for line in lines)
    if not isinstance(value, str) or "\n" not in value.strip("\n") or not _is_block(value):
        return _flow(value)
    lines = value.rstrip("\n").split("\n")
    return ("|" if value.endswith("\n") else "|-") + "".join(f"\n{margin}{line}" if line else "\n" for line in lines)


def _folded(text: str) -> list[str]:
    """Cut one long line into lines that YAML joins with single spaces again; none where that would change it."""
    lines = wrap(text, WIDEST - 20, break_long_words=False, break_on_hyphens=False)
    return lines if text == text.strip() and " ".join(lines) == text else []


def _is_block(text: str) -> bool:
    """Tell whether a text survives as a block: no space where YAML would lose or misread it, no tab at a line's begin."""
    lines = text.rstrip("\n").split("\n")
    first = next((line for line in lines if line.strip()), "")
    ends_plainly = len(text) - len(text.rstrip("\n")) <= 1
    return (
        bool(first)
        and lines[0] == first
        and not first.startswith((" ", "\t"))
        and ends_plainly
        and not any(line != line.rstrip() for line in lines)
    )


def _flow(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _scalar(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)}: {_flow(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(entry) for entry in value) + "]"
    return json.dumps(value)


def _key(name: str) -> str:
    """Write a key; `yes` and `no` are words in YAML 1.2, and stand without quotes as in every playbook."""
    return name if name in ("yes", "no") else _scalar(name)


def _scalar(text: str) -> str:
    """Write a text without quotes where every reader of YAML takes it for the same text."""
    is_plain = _PLAIN.fullmatch(text) and ": " not in text and text == text.strip() and not text.endswith((":", "?"))
    if is_plain and not text.startswith(("- ", "? ", ">")) and _is_text(text):
        return text
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\x7f")


def _is_text(text: str) -> bool:
    try:
        return isinstance(resolve(text), str) and text.lower() not in ("yes", "no", "on", "off")
    except OverflowError:
        return False
