"""Playbooks made up by dice for the verifier: branches in branches, guards of every sort, policies over what is near and far."""

from random import Random
from typing import Final

from engine.incident.plan import World
from tests.incident.given import HEAD, trial_world

HEAD_WITH_MORE: Final = (
    HEAD.replace(
        "  hurt: {type: yes_no, default: false}", "  hurt: {type: yes_no, default: false}\n  kind: {type: choice, options: [aa, bb, cc]}"
    )
    + "metrics: {views: {title: Views, type: number, source: press}}\n"
)
INPUTS_ONLY: Final = ("inputs.hurt", "not inputs.hurt", "inputs.kind == 'aa'", "inputs.kind in ['aa', 'bb']", "inputs.kind != 'cc'")
ROLES: Final = ("incident_lead", "press", "comms_lead")


class Invention:
    """One playbook under invention: its steps so far, with all that is before each."""

    def __init__(self, dice: Random, *, simple: bool) -> None:
        self.dice = dice
        self.simple = simple
        self.lines: list[str] = []
        self.before: dict[str, set[str]] = {}
        self.kinds: dict[str, str] = {}
        self.options: dict[str, dict[str, list[str]]] = {}

    def write(self) -> str:
        """Invent the steps, the decisions last because they list what stands in the file."""
        size = self.dice.randint(4, 9)
        for number in range(size):
            self._one(number)
        closing = self.dice.sample(list(self.before), min(3, len(self.before)))
        self._add(
            "finish",
            "task",
            f"task: Finish, role: incident_lead, needs: [{', '.join(closing)}], even_if_blocked: true, sets: closed",
            closing,
        )
        for name, options in self.options.items():
            text = ", ".join(f"{option}: {{label: X, then: [{', '.join(then)}]{self._raise()}}}" for option, then in options.items())
            self.lines = [line.replace(f"@{name}@", f"options: {{{text}}}") for line in self.lines]
        return "".join(f"  - {{{line}}}\n" for line in self.lines)

    def _one(self, number: int) -> None:
        sorts = (
            ["decision", "decision", "words", "words", "task"] if self.simple else ["task", "task", "decision", "words", "evidence", "http"]
        )
        match self.dice.choice(sorts):
            case "decision":
                name = f"choice_{number}"
                self.options[name] = {option: [] for option in ("aa", "bb", "cc")[: self.dice.randint(2, 3)]}
                self._step(name, "decision", f"decision: Which, role: {self._role()}, @{name}@")
            case "words":
                self._words(number)
            case "evidence":
                self._step(f"save_{number}", "evidence", "evidence: Save, role: press, from: inputs.links, collect: [uploader]")
            case "http":
                self._step(f"call_{number}", "http", 'http: Call, url: "https://api.example.com/v"')
            case _:
                self._step(f"task_{number}", "task", f"task: Work, role: {self._role()}{', can_skip: false' if self.simple else ''}")

    def _words(self, number: int) -> None:
        draft, post = f"draft_{number}", f"post_{number}"
        self._step(draft, "statement", "statement: Say it, role: press, audience: public, template: line")
        approvals = []
        for role in self.dice.sample(["legal", "comms_lead"], self.dice.randint(1, 2)):
            name = f"ok_{number}_{role}"
            sent_back = f"on_reject: {{rework: {draft}, max: {self.dice.randint(0, 2)}, then: {self.dice.choice(['stop', 'escalate'])}}}"
            plain = 1.0 if self.simple else 0.6
            self._step(name, "approval", f"approval: Agree, of: {draft}, approvers: [{role}], {sent_back}", first=[draft], plain=plain)
            approvals.append(name)
        kept = [name for name in approvals if self.dice.random() < 0.85]
        self._step(post, "publish", f"publish: Post, of: {draft}, role: press, channels: [site]", needs=kept, first=[draft], plain=0.6)

    def _step(
        self, name: str, kind: str, text: str, *, needs: list[str] | None = None, first: list[str] | None = None, plain: float = 0.0
    ) -> None:
        needs, before = list(needs or []), list(first or [])
        names = [other for other in self.before if other not in (*needs, *before)]
        if names and self.dice.random() >= plain:
            needs += self.dice.sample(names, min(len(names), self.dice.randint(1, 2)))
        listing = self._listed(name, {*needs, *before}) if self.dice.random() >= plain else []
        more = [f"needs: [{', '.join(needs)}]"] if needs else []
        known = self._before({*needs, *before, *listing})
        if self.dice.random() < 0.3 * (1 - plain / 2):
            more.append(f'when: "{self._guard(known)}"')
        if not self.simple and self.dice.random() < 0.2:
            more.append("min_severity: sev1")
        if self.dice.random() < 0.2:
            more.append("even_if_blocked: true")
        self._add(name, kind, ", ".join((text, *more)), {*needs, *before, *listing})

    def _listed(self, name: str, needs: set[str]) -> list[str]:
        """Put the step under some options of a decision that does not come after it."""
        decisions = [other for other in self.options if other not in needs and other in self.before]
        if not decisions or self.dice.random() < 0.5:
            return []
        decision = self.dice.choice(decisions)
        options = self.options[decision]
        for option in self.dice.sample(list(options), self.dice.randint(1, len(options))):
            options[option].append(name)
        return [decision]

    def _guard(self, known: set[str]) -> str:
        part = self._part(sorted(known))
        return part if self.dice.random() < 0.7 else f"{part} {self.dice.choice(['and', 'or'])} {self._part(sorted(known))}"

    def _part(self, known: list[str]) -> str:
        found = list(INPUTS_ONLY)
        if not self.simple:
            found += ["metrics.views > 10", "severity_at_least('sev1')", "elapsed('declared') > duration('2h')"]
            for name in known:
                found += [f"done('{name}')", f"not skipped('{name}')"]
                found += [f"chosen('{name}', 'aa')", f"decisions.{name} != 'aa'"] if self.kinds[name] == "decision" else []
        return self.dice.choice(found)

    def _add(self, name: str, kind: str, text: str, parents: set[str] | list[str]) -> None:
        self.lines.append(f"id: {name}, {text}")
        self.kinds[name] = kind
        self.before[name] = self._before(set(parents))

    def _before(self, parents: set[str]) -> set[str]:
        return parents.union(*(self.before[parent] for parent in parents))

    def _role(self) -> str:
        return self.dice.choice(ROLES)

    def _raise(self) -> str:
        return ", raise: sev1" if not self.simple and self.dice.random() < 0.2 else ""

    def policies(self) -> str:
        """Invent policies: half of the orders between steps that are before each other anyway."""
        names = list(self.before)
        rules = [f"{{id: sure_{name}, rule: always_happens, steps: [{name}]}}" for name in self.dice.sample(names, 1)]
        rules += [
            f"{{id: keys_{role}, rule: approved_before_publish, audience: [public], approvers: [{role}]}}"
            for role in ("legal", "comms_lead")
        ]
        for number in range(4):
            then = self.dice.choice(names)
            pool = sorted(self.before[then]) if self.before[then] and self.dice.random() < 0.8 else [name for name in names if name != then]
            rules.append(f"{{id: order_{number}, rule: before, first: {self.dice.choice(pool)}, then: {then}}}")
        one, two = self.dice.sample(names, 2)
        rules.append(f"{{id: apart, rule: never_both, steps: [{one}, {two}]}}")
        return f"policies: [{', '.join(rules)}]\n"


def invent(dice: Random, *, simple: bool = False) -> World | None:
    """A world with a playbook made up by the dice; None where the checker would not let it pass.

    `simple`: only decisions, words with their approvals, tasks that nobody skips, and guards over start inputs.
    """
    invention = Invention(dice, simple=simple)
    steps = invention.write()
    try:
        return trial_world(steps, head=HEAD_WITH_MORE + invention.policies())
    except AssertionError:
        return None
