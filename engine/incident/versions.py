"""The exact thing that a key binds to: SHA-256 over canonical JSON (RFC 8785).

For a statement: every language, channel variant and attachment digest. For any other step: its round,
who did it, its checklist and what came of it, so that redone or changed work needs new keys.
"""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

import rfc8785

from engine.incident.personal import Text, plain, plain_text
from engine.incident.plan import World
from engine.incident.state import NEW_STEP, Incident, StepState, Version
from engine.language.playbook import Statement


def texts_digest(texts: Mapping[str, Text]) -> str:
    """Hex SHA-256 of the words in every language."""
    words = {language: plain_text(text) for language, text in texts.items()}
    return _digest({"languages": words, "channels": {}, "attachments": []})


def subject_version(world: World, incident: Incident, name: str) -> str | None:
    """The digest that an approval of `name` binds to now; None while there is nothing to approve."""
    state = incident.steps.get(name, NEW_STEP)
    if isinstance(world.plan.steps.get(name), Statement):
        return state.versions[-1].digest if state.versions else None
    if state.state != "done":
        return None
    return _digest(
        {
            "step": name,
            "round": state.round,
            "by": state.done_by or "",
            "ticks": sorted(state.ticks),
            "result": plain(state.result),
            "answer": state.answer or "",
            "reference": state.reference or "",
            "items": sorted(f"{item.sha256} {item.source}" for item in state.items),
            "receipts": {channel: receipt.link for channel, receipt in state.receipts.items()},
            "note": plain_text(state.note),
            "saved": {key: plain(value) for key, value in state.saved.items()},
        }
    )


def version_of(incident: Incident, statement: str, digest: str) -> Version | None:
    """The submitted version with this digest, the latest if words came back."""
    versions = incident.steps.get(statement, NEW_STEP).versions
    return next((version for version in reversed(versions) if version.digest == digest), None)


def authors_of(world: World, incident: Incident, name: str) -> frozenset[str]:
    """Everybody whose words or work an approval of `name` judges."""
    state = incident.steps.get(name, NEW_STEP)
    if isinstance(world.plan.steps.get(name), Statement):
        return frozenset(_writers(state))
    savers = (plain_text(item.by) for item in state.items)
    return frozenset((*savers, *((state.done_by,) if state.done_by else ())))


def is_frozen(world: World, incident: Incident, statement: str) -> bool:
    """Whether a publish of it has started, so that every channel says the same words."""
    publishes = world.plan.graph.publishes_of.get(statement, ())
    return any(incident.steps.get(publish.id, NEW_STEP).frozen_version for publish in publishes)


def _writers(state: StepState) -> Iterator[str]:
    """Whoever submitted the last version, and whoever first wrote each language of it."""
    if not state.versions:
        return
    last = state.versions[-1]
    yield last.author
    for language, text in last.texts.items():
        yield next(version.author for version in state.versions if version.texts.get(language) == text)


def _digest(value: dict[str, Any]) -> str:
    return sha256(rfc8785.dumps(value)).hexdigest()
