"""Plays a counter-example as a real run of the core: everybody answers as it says, and the policy's own refusal comes."""

from dataclasses import dataclass

from engine.analysis.proving.guards import EMPTY, KNOWN
from engine.analysis.proving.telling import Teller
from engine.analysis.proving.verify import Verdict, Verification
from engine.incident import commands as c
from engine.incident.plan import Plan, World
from engine.incident.policy import BUILT_IN
from engine.incident.refusal import Refusal
from engine.incident.scope import is_done
from engine.incident.state import OPEN, SETTLED
from engine.language.playbook import Approval, Decision, Evidence, Publish, Statement, Step, Task
from tests.incident.given import Run

MOST_TURNS = 200


@dataclass
class Replay:
    """One counter-example on its way; `refusal` is the policy's, once it has come."""

    world: World
    verification: Verification
    verdict: Verdict
    teller: Teller
    run: Run
    unknown: tuple[str, ...]
    refusal: Refusal | None = None

    @staticmethod
    def begin(world: World, verification: Verification, verdict: Verdict) -> "Replay":
        """Declare the incident with the inputs of the example."""
        assert verdict.example is not None
        only = world.plan.playbook.model_copy(
            update={"policies": [verdict.obligation.policy] if verdict.obligation.policy.id != BUILT_IN else []}
        )
        world = World(Plan.of(only, world.plan.digest), world.organisation, world.texts)
        teller = Teller.of(verification.model, verdict.obligation, verdict.example)
        unknown = tuple(sorted({key[1] for key, value in verdict.example.items() if key[0] == KNOWN and value == "no"}))
        inputs = {key[1]: _typed(value) for key, value in teller.taken.items() if key[0] == "input" and value != EMPTY}
        given = {name: value for name, value in inputs.items() if name not in unknown}
        severity = verdict.example.get(("severity",))
        run = Run.begin(world, inputs=given, unknown=unknown, **({"severity": severity} if severity else {}))
        return Replay(world, verification, verdict, teller, run, unknown)

    def happens(self) -> bool:
        """Play to the end, and say whether the policy was about to be broken, or was."""
        for _ in range(MOST_TURNS):
            self._fill()
            if self.refusal is not None or not self._turn():
                break
        match self.verdict.obligation.code:
            case "FB404":
                return not is_done(self.run.step(self.verdict.obligation.step))
            case _:
                return self.refusal is not None

    def _turn(self) -> bool:
        """Let somebody do one thing; False when nothing is left to do."""
        for name in (*self._first, *self._then):
            step = self.world.plan.graph.steps[name]
            if self.run.step(name).state in OPEN and not self._is_too_soon(name) and self._act(step):
                return True
        return self._take_back()

    def _is_too_soon(self, name: str) -> bool:
        """Whether somebody would read an input that they have to know while it is not known yet."""
        graph = self.world.plan.graph
        last = [child for child in graph.children[name] if not any(self._is_open(each) for each in graph.parents[child] if each != name)]
        example = self.verdict.example or {}
        return any(example.get((KNOWN, asked, child)) == "yes" for asked in self.run.incident.unknown for child in last)

    def _is_open(self, name: str) -> bool:
        return self.run.step(name).state not in SETTLED

    def _act(self, step: Step) -> bool:
        course = self.teller.course(step.id)
        if course == "open":
            return False
        if isinstance(step, Approval):
            is_stopped = course == "blocked" and not self._is_needed_first(step.id)
            return self._stop(step) if is_stopped else self._agree(step)
        return course != "blocked" and self._work(step)

    def _agree(self, step: Approval) -> bool:
        before = self.run.incident.version
        for role in step.approvers:
            self._do(c.Approve(step.id, self.run.version(step.of), role=role), role)
        return self.run.incident.version != before

    def _work(self, step: Step) -> bool:
        match step:
            case Decision():
                answer = self.teller.taken.get(("answer", step.id)) or next(iter(step.options))
                return self._do(c.Answer(step.id, answer, note="so"), step.role)
            case Statement():
                return self._do(c.SubmitDraft(step.id), step.role)
            case Publish():
                return self._do(c.Confirm(step.id, step.channels[0], "https://example.com/1"), step.role)
            case Task():
                return self._do(c.CompleteStep(step.id), step.role)
            case Evidence():
                return self._do(c.AddEvidence(step.id, "clip", "ab" * 32), step.role)
            case _:
                return False

    def _stop(self, step: Approval) -> bool:
        """Send it back once more; after the last time somebody stops it."""
        role = self.run.step(step.id).escalated_to or step.approvers[0]
        return self._do(c.Reject(step.id, self.run.version(step.of), "no"), role)

    def _is_needed_first(self, name: str) -> bool:
        """Whether a step that stands needs this one done before it is blocked."""
        taken = self.verification.model.plan.graph.children[name]
        return any(self.teller.taken.get(("stood", child)) == "yes" and self.run.step(child).state not in SETTLED for child in taken)

    def _take_back(self) -> bool:
        """Withdraw what is done and should be blocked in the end."""
        for approval in self.world.plan.approvals:
            state = self.run.step(approval.id)
            if state.state == "done" and self.teller.course(approval.id) == "blocked" and not self._is_needed_first(approval.id):
                key = state.keys[0]
                return self._do(c.Withdraw(approval.id, key.version, "I was too quick"), key.role)
        return False

    def _fill(self) -> None:
        """Find out what was unknown once every step that must not know it has been read."""
        for name in self.unknown:
            late = [
                key[2]
                for key, value in self.teller.taken.items()
                if key[:2] == (KNOWN, name) and value == "no" and key[2] in self.run.incident.steps
            ]
            waiting = [step for step in late if self.run.step(step).state == "waiting" and step in self._cast]
            if name in self.run.incident.unknown and not waiting:
                self._do(c.Fill({name: _typed(self.teller.taken["input", name])}), self.world.plan.lead_role)

    @property
    def _cast(self) -> frozenset[str]:
        graph, obligation = self.world.plan.graph, self.verdict.obligation
        wanted = {obligation.step, *([obligation.missing] if obligation.code == "FB403" else [])}
        return frozenset(wanted).union(*(graph.ancestors(step) for step in wanted))

    @property
    def _first(self) -> tuple[str, ...]:
        return tuple(name for name in self.world.plan.graph.order if name in self._cast)

    @property
    def _then(self) -> tuple[str, ...]:
        """What else people do; only what never happens has to wait for it."""
        others = tuple(name for name in self.world.plan.graph.order if name not in self._cast)
        return others if self.verdict.obligation.code == "FB404" else ()

    def _do(self, command: c.AnyCommand, role: str | None) -> bool:
        person = self.run.incident.roles[role or ""].people[0]
        version = self.run.incident.version
        decided = self.run.attempt(command, by=person)
        if isinstance(decided, Refusal) and self._is_the_one(decided):
            self.refusal = decided
        return self.run.incident.version != version

    def _is_the_one(self, refusal: Refusal) -> bool:
        """Whether the policy steps in, here or already on the way; what goes out with no key at all is refused by the built-in one."""
        obligation = self.verdict.obligation
        policies = (obligation.policy.id, BUILT_IN) if obligation.code == "FB401" else (obligation.policy.id,)
        return refusal.policy in policies


def _typed(value: str) -> object:
    return {"yes": True, "no": False}.get(value, value)
