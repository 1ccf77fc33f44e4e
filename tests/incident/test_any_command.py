"""`decide` never raises: whatever it is told, by whomever, the answer is entries that evolve, or a Refusal that changes nothing."""

import types
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Union, get_args, get_origin

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.incident import commands as c
from engine.incident.actor import DELIVERY, TIMER, Actor
from engine.incident.decide import decide
from engine.incident.evolve import evolve
from engine.incident.react import react
from engine.incident.refusal import Refusal
from engine.incident.timers import next_alarm
from tests.incident.given import Run, person
from tests.incident.test_properties import PHASES, walked

WALKS = [(name, seed, steps) for name in ("everything", "filmed_workplace_argument") for seed in range(2) for steps in (0, 15, 60)]
RUNS = [run for name, seed, steps in WALKS if (run := walked(name, seed, steps=steps)) is not None]
STEPS = [name for run in RUNS for name in run.incident.steps]
ODD = [
    "",
    " ",
    "²",
    "9" * 5000,
    "999999w",
    "1h from nowhere",
    "3bd from declared",
    "\x00",
    "None",
    "https://[",
    "http://x y",
    "a" * 11_000,
    "é\n",
]
KNOWN = [
    "post",
    "wait",
    "aa",
    "sev1",
    "sev9",
    "legal",
    "press",
    "incident_lead",
    "ben",
    "nobody",
    "site",
    "newsroom",
    "INC-2",
    "2.0.0",
    "0" * 64,
]
INPUTS = ["people", "links", "site", "hurt", "views", "video_urls", "mentions_per_hour"]

texts = st.sampled_from([*STEPS, *KNOWN, *INPUTS, *ODD])
values = st.one_of(
    texts, st.booleans(), st.none(), st.integers(), st.floats(), st.lists(texts, max_size=2), st.dictionaries(texts, texts, max_size=1)
)
moments = st.datetimes(datetime(2000, 1, 1), datetime(8999, 1, 1)) | st.datetimes(
    datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)
)
actors = st.sampled_from([person("ana"), person("ben"), person("cho"), person("dee"), person("zoe"), TIMER, DELIVERY])
actors |= st.sampled_from(
    [Actor(), Actor(service="bot", via="rest"), Actor(person="ben", service="bot", via="rest"), Actor(service="ops", admin=True)]
)


LIKELY = {
    "step": STEPS,
    "role": ["legal", "press", "incident_lead", "comms_lead"],
    "person": ["ana", "ben", "eve", "dee"],
    "to": ["sev1", "sev2", "ben", "eve"],
    "option": ["post", "wait", "ours", "yes", "no"],
    "reason": ["because", "ask fred"],
    "channel": ["newsroom", "site"],
    "link": ["https://example.com/1"],
    "span": ["15m", "2h"],
    "due": ["1h", "2bd from declared"],
    "sha256": ["ab" * 32],
}
"""What a field of this name is often given, so that commands get far enough to do harm."""


def strategy(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a field's type, so that a new command is covered without a change here."""
    plain = {str: texts, Any: values, bool: st.booleans(), int: st.integers(-5, 5000), datetime: moments, type(None): st.none()}
    if kind in plain:
        return plain[kind]
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (Union, types.UnionType):
        return st.one_of([strategy(each) for each in arguments])
    if origin is dict:
        return st.dictionaries(st.sampled_from([*INPUTS, "x"]), strategy(arguments[1]), max_size=2)
    if origin in (tuple, list):
        return st.lists(strategy(arguments[0]), max_size=2).map(origin)
    return structs(kind)


def structs(kind: Any) -> st.SearchStrategy[Any]:
    fields = msgspec.structs.fields(kind)
    likely = {name: st.sampled_from(some) for name, some in LIKELY.items()}
    return st.builds(
        kind, **{each.name: likely[each.name] | strategy(each.type) if each.name in likely else strategy(each.type) for each in fields}
    )


commands = st.one_of([structs(kind) for kind in get_args(c.AnyCommand)])


def evolved(run: Run, command: c.AnyCommand, actor: Actor, now: datetime, *, is_new: bool) -> None:
    incident = None if is_new else run.incident
    decided = decide(run.world, incident, command, actor=actor, now=now)
    if isinstance(decided, Refusal):
        return
    after = incident
    for entry in decided:
        after = evolve(after, entry)
    if after is not None:
        react(run.world, incident, after, decided)
        next_alarm(run.world, after, now)


@settings(max_examples=600, deadline=None, phases=PHASES)
@given(st.sampled_from(RUNS), commands, actors, st.integers(0, 10**7))
def test_whatever_is_asked_is_answered(run: Run, command: c.AnyCommand, actor: Actor, seconds: int) -> None:
    evolved(run, command, actor, run.now + timedelta(seconds=seconds), is_new=False)


@settings(max_examples=200, deadline=None, phases=PHASES)
@given(st.sampled_from(RUNS), structs(c.Declare), actors)
def test_however_it_is_declared_it_is_answered(run: Run, command: c.Declare, actor: Actor) -> None:
    evolved(run, command, actor, run.now, is_new=True)
