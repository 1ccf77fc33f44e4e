"""An incident's one message in the broadcast channel, as Block Kit: what anybody may know, and the way into its room.

Severity and status stand in words; nobody is mentioned, because nobody is asked anything here.
"""

from engine.channels.blocks_parts import Block
from engine.channels.slack_text import Facts, button, context, cut, moment, section
from engine.incident.labels import STATUSES

_OVER = ("complete", "cancelled")


def broadcast_blocks(facts: Facts, text: str, *, room: str | None) -> list[Block]:
    """Draw the facts of `engine.incident.broadcast`; `room` is the channel's id. A closed incident is one sentence."""
    if facts.get("closed"):
        return [section(cut(text, 3_000))]
    severity = f"{cut(facts['severity'].upper(), 50)}: {cut(facts['severity_title'], 80)}"
    fields = (f"*Severity*\n{severity}", f"*Status*\n{STATUSES[facts['status']]}", f"*Since*\n{moment(facts['since'])}")
    is_over = facts["status"] in _OVER
    room_line = [context(f"Room: <#{room}>, open to everybody here")] if room and not is_over else []
    return [
        section(f"*{cut(facts['key'], 20)}* {cut(facts['playbook'], 80)}"),
        {"type": "section", "fields": [{"type": "mrkdwn", "text": field} for field in fields]},
        *room_line,
        *([] if is_over else [_join(facts)]),
    ]


def _join(facts: Facts) -> Block:
    key = facts["key"]
    return {"type": "actions", "elements": [button("Join", action_id="join", value=key, label=f"Join: take part in {key}")]}
