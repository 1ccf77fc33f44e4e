"""Words for messages: a culprit in quotes, and the names that its author may have meant, nearest first."""

from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import Final

LONGEST_QUOTE: Final = 60
_MOST_OPTIONS: Final = 400
_ALIKE: Final = 0.6


def quoted(value: object) -> str:
    """Give a value in single quotes, on one line and cut to sixty characters, as messages show it."""
    text = " ".join(str(value).split())
    if len(text) > LONGEST_QUOTE:
        text = f"{text[: LONGEST_QUOTE - 1]}…"
    return f"'{text}'"


def nearest(name: str, options: Iterable[str], *, most: int = 3) -> tuple[str, ...]:
    """List the options that look like `name`, nearest first; ties keep the order of the options."""
    if len(name) > LONGEST_QUOTE:
        return ()
    wanted = _plain(name)
    known = list(dict.fromkeys(options))[:_MOST_OPTIONS]
    scored = [(_likeness(wanted, _plain(option)), option) for option in known if option != name]
    ranked = sorted((pair for pair in scored if pair[0] >= _ALIKE), key=lambda pair: -pair[0])
    return tuple(option for _, option in ranked[:most])


def did_you_mean(name: str, options: Iterable[str]) -> str:
    """Give `. Did you mean 'due'?` to end a message with, or nothing when no option is like `name`."""
    found = nearest(name, options, most=1)
    return f". Did you mean {quoted(found[0])}?" if found else ""


def listed(options: Iterable[str], *, like: str = "") -> str:
    """Join options with commas, those that look like `like` first."""
    known = list(dict.fromkeys(options))
    first = nearest(like, known) if like else ()
    return ", ".join((*first, *(option for option in known if option not in first)))


def as_name(text: str) -> str:
    """Propose a name made of a text: `Head of HR` gives `head_of_hr`; empty when none can be made."""
    plain = "".join(character if character.isascii() and character.isalnum() else "_" for character in text.lower())
    name = "_".join(part for part in plain.split("_") if part)
    return name[:48] if len(name) > 1 and name[0].isalpha() else ""


def _plain(name: str) -> str:
    return name.casefold().replace("-", "_").replace(" ", "_")


def _likeness(wanted: str, option: str) -> float:
    if wanted == option:
        return 1.0
    matcher = SequenceMatcher(None, wanted, option, autojunk=False)
    if matcher.real_quick_ratio() < _ALIKE or matcher.quick_ratio() < _ALIKE:
        return 0.0
    return matcher.ratio()
