"""Every expression and every text with `{{ }}` that a playbook holds, with where it stands.

The rules, the engine and the verifier find them here, so that a new field with an expression in it is
added in one place. All bare expressions of a playbook together are at most 100,000 characters long, and all
that stands in braces 100,000 again: what stands beyond is not looked at, and `beyond_bounds` says so.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final, Literal, TypeVar

from engine.language.diagnostic import Finding, Path
from engine.language.expression import Expression, parse
from engine.language.expression_errors import ExpressionError
from engine.language.playbook import Evidence, Http, Message, Monitor, Playbook, Step, SubPlaybook, Ticket, Wait
from engine.language.suggest import quoted
from engine.language.template import Template, parse_template

MAX_TOGETHER: Final = 100_000
_BRACED: Final = re.compile(r"\{[{%#][^}]*")

Field = Literal["when", "until", "recuse", "from", "with"]


@dataclass(frozen=True, slots=True)
class Bare:
    """A bare expression: the field it stands in, whose it is, and the step that reads it (None outside steps)."""

    path: Path
    text: str
    field: Field
    owner: str
    step: str | None = None

    @property
    def weight(self) -> int:
        """Give the number of characters that have to be understood."""
        return len(self.text)

    @property
    def expression(self) -> Expression | None:
        """Give the expression, or None when it can't be read (which is a finding of its own)."""
        try:
            return parse(self.text)
        except ExpressionError:
            return None


@dataclass(frozen=True, slots=True)
class Filled:
    """A text with `{{ }}`; `template` names the template it belongs to, `in_file` says that it is not in the playbook."""

    path: Path
    text: str
    owner: str
    template: str | None = None
    in_file: bool = False

    @property
    def weight(self) -> int:
        """Give the number of characters that have to be understood: those in braces."""
        return sum(map(len, _BRACED.findall(self.text)))

    @property
    def parsed(self) -> Template | None:
        """Give the template, or None when it can't be read (which is a finding of its own)."""
        try:
            return parse_template(self.text)
        except ExpressionError:
            return None

    def finding(self, code: str, message: str, word: str | None, *, notes: tuple[str, ...] = ()) -> Finding:
        """Say what is wrong with a word of this text: pointed at in the playbook, or with its line in the file."""
        if not self.in_file:
            return Finding(code, message, self.path, within=word, notes=notes)
        lines = [number for number, line in enumerate(self.text.splitlines(), start=1) if word and word in line]
        where = (f"line {lines[0]} of the file",) if lines else ()
        return Finding(code, message, self.path, notes=(*where, *notes))


Written = TypeVar("Written", Bare, Filled)


def bare_expressions(playbook: Playbook) -> Iterator[Bare]:
    """Yield every bare expression, as far as the bounds go, in the order of the language's reference."""
    return _within_bounds(_all_bare(playbook))


def filled_texts(playbook: Playbook, files: Mapping[str, str]) -> Iterator[Filled]:
    """Yield every text with `{{ }}`, as far as the bounds go, those of template files included where they are at hand."""
    return _within_bounds(_all_filled(playbook, files))


def beyond_bounds(playbook: Playbook, files: Mapping[str, str]) -> Iterator[Bare | Filled]:
    """Yield the first expression and the first text that are not looked at."""
    seen: int = sum(1 for _ in bare_expressions(playbook))
    yield from islice(_all_bare(playbook), seen, seen + 1)
    seen = sum(1 for _ in filled_texts(playbook, files))
    yield from islice(_all_filled(playbook, files), seen, seen + 1)


def _within_bounds(entries: Iterator[Written]) -> Iterator[Written]:
    room = MAX_TOGETHER
    for entry in entries:
        room -= entry.weight
        if room < 0:
            return
        yield entry


def _all_bare(playbook: Playbook) -> Iterator[Bare]:
    for name, role in playbook.roles.items():
        if role.recuse is not None:
            yield Bare(("roles", name, "recuse"), role.recuse, "recuse", f"role {quoted(name)}")
    for index, rule in enumerate(playbook.severity.raise_ if playbook.severity else ()):
        yield Bare(("severity", "raise", index, "when"), rule.when, "when", "severity")
    for index, step in enumerate(playbook.steps):
        yield from _of_step(step, ("steps", index))
    for index, follow_up in enumerate(playbook.follow_ups):
        if follow_up.when is not None:
            yield Bare(("follow_ups", index, "when"), follow_up.when, "when", f"follow-up {quoted(follow_up.id)}")


def _of_step(step: Step, path: Path) -> Iterator[Bare]:
    owner = f"step {quoted(step.id)}"
    if step.when is not None:
        yield Bare((*path, "when"), step.when, "when", owner, step.id)
    match step:
        case Wait(until=str() as until) | Monitor(until=until):
            yield Bare((*path, "until"), until, "until", owner, step.id)
        case Evidence(from_=str() as source):
            yield Bare((*path, "from"), source, "from", owner, step.id)
        case SubPlaybook():
            for name, value in step.with_.items():
                if isinstance(value, str):
                    yield Bare((*path, "with", name), value, "with", owner, step.id)


def _all_filled(playbook: Playbook, files: Mapping[str, str]) -> Iterator[Filled]:
    everything = [] if playbook.settings.war_room is None else [Filled(("settings", "war_room"), playbook.settings.war_room, "settings")]
    everything += [filled for name in playbook.templates for filled in _of_template(playbook, name, files)]
    for index, step in enumerate(playbook.steps):
        everything += [Filled(("steps", index, *path), text, f"step {quoted(step.id)}") for path, text in _texts_in(step)]
    yield from (filled for filled in everything if "{" in filled.text)


def _of_template(playbook: Playbook, template: str, files: Mapping[str, str]) -> Iterator[Filled]:
    source = playbook.templates[template]
    path, owner = ("templates", template), f"template {quoted(template)}"
    if source.text is not None:
        yield Filled((*path, "text"), source.text, owner, template)
    if source.file is not None and source.file in files:
        yield Filled((*path, "file"), files[source.file], owner, template, in_file=True)
    for language, file in source.languages.items():
        if file in files:
            yield Filled((*path, "languages", language), files[file], f"{owner} ({language})", template, in_file=True)


def _texts_in(step: Step) -> Iterator[tuple[Path, str]]:
    if step.do:
        yield ("do",), step.do
    for index, link in enumerate(step.links):
        yield ("links", index, "url"), link.url
    match step:
        case Message(text=str() as text) | Ticket(text=str() as text):
            yield ("text",), text
        case Monitor(each_time=each) if each is not None:
            yield ("each_time", "text"), each.text
        case Http():
            yield ("url",), step.url
            yield from _strings(step.headers, ("headers",))
            yield from _strings(step.body, ("body",))


def _strings(value: object, path: Path) -> Iterator[tuple[Path, str]]:
    match value:
        case str():
            yield path, value
        case Mapping():
            for name, entry in value.items():
                yield from _strings(entry, (*path, name))
        case list():
            for index, entry in enumerate(value):
                yield from _strings(entry, (*path, index))
