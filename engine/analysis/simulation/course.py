"""One run, from declaring to the close: a virtual clock, people with one pair of hands, the engine's own rules.

The clock jumps from one moment at which something happens to the next: somebody begins, somebody is done, a
machine reports, an alarm of the engine rings. The engine is told that time has passed only where that changes
who does what or what is decided (acknowledgement, `if_no_answer`, an overdue approval, the end of a wait, a
rung of the ladder of a step whose person does not answer); all that is due by then takes effect in order.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from typing import Final

from engine.analysis.simulation.acting import commands_of
from engine.analysis.simulation.calm import calm_values, not_before
from engine.analysis.simulation.looking import is_absent, put_off_until, seen_at
from engine.analysis.simulation.lot import Lot
from engine.analysis.simulation.machines import reports
from engine.analysis.simulation.setting import NEVER, Setting
from engine.analysis.simulation.sitting import Sitting
from engine.analysis.simulation.wanted import wanted
from engine.incident import commands as c
from engine.incident.actor import DELIVERY, TIMER, Actor
from engine.incident.decide import decide_and_evolve
from engine.incident.events import Entry, Escalated
from engine.incident.refusal import Refusal
from engine.incident.state import NEW_ROLE, NEW_STEP, OPEN, SETTLED, Incident, StepState
from engine.language.playbook import AUTOMATIC_KINDS, Monitor, Publish, Step, Wait

_NAMING_TAKES: Final = 120
_MOST_MOMENTS: Final = 20_000


class Course:
    """A run under way; `now` and all other times are seconds since it was declared."""

    def __init__(self, setting: Setting, lot: Lot) -> None:
        self.setting, self.lot = setting, lot
        self.now = 0
        self.refused: list[Refusal] = []
        self.sittings: list[Sitting] = []
        self.open: dict[tuple[str, str], Sitting] = {}
        self._busy_until: dict[str, int] = {}
        self._active_at: dict[str, int] = {}
        self._given_up: set[tuple[str, str, str]] = set()
        self._machines: list[tuple[int, int, c.AnyCommand]] = []
        self._begun: set[tuple[str, int]] = set()
        self._told_at = -1
        self._alarm: tuple[tuple[int, int, int] | None, int] = (None, NEVER)
        self._number = count()
        self.incident = setting.declared(lot.inputs)
        self._stands: tuple[Incident | None, list[tuple[str, StepState]]] = (None, [])
        self._look()

    def run(self) -> "Course":
        """Let everything happen until the incident is closed, nothing more can happen, or the horizon."""
        for _ in range(_MOST_MOMENTS):
            moment = NEVER if self.is_over else min(self._moments(), default=NEVER)
            if moment > self.setting.assumptions.horizon:
                break
            self.now = max(self.now, moment)
            self._let_happen()
        return self

    @property
    def is_over(self) -> bool:
        """Closed, and every milestone reached or out of reach; without a closing step, once all steps are settled."""
        incident, plan = self.incident, self.setting.world.plan
        if incident.status in ("complete", "cancelled"):
            return True
        if incident.closed_at is None and plan.closing_step is not None:
            return False
        milestones = (step for each in plan.playbook.milestones.values() for step in each.reached_by)
        awaited = milestones if incident.closed_at else incident.steps
        return all(incident.steps[step].state in SETTLED for step in awaited)

    def seconds(self, at: datetime) -> int:
        """Whole seconds since the start, rounded up."""
        return -((self.setting.staff.start - at) // timedelta(seconds=1))

    def _give(self, command: c.AnyCommand, actor: Actor) -> tuple[Entry, ...]:
        """Give a command to the core; what it refuses is counted and changes nothing."""
        at = self.setting.staff.start + timedelta(seconds=self.now)
        decided = decide_and_evolve(self.setting.world, self.incident, command, actor=actor, now=at)
        if isinstance(decided, Refusal):
            self.refused.append(decided)
            return ()
        entries, self.incident = decided
        return entries

    def _moments(self) -> Iterator[int]:
        yield self._next_alarm()
        if self._machines:
            yield self._machines[0][0]
        for sitting in self.open.values():
            if sitting.begun_at is None:
                yield max(sitting.begin_from, self._busy_until.get(sitting.person, 0))
            else:
                yield sitting.done_at

    def _standing(self) -> list[tuple[str, StepState]]:
        """The open steps, found once for each state of things."""
        if self._stands[0] is not self.incident:
            found = [(name, state) for name, state in self.incident.steps.items() if state.state in OPEN]
            self._stands = (self.incident, found)
        return self._stands[1]

    def _next_alarm(self) -> int:
        """When the engine must next be told that time has passed; found once for each state of things."""
        known = (id(self.incident), self._told_at, len(self.sittings))
        if known != self._alarm[0]:
            self._alarm = (known, min((at for at in self._alarms() if at > self._told_at), default=NEVER))
        return self._alarm[1]

    def _alarms(self) -> Iterator[int]:
        for role in self.incident.roles.values():
            if role.ack_by is not None and role.people:
                yield self.seconds(role.ack_by)
        for name, state in self._standing():
            yield from self._alarms_of(name, state)

    def _alarms_of(self, name: str, state: StepState) -> Iterator[int]:
        if state.act_at is not None and "default" not in state.fired:
            yield self.seconds(state.act_at)
        if state.ends_at is not None:
            yield self.seconds(state.ends_at)
        step = self.setting.world.plan.steps.get(name)
        if isinstance(step, Wait | Monitor) and step.until and not calm_values(self.setting.world, step.until):
            yield int(not_before(self.setting.world, self.incident, step.until) - self.setting.staff.start.timestamp())
        waiting = self.open.get((name, step.role or "")) if step and self.lot.absent else None
        if waiting is not None and waiting.begun_at is None and self._is_absent(waiting.person):
            yield from (self.seconds(at) for index, at in enumerate(state.rungs) if f"rung:{index}" not in state.fired)

    def _let_happen(self) -> None:
        if self._next_alarm() <= self.now:
            self._told_at = self.now
            self._rescue(self._give(c.Tick(), TIMER))
            self._look()
        while self._machines and self._machines[0][0] <= self.now:
            self._give(heappop(self._machines)[2], DELIVERY)
            self._look()
        for sitting in [each for each in self.open.values() if each.done_at <= self.now]:
            self._finish(sitting)
        for person in dict.fromkeys(each.person for each in self.open.values() if each.begun_at is None):
            self._begin(person)

    def _finish(self, sitting: Sitting) -> None:
        key = (sitting.step, sitting.role)
        if self.open.get(key) is not sitting:
            return
        del self.open[key]
        sitting.stop(self.now)
        self._active_at[sitting.person] = self.now
        said = len(self.refused)
        commands = commands_of(self.setting.world, self.incident, sitting, self.lot, self.setting.assumptions.reject)
        told = [self._give(command, self.setting.actors[sitting.person]) for command in commands]
        if len(self.refused) > said or (told and not any(told)):  # a second key of one person is accepted, and changes nothing
            self._given_up.add((*key, sitting.person))
        self._look()

    def _begin(self, person: str) -> None:
        """Somebody with free hands takes up what they have seen and is due first."""
        if self._busy_until.get(person, 0) > self.now:
            return
        own = [each for each in self.open.values() if each.person == person and each.begun_at is None and each.not_before <= self.now]
        if not any(each.seen_at <= self.now for each in own):
            return
        sitting = min(own, key=lambda each: each.urgency)
        work = self._work(sitting)
        sitting.begun_at, sitting.done_at = self.now, self.now + work
        sitting.free_at = self.now + min(work, self.setting.assumptions.longest_sitting)
        self._busy_until[person] = sitting.free_at
        self._active_at[person] = self.now
        self.sittings.append(sitting)
        self._say_here(sitting)

    def _say_here(self, sitting: Sitting) -> None:
        """Whoever begins says so, unless what they do is finished, and says it, before somebody else would be asked."""
        if sitting.is_rescue:
            self._give(c.AssignStep(sitting.step, sitting.person), self.setting.actors[sitting.person])
        self._acknowledge(sitting.person, until=sitting.done_at)

    def _acknowledge(self, person: str, *, until: int) -> None:
        """One role acknowledged counts for all that somebody holds."""
        held = [(role, state.ack_by) for role, state in self.incident.roles.items() if state.ack_by and person in state.people]
        if any(self.seconds(ack_by) <= until for _, ack_by in held):
            self._give(c.Acknowledge(held[0][0]), self.setting.actors[person])

    def _work(self, sitting: Sitting) -> int:
        step = self.setting.world.step(self.incident, sitting.step)
        median = self.setting.assumptions.work(step) if step else _NAMING_TAKES
        return self.lot.span(median, self.setting.assumptions.work_spread, "work", sitting.step, sitting.role, sitting.turn)

    def _look(self) -> None:
        """See what is open now: work that is gone is dropped, work that is new comes to somebody."""
        asked = {(step, role): people for step, role, people in wanted(self.setting.world, self.incident, self._standing())}
        for key in [key for key in self.open if key not in asked]:
            self._drop(self.open.pop(key))
        for (step, role), people in asked.items():
            known = self.open.get((step, role))
            if known is None or (known.begun_at is None and known.person not in people and not known.is_rescue):
                self._bring(step, role, people)
        self._ask_machines()

    def _drop(self, sitting: Sitting) -> None:
        if sitting.begun_at is not None:
            if sitting.free_at > self.now:  # else they are at something else by now, which goes on
                self._busy_until[sitting.person] = self.now
            sitting.stop(self.now)
            self._acknowledge(sitting.person, until=NEVER)

    def _bring(self, step: str, role: str, people: tuple[str, ...]) -> None:
        """Bring work to all who may do it: whoever can begin first takes it."""
        able = [person for person in people if (step, role, person) not in self._given_up]
        if not able:
            return
        state = self.incident.steps.get(step, NEW_STEP)
        due = self.seconds(state.due_at) if state.due_at else NEVER
        sitting = Sitting(
            step=step,
            role=role,
            person=able[0],
            came_at=self.now,
            seen_at=self.now,
            wanted_by=min(due, self.setting.wanted_by.get(step, NEVER)),
            turn=sum(each.step == step and each.role == role for each in self.sittings),
        )
        looks = {person: self._look_of(sitting, person) for person in able}
        sitting.person = min(able, key=lambda person: max(looks[person], self._free_at(person)))
        sitting.seen_at = looks[sitting.person]
        sitting.not_before = max(self._quiet_at(step), put_off_until(self.setting, sitting))
        self.open[(step, role)] = sitting

    def _look_of(self, sitting: Sitting, person: str) -> int:
        """When somebody sees a piece of work: with all else that has come to them since they looked last."""
        looks = [each.seen_at for each in self.open.values() if each.person == person and each.begun_at is None and each.seen_at > self.now]
        if looks:
            return min(looks)
        sitting.person = person
        return seen_at(self.setting, self.lot, sitting, active_at=self._active_at)

    def _free_at(self, person: str) -> int:
        """When they have done what they are at and what is before them, as far as they know."""
        assumed, steps = self.setting.assumptions, self.setting.world.plan.steps
        before = (steps.get(each.step) for each in self.open.values() if each.person == person and each.begun_at is None)
        return max(self.now, self._busy_until.get(person, 0)) + sum(assumed.work(step) for step in before if step)

    def _quiet_at(self, name: str) -> int:
        """A monitor asks for attention once what it watches has calmed down."""
        step, state = self.setting.world.plan.steps.get(name), self.incident.steps.get(name)
        if not isinstance(step, Monitor) or state is None or not state.ready_at:
            return 0
        assumed = self.setting.assumptions
        calm = self.seconds(state.ready_at) + self.lot.span(assumed.quiet_after, assumed.quiet_spread, "quiet", name)
        return max(calm, int(not_before(self.setting.world, self.incident, step.until) - self.setting.staff.start.timestamp()))

    def _is_absent(self, person: str) -> bool:
        return is_absent(self.setting, self.lot, person, self.now)

    def _rescue(self, entries: tuple[Entry, ...]) -> None:
        """Who leads and hears that a step is late takes it, when its person does not answer; a key nobody can take."""
        world = self.setting.world
        late = dict.fromkeys(entry.event.step for entry in entries if isinstance(entry.event, Escalated))
        lead = self.incident.roles.get(world.plan.lead_role, NEW_ROLE).people
        helper = next((person for person in lead if not self._is_absent(person)), None)
        for name in late if helper else ():
            step = world.plan.steps.get(name)
            sitting = self.open.get((name, step.role or "")) if step else None
            if sitting is not None and helper and sitting.begun_at is None and self._is_absent(sitting.person):
                sitting.person, sitting.is_rescue = helper, True
                sitting.came_at = self.now
                sitting.seen_at = seen_at(self.setting, self.lot, sitting, active_at=self._active_at)

    def _ask_machines(self) -> None:
        """Expect what comes back for every step that the engine has begun since."""
        for name, state in self._standing():
            step = self.setting.world.plan.steps.get(name) if state.state == "doing" else None
            if step is None or not _by_engine(step) or (name, state.round) in self._begun:
                continue
            self._begun.add((name, state.round))
            for after, command in reports(step, state, self.lot, self.setting.assumptions):
                heappush(self._machines, (self.now + after, next(self._number), command))


def _by_engine(step: Step) -> bool:
    return step.kind in AUTOMATIC_KINDS or (isinstance(step, Publish) and step.confirm == "api")
