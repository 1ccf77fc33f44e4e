"""Sentences to begin a test of stories with: a playbook about a reporter's call, and stories told about it."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from engine.analysis.stories.playing import Told, play
from engine.analysis.stories.reading import StoryFile, read_stories
from engine.analysis.stories.stage import Stage
from engine.incident.plan import Plan, World
from engine.language.diagnostic import Diagnostic
from engine.language.load import load_organisation, load_playbook

CASES = Path(__file__).parent / "cases"


@lru_cache
def call_world() -> World:
    """The world of the case files: one playbook of nine kinds of step, five people."""
    return world_of((CASES / "call.yaml").read_text("utf-8"))


def world_of(playbook: str, organisation: str = "") -> World:
    """A world of any playbook, with the people of the cases unless others are given."""
    people = load_organisation(organisation or (CASES / "organisation.yaml").read_text("utf-8"), file="organisation.yaml")
    assert people.organisation is not None, [each.message for each in people.diagnostics]
    loaded = load_playbook(playbook, file="call.yaml", read=lambda _name: "We know.", organisation=people.organisation)
    assert loaded.playbook is not None, [each.message for each in loaded.diagnostics]
    return World(Plan.of(loaded.playbook, "0" * 64), people.organisation, loaded.files)


def stories(text: str, *, world: World | None = None) -> StoryFile:
    """Stories that must be readable."""
    read = read_stories(text, file="call.test.yaml", world=world or call_world())
    assert read.diagnostics == (), [each.message for each in read.diagnostics]
    return read


def told(text: str, *, world: World | None = None) -> Told:
    """Play the only story of a text."""
    (story,) = stories(text, world=world).stories
    return play(world or call_world(), story)


def tell(does: str = "", then: str = "", *, more: str = "", world: World | None = None) -> Told:
    """Play a story with these items (flow lists without their brackets), inputs given."""
    return told(f"- story: a call\n  inputs: {{site: Plant 4}}\n{more}  does: [{does}]\n  then: [{then}]\n", world=world)


def messages(story: Told) -> list[str]:
    """How a story did not go as told."""
    return [failure.message for failure in story.failures]


def staged(story: Told) -> Stage:
    """The stage of a story that could begin."""
    assert story.stage is not None
    return story.stage


def said(text: str, *, world: World | None = None) -> tuple[Diagnostic, ...]:
    """What is said about a story file: its faults, or how its stories did not go as told."""
    world = world or call_world()
    read = read_stories(text, file="call.test.yaml", world=world)
    return (*read.diagnostics, *_failures(read, world))


def _failures(read: StoryFile, world: World) -> Iterator[Diagnostic]:
    for story in read.stories:
        yield from (read.source.locate(failure) for failure in play(world, story).failures)
