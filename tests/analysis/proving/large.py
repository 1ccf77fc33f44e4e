"""A playbook as large as they come: twenty rounds, each with a decision, words with two keys, and work around them."""

from engine.incident.plan import World
from tests.incident.given import HEAD, trial_world

POLICIES = """policies:
  - {id: two_keys, rule: approved_before_publish, audience: [public], approvers: [legal, comms_lead]}
  - {id: saved_first, rule: before, first: save_0, then: post_19}
  - {id: always_learn, rule: always_happens, steps: [review]}
  - {id: one_route, rule: never_both, steps: [loud_3, quiet_3]}
"""


def large_world(*, hole: int | None = None) -> World:
    """Make a world of 202 steps; in round `hole` the approval is for the highest severity only."""
    return trial_world("".join(f"  - {step}\n" for step in large_steps(hole=hole)), head=HEAD + POLICIES)


def large_steps(*, hole: int | None = None) -> list[str]:
    """Write the steps, 202 in all: 20 decisions and 20 approvals among them."""
    rounds = [step for number in range(20) for step in _round(number, hole=number == hole)]
    close = "{id: close_it, task: Close, role: incident_lead, needs: [post_19, watch_19], even_if_blocked: true, sets: closed}"
    review = "{id: review, task: Review, role: incident_lead, needs: [close_it], even_if_blocked: true}"
    return [*rounds, close, review]


def _round(number: int, *, hole: bool) -> list[str]:
    before = f"needs: [watch_{number - 1}, post_{number - 1}], even_if_blocked: true" if number else "needs: []"
    only = ", min_severity: sev1" if hole else ""
    yes = f"yes: {{label: Y, then: [draft_{number}, loud_{number}]}}"
    no = f"no: {{label: N, then: [quiet_{number}, check_{number}]}}"
    keys = f"approvers: [legal, comms_lead], on_reject: {{rework: draft_{number}}}{only}"
    return [
        f"{{id: save_{number}, task: Save, role: press, {before}, can_skip: false}}",
        f"{{id: facts_{number}, task: Facts, role: press, needs: [save_{number}]}}",
        f"{{id: real_{number}, decision: Real, role: incident_lead, needs: [facts_{number}], options: {{{yes}, {no}}}}}",
        f"{{id: draft_{number}, statement: Say, role: press, audience: public, template: line}}",
        f"{{id: agree_{number}, approval: Agree, of: draft_{number}, {keys}}}",
        f"{{id: post_{number}, publish: Post, of: draft_{number}, role: press, needs: [agree_{number}], channels: [site]}}",
        f"{{id: loud_{number}, task: Loud, role: press}}",
        f"{{id: quiet_{number}, task: Quiet, role: press}}",
        f"{{id: check_{number}, task: Check, role: press, when: inputs.hurt}}",
        f"{{id: watch_{number}, task: Watch, role: press, needs: [real_{number}, save_{number}]}}",
    ]
