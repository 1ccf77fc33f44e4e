"""A story file becomes stories, or a list of everything wrong in it; whatever the file holds, nothing is raised.

A file with any fault gives no stories: a story half understood would prove nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from engine.analysis.stories.shapes import check_shape, unfit
from engine.analysis.stories.story import AT_ONCE, START, Action, Claim, Story
from engine.analysis.stories.vocabulary import (
    ACTIONS,
    CLAIMS,
    OF_A_STORY,
    OF_EVERY_ACTION,
    OF_EVERY_CLAIM,
    WHEN_REFUSED,
    Shape,
    Verb,
)
from engine.incident.plan import World
from engine.language.diagnostic import Diagnostic, Finding, Path
from engine.language.duration import Duration, parse_duration
from engine.language.source import Source, read_source
from engine.language.suggest import did_you_mean, listed, quoted
from engine.language.verdict import arranged, is_sound

MOST: Final = 200
"""Stories in one file, and items in one story."""

_EXAMPLE: Final = "begin each story with '- story: what it tells'"


@dataclass(frozen=True)
class StoryFile:
    """What became of a file: its stories when nothing is wrong with it, and every diagnostic."""

    source: Source
    stories: tuple[Story, ...]
    diagnostics: tuple[Diagnostic, ...]


def read_stories(raw: bytes | str, *, file: str, world: World) -> StoryFile:
    """Read and check a story file for a playbook; `file` is the name to show."""
    source = read_source(raw, file=file)
    found = list(_file(world, source.document)) if source.is_readable else []
    diagnostics = arranged(source.diagnostics, (source.locate(finding) for finding in found), file=file)
    if not is_sound(diagnostics) or not isinstance(source.document, list):
        return StoryFile(source, (), diagnostics)
    return StoryFile(source, tuple(_story(entry, (index,)) for index, entry in enumerate(source.document)), diagnostics)


def _file(world: World, document: object) -> Iterator[Finding]:
    if not isinstance(document, list) or not document:
        yield Finding("FB800", "a story file is a list of stories", (), help=_EXAMPLE)
        return
    if len(document) > MOST:
        yield Finding("FB800", f"a file tells at most {MOST} stories", (MOST,), help="put some in a file of their own")
    titles: dict[object, int] = {}
    for index, entry in enumerate(document[:MOST]):
        yield from _fields(world, entry, (index,), OF_A_STORY, ("story",))
        if not isinstance(entry, dict):
            continue
        title = entry.get("story")
        if isinstance(title, str) and title in titles:
            yield Finding("FB800", f"two stories are called {quoted(title)}", (index, "story"), help="give each a title of its own")
        titles.setdefault(title if isinstance(title, str) else index, index)
        yield from _items(world, entry, (index, "does"), ACTIONS, OF_EVERY_ACTION)
        yield from _items(world, entry, (index, "then"), CLAIMS, OF_EVERY_CLAIM)


def _fields(world: World, entry: object, path: Path, known: Mapping[str, Shape], required: tuple[str, ...]) -> Iterator[Finding]:
    if not isinstance(entry, dict):
        yield Finding("FB800", "a story is a map of fields", path, help=_EXAMPLE)
        return
    for name in required:
        if name not in entry:
            yield Finding("FB800", f"{quoted(name)} is missing", path, help=_EXAMPLE if name == "story" else None)
    for name, value in entry.items():
        shape = known.get(name)
        if shape is None:
            yield _unknown_field(name, known, (*path, name))
        else:
            yield from check_shape(world, shape, value, (*path, name))


def _items(world: World, story: Mapping[str, Any], path: Path, verbs: Mapping[str, Verb], always: Mapping[str, Shape]) -> Iterator[Finding]:
    items = story.get(str(path[-1]), [])
    if not isinstance(items, list):
        yield unfit(path, "a list", items, help="begin each item with '- '")
        return
    if len(items) > MOST:
        yield Finding("FB800", f"a story has at most {MOST} items under {quoted(path[-1])}", (*path, MOST))
    for index, item in enumerate(items[:MOST]):
        yield from _item(world, item, (*path, index), verbs, always)


def _item(world: World, item: object, path: Path, verbs: Mapping[str, Verb], always: Mapping[str, Shape]) -> Iterator[Finding]:
    if not isinstance(item, dict):
        yield Finding("FB800", f"an item under {quoted(path[-2])} is a map such as {_sample(path)}", path)
        return
    found = _verbs(item, verbs)
    if len(found) > 1:
        names = ", ".join(found)
        yield Finding("FB800", f"one thing at a time: this item says {names}", path, help="give each an item of its own")
        return
    if not found:
        yield from _without_verb(item, path, verbs, always)
        return
    verb = verbs[found[0]]
    for name in verb.required:
        if name not in item:
            yield _lacking(found[0], name, path)
    beside = {name: shape for name, shape in always.items() if verb.can_be_refused or name not in WHEN_REFUSED}
    if "policy" in item and "policy" in beside and "refused" not in item:
        yield _lacking("policy", "refused", path)
    yield from _fields(world, item, path, {found[0]: verb.what, **verb.fields, **beside}, ())


def _lacking(name: str, needed: str, path: Path) -> Finding:
    return Finding("FB800", f"{quoted(name)} needs {quoted(needed)}", path, help=f"write {name}: …, {needed}: …")


def _verbs(item: Mapping[str, Any], verbs: Mapping[str, Verb]) -> list[str]:
    """List the verbs of an item; what may stand beside another verb is a field there (`evidence … step`, `everything … record`)."""
    found = [name for name in item if name in verbs]
    beside = {field for name in found for field in verbs[name].fields if field != name}
    return [name for name in found if name not in beside] or found


def _without_verb(item: Mapping[str, Any], path: Path, verbs: Mapping[str, Verb], always: Mapping[str, Shape]) -> Iterator[Finding]:
    others = {name for verb in verbs.values() for name in verb.fields}
    odd = [name for name in item if name not in always and name not in others]
    if odd:
        yield _unknown_field(odd[0], verbs, (*path, odd[0]))
        return
    yield Finding("FB800", f"this item says nothing; write one of {listed(verbs)}", path)


def _unknown_field(name: str, known: Mapping[str, Any], path: Path) -> Finding:
    hint = did_you_mean(name, known)
    return Finding("FB800", f"unknown field {quoted(name)}{hint}", path, at="key", help=None if hint else f"there are {listed(known)}")


def _sample(path: Path) -> str:
    return "{at: 10m, complete: facts}" if path[-2] == "does" else "{done: facts}"


def _story(entry: Mapping[str, Any], path: Path) -> Story:
    return Story(
        path=path,
        title=entry["story"].strip(),
        inputs=entry.get("inputs", {}),
        unknown=tuple(_list(entry.get("unknown", []))),
        severity=entry.get("severity"),
        mode=entry.get("mode", "live"),
        start=datetime.fromisoformat(entry["start"]) if "start" in entry else START,
        by=entry.get("by"),
        silent=frozenset(_list(entry.get("silent", []))),
        does=tuple(_actions(entry.get("does", []), (*path, "does"))),
        then=tuple(_claim(item, (*path, "then", index)) for index, item in enumerate(entry.get("then", []))),
    )


def _actions(items: list[dict[str, Any]], path: Path) -> Iterator[Action]:
    """Give the actions; one without `at` comes when the one before it is over."""
    at = AT_ONCE
    for index, item in enumerate(items):
        at = _span(item["at"]) if "at" in item else at
        yield _action(item, at, (*path, index))


def _action(item: Mapping[str, Any], at: Duration, path: Path) -> Action:
    (verb,) = _verbs(item, ACTIONS)
    beside = {name: value for name, value in item.items() if name not in (verb, "by", *OF_EVERY_ACTION)}
    return Action(
        path=path,
        verb=verb,
        what=item[verb],
        at=at,
        follows="at" not in item,
        more=beside,
        by=tuple(_list(item.get("by", []))),
        refused=item.get("refused"),
        policy=item.get("policy"),
    )


def _claim(item: Mapping[str, Any], path: Path) -> Claim:
    (verb,) = _verbs(item, CLAIMS)
    beside = {name: value for name, value in item.items() if name not in (verb, "at")}
    return Claim(path, verb, item[verb], at=_span(item["at"]) if "at" in item else None, more=beside)


def _span(value: Any) -> Duration:
    return parse_duration(str(value))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
