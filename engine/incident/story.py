"""One sentence for people per entry, the change first: the timeline, the room and the terminal all say it in these words.

A sentence stands alone, has no full stop, and is for everyone who may see the incident: personal values
and what stands in private steps are masked (see `engine.incident.scene`).
"""

from collections.abc import Mapping
from typing import Final

from engine.incident import events as e
from engine.incident.plan import World
from engine.incident.scene import Scene, Tell
from engine.incident.state import Incident
from engine.incident.story_course import COURSE_STORIES
from engine.incident.story_steps import STEP_STORIES
from engine.incident.story_words import WORD_STORIES


def sentence(world: World, incident: Incident, entry: e.Entry) -> str:
    """Say what an entry changed; `incident` is as it was after it."""
    return STORIES[type(entry.event)](Scene(world, incident, entry), entry.event)


def is_notable(event: e.AnyEvent) -> bool:
    """Say whether the room hears of an event; of all others only the timeline tells.

    The room hears what changes the situation, once: what has a message of its own (a task, a reminder, an
    automatic note), small steps on the way and the routine of the start are left to the timeline.
    """
    match event:
        case e.StepSkipped(cause=cause):
            return cause in ("hand", "revised")
        case e.RoleHeld(cause=cause):
            return cause != "assigned"
        case e.Reminded(in_room=in_room):
            return in_room
        case e.RoleCalled(by=by):
            return by != "slack"
        case e.RoleAcknowledged(via=via):
            return via is not None
        case _:
            return type(event) not in QUIET


STORIES: Final[Mapping[type, Tell]] = {**STEP_STORIES, **WORD_STORIES, **COURSE_STORIES}

QUIET: Final[frozenset[type]] = frozenset(
    {
        e.StepReadied,
        e.DueSet,
        e.StepStarted,
        e.StepSnoozed,
        e.StepCommented,
        e.FollowUpScheduled,
        e.ItemTicked,
        e.EvidenceAdded,
        e.SourcesChanged,
        e.DefaultTaken,
        e.CheckDue,
        e.MessageSent,
        e.RoundReported,
        e.TicketRequested,
        e.RequestMade,
        e.RequestAnswered,
        e.ChildRequested,
        e.MetricsRecorded,
        e.RaiseRulesRead,
        e.MilestoneSet,
        e.InputFilled,
        e.PersonInvited,
        e.RoomArchived,
    }
)
