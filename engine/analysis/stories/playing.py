"""Playing a story: what people do in the order of its minutes, time between, and every claim held against the run.

A story goes on after a claim that is not true, so that its author sees all of them; it ends at the first action
that does not go as told, because what comes after would be told of another run.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine.analysis.stories.claims import untrue
from engine.analysis.stories.everybody import work_until
from engine.analysis.stories.performing import doer, perform, person_for
from engine.analysis.stories.stage import Stage, begin, in_words, person
from engine.analysis.stories.story import Action, Claim, Story
from engine.incident.allowed import allowed, allowed_on_incident
from engine.incident.plan import World
from engine.incident.refusal import Refusal
from engine.language.diagnostic import Finding, Path
from engine.language.suggest import quoted

CODE = "FB810"


@dataclass(frozen=True)
class Told:
    """What came of a story: nothing in `failures` when all went as told; `stage` is None when it could not begin."""

    story: Story
    stage: Stage | None
    failures: tuple[Finding, ...]
    lasted: timedelta = timedelta()

    @property
    def is_true(self) -> bool:
        return not self.failures


@dataclass
class _Performance:
    """A story under way, with the claims that are still to be looked at."""

    stage: Stage
    waiting: list[tuple[datetime, Claim]]
    failures: list[Finding] = field(default_factory=list)

    def look(self, until: datetime) -> None:
        """Look at every claim whose instant passes before `until`."""
        while self.waiting and self.waiting[0][0] < until:
            at, claim = self.waiting.pop(0)
            self.check(claim, at)

    def check(self, claim: Claim, at: datetime) -> None:
        really = untrue(self.stage, claim)
        if really is not None:
            when = "at the end" if claim.at is None else f"at {claim.at}"
            self.failures.append(Finding(CODE, f"{when}: {really}", claim.path))


def play(world: World, story: Story) -> Told:
    """Play a story from its declaration to its last action or claim."""
    stage = begin(world, story)
    if isinstance(stage, Refusal):
        return Told(story, None, (_not_declared(story, stage),))
    timed = sorted(((stage.instant_of(claim.at), claim) for claim in story.then if claim.at is not None), key=lambda each: each[0])
    performance = _Performance(stage, timed)
    stage.before_moving = performance.look
    failure = _act(stage, story)
    if failure is None:
        stage.forward(max([stage.now, *(at for at, _ in timed)]))
        performance.look(stage.now + timedelta(microseconds=1))
        for claim in story.then:
            if claim.at is None:
                performance.check(claim, stage.now)
    failures = (*performance.failures, *([failure] if failure else []))
    return Told(story, stage, failures, stage.now - stage.incident.declared_at)


def _act(stage: Stage, story: Story) -> Finding | None:
    """Do everything that a story tells, up to the first thing that does not go as told."""
    actions = sorted(story.does, key=lambda action: stage.instant_of(action.at))
    for action in actions:
        at = stage.instant_of(action.at)
        if at < stage.now and not action.follows:
            return _too_late(stage, action)
        stage.forward(at)
        failure = _everybody(stage, action) if action.verb == "everything" else _done(stage, action)
        if failure is not None:
            return failure
    return None


def _everybody(stage: Stage, action: Action) -> Finding | None:
    left = work_until(stage, action)
    if left is None:
        return None
    message = f"everybody did what they could until {stage.since_declared(stage.now)}, and it is not {action.more['until']}"
    return Finding(CODE, message, action.path, notes=tuple(left.split("; ")[:8]))


def _done(stage: Stage, action: Action) -> Finding | None:
    refused = perform(stage, action)
    if refused is None and action.refused is None:
        return None
    said = f"at {stage.since_declared(stage.now)}: {_in_short(action)}"
    if refused is None:
        return Finding(CODE, f"{said} was to be refused ({action.refused}), and it worked", (*action.path, "refused"))
    if action.refused is None:
        notes = tuple(_allowed(stage, action, refused))
        return Finding(CODE, f"{said} is refused ({refused.code}): {refused.reason}", (*action.path, action.verb), notes=notes)
    if refused.code != action.refused:
        message = f"{said} is refused with another code, {refused.code}: {refused.reason}"
        return Finding(CODE, message, (*action.path, "refused"))
    if action.policy is not None and refused.policy != action.policy:
        message = f"{said} is refused by another policy, {refused.policy or 'none'}: {refused.reason}"
        return Finding(CODE, message, (*action.path, "policy"))
    return None


def _allowed(stage: Stage, action: Action, refused: Refusal) -> Iterator[str]:
    """Say who did it, and what they could do instead."""
    name = _step_of(stage, action)
    who = person_for(stage, action.by[0] if action.by else doer(stage, name or ""))
    if who is None:
        return
    now = allowed(stage.world, stage.incident, name, person(who)) if name else allowed_on_incident(stage.world, stage.incident, person(who))
    words = ", ".join(dict.fromkeys((*refused.allowed, *now)))
    where = f" with {quoted(name)}" if name else ""
    yield f"it was done by {who}, who may now{where}: {words}"


def _step_of(stage: Stage, action: Action) -> str | None:
    names = [*action.what] if isinstance(action.what, dict) else [action.what]
    return next((name for name in names if isinstance(name, str) and name in stage.incident.steps), None)


def _in_short(action: Action) -> str:
    what = ", ".join(f"{name}: {value}" for name, value in action.what.items()) if isinstance(action.what, dict) else str(action.what)
    by = f", by {' and '.join(action.by)}" if action.by else ""
    return quoted(f"{action.verb}: {what}{by}")


def _too_late(stage: Stage, action: Action) -> Finding:
    """Say that an action comes before the end of what everybody did until then."""
    message = f"this comes at {action.at}, but what is told before it lasted until {stage.since_declared(stage.now)}"
    return Finding(CODE, message, action.path, help="give the 'everything' before it an earlier 'until'")


def _not_declared(story: Story, refused: Refusal) -> Finding:
    place: Path = (*story.path, "inputs", refused.field) if refused.field and refused.field in story.inputs else (*story.path, "story")
    return Finding(CODE, f"it can't be declared ({refused.code}): {refused.reason}", place)


def span(told: Told) -> str:
    """Write how long a story lasted."""
    return in_words(told.lasted)
