"""One run's fate: every throw of the dice belongs to a name (a decision, a person, a step), not to a moment.

So two runs with the same seed and number differ only by what was changed between them: with one more press
officer, the same run has the same answers, the same absences and the same hard pieces of work, and what is
compared is the change and not the luck.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from math import exp
from statistics import NormalDist
from typing import Any, Final

from engine.analysis.simulation.assumptions import Assumptions
from engine.analysis.simulation.odds import Odds
from engine.incident.plan import World
from engine.language.playbook import Input, Playbook, Result

STRANGER: Final = "Somebody Unknown"

_BELL: Final = NormalDist()
_SAMPLES: Final[Mapping[str, Any]] = {
    "text": "somewhere",
    "long_text": "somewhere",
    "number": 1,
    "yes_no": True,
    "date": "2026-01-05",
    "datetime": "2026-01-05T09:00:00Z",
    "duration": "1h",
    "url": "https://example.com/1",
    "url_list": ["https://example.com/1"],
    "person": STRANGER,
    "people": [STRANGER],
    "file": "file.pdf",
    "country": "CA",
}


@dataclass(frozen=True, slots=True)
class Lot:
    """What is drawn for one run: the inputs and answers, who is absent, and numbers for all else by name."""

    key: str
    inputs: Mapping[str, Any]
    answers: Mapping[str, str]
    absent: frozenset[str]

    def share(self, *names: object) -> float:
        """A number above 0 and below 1, always the same for the same names."""
        return _share(self.key, *names)

    def span(self, median: float, spread: float, *names: object) -> int:
        """A log-normal span of time in seconds, always the same for the same names."""
        return round(median * exp(spread * _BELL.inv_cdf(_share(self.key, *names)))) if median else 0


def draw(world: World, odds: Odds, assumptions: Assumptions, *, people: Iterable[str], seed: int, number: int) -> Lot:
    """Draw the fate of run `number`; `people` are all that could be asked."""
    key = f"{seed}/{number}"
    playbook = world.plan.playbook
    drawn = {name: _one_of(shares, _share(key, "answer", name)) for name, shares in odds.items()}
    inputs = {name: _given(playbook.inputs[name], option) for name, option in drawn.items() if name in playbook.inputs}
    answers = {name: option for name, option in drawn.items() if name not in playbook.inputs}
    absent = frozenset(person for person in people if _share(key, "absent", person) < assumptions.no_show)
    return Lot(key, {**_required(world), **inputs}, answers, absent)


def sample(asked: Input | Result) -> Any:
    """A value that fits what is asked and says nothing."""
    return asked.options[0] if asked.type == "choice" and asked.options else _SAMPLES[asked.type]


def _required(world: World) -> dict[str, Any]:
    playbook = world.plan.playbook
    wanted = {name: sample(each) for name, each in playbook.inputs.items() if each.required}
    return {**wanted, **_site(world, playbook)}


def _site(world: World, playbook: Playbook) -> dict[str, str]:
    """The first site, where the playbook's time zone is that of a site."""
    name = playbook.settings.timezone or ""
    return {name: next(iter(world.organisation.sites))} if name in playbook.inputs and world.organisation.sites else {}


def _given(asked: Input, option: str) -> str | bool:
    return option == "yes" if asked.type == "yes_no" else option


def _one_of(shares: Mapping[str, float], number: float) -> str:
    total = 0.0
    for option, share in shares.items():
        total += share
        if number < total:
            return option
    return max(shares, key=lambda option: shares[option])


def _share(*names: object) -> float:
    digest = blake2b("/".join(map(str, names)).encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") + 0.5) / 2**64
