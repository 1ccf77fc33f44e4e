"""How likely each answer is: of a decision, or of an input that is yes or no or a choice.

Written `real=ours:0.7,unclear:0.2`: shares of one. What is left over goes to the options that are not
named, in equal parts; without any odds every option is as likely as the next.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from engine.language.playbook import Decision, Playbook
from engine.language.suggest import listed

Odds = Mapping[str, Mapping[str, float]]
"""For each decision and input that can be chosen: its options with their shares, which add up to one."""

YES_NO: Final = ("yes", "no")
_ROUNDING: Final = 1e-9


class BadOdds(ValueError):
    """The odds don't fit the playbook; the message says what to write instead."""


def choices_of(playbook: Playbook) -> dict[str, tuple[str, ...]]:
    """List what odds can be given for, with the options of each."""
    decisions = {step.id: tuple(step.options) for step in playbook.steps if isinstance(step, Decision)}
    asked = {
        name: YES_NO if each.type == "yes_no" else tuple(each.options)
        for name, each in playbook.inputs.items()
        if each.type in ("yes_no", "choice")
    }
    return {**asked, **decisions}


def read_odds(playbook: Playbook, texts: Iterable[str] = ()) -> Odds:
    """Read odds as they are typed; raises `BadOdds`."""
    choices = choices_of(playbook)
    odds = {name: _filled({}, options) for name, options in choices.items()}
    for text in texts:
        name, _, shares = text.partition("=")
        name = name.strip()
        if name not in choices:
            raise BadOdds(f"'{name}' is neither a decision nor a yes or no or choice input; there are {listed(choices, like=name)}")
        odds[name] = _filled(_shares(name, shares, choices[name]), choices[name])
    return odds


def _shares(name: str, text: str, options: tuple[str, ...]) -> dict[str, float]:
    shares: dict[str, float] = {}
    for part in text.split(","):
        option, _, share = (word.strip() for word in part.rpartition(":"))
        if option not in options:
            raise BadOdds(f"'{name}' has no option '{option or part.strip()}'; write {name}={_example(options)}")
        try:
            shares[option] = float(share)
        except ValueError as error:
            raise BadOdds(f"'{share}' is not a share of one; write {name}={option}:0.7") from error
    if any(not 0 <= share <= 1 for share in shares.values()) or sum(shares.values()) > 1 + _ROUNDING:
        raise BadOdds(f"the shares of '{name}' must lie between 0 and 1 and add up to 1 at most")
    if len(shares) == len(options) and sum(shares.values()) < 1 - _ROUNDING:
        raise BadOdds(f"the shares of '{name}' add up to {sum(shares.values()):g}; make it 1, or leave an option out to take the rest")
    return shares


def _filled(shares: Mapping[str, float], options: tuple[str, ...]) -> dict[str, float]:
    """Give what is left over to the options that are not named, in equal parts."""
    others = [option for option in options if option not in shares]
    rest = max(0.0, 1.0 - sum(shares.values()))
    return {option: shares[option] if option in shares else rest / len(others) for option in options}


def _example(options: tuple[str, ...]) -> str:
    return ",".join(f"{option}:{1 / len(options):.1g}" for option in options[:2])
