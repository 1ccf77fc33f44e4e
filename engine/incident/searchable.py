"""Which texts an incident is found by: those that everybody may read who may know of it.

Rules:
- Its key, title and reference, the titles of its steps and tasks, notes, comments, and words that were submitted.
- Nothing of a private or privileged step, and nothing that is marked as personal: what is sealed is in no index.
- Each entry has its own texts, and they never change: the history isn't rewritten, so the index needs no rewriting.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from engine.incident import events as e
from engine.incident.events import Entry
from engine.incident.personal import Text
from engine.incident.plan import World
from engine.incident.state import Incident


def public_texts(world: World, incident: Incident, entry: Entry) -> tuple[str, ...]:
    """List the texts that an entry adds to what the incident is found by; `incident` is any later state of it."""
    match entry.event:
        case e.Declared():
            return _plain((incident.key, incident.title, incident.external_ref, *_titles(world)))
        case e.PlaybookMigrated():
            return _plain(_titles(world))
        case e.TaskAdded(title=title):
            return _plain((title,))
        case e.Noted(text=text):
            return _plain((text,))
        case e.StepCommented(step=step, text=text):
            return _plain((text,)) if _is_open(world, incident, step) else ()
        case e.DraftSubmitted(step=step, texts=texts):
            return _plain(texts.values()) if _is_open(world, incident, step) else ()
        case _:
            return ()


def _plain(texts: Iterable[Text | None]) -> tuple[str, ...]:
    return tuple(text for text in texts if isinstance(text, str) and text)


def _titles(world: World) -> Iterator[str]:
    return (step.title for step in world.plan.steps.values() if _is_public(step))


def _is_open(world: World, incident: Incident, name: str) -> bool:
    step = world.step(incident, name)
    return step is not None and _is_public(step)


def _is_public(step: Any) -> bool:
    return not (step.private or step.privileged)
