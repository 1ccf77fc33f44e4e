"""A playbook made ready to run, and the world a decision is taken in.

Follow-ups become tasks here, so that everything that a person does is a step. A `World` holds no
clock: the instant is an argument of every decision.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from engine.incident.calendar import Clockwork, clockwork_of
from engine.incident.personal import plain, plain_text
from engine.incident.state import Incident
from engine.language.duration import Due, Duration
from engine.language.expression import Expression, parse
from engine.language.graph import Graph
from engine.language.organisation import Organisation
from engine.language.playbook import (
    Approval,
    Evidence,
    FollowUp,
    Http,
    Message,
    Monitor,
    Playbook,
    Policy,
    Publish,
    Rung,
    Step,
    SubPlaybook,
    Task,
    Ticket,
    Wait,
)
from engine.language.template import Template, parse_template

FOLLOW_UP_DUE: Final = Due(Duration(5, "bd"))
"""A follow-up that nobody does is late after a working week: nothing is forgotten because its author gave no deadline."""


MOST_REMEMBERED: Final = 1_000
"""Of what is remembered under a text that somebody typed."""


def roles_of(step: Step) -> tuple[str, ...]:
    """Every role that works on a step: owner, helpers, approvers."""
    approvers = step.approvers if isinstance(step, Approval) else []
    owner = (step.role,) if step.role else ()
    if not approvers and not step.helpers:
        return owner
    return tuple(dict.fromkeys((*owner, *step.helpers, *approvers)))


@dataclass(frozen=True)
class Plan:
    """A checked playbook with everything that can be computed once."""

    playbook: Playbook
    digest: str
    graph: Graph
    steps: Mapping[str, Step]
    follow_ups: Mapping[str, FollowUp]

    @staticmethod
    def of(playbook: Playbook, digest: str) -> "Plan":
        graph = Graph.of(playbook)
        follow_ups = {follow_up.id: follow_up for follow_up in playbook.follow_ups}
        tasks: dict[str, Step] = {
            name: Task(id=name, title=follow_up.task, role=follow_up.role, when=follow_up.when, due=FOLLOW_UP_DUE)
            for name, follow_up in follow_ups.items()
        }
        return Plan(playbook, digest, graph, {**graph.steps, **tasks}, follow_ups)

    @cached_property
    def key_roles(self) -> frozenset[str]:
        """Roles that turn a key of some approval."""
        return frozenset(role for step in self.approvals for role in step.approvers)

    @cached_property
    def approvals(self) -> tuple[Approval, ...]:
        return tuple(step for step in self.steps.values() if isinstance(step, Approval))

    @cached_property
    def evidence(self) -> tuple[Evidence, ...]:
        return tuple(step for step in self.steps.values() if isinstance(step, Evidence))

    @cached_property
    def heeded(self) -> Mapping[str, tuple[str, ...]]:
        """For each step, all whose state can say something about whether it starts: its parents, and the approvals of what it publishes."""
        approvals = {name: self.graph.approvals_of.get(step.of, ()) for name, step in self.graph.steps.items() if isinstance(step, Publish)}
        return {name: (*parents, *(each.id for each in approvals.get(name, ()))) for name, parents in self.graph.parents.items()}

    @cached_property
    def heeding(self) -> Mapping[str, frozenset[str]]:
        """For each step, itself and all that heed it."""
        found = {name: {name} for name in self.steps}
        for name, before in self.heeded.items():
            for other in before:
                found[other].add(name)
        return {name: frozenset(names) for name, names in found.items()}

    @cached_property
    def stamping(self) -> tuple[Step, ...]:
        """Steps that stamp the incident as contained or closed."""
        return tuple(step for step in self.steps.values() if step.sets is not None)

    @cached_property
    def performed(self) -> tuple[Message | Publish | Ticket | Http | SubPlaybook, ...]:
        """Steps that the engine can perform itself."""
        return tuple(step for step in self.steps.values() if isinstance(step, Message | Publish | Ticket | Http | SubPlaybook))

    @cached_property
    def levels(self) -> tuple[str, ...]:
        """Severity levels, lowest first."""
        return tuple(self.playbook.severity.levels) if self.playbook.severity else ("normal",)

    @property
    def start_level(self) -> str:
        severity = self.playbook.severity
        return severity.start if severity and severity.start else self.levels[0]

    @property
    def lead_role(self) -> str:
        return "incident_lead" if "incident_lead" in self.playbook.roles else self.playbook.owner

    @cached_property
    def closing_step(self) -> str | None:
        return next((step.id for step in self.playbook.steps if step.sets == "closed"), None)

    @cached_property
    def monitors(self) -> tuple[Monitor, ...]:
        return tuple(step for step in self.playbook.steps if isinstance(step, Monitor))

    @cached_property
    def endings(self) -> Mapping[str, Expression]:
        """When monitors and waits end by rule, by step."""
        return {step.id: parse(step.until) for step in self.playbook.steps if isinstance(step, Monitor | Wait) and step.until}

    @cached_property
    def expressions(self) -> Mapping[str, Expression]:
        """Every guard by its text, parsed once; the loader has already refused what can't be parsed."""
        texts = [step.when for step in self.steps.values() if step.when]
        texts += [rule.when for rule in self.playbook.severity.raise_] if self.playbook.severity else []
        return {text: parse(text) for text in texts}

    @cached_property
    def timed_rules(self) -> frozenset[int]:
        """Indexes of the `raise` rules that time alone can turn true."""
        rules = self.playbook.severity.raise_ if self.playbook.severity else []
        asked = {index: self.expressions[rule.when].calls() for index, rule in enumerate(rules)}
        return frozenset(index for index, calls in asked.items() if any(call.name == "elapsed" for call in calls))

    def rank(self, level: str) -> int:
        return self.levels.index(level) if level in self.levels else 0


@dataclass(frozen=True)
class World:
    """The pinned plan, the organisation as it is now, and the template files by the path named."""

    plan: Plan
    organisation: Organisation
    texts: Mapping[str, str]
    unskippable: Mapping[str, str] = field(default_factory=dict)
    """Steps whose hand skip would break a policy, and which: what the verifier found."""
    unproved: tuple[str, ...] = ()
    """Policies that the verifier could not prove for this playbook in this organisation."""

    @cached_property
    def policies(self) -> tuple[Policy, ...]:
        """The playbook's policies and those the organisation requires of every playbook."""
        return (*self.plan.playbook.policies, *self.organisation.required_policies)

    @cached_property
    def templates(self) -> Mapping[str, Template]:
        found: dict[str, Template] = {}
        for name, source in self.plan.playbook.templates.items():
            text = source.text if source.text is not None else self.texts.get(source.file or "", "")
            found[name] = parse_template(text)
        return found

    def template(self, name: str, language: str | None) -> Template:
        """The template's text in `language`, or as it stands when it has no such variant."""
        source = self.plan.playbook.templates[name]
        if language and language in source.languages:
            return parse_template(self.texts.get(source.languages[language], ""))
        return self.templates[name]

    def clockwork(self, incident: Incident) -> Clockwork:
        """How this incident counts time."""
        named = self.plan.playbook.settings.timezone or ""
        site = plain(incident.inputs.get(named))
        key = (site if isinstance(site, str) else None, incident.speed)
        known = self._clockworks.get(key)
        if known is None:
            if len(self._clockworks) > MOST_REMEMBERED:
                self._clockworks.clear()
            known = self._clockworks[key] = clockwork_of(self.plan.playbook, self.organisation, {named: site}, incident.speed)
        return known

    @cached_property
    def _clockworks(self) -> dict[tuple[str | None, int], Clockwork]:
        """By the value of the input that names the site, and by speed."""
        return {}

    def step(self, incident: Incident, name: str) -> Step | None:
        """A step of the playbook, a follow-up, or a task added during the run."""
        found = self.plan.steps.get(name)
        if found is not None:
            return found
        added = incident.added.get(name)
        if added is None:
            return None
        return Task.model_construct(id=name, title=plain_text(added.title) or name, role=added.role)

    def ladder(self, step: Step) -> list[Rung]:
        """The rungs of a step's ladder: its own, the named one, or the organisation's default."""
        if isinstance(step.escalate, list):
            return step.escalate
        name = step.escalate or self.organisation.defaults.ladder
        if name is None:
            return []
        return self.plan.playbook.ladders.get(name) or self.organisation.ladders.get(name) or []

    @cached_property
    def recusals(self) -> Mapping[str, Expression]:
        roles = self.plan.playbook.roles
        return {name: parse(role.recuse) for name, role in roles.items() if role.recuse}
