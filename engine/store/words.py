"""Words as they are searched for: the same on every database, because they are made here and not by it.

Rules:
- A word is letters and digits, whatever their case and accents; everything else parts words.
- It is written in ASCII behind a `w`, so that no database's own idea of words, numbers or addresses applies to it; a character
  beyond ASCII becomes a number of fixed length, so that a word still begins with what it begins with.
- In a question a word finds every word that begins with it, from two characters on. What stands in quotes, or is held together by
  anything but spaces (`INC-7`), is looked for as it is, its words one behind the other; `*` behind it lets the last go on.
- All of them must be there, each in any text of the incident. There are no operators, so that nothing is one by accident.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

MOST_TERMS: Final = 20
"""In one question."""
LONGEST_WORD: Final = 40
"""Characters of a word that count."""
_WORD: Final = re.compile(r"[^\W_]+")
_PART: Final = re.compile(r'"([^"]*)"(\*?)|([^\s"]+)')


class BadQuestion(ValueError):
    """There is nothing to look for in it, or too much."""


@dataclass(frozen=True, slots=True)
class Term:
    """Words that stand one behind the other; `is_open`: the last one may go on."""

    words: tuple[str, ...]
    is_open: bool = False


def words_in(text: str) -> list[str]:
    """List the words of a text as they are stored, in their order."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(each for each in folded if not unicodedata.combining(each))
    return [_ascii(word[:LONGEST_WORD]) for word in _WORD.findall(bare)]


def terms_of(question: str) -> tuple[Term, ...]:
    """Read a question; raises BadQuestion."""
    found = tuple(dict.fromkeys(term for part in _PART.finditer(question) if (term := _term(part)) is not None))
    if not found:
        raise BadQuestion("has no word to look for")
    if len(found) > MOST_TERMS:
        raise BadQuestion(f"has {len(found)} words to look for; {MOST_TERMS} are enough")
    return found


def for_sqlite(term: Term) -> str:
    """Write a term for FTS5."""
    return f'"{" ".join(term.words)}"' + ("*" if term.is_open else "")


def for_postgresql(term: Term) -> str:
    """Write a term for `to_tsquery`."""
    return " <-> ".join(term.words) + (":*" if term.is_open else "")


def _term(part: re.Match[str]) -> Term | None:
    quoted, star, plain = part.groups()
    words = tuple(words_in(plain if quoted is None else quoted))
    if not words:
        return None
    is_short = len(words[-1]) < 3  # with the w before it
    if quoted is not None:
        return Term(words, bool(star))
    return Term(words, plain.endswith("*") or (len(words) == 1 and not is_short))


def _ascii(word: str) -> str:
    return "w" + (word if word.isascii() else "".join(each if each.isascii() else f"u{ord(each):06x}" for each in word))
