"""What Slack tells of beside commands and presses: events, shortcuts, App Home, and what stands in it."""

import json
from typing import Any

import httpx

from tests.api.slack.given import APP, Desk, slack_id
from tests.fake_slack import TEAM


def event_body(event: dict[str, Any], *, id: str, team: str = TEAM) -> str:
    """The envelope of an event."""
    ours = [{"team_id": TEAM, "enterprise_id": None, "user_id": "U0FIREBREAK", "is_bot": True, "is_enterprise_install": False}]
    envelope = {"token": "deprecated", "team_id": team, "api_app_id": APP, "type": "event_callback", "event_time": 1_795_453_200}
    envelope |= {"authorizations": ours}
    return json.dumps({**envelope, "event_id": id, "event": event})


async def hears(desk: Desk, event: dict[str, Any], *, id: str = "Ev1", team: str = TEAM) -> httpx.Response:
    """Let Slack tell of an event."""
    return await desk.send("/slack/events", event_body(event, id=id, team=team), "application/json")


def pin(desk: Desk, who: str, room: str, ts: str, reaction: str = "pushpin") -> dict[str, Any]:
    """Somebody puts a reaction on a message."""
    item = {"type": "message", "channel": desk.slack.named(room).id, "ts": ts}
    return {"type": "reaction_added", "user": slack_id(who), "reaction": reaction, "item": item, "event_ts": "1795453200.000100"}


def mention(desk: Desk, who: str, room: str, text: str, **more: Any) -> dict[str, Any]:
    """Somebody speaks to the app in a channel."""
    channel, said = desk.slack.named(room).id, f"<@U0FIREBREAK> {text}"
    return {"type": "app_mention", "user": slack_id(who), "text": said, "channel": channel, "ts": "1795453200.000200", "team": TEAM, **more}


async def home_of(desk: Desk, who: str, *, tab: str = "home") -> dict[str, Any]:
    """Somebody opens App Home; gives what they see there."""
    await hears(desk, {"type": "app_home_opened", "user": slack_id(who), "tab": tab, "channel": f"D{slack_id(who)}"}, id=f"EvHome{who}")
    return desk.slack.users[slack_id(who)].home or {}


def elements(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Everything in blocks that can be pressed, in order."""
    found = [element for block in blocks for element in (*block.get("elements", ()), block.get("accessory"))]
    return [element for element in found if element and "action_id" in element]


def button_of(blocks: list[dict[str, Any]], action: str, value: str | None = None) -> dict[str, Any]:
    """The first button with an action id (whatever number follows it), and a value."""
    return next(
        each
        for each in elements(blocks)
        if (each["action_id"] == action or each["action_id"].startswith(f"{action}:")) and value in (None, each.get("value"))
    )


async def press_in_view(desk: Desk, who: str, view: dict[str, Any], element: dict[str, Any]) -> httpx.Response:
    """Press a button of a modal, or of App Home, where Slack gives no address to answer at."""
    action = {"type": element["type"], "action_id": element["action_id"], "block_id": "b", "action_ts": desk.slack.trigger()}
    action |= {"value": element["value"]} if "value" in element else {}
    shown = {"id": "V0HOME", "hash": "1.x", **view}
    return await desk.interact(who, "block_actions", actions=[action], container={"type": "view", "view_id": shown["id"]}, view=shown)


async def press_whispered(desk: Desk, who: str, element: dict[str, Any]) -> list[dict[str, Any]]:
    """Press a button of an answer that only `who` saw; gives what was whispered then."""
    action = {
        "type": "button",
        "block_id": "b",
        "action_ts": desk.slack.trigger(),
        **{name: element[name] for name in ("action_id", "value")},
    }
    where, before = {"type": "message", "message_ts": "1795453200.000300", "is_ephemeral": True}, len(desk.slack.whispers)
    await desk.interact(who, "block_actions", actions=[action], container=where, response_url=desk.slack.response_url())
    return desk.slack.whispers[before:]


async def shortcut_on(desk: Desk, who: str, room: str, ts: str, callback: str) -> httpx.Response:
    """Use a message shortcut."""
    channel = desk.slack.named(room)
    more = {"channel": {"id": channel.id, "name": room}, "message_ts": ts, "message": channel.messages[ts]}
    return await desk.interact(who, "message_action", callback_id=callback, response_url=desk.slack.response_url(), action_ts="1.1", **more)


async def timeline(desk: Desk, key: str = "INC-1") -> list[str]:
    """What the timeline of an incident says, oldest first."""
    answer = await (await desk.house.admin()).get(f"/v1/incidents/{key}/timeline?limit=200")
    return [str(item["text"]) for item in answer.json()["items"]]
