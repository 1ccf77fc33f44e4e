"""Every form of a shipped playbook, on every step at its start, is within what Slack takes."""

from collections.abc import Iterator

import pytest

from api.slack.forms.kinds import KINDS
from api.slack.forms.opening import drawn, refusal
from api.slack.forms.scene import About, Scene
from engine.incident.actor import Actor
from tests.block_kit import faults_of_view
from tests.incident.given import PLAYBOOKS, Run, shipped_world

SHIPPED = sorted(path.stem for path in PLAYBOOKS.glob("*.yaml") if path.suffixes == [".yaml"] and path.stem != "organisation")


@pytest.mark.parametrize("name", SHIPPED)
def test_every_form_is_within_slacks_limits(name: str) -> None:
    world = shipped_world(name)
    required = [each for each, asked in world.plan.playbook.inputs.items() if asked.ask == "start" and asked.required]
    run = Run.begin(world, unknown=tuple(required))
    faults = {each: faults_of_view(view) for each, view in _views(run)}

    assert len(faults) > 50
    assert {each: found for each, found in faults.items() if found} == {}


def _views(run: Run) -> Iterator[tuple[str, dict[str, object]]]:
    actor = Actor(person="ana", via="slack", own=True)
    for step in run.incident.steps:
        for name, kind in KINDS.items():
            scene = Scene(About("INC-1", step=step, role=run.world.plan.lead_role), run.world, run.incident, actor, run.now)
            if refusal(kind, scene) is None:
                yield f"{name} {step}", drawn(name, kind, scene)
