"""What a key binds to where an approval's subject is no statement: what was done, by whom, and what came of it."""

from typing import Any

from engine.incident.describe_values import shown, shown_map
from engine.incident.plan import World
from engine.incident.state import Incident
from engine.language.playbook import Statement


def work_of(world: World, incident: Incident, subject: str, *, clear: bool) -> dict[str, Any]:
    """Describe done work as `subject_version` reads it; nothing for words, and for what is not done."""
    state = incident.steps.get(subject)
    if state is None or state.state != "done" or isinstance(world.plan.steps.get(subject), Statement):
        return {}
    return {
        "done_by": state.done_by,
        "ticked": list(state.ticks),
        "result": shown(state.result, clear=clear),
        "answer": state.answer,
        "note": shown(state.note, clear=clear),
        "reference": state.reference,
        "items": [{"source": item.source, "sha256": item.sha256} for item in state.items],
        "receipts": {channel: receipt.link for channel, receipt in state.receipts.items()},
        "saved": shown_map(state.saved, clear=clear),
    }
