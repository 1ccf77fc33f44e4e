"""Starting an incident from Slack: at once when nothing has to be asked, else by the playbook's form.

Opening the form is the one remote call made while Slack waits, because a trigger lives for three seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from api.parts import Parts
from api.slack.doing import Doing, Result
from api.slack.duplicates import duplicate_form, said_anyway
from api.slack.finding import Finder
from api.slack.forms.entered import digest_of, metadata_of
from api.slack.forms.opening import USED
from api.slack.payloads import View
from api.slack.replies import FormErrors, NextForm, Reply, Said
from api.slack.start_form import (
    CHOOSE,
    NOTHING,
    PLAYBOOK,
    REHEARSAL,
    SEVERITY,
    START,
    TITLE,
    TITLE_LENGTH,
    Wanted,
    answers_of,
    asked_at_start,
    block_of,
    choose_form,
    chosen_of,
    is_ticked,
    links_in,
    needs_answers,
    start_form,
    started_form,
)
from api.slack.typed import first_word
from api.workspace import Workspace
from engine.channels.slack_text import button, cut, section
from engine.incident import commands as c
from engine.incident.actor import Actor
from engine.incident.declaring import may_start
from engine.incident.plan import Plan
from engine.language.playbook import Playbook
from engine.language.suggest import nearest
from engine.store.library import all_latest, by_version, latest
from engine.store.projections import IncidentRow

START_INCIDENT: Final = "start_incident"
"""A button that starts; its value is what `/incident start` would be followed by."""

_LONGEST_TEXT: Final = 500
_MOST_NAMED: Final = 20
"""Incidents with the same link that one form names; those beyond are named by the next."""
_GONE: Final = "This playbook is not there any more; start again."


@dataclass(frozen=True, slots=True)
class Submitted:
    """A form that somebody whom we know has submitted."""

    view: View
    actor: Actor

    @property
    def once(self) -> str:
        return f"view:{self.view.id}:{self.view.hash}"


class Starting:
    """Starts incidents."""

    def __init__(self, parts: Parts, doing: Doing, finder: Finder, workspace: Workspace) -> None:
        self._parts = parts
        self._doing = doing
        self._finder = finder
        self._workspace = workspace

    async def begin(self, text: str, actor: Actor, *, trigger: str, once: str, known: Wanted = NOTHING) -> Reply:
        """Start what `/incident start [playbook] [title]` asks for, or open the form; links of the text go into it.

        `known` is what a message says already; without a trigger, which a form needs, a button is offered.
        """
        if not trigger:
            return offer(text, f"Start an incident “{cut(text, TITLE_LENGTH)}”?" if text else "Start an incident?")
        plans = await self._parts.database.read(lambda tx: self._startable(tx, actor))
        first, rest = first_word(text)
        named = first.casefold() in plans
        plan = plans[first.casefold()] if named else next(iter(plans.values())) if len(plans) == 1 else None
        wanted = _together(wanted_in(rest if named else text), known)
        if not plans:
            return Reply("There is no playbook to start from. Publish one first.")
        if plan is None:
            return await self._open(choose_form([each.playbook for each in plans.values()], wanted), trigger, _meant(first, list(plans)))
        if needs_answers(plan.playbook) or not wanted.title or wanted.links:
            return await self._open(start_form(plan, wanted), trigger, "")
        done = await self._declare(plan.playbook, c.Declare("", "", title=wanted.title), actor, once)
        return Reply(_told(done))

    async def submit(self, submitted: Submitted) -> Said:
        """Take a submitted form: the chosen playbook's form next, or an incident."""
        view = submitted.view
        metadata = metadata_of(view)
        name = chosen_of(view, PLAYBOOK) if view.callback_id == CHOOSE else metadata.get("playbook")
        version = None if view.callback_id == CHOOSE else metadata.get("version")
        if view.callback_id not in (CHOOSE, START) or not name:
            return Reply()
        plan = await self._parts.database.read(lambda tx: self._plan(tx, name, version))
        if plan is None or not may_start(self._parts.library.organisation, submitted.actor, name):
            return FormErrors({PLAYBOOK if view.callback_id == CHOOSE else TITLE: _GONE})
        if view.callback_id == CHOOSE:
            return NextForm(start_form(plan, Wanted.kept(metadata)))
        return await self._started(submitted, plan)

    async def _started(self, submitted: Submitted, plan: Plan) -> Said:
        view, playbook = submitted.view, plan.playbook
        inputs, unknown, errors = answers_of(view, playbook)
        if errors:
            return FormErrors(errors)
        links = links_in(playbook, inputs)
        before = await self._doing.before(submitted.actor, once=submitted.once, typed=digest_of(view)) if links else None
        if before is not None and before["ok"]:
            return NextForm(started_form(_told(before)))
        others = await self._already_open(submitted, links)
        if others:
            return NextForm(duplicate_form(start_form(plan), view, others))
        command = c.Declare(
            "",
            "",
            inputs=inputs,
            unknown=unknown,
            title=chosen_of(view, TITLE),
            severity=chosen_of(view, SEVERITY),
            mode="rehearsal" if is_ticked(view, REHEARSAL) else "live",
        )
        done = await self._declare(playbook, command, submitted.actor, submitted.once, typed=digest_of(view))
        if done["ok"]:
            return NextForm(started_form(_told(done)))
        return FormErrors({_block(done["field"], playbook): f"{done['text']}{done['allowed']}"})

    async def _already_open(self, submitted: Submitted, links: Sequence[str]) -> list[IncidentRow]:
        """Find running incidents with one of the links that the person may know of and was not shown yet."""
        if not links:
            return []
        keys = await self._finder.with_links(submitted.actor, links)
        return await self._finder.named(submitted.actor, [key for key in keys if key not in said_anyway(submitted.view)][:_MOST_NAMED])

    async def _declare(self, playbook: Playbook, command: c.Declare, actor: Actor, once: str, *, typed: str = "") -> Result:
        return await self._doing.declare(playbook.id, playbook.version, command, actor, once=once, typed=typed)

    async def _open(self, view: dict[str, object], trigger: str, hint: str) -> Reply:
        code = await self._workspace.open_view(trigger, view)
        if code is None or code == USED:
            return Reply(hint)
        return Reply(f"The form did not open (`{cut(code, 80)}`), and nothing was started. Try again in a moment.")

    def _startable(self, tx: Connection, actor: Actor) -> dict[str, Plan]:
        """Give the active playbooks that are the actor's to start, by id."""
        organisation = self._parts.library.organisation
        plans = (self._parts.library.world(tx, version.digest).plan for version in all_latest(tx))
        active = {plan.playbook.id: plan for plan in plans if plan.playbook.status == "active"}
        return {name: plan for name, plan in active.items() if may_start(organisation, actor, name)}

    def _plan(self, tx: Connection, name: str, version: str | None) -> Plan | None:
        found = by_version(tx, name, version) if version else latest(tx, name)
        return self._parts.library.world(tx, found.digest).plan if found else None


def _block(field: str | None, playbook: Playbook) -> str:
    """Find where a refusal belongs: at the input that it names, else at the title."""
    if field in asked_at_start(playbook):
        return block_of(field or "")
    return SEVERITY if field == "severity" else TITLE


def offer(text: str, question: str, *more: str) -> Reply:
    """Offer a button that starts, with the words that were typed; `question` is a sentence, `more` stands below it."""
    pressed = button("Start an incident", action_id=START_INCIDENT, value=text[:_LONGEST_TEXT] or " ", label="Start an incident")
    shown = [section(part) for part in (question, *more)]
    return Reply(question, (*shown, {"type": "actions", "elements": [pressed | {"style": "primary"}]}))


def wanted_in(text: str) -> Wanted:
    """Tell the links of a text from the rest, which is the title."""
    written = text.split()
    links = [word for word in written if word.startswith(("https://", "http://"))]
    title = " ".join(word for word in written if word not in links)
    return Wanted(title[:TITLE_LENGTH], tuple(dict.fromkeys(links)))


def _together(typed: Wanted, known: Wanted) -> Wanted:
    return Wanted(typed.title or known.title, tuple(dict.fromkeys((*typed.links, *known.links))))


def _told(done: Result) -> str:
    if not done["ok"]:
        return f"{done['text']}{done['allowed']}"
    similar = done.get("similar") or []
    also = f" {', '.join(similar)} {'has' if len(similar) == 1 else 'have'} one of these links too." if similar else ""
    return f"{done['text']} Its channel is being made, and whoever has a role is invited.{also}"


def _meant(first: str, known: list[str]) -> str:
    near = nearest(first, known, most=1)
    return f"Choose a playbook in the form. Did you mean `/incident start {near[0]}`?" if first and near else ""
