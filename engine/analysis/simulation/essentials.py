"""A world without what costs time to run and changes nothing that is measured.

Left out, because they move no deadline: reminders, ticking each item of a checklist before the step is
completed, every channel of a publish but the first (the person confirms all of them at the end of one
piece of work), what monitors say each round, the wording of statements, and follow-ups, which begin weeks
after the close. Nobody is recused, because the people in a simulated incident are strangers.
"""

from typing import Final

from engine.incident.plan import Plan, World
from engine.language.organisation import Organisation
from engine.language.playbook import Monitor, Playbook, Publish, Role, Statement, Step, TemplateSource

WORDS: Final = "These are words"


def essential(world: World) -> World:
    """Give the world that a simulation runs in."""
    plan = Plan.of(essential_playbook(world.plan.playbook), world.plan.digest)
    return World(plan, _without_reminders(world.organisation), {})


def essential_playbook(playbook: Playbook) -> Playbook:
    """Strip a playbook; ids, needs, deadlines, ladders, roles and policies stay as they are."""
    changes = {
        "status": "active",
        "steps": [_step(step) for step in playbook.steps],
        "follow_ups": [],
        "roles": {name: _role(role) for name, role in playbook.roles.items()},
        "templates": {name: TemplateSource(text=WORDS) for name in playbook.templates},
    }
    return playbook.model_copy(update=changes)


def _step(step: Step) -> Step:
    changes: dict[str, object] = {"checklist": [], "remind": []}
    match step:
        case Publish():
            changes["channels"] = step.channels[:1]
        case Monitor():
            changes["each_time"] = None
        case Statement():
            changes |= {"languages": [], "max_words": None}
        case _:
            pass
    return step.model_copy(update=changes)


def _role(role: Role) -> Role:
    return role.model_copy(update={"recuse": None})


def _without_reminders(organisation: Organisation) -> Organisation:
    return organisation.model_copy(update={"defaults": organisation.defaults.model_copy(update={"remind": []})})
