"""Drafts: each submission is a version; new words void the keys that were turned on what stood before (`void_keys`)."""

from collections.abc import Mapping
from typing import Final

from engine.incident import commands as c
from engine.incident.draft import Draft
from engine.incident.events import DraftSubmitted
from engine.incident.personal import Text, plain_text
from engine.incident.policy import forbids_act, forbids_words
from engine.incident.refusal import Refusal
from engine.incident.rendering import render
from engine.incident.rights import no_work
from engine.incident.steps.finding import not_open, of_kind
from engine.incident.values import MAX_TEXT
from engine.incident.versions import is_frozen, texts_digest
from engine.language.playbook import Statement

ONLY: Final = "default"
"""The language under which the text of a statement without `languages` stands."""


def submit(draft: Draft, command: c.SubmitDraft) -> Refusal | None:
    step = of_kind(draft, command.step, Statement)
    if isinstance(step, Refusal):
        return step
    state = draft.state(step.id)
    is_edit = state.state == "done" and not state.void
    refused = None if is_edit else not_open(draft, step.id)
    refused = refused or no_work(draft.world, draft.incident, step, draft.actor) or _frozen(draft, step) or _overtaken(draft, step, command)
    if refused:
        return refused
    texts = _texts(draft, step, command)
    if isinstance(texts, Refusal):
        return texts
    refused = _badly_worded(step, texts, command) or forbids_words(draft.world, draft.incident, step, texts)
    refused = refused or forbids_act(draft.world, draft.incident, step.id, draft.actor.person)
    if refused:
        return refused
    digest = texts_digest(texts)
    if is_edit and digest == state.versions[-1].digest:
        return None
    draft.add(DraftSubmitted(step.id, len(state.versions) + 1, digest, texts))
    return None


def template_texts(draft: Draft, step: Statement) -> dict[str, Text]:
    """The words as the template gives them now, in each of the statement's languages."""
    return {language: _template_text(draft, step, language) for language in step.languages or [ONLY]}


def _template_text(draft: Draft, step: Statement, language: str) -> Text:
    text = render(draft.world, draft.incident, draft.world.template(step.template, language), now=draft.now)
    return draft.mark((text or "").strip(), private=step.private)


def _frozen(draft: Draft, step: Statement) -> Refusal | None:
    if not is_frozen(draft.world, draft.incident, step.id):
        return None
    return Refusal("in_use", f"'{step.id}' is being published; later words are another statement with its own approvals")


def _overtaken(draft: Draft, step: Statement, command: c.SubmitDraft) -> Refusal | None:
    """Whoever names the version that they began with writes over no other; "" is none at all."""
    versions = draft.state(step.id).versions
    if command.version is None or command.version == (versions[-1].digest if versions else ""):
        return None
    return Refusal("stale_version", f"'{step.id}' was written by somebody else meanwhile; read that first", field="version")


def _texts(draft: Draft, step: Statement, command: c.SubmitDraft) -> dict[str, Text] | Refusal:
    languages = step.languages or [ONLY]
    words = command.texts if command.text is None else {**command.texts, command.language or languages[0]: command.text}
    unknown = next((each for each in (command.language, *words) if each is not None and each not in languages), None)
    if unknown is not None:
        return Refusal("bad_value", f"'{step.id}' is written in {', '.join(languages)}, not {unknown!r}", field="language")
    state = draft.state(step.id)
    standing = state.versions[-1].texts if state.versions else {}
    given = {language: _marked(draft, step, standing.get(language), text.strip()) for language, text in words.items()}
    if state.versions:
        return {**state.versions[-1].texts, **given}
    return {each: given[each] if each in given else _template_text(draft, step, each) for each in languages}


def _marked(draft: Draft, step: Statement, standing: Text | None, text: str) -> Text:
    """Mark what is new; words that stand already stay as they were written, by whoever wrote them."""
    return standing if standing is not None and plain_text(standing) == text else draft.mark(text, private=step.private)


def _badly_worded(step: Statement, texts: Mapping[str, Text], command: c.SubmitDraft) -> Refusal | None:
    """Say what is wrong with the words; of several languages given at once, in which field."""
    for language, text in texts.items():
        reason = _fault_of(step, plain_text(text))
        if reason:
            where = "" if language == ONLY else f" ({language})"
            return Refusal("wording", f"{reason}{where}", field=f"text:{language}" if language in command.texts else "text")
    return None


def _fault_of(step: Statement, text: str) -> str | None:
    folded = text.casefold()
    if not text.strip():
        return "the text is empty"
    if len(text) > MAX_TEXT:
        return f"the text has {len(text)} characters; at most {MAX_TEXT}"
    if step.max_words and len(text.split()) > step.max_words:
        return f"the text has {len(text.split())} words; at most {step.max_words}"
    banned = next((words for words in step.must_not_say if words.casefold() in folded), None)
    if banned:
        return f"the text may not say {banned!r}"
    missing = next((words for words in step.must_say if words.casefold() not in folded), None)
    return f"the text must say {missing!r}" if missing else None
