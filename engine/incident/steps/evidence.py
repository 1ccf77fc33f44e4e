"""Custody records: who saved what, when, from where, with which SHA-256.

What a person types is *reported*; only bytes that we hold and hashed are *verified* (files come later).
The step is done when every source has an item.
"""

import re
from typing import Final

from engine.incident import commands as c
from engine.incident.draft import Draft
from engine.incident.events import EvidenceAdded, SourcesChanged, StepCompleted
from engine.incident.personal import Personal, Text
from engine.incident.policy import forbids_act
from engine.incident.refusal import Refusal
from engine.incident.reopening import reopen
from engine.incident.rights import no_work
from engine.incident.scope import listed as evaluated
from engine.incident.state import OPEN, EvidenceItem, StepState
from engine.incident.steps.finding import not_open, of_kind
from engine.language.expression import parse
from engine.language.playbook import Evidence
from engine.language.suggest import listed

_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_NAMES_SOMEBODY: Final = frozenset({"uploader", "account", "author"})


def add_evidence(draft: Draft, command: c.AddEvidence) -> Refusal | None:
    step = of_kind(draft, command.step, Evidence)
    if isinstance(step, Refusal):
        return step
    state = draft.state(step.id)
    refused = None if state.state == "done" else not_open(draft, step.id)
    refused = refused or no_work(draft.world, draft.incident, step, draft.actor) or _bad_item(draft, step, command)
    refused = refused or forbids_act(draft.world, draft.incident, step.id, draft.actor.person)
    if refused:
        return refused
    item = _item(draft, step, command)
    if any(known.source == item.source and known.sha256 == item.sha256 for known in state.items):
        return None
    draft.add(EvidenceAdded(step.id, item))
    if _is_saved(draft, step):
        draft.add(StepCompleted(step.id))
    return None


def sources_of(draft: Draft, step: Evidence) -> tuple[str, ...]:
    """The links or files that an item is due for, as the inputs stand now."""
    return evaluated(draft.scope, parse(step.from_)) if step.from_ else ()


def follow_sources(draft: Draft) -> None:
    """New links re-open a finished evidence step and widen an open one."""
    for step in draft.world.plan.evidence:
        name, state = step.id, draft.state(step.id)
        sources = sources_of(draft, step) if _may_have_new_links(draft, step, state) else state.sources
        if sources == state.sources:
            continue
        if state.state == "done":
            reopen(draft, [name], "there are new links to save")
        draft.follow(SourcesChanged(name, sources))


def _may_have_new_links(draft: Draft, step: Evidence, state: StepState) -> bool:
    if step.from_ is None or state.void or (state.state not in OPEN and state.state != "done"):
        return False
    return step.id in draft.concerned or draft.may_read_anew(parse(step.from_))


def complete_saved(draft: Draft) -> None:
    """Complete what re-opened and turns out to lack nothing."""
    for step in draft.world.plan.evidence:
        if _is_saved(draft, step) and not forbids_act(draft.world, draft.incident, step.id, None):
            draft.follow(StepCompleted(step.id))


def _is_saved(draft: Draft, step: Evidence) -> bool:
    """Whether every source has an item (without sources: whether there is one)."""
    state = draft.state(step.id)
    saved = {item.source for item in state.items}
    return state.state in OPEN and bool(saved) and all(source in saved for source in state.sources)


def _bad_item(draft: Draft, step: Evidence, command: c.AddEvidence) -> Refusal | None:
    sources = draft.state(step.id).sources
    if sources and command.source not in sources:
        reason = f"{command.source!r} is not among the sources ({listed(sources, like=command.source)}); add the link first"
        return Refusal("bad_value", reason, field="source")
    if not command.source.strip():
        return Refusal("bad_value", "say which source was saved", field="source")
    if not _SHA256.fullmatch(command.sha256.strip().lower()):
        return Refusal("bad_value", f"{command.sha256!r} is not a SHA-256; write 64 hexadecimal digits", field="sha256")
    unknown = next((name for name in command.collected if name not in step.collect), None)
    if unknown:
        return Refusal("bad_value", f"'{step.id}' collects {listed(step.collect, like=unknown)}, not '{unknown}'", field="collected")
    return None


def _item(draft: Draft, step: Evidence, command: c.AddEvidence) -> EvidenceItem:
    return EvidenceItem(
        source=command.source,
        sha256=command.sha256.strip().lower(),
        by=draft.actor.name,
        at=draft.now,
        collected={name: _collected(draft, step, name, text) for name, text in command.collected.items()},
        tool=command.tool,
        account=Personal(command.account, command.account) if command.account else None,
        note=draft.mark(command.note, private=step.private) if command.note else None,
    )


def _collected(draft: Draft, step: Evidence, name: str, text: str) -> Text:
    return Personal(text, text) if name in _NAMES_SOMEBODY else draft.mark(text, private=step.private)
