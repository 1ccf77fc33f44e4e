"""What the simulated people do: reads `demo.yaml`, and turns an act into the commands that a person would send.

An act names a step and an intention; versions, channels' words, checklists and sources are looked up in the
incident as it stands, as a person would read them on their screen.
"""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
import yaml

from engine.incident import commands as c
from engine.incident.plan import World
from engine.incident.state import Incident, StepState
from engine.incident.versions import subject_version
from engine.language.duration import parse_duration
from engine.language.playbook import Approval, Publish

SCRIPT: Final = Path(__file__).with_name("demo.yaml")


class Act(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that one person does; exactly one verb is given."""

    at: str
    by: str
    acknowledge: str | None = None
    start: str | None = None
    complete: str | None = None
    answer: str | None = None
    submit: str | None = None
    approve: str | None = None
    reject: str | None = None
    confirm: str | None = None
    evidence: str | None = None
    record: str | None = None
    hold: str | None = None
    release: str | None = None
    option: str = ""
    note: str | None = None
    text: str | None = None
    comment: str = ""
    channel: str = ""
    link: str = ""
    values: dict[str, bool | int | float] = {}
    refused: bool = False
    tells: str = ""

    @property
    def after(self) -> timedelta:
        """How long after the declaration."""
        return sum((parse_duration(span).span for span in self.at.split()), timedelta())


class Chapter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the story, introduced in two sentences."""

    title: str
    tells: str
    acts: tuple[Act, ...]


class Script(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole story."""

    starts: datetime
    playbook: str
    title: str
    declared_by: str
    inputs: dict[str, Any]
    chapters: tuple[Chapter, ...]


def read_script(file: Path = SCRIPT) -> Script:
    """Read the script; raises msgspec.ValidationError when a word of it is unknown."""
    return msgspec.convert(yaml.safe_load(file.read_text("utf-8")), Script)


def commands_of(act: Act, world: World, incident: Incident) -> list[c.AnyCommand]:
    """Give the commands that this person sends now."""
    verb = next(name for name in VERBS if getattr(act, name) is not None)
    return VERBS[verb](act, world, incident)


def _acknowledge(act: Act, world: World, incident: Incident) -> list[c.AnyCommand]:
    return [c.Acknowledge(act.acknowledge or "")]


def _start(act: Act, world: World, incident: Incident) -> list[c.AnyCommand]:
    return [c.StartStep(act.start or "")]


def _complete(act: Act, world: World, incident: Incident) -> list[c.AnyCommand]:
    step = act.complete or ""
    known = world.step(incident, step)
    ticks: list[c.AnyCommand] = [c.TickItem(step, each.item) for each in known.checklist] if known else []
    measured: list[c.AnyCommand] = [c.RecordMetrics(dict(act.values), step=step)] if act.values else []
    return [*ticks, *measured, c.CompleteStep(step)]


def _answer(act: Act, world: World, incident: Incident) -> list[c.AnyCommand]:
    return [c.Answer(act.answer or "", act.option, act.note)]


def _submit(act: Act, world: World, incident: Incident) -> list[c.AnyCommand]:
    return [c.SubmitDraft(act.submit or "", act.text)]


def _approve(act: Act, world: World, incident: Incident) -> list[c.AnyCommand]:
    step = act.approve or ""
    return [c.Approve(step, _shown(world, incident, step))]


def _reject(act: Act, world: World, incident: Incident) -> list[c.AnyCommand]:
    step = act.reject or ""
    return [c.Reject(step, _shown(world, incident, step), act.comment)]


def _confirm(act: Act, world: World, incident: Incident) -> list[c.AnyCommand]:
    return [c.Confirm(act.confirm or "", act.channel, act.link)]


def _evidence(act: Act, world: World, incident: Incident) -> list[c.AnyCommand]:
    step = act.evidence or ""
    sources = incident.steps.get(step, StepState()).sources
    return [c.AddEvidence(step, source, hashlib.sha256(source.encode()).hexdigest(), tool="screen recorder") for source in sources]


def _record(act: Act, world: World, incident: Incident) -> list[c.AnyCommand]:
    return [c.RecordMetrics(dict(act.values), step=act.record)]


def _hold(act: Act, world: World, incident: Incident) -> list[c.AnyCommand]:
    return [c.Hold(act.hold or "")]


def _release(act: Act, world: World, incident: Incident) -> list[c.AnyCommand]:
    return [c.Release(act.release or "")]


def _shown(world: World, incident: Incident, step: str) -> str:
    """Give the version that stands on the screen of whoever has to decide about it."""
    known = world.plan.steps[step]
    assert isinstance(known, Approval | Publish)
    return subject_version(world, incident, known.of) or ""


Verb = Callable[[Act, World, Incident], list[c.AnyCommand]]

VERBS: Final[Mapping[str, Verb]] = {
    "acknowledge": _acknowledge,
    "start": _start,
    "complete": _complete,
    "answer": _answer,
    "submit": _submit,
    "approve": _approve,
    "reject": _reject,
    "confirm": _confirm,
    "evidence": _evidence,
    "record": _record,
    "hold": _hold,
    "release": _release,
}
