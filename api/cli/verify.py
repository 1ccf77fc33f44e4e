"""`firebreak verify PLAYBOOK`: what was proved about it, over how many combinations, in how long; what was not, as stories.

Exit 0 when every policy holds and every milestone can be met, 1 when not or when the playbook has other errors.
A policy of level `warning` that does not hold is told, and changes the exit code no more than any warning does.
"""

from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any, Final

import typer

from api.cli.desk import Desk
from api.cli.output import Json, Plain, answer, answer_json, answer_table, talk
from api.cli.trouble import SAID_NO
from engine.analysis.feasibility import Feasibility, Promise, feasibility, links
from engine.analysis.proving.rules import advice, told_together, verified
from engine.analysis.proving.telling import Teller
from engine.analysis.proving.verify import Verdict, Verification

ASSUMED: Final = "assumed: open steps are settled by somebody in the end, and the incident is not cancelled"

READ: Final[Mapping[str, str]] = {
    "different_people": "comparing roles",
    "no_personal_data": "reading the words",
    "forbid_words": "reading the words",
    "within": "adding up times",
}
"""How rules are judged that ask for no search; a playbook that breaks one has an error, and is not proved at all."""


def verify(
    playbook: Annotated[Path, typer.Argument(help="The playbook to prove.")],
    organisation: Annotated[Path | None, typer.Option(help="Prove what this organisation requires, too.")] = None,
    as_json: Json = False,
    plain: Plain = False,
) -> None:
    """Prove the policies of a playbook over every path; exit 0 when all hold, 1 with a story where one does not."""
    checked = Desk(organisation).sound(playbook, purpose="only what can be read can be proved")
    started = perf_counter()
    verification = verified(checked)
    times = feasibility(checked)
    seconds = perf_counter() - started
    if as_json:
        answer_json(_record(verification, times, seconds))
    else:
        _show(verification, times, seconds, plain=plain)
    if verification.unproved or any(promise.kind != "due" for promise in times.broken):
        raise typer.Exit(SAID_NO)


def _show(verification: Verification, times: Feasibility, seconds: float, *, plain: bool) -> None:
    answer_table(("policy", "proved for", "verdict", "combinations", "by"), _rows(verification), plain=plain)
    for line in _stories(verification):
        answer(line)
    if verification.unskippable:
        answer("")
        answer("never skipped by hand: " + ", ".join(f"{step} ({policy})" for step, policy in verification.unskippable.items()))
    answer("")
    answer_table(("time", "limit", "at the earliest", "with acknowledging", "longest chain"), _times(times), plain=plain)
    held = len(verification.verdicts) - len(verification.broken)
    talk("")
    talk(f"{held} of {len(verification.verdicts)} proved, over {verification.combinations:,} combinations, in {seconds * 1000:.0f} ms")
    talk(ASSUMED)


def _rows(verification: Verification) -> Iterator[tuple[str, str, str, str, str]]:
    """Give a row for each policy and verdict; what it was proved for, together."""
    by_policy = groupby(verification.verdicts, key=lambda each: (each.obligation.policy.id, each.example is None))
    for (policy, holds), group in by_policy:
        verdicts = list(group)
        subjects = dict.fromkeys(_about(each) for each in verdicts)
        methods = dict.fromkeys(each.method for each in verdicts)
        combinations = sum(each.combinations for each in verdicts)
        yield policy, ", ".join(subjects), "holds" if holds else "can be broken", f"{combinations:,}", " and ".join(methods)
    for other in verification.policies:
        if other.rule in READ:
            yield other.id, other.rule.replace("_", " "), "holds", "", READ[other.rule]


def _about(verdict: Verdict) -> str:
    obligation = verdict.obligation
    match obligation.code:
        case "FB401" if obligation.missing:
            return f"{obligation.step} ({obligation.missing})"
        case "FB402":
            return f"{obligation.missing} before {obligation.step}"
        case "FB403":
            return f"{obligation.missing} or {obligation.step}"
        case _:
            return obligation.step


def _stories(verification: Verification) -> Iterator[str]:
    for verdicts in told_together(verification):
        verdict, obligation = verdicts[0], verdicts[0].obligation
        assert verdict.example is not None
        story = Teller.of(verification.model, obligation, verdict.example).story()
        yield ""
        yield f"{obligation.code} {obligation.policy.id}: {', '.join(_about(each) for each in verdicts)}"
        yield from (f"  {moment.minutes:>5}m  {moment.text}" for moment in story.moments)
        yield f"  so      {story.ending}"
        yield f"  help    {advice(verification, obligation, story)}"


def _times(times: Feasibility) -> Iterator[tuple[str, str, str, str, str]]:
    for promise in times.promises:
        if promise.kind != "due" or not promise.can_be_kept:
            yield f"{promise.kind} {promise.name}", promise.limit, *_figures(promise), links(promise.chain) if promise.chain else ""


def _figures(promise: Promise) -> tuple[str, str]:
    plain, patient = promise.earliest, promise.earliest_with_ack
    mark = "" if promise.can_be_kept else " (too late)"
    return ("any time" if plain is None else f"{plain:.0f}m{mark}"), ("any time" if patient is None else f"{patient:.0f}m")


def _record(verification: Verification, times: Feasibility, seconds: float) -> dict[str, Any]:
    return {
        "proved": len(verification.verdicts) - len(verification.broken),
        "broken": len(verification.broken),
        "combinations": verification.combinations,
        "seconds": round(seconds, 4),
        "assumed": ASSUMED.removeprefix("assumed: "),
        "obligations": [_verdict(verification, verdict) for verdict in verification.verdicts],
        "never_skipped_by_hand": dict(verification.unskippable),
        "times": [_promise(promise) for promise in times.promises],
    }


def _verdict(verification: Verification, verdict: Verdict) -> dict[str, Any]:
    obligation = verdict.obligation
    found: dict[str, Any] = {
        "policy": obligation.policy.id,
        "rule": obligation.policy.rule,
        "level": obligation.policy.level,
        "step": obligation.step,
        "missing": obligation.missing or None,
        "holds": verdict.example is None,
        "combinations": verdict.combinations,
        "method": verdict.method,
    }
    if verdict.example is None:
        return found
    story = Teller.of(verification.model, obligation, verdict.example).story()
    moments = [{"minutes": moment.minutes, "step": moment.step or None, "text": moment.text} for moment in story.moments]
    told = {"summary": story.summary, "story": moments, "ending": story.ending, "help": advice(verification, obligation, story)}
    return {**found, "code": obligation.code, **told}


def _promise(promise: Promise) -> dict[str, Any]:
    return {
        "kind": promise.kind,
        "name": promise.name,
        "limit": promise.limit,
        "from": promise.anchor,
        "earliest_minutes": promise.earliest,
        "earliest_minutes_with_acknowledging": promise.earliest_with_ack,
        "can_be_kept": promise.can_be_kept,
        "chain": [{"step": step, "minutes": minutes} for step, minutes in promise.chain],
        "chain_with_acknowledging": [{"step": step, "minutes": minutes} for step, minutes in promise.chain_with_ack],
    }
