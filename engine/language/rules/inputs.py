"""FB111, FB112, FB113: an input's default and options fit its type."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Final

from engine.language.checked import Checked
from engine.language.diagnostic import Finding, Path
from engine.language.duration import parse_duration
from engine.language.playbook import Input, Task
from engine.language.suggest import did_you_mean, quoted

_URL: Final = re.compile(r"https?://\S+")


def defaults_fit(checked: Checked) -> Iterator[Finding]:
    """Find required inputs with a default, and defaults that are not of their input's type."""
    for name, entry in checked.playbook.inputs.items():
        if entry.default is None:
            continue
        path: Path = ("inputs", name, "default")
        if entry.required:
            advice = "drop 'required' or the default: whoever declares is asked for what is required"
            yield Finding("FB111", f"input {quoted(name)}: required input has a default", path, help=advice)
        flaw = _flaw(entry)
        if flaw:
            yield Finding("FB112", f"input {quoted(name)}: default {quoted(_said(entry.default))} {flaw}", path)


def choices_have_options(checked: Checked) -> Iterator[Finding]:
    """Find choices with fewer than two different options, among inputs and results of tasks."""
    for name, entry in checked.playbook.inputs.items():
        if entry.type == "choice" and len(set(entry.options)) < 2:
            yield Finding("FB113", f"input {quoted(name)}: choice needs two options", ("inputs", name), at="key")
    for index, step in enumerate(checked.playbook.steps):
        if isinstance(step, Task) and step.result and step.result.type == "choice" and len(set(step.result.options)) < 2:
            yield Finding("FB113", f"step {quoted(step.id)}: choice needs two options", ("steps", index, "result"), at="key")


def _said(value: object) -> object:
    return {True: "true", False: "false"}.get(value, value) if isinstance(value, bool) else value


def _flaw(entry: Input) -> str | None:
    if entry.type == "choice":
        return _unlisted(entry)
    if entry.type in ("people", "url_list"):
        return _flaw_of_list(entry)
    test, words = _TESTS.get(entry.type, (_is_text, "is not text"))
    return None if test(entry.default) else words


def _unlisted(entry: Input) -> str | None:
    if entry.default in entry.options:
        return None
    return f"is not an option{did_you_mean(str(entry.default), entry.options)}"


def _flaw_of_list(entry: Input) -> str | None:
    if not isinstance(entry.default, list):
        return "is not a list"
    test = _is_url if entry.type == "url_list" else _is_text
    return (
        None
        if all(test(item) for item in entry.default)
        else "holds something that is not an address"
        if test is _is_url
        else "is not text"
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_url(value: object) -> bool:
    return isinstance(value, str) and _URL.fullmatch(value) is not None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _reads(parse: Callable[[str], object]) -> Callable[[object], bool]:
    def test(value: object) -> bool:
        try:
            parse(str(value))
        except ValueError:
            return False
        return isinstance(value, str)

    return test


_TESTS: Final[Mapping[str, tuple[Callable[[object], bool], str]]] = {
    "yes_no": (lambda value: isinstance(value, bool), "is not yes or no"),
    "number": (_is_number, "is not a number"),
    "url": (_is_url, "is not an address; write https://…"),
    "duration": (_reads(parse_duration), "is not a time; write 15m, 4h or 2d"),
    "date": (_reads(date.fromisoformat), "is not a date; write 2026-03-31"),
    "datetime": (_reads(datetime.fromisoformat), "is not a date and time; write 2026-03-31T14:00+02:00"),
}
