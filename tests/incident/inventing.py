"""Small playbooks at random: decisions, statements, approvals, publishes and tasks, with guards, severity and policies."""

from random import Random

from engine.incident.plan import World
from tests.incident.given import HEAD, ORGANISATION, trial_world

ROLES = ("press", "incident_lead")
GUARDS = ("inputs.hurt", "not inputs.hurt")


EVERYTHING = """
  - {id: tell, message: Tell, to: [war_room], text: It began}
  - {id: save, evidence: Save, role: press, from: inputs.links, collect: [uploader], due: 20m}
  - {id: talk, task: Talk, role: press, private: true, checklist: [Are they well], due: 10m, remind: [5m before, every 10m after]}
  - {id: open, ticket: Open, system: itsm, project: OPS, text: Look, needs: [talk]}
  - {id: count, http: Count, url: "https://api.example.com/v", save: {views: $.views}, needs: [talk], on_fail: continue}
  - {id: pause, wait: Wait, for: 1h}
  - id: speak
    decision: Do we speak
    role: press
    due: 30m
    if_no_answer: wait
    options: {post: {label: P, then: [post, call]}, wait: {label: W, then: [write]}}
  - {id: call, playbook: child, with: {people: inputs.people}}
  - {id: draft, statement: Say it, role: press, audience: public, template: line}
  - id: agree
    approval: Agree
    of: draft
    approvers: [legal, comms_lead]
    due: 1h from speak
    on_overdue: reject
    on_reject: {rework: draft, max: 1}
  - {id: post, publish: Post, of: draft, role: press, needs: [agree], channels: [newsroom, site], confirm: api}
  - {id: write, publish: Write to them, of: draft, role: press, needs: [agree], channels: [site]}
  - {id: board, task: Tell the board, role: incident_lead, min_severity: sev1, sets: contained}
  - id: watch
    monitor: Watch
    role: press
    every: 30m
    until: metrics.views < 20
    for_at_most: 2d
    record: [views]
    each_time: {to: [war_room], text: Seen}
  - {id: finish, task: Finish, role: incident_lead, needs: [save, open, count, pause, call, board], even_if_blocked: true, sets: closed}
  - {id: review, task: Review, role: incident_lead, needs: [finish], due: 5d from closed}
"""
"""Every kind of step, so that every kind of event can come about."""

EVERYTHING_HEAD = (
    HEAD.replace("  start: sev2", "  start: sev2\n  raise: [{to: sev1, when: metrics.views > 100}]")
    .replace("site: {type: text, default: Plant 4}", "site: {type: text, required: true}")
    .replace("title: Crisis, means: all", "title: Crisis, means: all, visibility: participants")
    .replace("ack: 10m,", "ack: 10m, reach: [{after: 1m, by: sms}, {after: 3m, by: phone}],")
    + """
metrics: {views: {title: Views, type: number, source: watch}}
milestones: {said: {title: Said, reached_by: [post, write], within: 30m}}
follow_ups: [{id: day_1, at: 1d from closed, role: press, task: Look again}, {id: day_2, at: 2d from open, role: press, task: Look}]
"""
)


EVERYTHING_ORGANISATION = ORGANISATION.replace(
    "defaults: {ladder: office}", 'defaults: {ladder: office, archive_room: 7d, broadcast: "#incidents"}'
)


def everything() -> World:
    """A world in which every kind of event can come about."""
    return trial_world(EVERYTHING, head=EVERYTHING_HEAD, organisation=EVERYTHING_ORGANISATION)


def invent(dice: Random) -> World | None:
    """A world with a playbook made up by the dice; None where the checker would not let it pass."""
    try:
        return trial_world(_steps(dice), head=HEAD + _policies(dice))
    except AssertionError:
        return None


def _steps(dice: Random) -> str:
    lines = ["{id: begin, task: Begin, role: press}"]
    names: list[str] = ["begin"]
    listed = _branches(dice)
    for number in range(1, 5):
        lines.append(_task(dice, f"task_{number}", names))
        names.append(f"task_{number}")
    lines += [_decision(name, options) for name, options in listed.items()]
    for number in range(1, dice.randint(2, 3)):
        lines += _words(dice, number, names)
    lines.append("{id: finish, task: Finish, role: incident_lead, needs: [begin, task_1, task_2], even_if_blocked: true, sets: closed}")
    return "".join(f"  - {line}\n" for line in lines)


def _branches(dice: Random) -> dict[str, tuple[list[str], list[str]]]:
    """Which steps stand under the options of two decisions."""
    free = ["task_2", "task_3", "task_4", "draft_1", "post_1"]
    dice.shuffle(free)
    first, second = free[: dice.randint(1, 2)], free[2 : 2 + dice.randint(0, 2)]
    return {"choice_1": _split(dice, first), "choice_2": _split(dice, second)}


def _split(dice: Random, names: list[str]) -> tuple[list[str], list[str]]:
    sides: tuple[list[str], list[str]] = ([], [])
    for name in names:
        for side in dice.choice([(0,), (1,), (0, 1)]):
            sides[side].append(name)
    return sides


def _decision(name: str, options: tuple[list[str], list[str]]) -> str:
    yes, no = (", ".join(side) for side in options)
    options_text = f"{{aa: {{label: A, then: [{yes}]}}, bb: {{label: B, raise: sev1, then: [{no}]}}}}"
    return f"{{id: {name}, decision: Which, role: incident_lead, options: {options_text}}}"


def _task(dice: Random, name: str, before: list[str]) -> str:
    needs = dice.sample(before, dice.randint(1, min(2, len(before))))
    more = [f"needs: [{', '.join(needs)}]"]
    if dice.random() < 0.3:
        more.append(f"when: {dice.choice(GUARDS)}")
    if dice.random() < 0.2:
        more.append("min_severity: sev1")
    if dice.random() < 0.3:
        more.append("even_if_blocked: true")
    if dice.random() < 0.4:
        more.append(f"due: {dice.randint(5, 50)}m")
    return f"{{id: {name}, task: Work, role: {dice.choice(ROLES)}, {', '.join(more)}}}"


def _words(dice: Random, number: int, before: list[str]) -> list[str]:
    draft, post = f"draft_{number}", f"post_{number}"
    keys = dice.sample(["legal", "comms_lead"], dice.randint(1, 2))
    sent_back = f"on_reject: {{rework: {draft}, max: {dice.randint(0, 2)}, then: {dice.choice(['stop', 'escalate'])}}}"
    approvals = [f"ok_{number}_{role}" for role in keys]
    guard = f", when: {dice.choice(GUARDS)}" if dice.random() < 0.2 else ""
    api = ", confirm: api" if dice.random() < 0.3 else ""
    return [
        f"{{id: {draft}, statement: Say it, role: press, needs: [{dice.choice(before)}], audience: public, template: line}}",
        *(
            f"{{id: {name}, approval: Agree, of: {draft}, approvers: [{role}], {sent_back}{guard}}}"
            for name, role in zip(approvals, keys, strict=True)
        ),
        f"{{id: {post}, publish: Post, of: {draft}, role: press, needs: [{', '.join(approvals)}], channels: [site, newsroom]{api}}}",
    ]


def _policies(dice: Random) -> str:
    tasks = ["begin", "task_1", "task_2", "task_3", "task_4", "post_1"]
    one, two = dice.sample(tasks, 2)
    three, four = dice.sample(tasks, 2)
    rules = [
        f"{{id: route, rule: never_both, steps: [{one}, {two}]}}",
        f"{{id: order, rule: before, first: {three}, then: {four}}}",
        f"{{id: keys, rule: approved_before_publish, audience: [public], approvers: [{dice.choice(['legal', 'comms_lead'])}]}}",
        f"{{id: sure, rule: always_happens, steps: [{dice.choice(tasks)}]}}",
    ]
    return f"policies: [{', '.join(dice.sample(rules, dice.randint(0, 3)))}]\n"
