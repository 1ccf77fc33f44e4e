"""Starting an incident from Slack: at once when nothing has to be asked, else by the playbook's form.

Opening the form is the one remote call made while Slack waits, because a trigger lives for three seconds.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from api.parts import Parts
from api.slack.doing import Doing, Result
from api.slack.payloads import View
from api.slack.replies import FormErrors, NextForm, Reply, Said
from api.slack.start_form import (
    CHOOSE,
    PLAYBOOK,
    REHEARSAL,
    SEVERITY,
    START,
    TITLE,
    answers_of,
    asked_at_start,
    block_of,
    choose_form,
    chosen_of,
    is_ticked,
    metadata_of,
    needs_answers,
    start_form,
    started_form,
)
from api.workspace import Workspace
from engine.channels.slack_text import cut
from engine.incident import commands as c
from engine.incident.actor import Actor
from engine.incident.plan import Plan
from engine.language.playbook import Playbook
from engine.language.suggest import nearest
from engine.store.library import all_latest, by_version, latest

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

    def __init__(self, parts: Parts, doing: Doing, workspace: Workspace) -> None:
        self._parts = parts
        self._doing = doing
        self._workspace = workspace

    async def begin(self, text: str, actor: Actor, *, trigger: str, once: str) -> Reply:
        """Start what `/incident start [playbook] [title]` asks for, or open the form."""
        plans = await self._parts.database.read(self._startable)
        first, _, rest = text.partition(" ")
        plan = plans.get(first.casefold()) or (next(iter(plans.values())) if len(plans) == 1 else None)
        title = rest.strip() if first.casefold() in plans else text
        if not plans:
            return Reply("There is no playbook to start from. Publish one first.")
        if plan is None:
            return await self._open(
                choose_form([each.playbook for each in plans.values()], title[:200]), trigger, _meant(first, list(plans))
            )
        if needs_answers(plan.playbook) or not title:
            return await self._open(start_form(plan, title[:200]), trigger, "")
        done = await self._declare(plan.playbook, c.Declare("", "", title=title), actor, once)
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
        if plan is None:
            return FormErrors({PLAYBOOK if view.callback_id == CHOOSE else TITLE: _GONE})
        if view.callback_id == CHOOSE:
            return NextForm(start_form(plan, metadata.get("title", "")))
        return await self._started(submitted, plan.playbook)

    async def _started(self, submitted: Submitted, playbook: Playbook) -> Said:
        view = submitted.view
        inputs, unknown, errors = answers_of(view, playbook)
        if errors:
            return FormErrors(errors)
        command = c.Declare(
            "",
            "",
            inputs=inputs,
            unknown=unknown,
            title=chosen_of(view, TITLE),
            severity=chosen_of(view, SEVERITY),
            mode="rehearsal" if is_ticked(view, REHEARSAL) else "live",
        )
        done = await self._declare(playbook, command, submitted.actor, submitted.once)
        if done["ok"]:
            return NextForm(started_form(_told(done)))
        return FormErrors({_block(done["field"], playbook): f"{done['text']}{done['allowed']}"})

    async def _declare(self, playbook: Playbook, command: c.Declare, actor: Actor, once: str) -> Result:
        return await self._doing.declare(playbook.id, playbook.version, command, actor, once=once)

    async def _open(self, view: dict[str, object], trigger: str, hint: str) -> Reply:
        code = await self._workspace.open_view(trigger, view)
        if code is None:
            return Reply(hint)
        return Reply(f"The form did not open (`{cut(code, 80)}`), and nothing was started. Try again in a moment.")

    def _startable(self, tx: Connection) -> dict[str, Plan]:
        """Give the active playbooks, by id."""
        plans = (self._parts.library.world(tx, version.digest).plan for version in all_latest(tx))
        return {plan.playbook.id: plan for plan in plans if plan.playbook.status == "active"}

    def _plan(self, tx: Connection, name: str, version: str | None) -> Plan | None:
        found = by_version(tx, name, version) if version else latest(tx, name)
        return self._parts.library.world(tx, found.digest).plan if found else None


def _block(field: str | None, playbook: Playbook) -> str:
    """Find where a refusal belongs: at the input that it names, else at the title."""
    if field in asked_at_start(playbook):
        return block_of(field or "")
    return SEVERITY if field == "severity" else TITLE


def _told(done: Result) -> str:
    if not done["ok"]:
        return f"{done['text']}{done['allowed']}"
    similar = done.get("similar") or []
    also = f" Open already with one of these links: {', '.join(similar)}." if similar else ""
    return f"{done['text']} Its channel is being made, and whoever has a role is invited.{also}"


def _meant(first: str, known: list[str]) -> str:
    near = nearest(first, known, most=1)
    return f"Choose a playbook in the form. Did you mean `/incident start {near[0]}`?" if first and near else ""
