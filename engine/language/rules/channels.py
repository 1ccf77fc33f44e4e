"""FB116, FB411, FB412: words go where the organisation has a channel, and to those for whom they were approved.

A destination written out (`slack:#news`, `email:all-staff`) needs no entry. What was approved for the
public may go through any channel; other words only through a channel that is for their audience.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from engine.language.checked import Checked
from engine.language.diagnostic import Finding, Path
from engine.language.playbook import OUTSIDE, Message, Monitor, Publish, Statement, Step
from engine.language.suggest import did_you_mean, quoted

_WRITTEN_OUT: Final = ("slack:", "email:")
_FORMS: Final = "war_room, slack:#x, email:x, role:x or webhook:name"


def channels_are_known(checked: Checked) -> Iterator[Finding]:
    """Find channels that the organisation file lacks; without one, warn once for each that it will have to hold."""
    told: set[str] = set()
    for path, channel in _named(checked):
        if checked.organisation is None and channel not in told:
            told.add(channel)
            message = f"channel {quoted(channel)} can't be checked without an organisation file"
            yield Finding("FB116", message, path, within=channel, level="warning", help="check with --organisation organisation.yaml")
        elif checked.organisation is not None and channel not in checked.organisation.channels:
            hint = did_you_mean(channel, checked.organisation.channels)
            yield Finding("FB116", f"channel {quoted(channel)} is not in the organisation file{hint}", path, within=channel)


def destinations_are_understood(checked: Checked) -> Iterator[Finding]:
    """Find destinations of messages that are none of the five forms."""
    for path, destination in _destinations(checked.playbook.steps):
        kind, colon, _ = destination.partition(":")
        if destination != "war_room" and not (colon and kind in ("slack", "email", "role", "webhook")):
            yield Finding("FB116", f"{quoted(destination)} is no destination; write {_FORMS}", path)


def channels_fit_their_statement(checked: Checked) -> Iterator[Finding]:
    """Find publishes through a channel that is for others than the statement's audience."""
    channels = checked.organisation.channels if checked.organisation else {}
    for index, step in enumerate(checked.playbook.steps):
        statement = checked.graph.steps.get(step.of) if isinstance(step, Publish) else None
        if not isinstance(step, Publish) or not isinstance(statement, Statement) or statement.audience == "public":
            continue
        for position, name in enumerate(step.channels):
            entry = channels.get(name)
            if entry is not None and entry.audience and statement.audience not in entry.audience:
                message = (
                    f"channel {quoted(name)} is for {_and(entry.audience)} but statement {quoted(step.of)} is for {statement.audience}"
                )
                yield Finding("FB411", message, ("steps", index, "channels", position))


def messages_stay_inside(checked: Checked) -> Iterator[Finding]:
    """Find messages to outsiders: what they hear is a statement, and needs an approval."""
    channels = checked.organisation.channels if checked.organisation else {}
    for index, step in enumerate(checked.playbook.steps):
        if isinstance(step, Message) and step.audience in OUTSIDE:
            message = f"message to {step.audience} counts as publishing; use statement, approval, publish"
            yield Finding("FB412", message, ("steps", index, "audience"))
    for path, destination in _destinations(checked.playbook.steps):
        entry = channels.get(destination.removeprefix("webhook:")) if destination.startswith("webhook:") else None
        outside = [audience for audience in entry.audience if audience in OUTSIDE] if entry else []
        if outside:
            message = f"message to {_and(outside)} counts as publishing; use statement, approval, publish"
            yield Finding("FB412", message, path)


def _named(checked: Checked) -> Iterator[tuple[Path, str]]:
    for index, step in enumerate(checked.playbook.steps):
        for position, channel in enumerate(step.channels) if isinstance(step, Publish) else ():
            if not channel.startswith(_WRITTEN_OUT):
                yield ("steps", index, "channels", position), channel
    for path, destination in _destinations(checked.playbook.steps):
        if destination.startswith("webhook:"):
            yield path, destination.removeprefix("webhook:")


def _destinations(steps: Iterable[Step]) -> Iterator[tuple[Path, str]]:
    for index, step in enumerate(steps):
        match step:
            case Message():
                yield from ((("steps", index, "to", position), to) for position, to in enumerate(step.to))
            case Monitor(each_time=each) if each is not None:
                yield from ((("steps", index, "each_time", "to", position), to) for position, to in enumerate(each.to))


def _and(words: Iterable[str]) -> str:
    return " and ".join(words)
