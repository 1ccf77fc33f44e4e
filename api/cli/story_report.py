"""How stories went, for people and for programs: a line a story, what was not as told, and what nobody told."""

from collections.abc import Iterator, Sequence
from typing import Any

import typer
from rich.text import Text

from api.cli.output import answer, answer_json, answer_table, clean, stdout, talk
from api.cli.stories import Session, Unplayable
from engine.analysis.stories.coverage import Branch, in_words
from engine.analysis.stories.playing import Told
from engine.analysis.stories.stage import Stage
from engine.analysis.stories.stage import in_words as span_in_words
from engine.incident.story import is_notable, sentence
from engine.language.diagnostic import Diagnostic
from engine.language.report import as_record, as_text, counted
from engine.language.verdict import is_sound


def report(sessions: Sequence[Session | Unplayable], *, tell: bool, plain: bool) -> None:
    """Say how the stories went; what went wrong and what is missing comes with its file."""
    colour = stdout().is_terminal and not stdout().no_color and not plain
    for index, session in enumerate(sessions):
        if index and not plain:
            answer("")
        answer(Text(str(session.file), style="bold" if colour else ""))
        if isinstance(session, Unplayable):
            answer("its playbook has errors:")
            _show(session.found, colour=colour)
            continue
        if session.told:
            answer_table(("", "story", "lasts"), [_row(told) for told in session.told], plain=plain)
        for told in session.told if tell else ():
            _tell(told)
        _show([*session.read.diagnostics, *_located(session)], colour=colour)
        _coverage(session)
    talk(_sum(sessions))


def report_json(sessions: Sequence[Session | Unplayable]) -> None:
    """Give everything as one object."""
    stories = _stories(sessions)
    answer_json(
        {
            "files": [_record(session) for session in sessions],
            "stories": len(stories),
            "failed": sum(not told.is_true for told in stories),
        }
    )


def _stories(sessions: Sequence[Session | Unplayable]) -> list[Told]:
    return [told for session in sessions if isinstance(session, Session) for told in session.told]


def _row(told: Told) -> tuple[object, ...]:
    word = Text("ok", style="green") if told.is_true else Text("FAILS", style="bold red")
    return word, told.story.title, span_in_words(told.lasted)


def _tell(told: Told) -> None:
    """Say what happened in a story, in the words of the timeline."""
    answer("")
    answer(f"  {told.story.title}")
    for line in _timeline(told.stage) if told.stage else ():
        answer(line)


def _timeline(stage: Stage) -> Iterator[str]:
    for scene in stage.scenes:
        for entry in scene.entries:
            if is_notable(entry.event):
                yield f"  {stage.since_declared(entry.at):>9}  {sentence(stage.world, scene.after, entry)}"


def _show(found: Sequence[Diagnostic], *, colour: bool) -> None:
    """Show what is wrong, without the count at the end."""
    if found:
        typer.echo("\n" + as_text(found, colour=colour).removesuffix(f"{counted(found)}\n"), nl=False, color=True)


def _located(session: Session) -> Iterator[Diagnostic]:
    for told in session.told:
        yield from (session.read.source.locate(failure) for failure in told.failures)


def _coverage(session: Session) -> None:
    if not session.is_whole or not is_sound(session.read.diagnostics):
        return
    total, missing = session.branches, session.missing
    needed = [branch for branch in missing if not branch.is_optional]
    answer(f"branches: {len(total) - len(needed)} of {len(total)} told")
    _list("no story tells that", session, needed)
    _list("nor, which need not be told, that", session, [branch for branch in missing if branch.is_optional])


def _list(title: str, session: Session, missing: Sequence[Branch]) -> None:
    if missing:
        answer(f"  {title}")
    for branch in missing:
        answer(f"    {clean(in_words(session.world.plan, branch))}")


def _sum(sessions: Sequence[Session | Unplayable]) -> str:
    stories = _stories(sessions)
    failed = sum(not told.is_true for told in stories)
    wrong = sum(isinstance(session, Unplayable) or not is_sound(session.read.diagnostics) for session in sessions)
    parts = [f"{len(stories)} {'story' if len(stories) == 1 else 'stories'}"] if stories or not wrong else []
    parts += [f"{failed} not as told" if failed else "all as told"] if stories else []
    parts += [f"{wrong} {'file' if wrong == 1 else 'files'} could not be played"] if wrong else []
    return ", ".join(parts)


def _record(session: Session | Unplayable) -> dict[str, Any]:
    if isinstance(session, Unplayable):
        return {"file": str(session.file), "diagnostics": [as_record(each) for each in session.found], "stories": [], "coverage": None}
    return {
        "file": str(session.file),
        "playbook": session.world.plan.playbook.id,
        "version": session.world.plan.playbook.version,
        "diagnostics": [as_record(each) for each in session.read.diagnostics],
        "stories": [_story(session, told) for told in session.told],
        "coverage": _covered(session) if session.is_whole else None,
    }


def _story(session: Session, told: Told) -> dict[str, Any]:
    return {
        "title": told.story.title,
        "ok": told.is_true,
        "lasts_seconds": round(told.lasted.total_seconds()),
        "failures": [as_record(session.read.source.locate(failure)) for failure in told.failures],
    }


def _covered(session: Session) -> dict[str, Any]:
    missing = session.missing
    return {
        "branches": len(session.branches),
        "told": len(session.branches) - sum(not branch.is_optional for branch in missing),
        "missing": [_branch(session, branch) for branch in missing if not branch.is_optional],
        "optional_missing": [_branch(session, branch) for branch in missing if branch.is_optional],
    }


def _branch(session: Session, branch: Branch) -> dict[str, Any]:
    return {"kind": branch.kind, "step": branch.step, "way": branch.way, "words": in_words(session.world.plan, branch)}
