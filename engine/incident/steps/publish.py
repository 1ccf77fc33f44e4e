"""Saying approved words: a publish takes the version submitted last when it starts, and freezes it.

Every channel says the same words; what was posted otherwise is recorded, told to the keys, and a
correction is asked for. Under a hold nothing starts and nothing is confirmed.
"""

from typing import Final

from engine.incident import commands as c
from engine.incident.draft import Draft, new_id
from engine.incident.events import ChannelConfirmed, PublishStarted, StepCompleted, TaskAdded
from engine.incident.people import person_name
from engine.incident.personal import plain_text
from engine.incident.plan import World
from engine.incident.policy import forbids_act
from engine.incident.refusal import Refusal
from engine.incident.rights import no_work
from engine.incident.scope import effective
from engine.incident.state import NEW_STEP, OPEN, Incident
from engine.incident.steps.finding import not_open, of_kind
from engine.incident.values import read_value
from engine.incident.versions import subject_version, version_of
from engine.language.playbook import Input, Publish
from engine.language.suggest import listed

REHEARSED: Final = "rehearsal: not sent"
_LINK: Final = Input(type="url")


def start_publish(draft: Draft, step: Publish) -> Refusal | None:
    """Freeze the words; the person who starts has taken it, unless the engine says them."""
    if draft.state(step.id).state == "doing":
        return None
    refused = no_work(draft.world, draft.incident, step, draft.actor) or unsayable(draft.world, draft.incident, step, draft.actor.person)
    if refused:
        return refused
    by_engine = step.confirm == "api"
    draft.add(PublishStarted(step.id, subject_version(draft.world, draft.incident, step.of) or "", by_engine=by_engine))
    if by_engine:
        say_in_rehearsal(draft, step)
    complete_when_confirmed(draft, step)
    return None


def say_in_rehearsal(draft: Draft, step: Publish) -> None:
    """Nothing is published in a rehearsal: every channel is confirmed as it stands."""
    state = draft.state(step.id)
    for channel in step.channels if draft.incident.mode == "rehearsal" else ():
        if channel not in state.receipts:
            draft.follow(ChannelConfirmed(step.id, channel, REHEARSED, state.frozen_version or ""))


def confirm(draft: Draft, command: c.Confirm) -> Refusal | None:
    step = of_kind(draft, command.step, Publish)
    if isinstance(step, Refusal):
        return step
    if command.channel not in step.channels:
        reason = f"'{step.id}' goes to {listed(step.channels, like=command.channel)}, not '{command.channel}'"
        return Refusal("unknown_channel", reason, field="channel")
    receipt = draft.state(step.id).receipts.get(command.channel)
    if receipt is not None:
        return None if receipt.link == command.link else Refusal("already_confirmed", f"{command.channel} was confirmed: {receipt.link}")
    refused = not_open(draft, step.id) or no_work(draft.world, draft.incident, step, draft.actor) or _bad_link(command.link)
    refused = refused or _wrong_version(draft, step, command) or held(draft.world, draft.incident) or start_publish(draft, step)
    if refused:
        return refused
    _confirm(draft, step, command)
    return None


def unsayable(world: World, incident: Incident, step: Publish, person: str | None) -> Refusal | None:
    """Why these words can't be published now: a hold, a missing or older approval, a policy."""
    return held(world, incident) or _not_approved(world, incident, step) or forbids_act(world, incident, step.id, person)


def held(world: World, incident: Incident) -> Refusal | None:
    """Refuse while a hold stands."""
    if incident.hold is None:
        return None
    by, reason = person_name(world.organisation, incident.hold.by), plain_text(incident.hold.reason)
    return Refusal("on_hold", f"{by} holds everything that goes outside: {reason}", allowed=("release",))


def complete_when_confirmed(draft: Draft, step: Publish) -> None:
    """Done once every channel is confirmed."""
    state = draft.state(step.id)
    if state.state in OPEN and all(channel in state.receipts for channel in step.channels):
        draft.add(StepCompleted(step.id))


def arrived(draft: Draft, step: Publish, channel: str, link: str) -> None:
    """The engine said the words in a channel: recorded even where the step was given back or skipped meanwhile."""
    state = draft.state(step.id)
    version = state.frozen_version or state.returned_version
    if channel not in step.channels or channel in state.receipts or version is None:
        return
    differs = version != subject_version(draft.world, draft.incident, step.of)
    draft.add(ChannelConfirmed(step.id, channel, link, version, differs=differs))
    if differs:
        _ask_correction(draft, step, channel)
    complete_when_confirmed(draft, step)


def _confirm(draft: Draft, step: Publish, command: c.Confirm) -> None:
    digest = draft.state(step.id).frozen_version or ""
    version = version_of(draft.incident, step.of, digest)
    approved = [plain_text(text) for text in version.texts.values()] if version else []
    differs = command.text is not None and command.text not in approved
    text = draft.mark(command.text, private=step.private) if command.text is not None else None
    draft.add(ChannelConfirmed(step.id, command.channel, command.link, digest, text=text, differs=differs))
    if differs:
        _ask_correction(draft, step, command.channel)
    complete_when_confirmed(draft, step)


def _ask_correction(draft: Draft, step: Publish, channel: str) -> None:
    title = f"Correct {channel}: what was posted is not word for word what was approved"
    task = new_id(draft, f"correct_{step.id}")
    draft.follow(TaskAdded(task, title[:300], step.role or draft.world.plan.lead_role))


def _not_approved(world: World, incident: Incident, step: Publish) -> Refusal | None:
    version = subject_version(world, incident, step.of)
    if version is None:
        return Refusal("not_approved", f"'{step.of}' has no submitted version")
    ancestors = world.plan.graph.ancestors(step.id)
    for approval in world.plan.graph.approvals_of.get(step.of, ()):
        state = incident.steps.get(approval.id, NEW_STEP)
        if approval.id not in ancestors or effective(state) == "skipped":
            continue
        keys = [key for key in state.keys if key.decision == "approve"]
        if state.state != "done" or not keys or any(key.version != version for key in keys):
            return Refusal("not_approved", f"'{approval.id}' has not approved exactly these words")
    return None


def _bad_link(link: str) -> Refusal | None:
    value = read_value(_LINK, link)
    if isinstance(value, Refusal):
        return Refusal("bad_value", value.reason, field="link")
    return None


def _wrong_version(draft: Draft, step: Publish, command: c.Confirm) -> Refusal | None:
    expected = draft.state(step.id).frozen_version or subject_version(draft.world, draft.incident, step.of)
    if command.version is None or command.version == expected:
        return None
    return Refusal("stale_version", f"the words to publish are others now ({(expected or 'none')[:12]}); look again", field="version")
