"""Bytes become text, or one flaw that says on which line they can't: UTF-8 only, no invisible controls.

A file may begin with a byte order mark. Tabs are left to the YAML reader, which knows where they matter.
"""

import re
from typing import Final

from engine.language.places import BREAK, Flaw, Place

MAX_BYTES: Final = 1_048_576

_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_REFUSED: Final = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_START: Final = Place(0, 0, 0, 0)
_SAVE: Final = "save the file as UTF-8 text"


def decode(raw: bytes | str) -> tuple[str, Flaw | None]:
    """Give the text without its byte order mark, and the first thing that keeps it from being read."""
    if len(raw) > MAX_BYTES or (isinstance(raw, str) and len(raw.encode("utf-8", "surrogatepass")) > MAX_BYTES):
        return "", Flaw(
            "FB001", "the file is larger than 1 MiB", _START, help="split it: a playbook can call another with a 'playbook' step"
        )
    if isinstance(raw, bytes):
        if raw.startswith(_UTF16):
            return "", Flaw("FB001", "the file is written in UTF-16", _START, help=_SAVE)
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            before = raw[: error.start].decode("utf-8").removeprefix("\ufeff")
            return before, Flaw("FB001", "this line holds bytes that are not UTF-8", _end_of(before), help=_SAVE)
    else:
        text = raw
    text = text.removeprefix("\ufeff")
    match = _REFUSED.search(text)
    return text, _refusal(text, match) if match else None


def is_refused(text: str) -> bool:
    """Tell whether a value, after its escapes were read, holds a character that no text may hold."""
    return _REFUSED.search(text) is not None


def _refusal(text: str, match: re.Match[str]) -> Flaw:
    code = ord(match[0])
    place = _end_of(text[: match.start()])
    if code == 0:
        return Flaw("FB001", "this line holds a NUL character, so the file is probably not UTF-8 text", place, help=_SAVE)
    if 0xD800 <= code <= 0xDFFF:
        return Flaw("FB001", f"this line holds half a character (U+{code:04X})", place, help="type the character again")
    return Flaw("FB001", f"this line holds an invisible control character (U+{code:04X})", place, help="delete it and type the line again")


def _end_of(before: str) -> Place:
    lines = BREAK.split(before)
    return Place(len(lines) - 1, len(lines[-1]), len(before), len(before) + 1)
