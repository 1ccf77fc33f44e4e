"""What machines report back, and when: receipts of deliveries, tickets, answers of services, linked incidents.

As the live engine hears it: `RecordDelivery` for what was sent, `ReportChild` for a linked incident.
"""

from collections.abc import Iterator
from typing import Final

from engine.analysis.simulation.assumptions import Assumptions
from engine.analysis.simulation.lot import Lot
from engine.incident import commands as c
from engine.incident.state import StepState
from engine.language.playbook import Http, Publish, Step, SubPlaybook, Ticket

SENT_AFTER: Final = 10
"""Seconds until a delivery has arrived."""
CHILD: Final = "SIM-CHILD"
CLOSED_AFTER: Final = 86_400
"""Median seconds until a ticket that the playbook waits for is closed."""


def reports(step: Step, state: StepState, lot: Lot, assumptions: Assumptions) -> Iterator[tuple[int, c.AnyCommand]]:
    """List what comes back for a step that the engine has begun, each after so many seconds."""
    spread, turn = assumptions.work_spread, state.round
    work = lot.span(assumptions.work(step), spread, "machine", step.id, turn)
    match step:
        case Publish(confirm="api"):
            for channel in step.channels:
                yield SENT_AFTER, c.RecordDelivery(f"publish:{channel}", step.id, "sent", {"channel": channel})
        case Ticket():
            yield work, c.RecordDelivery("ticket", step.id, "sent", {"reference": "SIM-1"})
            if step.done_when == "closed":
                yield work + lot.span(CLOSED_AFTER, spread, "closed", step.id, turn), c.CompleteStep(step.id)
        case Http():
            yield work, c.RecordDelivery("http", step.id, "sent", {"status": 200})
        case SubPlaybook():
            yield SENT_AFTER, c.RecordDelivery("child", step.id, "sent", {"key": CHILD})
            if step.wait:
                yield max(work, SENT_AFTER), c.ReportChild(step.id, CHILD, "closed")
        case _:
            return
