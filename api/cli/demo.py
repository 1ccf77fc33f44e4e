"""`firebreak demo`: one incident from the first clip to the last follow-up, as a rehearsal, within a minute.

Nothing is acted but the people: the real engine, worker and database run on a folder that is thrown away, with
a clock that jumps over idle time. What is told comes from the incident's own history.
"""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from api.cli.demo_script import Act, Script, commands_of, read_script
from api.cli.demo_stage import Stage
from api.cli.output import stdout
from api.cli.shipped import shipped
from api.cli.trouble import Trouble
from api.parts import Parts
from api.settings import Settings
from api.wiring import build, dismantle
from engine.channels.channel import Outcome, Outgoing, Sent
from engine.incident import commands as c
from engine.incident import events as e
from engine.incident.actor import Actor
from engine.incident.evolve import evolve
from engine.incident.personal import plain_text
from engine.incident.plan import World
from engine.incident.refusal import Refusal
from engine.incident.state import Incident
from engine.incident.story import is_notable, sentence
from engine.runtime.clock import VirtualClock
from engine.runtime.history import entries_of, rebuild_with
from engine.runtime.outcome import Handled
from engine.store.audit import AuditReport, verify
from engine.store.event_log import read_events

PACE_SECONDS: Final = 0.16
ALSO_TOLD: Final = (e.StepReadied, e.MessageSent, e.MetricsRecorded, e.FollowUpScheduled)
NOT_TOLD: Final = (e.ApprovalEscalated, e.KeysVoided, e.PublishStarted)


def demo(fast: Annotated[bool, typer.Option("--fast", help="Without the pauses for reading.")] = False) -> None:
    """Watch one incident from the first clip to the last follow-up, on a throw-away database."""
    console = stdout()
    pace = PACE_SECONDS if console.is_terminal and not fast else 0.0
    with tempfile.TemporaryDirectory(prefix="firebreak-demo-") as folder:
        asyncio.run(_play(Path(folder), read_script(), pace))
