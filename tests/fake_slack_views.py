"""The fake's `views.*`, `users.*`, `auth.test` and `apps.connections.open`."""

import json
from typing import Any, Final

from tests.block_kit import faults_of_view
from tests.fake_slack_state import BOT, TEAM, Refused, User, Workspace, page

LARGEST_VIEW: Final = 250_000
DEEPEST: Final = 3
Arguments = dict[str, Any]


def open_view(slack: Workspace, arguments: Arguments) -> Arguments:
    trigger = arguments.get("trigger_id")
    _check(arguments["view"], "modal")
    slack.exchange(trigger)
    return {"view": _kept(slack, arguments["view"])}


def push_view(slack: Workspace, arguments: Arguments) -> Arguments:
    _check(arguments["view"], "modal")
    slack.exchange(arguments.get("trigger_id"))
    if not slack.views:
        raise Refused("not_found")
    below = slack.views[-1]
    if below["depth"] + 1 > DEEPEST:
        raise Refused("push_limit_reached")
    return {"view": _kept(slack, arguments["view"], depth=below["depth"] + 1, previous_view_id=below["id"])}


def update_view(slack: Workspace, arguments: Arguments) -> Arguments:
    wanted = ("id", arguments["view_id"]) if arguments.get("view_id") else ("external_id", arguments.get("external_id"))
    before = next((view for view in slack.views if wanted[1] and view.get(wanted[0]) == wanted[1]), None)
    if before is None:
        raise Refused("not_found")
    if arguments.get("hash") not in (None, before["hash"]):
        raise Refused("hash_conflict")
    _check(arguments["view"], "modal")
    lasting = {name: before[name] for name in ("id", "team_id", "depth", "root_view_id", "previous_view_id") if name in before}
    before.clear()
    before.update({**arguments["view"], **lasting, "hash": _hash(slack)})
    return {"view": before}


def publish_view(slack: Workspace, arguments: Arguments) -> Arguments:
    user = slack.users.get(arguments["user_id"])
    if user is None:
        raise Refused("invalid_arguments", "unknown user_id")
    if arguments.get("hash") not in (None, (user.home or {}).get("hash")):
        raise Refused("hash_conflict")
    _check(arguments["view"], "home")
    lasting = user.home["id"] if user.home else slack.new_id("V")
    user.home = {**arguments["view"], "id": lasting, "team_id": TEAM, "hash": _hash(slack)}
    return {"view": user.home}


def user_info(slack: Workspace, arguments: Arguments) -> Arguments:
    if arguments["user"] not in slack.users:
        raise Refused("user_not_found")
    return {"user": _shown(slack.users[arguments["user"]])}


def users(slack: Workspace, arguments: Arguments) -> Arguments:
    some, metadata = page(list(slack.users.values()), arguments)
    return {"members": [_shown(user) for user in some], "cache_ts": int(slack.now()), "response_metadata": metadata}


def user_by_email(slack: Workspace, arguments: Arguments) -> Arguments:
    wanted = arguments["email"].casefold()
    found = next((user for user in slack.users.values() if user.email and user.email.casefold() == wanted and not user.deleted), None)
    if found is None:
        raise Refused("users_not_found")
    return {"user": _shown(found)}


def auth(slack: Workspace, arguments: Arguments) -> Arguments:
    return {
        "url": "https://fake.slack.test/",
        "team": "Fake",
        "user": "firebreak",
        "user_id": BOT,
        "team_id": TEAM,
        "bot_id": "B0FIREBREAK",
    }


def connections(slack: Workspace, arguments: Arguments) -> Arguments:
    if not slack.socket_url:
        raise Refused("forbidden_team")
    return {"url": slack.socket_url}


def _check(view: Any, kind: str) -> None:
    if len(json.dumps(view)) > LARGEST_VIEW:
        raise Refused("view_too_large")
    faults = faults_of_view(view, kind=kind)
    if faults:
        raise Refused("invalid_arguments", *faults)  # not in every method's reference, but what Slack answers


def _kept(slack: Workspace, view: Arguments, *, depth: int = 1, **more: Any) -> Arguments:
    external = view.get("external_id")
    if external and any(each.get("external_id") == external for each in slack.views):
        raise Refused("duplicate_external_id")
    new = slack.new_id("V")
    made = {"id": new, "root_view_id": new, "hash": _hash(slack), "team_id": TEAM, "depth": depth, **more, **view}
    slack.views.append(made)
    return made


def _hash(slack: Workspace) -> str:
    return f"{int(slack.now())}.{slack.number():06d}"


def _shown(user: User) -> Arguments:
    return {
        "id": user.id,
        "team_id": user.team,
        "name": user.name or user.id.lower(),
        "deleted": user.deleted,
        "tz": user.tz,
        "is_bot": user.bot,
        "is_restricted": user.guest != "",
        "is_ultra_restricted": user.guest == "ultra_restricted",
        "is_stranger": user.team != TEAM,
        "profile": {"real_name": user.name, "display_name": user.name} | ({"email": user.email} if user.email else {}),
    }
