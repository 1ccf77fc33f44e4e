"""Who may hold a role, and who somebody means by a name.

Rules:
- A role's people come from its `assign`, then from its `fallback` roles in order, each role once.
- Each role's `skills` and each person's `absent` days are asked of the people of the organisation file;
  of an address outside it nothing is known, so it stands as the author wrote it.
- Recusal needs certainty: a near match is a question to ask, never an answer.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Final

from engine.incident.calendar import instant, zone_of
from engine.language.organisation import Oncall, Organisation, Person
from engine.language.playbook import Playbook, Role

NEAR: Final = 0.85
"""Names at least this alike (difflib ratio) are worth asking about."""

_WALL_CLOCK_UNITS: Final = frozenset({"d", "w", "bd"})


@dataclass(frozen=True, slots=True)
class Match:
    """A person of the organisation file; when it is not certain, somebody must confirm it."""

    person: str
    certain: bool


def candidates(organisation: Organisation, playbook: Playbook, role: str, now: datetime) -> tuple[str, ...]:
    """List who may hold a role now, first choice first: ids of people, or addresses outside the organisation."""
    found = (
        person
        for each in _chain(playbook, role)
        for person in _people_of(organisation, each, now)
        if _is_able(organisation.people.get(person), each) and is_present(organisation, person, now)
    )
    return tuple(dict.fromkeys(found))


def asks(playbook: Playbook, role: str) -> bool:
    """Say whether somebody has to be asked who holds this role, or one that it falls back to."""
    return any(each.assign == "ask" for each in _chain(playbook, role))


def on_call(oncall: Oncall, now: datetime, timezone: str) -> str:
    """Find who is on call: `d`, `w` and `bd` (as days) hand over at the same wall-clock time, shorter units by elapsed time.

    A turn of no length is never handed over.
    """
    return oncall.rotation[_turn(oncall, now, timezone)[0] % len(oncall.rotation)]


def on_call_until(oncall: Oncall, now: datetime, timezone: str) -> datetime | None:
    """Find when who is on call hands over; None where it is always the same person."""
    return _turn(oncall, now, timezone)[1] if len(oncall.rotation) > 1 else None


def _turn(oncall: Oncall, now: datetime, timezone: str) -> tuple[int, datetime | None]:
    """Find the number of the turn, from 0, and when it ends."""
    every, zone = oncall.every, zone_of(timezone)
    if not every.amount:
        return 0, None
    starts = oncall.starts if oncall.starts.tzinfo is None else oncall.starts.astimezone(zone).replace(tzinfo=None)
    if every.unit not in _WALL_CLOCK_UNITS:
        first = instant(starts, zone)
        turn = (now - first) // every.span
        return turn, first + (turn + 1) * every.span
    turn = (now.astimezone(zone).replace(tzinfo=None) - starts) // every.span
    if instant(starts + (turn + 1) * every.span, zone) <= now:  # the clock went back after this hand-over
        turn += 1
    return turn, instant(starts + (turn + 1) * every.span, zone)


def identify(organisation: Organisation, given: str) -> Match | None:
    """Find whom somebody means by an id, e-mail, Slack id or name; a name shared by two people is never certain."""
    exact = _exact(organisation, given)
    if exact:
        return Match(exact[0], certain=len(exact) == 1)
    likeness = _likeness(_folded(given), _directory(_Key(organisation)).names)
    nearest = max(likeness, key=lambda person: likeness[person], default=None)
    if nearest is None or likeness[nearest] < NEAR:
        return None
    return Match(nearest, certain=False)


def recused(organisation: Organisation, people: Iterable[str]) -> frozenset[str]:
    """List the ids of those people who are certainly in the organisation file."""
    matches = (_exact(organisation, given) for given in people)
    return frozenset(match[0] for match in matches if len(match) == 1)


def person_name(organisation: Organisation, person: str) -> str:
    """Give a person's name, or what stands for somebody outside the organisation."""
    known = organisation.people.get(person)
    return known.name if known else person


def is_guest(organisation: Organisation, person: str | None) -> bool:
    """Say whether somebody is from outside: `guest` says so, else whether another Slack workspace is theirs."""
    known = organisation.people.get(person) if person else None
    if known is None:
        return False
    return known.slack_team is not None if known.guest is None else known.guest


def _chain(playbook: Playbook, role: str) -> Iterator[Role]:
    """Walk a role and what it falls back to, depth first, each known role once."""
    seen: set[str] = set()
    todo = [role]
    while todo:
        name = todo.pop()
        found = playbook.roles.get(name)
        if name in seen or found is None:
            continue
        seen.add(name)
        todo.extend(reversed(found.fallback))
        yield found


def _people_of(organisation: Organisation, role: Role, now: datetime) -> tuple[str, ...]:
    source, _, name = role.assign.partition(":")
    match source:
        case "oncall" if name in organisation.oncall:
            return _known(organisation, [on_call(organisation.oncall[name], now, organisation.timezone)])
        case "group":
            return _known(organisation, organisation.groups.get(name, []))
        case "person":
            return _known(organisation, [name])
        case "email":
            return (_by_email(organisation, name) or name,)
        case _:
            return ()


def _known(organisation: Organisation, people: Iterable[str]) -> tuple[str, ...]:
    return tuple(person for person in people if person in organisation.people)


def _by_email(organisation: Organisation, address: str) -> str | None:
    wanted = _folded(address)
    return next((key for key, person in organisation.people.items() if person.email and _folded(person.email) == wanted), None)


def _is_able(person: Person | None, role: Role) -> bool:
    return person is None or set(role.skills) <= set(person.skills)


def is_present(organisation: Organisation, person: str, now: datetime) -> bool:
    """Say whether today, where they are, is none of a person's absent days."""
    known = organisation.people.get(person)
    if known is None:
        return True
    today = now.astimezone(zone_of(known.timezone or organisation.timezone)).date().isoformat()
    return not any(_covers(days, today) for days in known.absent)


def _covers(days: str, today: str) -> bool:
    first, _, last = days.partition("..")
    return first <= today <= (last or first)


def _exact(organisation: Organisation, given: str) -> tuple[str, ...]:
    if given in organisation.people:
        return (given,)
    return _directory(_Key(organisation)).handles.get(_folded(given), ())


class _Key:
    """An organisation as the key of a cache: one that was read is never changed, only replaced."""

    __slots__ = ("organisation",)

    def __init__(self, organisation: Organisation) -> None:
        self.organisation = organisation

    def __hash__(self) -> int:
        return id(self.organisation)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other.organisation is self.organisation


@dataclass(frozen=True, slots=True)
class _Directory:
    handles: Mapping[str, tuple[str, ...]]
    names: Mapping[str, str]


@lru_cache(maxsize=8)
def _directory(key: _Key) -> _Directory:
    """Index everyone once: recusal is looked up for every role after every command."""
    handles: dict[str, tuple[str, ...]] = {}
    people = key.organisation.people
    for person, known in people.items():
        for handle in {_folded(each) for each in (known.name, known.email, known.slack) if each}:
            handles[handle] = (*handles.get(handle, ()), person)
    return _Directory(handles, {person: _folded(known.name) for person, known in people.items()})


def _likeness(given: str, names: Mapping[str, str]) -> dict[str, float]:
    matcher = SequenceMatcher(None, autojunk=False)
    matcher.set_seq2(given)  # what difflib prepares, it prepares for the second text
    return {person: _ratio(matcher, name, floor=NEAR if _same_surname_and_initial(given, name) else 0.0) for person, name in names.items()}


def _ratio(matcher: SequenceMatcher[str], name: str, *, floor: float) -> float:
    matcher.set_seq1(name)
    if matcher.real_quick_ratio() < NEAR or matcher.quick_ratio() < NEAR:
        return floor
    return max(matcher.ratio(), floor)


def _same_surname_and_initial(given: str, name: str) -> bool:
    first, second = given.split(), name.split()
    return len(first) > 1 and len(second) > 1 and first[-1] == second[-1] and first[0][0] == second[0][0]


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
