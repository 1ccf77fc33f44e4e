"""What somebody says to the engine when a piece of work is done."""

from typing import Final, assert_never

from engine.analysis.simulation.calm import calm_values
from engine.analysis.simulation.essentials import WORDS
from engine.analysis.simulation.lot import Lot, sample
from engine.analysis.simulation.sitting import Sitting
from engine.analysis.simulation.wanted import NAMING
from engine.incident import commands as c
from engine.incident.plan import World
from engine.incident.state import Incident
from engine.incident.versions import subject_version
from engine.language.playbook import (
    Approval,
    Decision,
    Evidence,
    Http,
    Message,
    Monitor,
    Publish,
    Statement,
    SubPlaybook,
    Task,
    Ticket,
    Wait,
)

_LINK: Final = "https://example.com/posted"
_DIGEST: Final = "5a" * 32


def commands_of(world: World, incident: Incident, sitting: Sitting, lot: Lot, reject: float) -> list[c.AnyCommand]:
    """List the commands that finish a piece of work, in order."""
    step = world.step(incident, sitting.step)
    match step:
        case None:
            return [naming(world, incident, sitting)]
        case Statement() | Approval() | Publish():
            return _about_words(world, incident, step, sitting, lot, reject)
        case Decision():
            return [c.Answer(step.id, lot.answers[step.id], note="simulated")]
        case Evidence():
            sources = incident.steps[step.id].sources or ("https://example.com/handed-over",)
            return [c.AddEvidence(step.id, source, _DIGEST) for source in sources]
        case Monitor():
            values = calm_values(world, step.until)
            return [c.RecordMetrics(dict(values), step=step.id)] if values else []
        case Message():
            return []
        case Task() | Ticket() | Http() | Wait() | SubPlaybook():
            asked = step.result if isinstance(step, Task) else None
            return [c.CompleteStep(step.id, result=sample(asked) if asked else None)]
        case _:
            assert_never(step)


def _about_words(
    world: World, incident: Incident, step: Statement | Approval | Publish, sitting: Sitting, lot: Lot, reject: float
) -> list[c.AnyCommand]:
    match step:
        case Statement():
            return [c.SubmitDraft(step.id, text=" ".join([*step.must_say, f"{WORDS} {sitting.turn + 1}"]))]
        case Approval():
            return [_verdict(world, incident, step, sitting, lot, reject)]
        case Publish():
            return [c.Confirm(step.id, channel, _LINK) for channel in step.channels if channel not in incident.steps[step.id].receipts]


def naming(world: World, incident: Incident, sitting: Sitting) -> c.NameRole:
    """Name the first person who has no role yet, else the first who is not the lead."""
    busy = {person for role in incident.roles.values() for person in role.people}
    people = list(world.organisation.people)
    free = [person for person in people if person not in busy] or [person for person in people if person != sitting.person]
    return c.NameRole(sitting.step.removeprefix(NAMING), (free or [sitting.person])[0])


def _verdict(world: World, incident: Incident, step: Approval, sitting: Sitting, lot: Lot, reject: float) -> c.AnyCommand:
    """Approve or send back what stands now; who approves or stops it after the last round approves."""
    version = subject_version(world, incident, step.of) or ""
    is_last = incident.steps[step.id].escalated_to is not None
    if not is_last and lot.share("verdict", step.id, sitting.role, sitting.turn) < reject:
        return c.Reject(step.id, version, "simulated", role=sitting.role)
    return c.Approve(step.id, version, role=sitting.role)
