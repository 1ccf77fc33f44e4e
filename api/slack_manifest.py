"""The Slack app that Firebreak is: what it may call, what it hears, what people can choose; `firebreak slack manifest` prints it.

Rules:
- A scope is asked for because a method or an event of these tables needs it, and for no other reason.
- A method that is called anywhere stands in `SCOPES`; a test reads the code, another one Slack's own reference.
"""

from collections.abc import Mapping
from typing import Any, Final

SCOPES: Final[Mapping[str, tuple[str, ...]]] = {
    "apps.connections.open": (),
    "auth.test": (),
    "bookmarks.add": ("bookmarks:write",),
    "chat.getPermalink": (),
    "chat.postEphemeral": ("chat:write",),
    "chat.postMessage": ("chat:write",),
    "chat.update": ("chat:write",),
    "conversations.archive": ("channels:manage", "groups:write"),
    "conversations.create": ("channels:manage", "groups:write"),
    "conversations.history": ("channels:history", "groups:history", "im:history"),
    "conversations.info": ("channels:read", "groups:read"),
    "conversations.invite": ("channels:manage", "groups:write"),
    "conversations.join": ("channels:join",),
    "conversations.kick": ("channels:manage", "groups:write"),
    "conversations.list": ("channels:read", "groups:read"),
    "conversations.members": ("channels:read", "groups:read"),
    "conversations.open": ("im:write",),
    "conversations.replies": ("channels:history", "groups:history"),
    "conversations.setPurpose": ("channels:manage", "groups:write"),
    "conversations.setTopic": ("channels:manage", "groups:write"),
    "conversations.unarchive": ("channels:manage", "groups:write"),
    "pins.add": ("pins:write",),
    "users.info": ("users:read",),
    "users.lookupByEmail": ("users:read", "users:read.email"),
    "views.open": (),
    "views.publish": (),
    "views.push": (),
}
"""Every Web API method that Firebreak calls, with the scopes that it needs in public and in private channels, and to one person."""

EVENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "app_home_opened": (),
    "app_mention": ("app_mentions:read",),
    "app_uninstalled": (),
    "reaction_added": ("reactions:read",),
    "tokens_revoked": (),
}
"""Every event that Firebreak hears, with the scopes that it needs."""

COMMAND_SCOPE: Final = "commands"
"""For the slash command and the shortcuts."""

SHORTCUTS: Final[tuple[Mapping[str, str], ...]] = (
    {
        "name": "Start an incident",
        "type": "global",
        "callback_id": "incident_start",
        "description": "Opens the form that starts an incident",
    },
    {
        "name": "Start incident here",
        "type": "message",
        "callback_id": "incident_start_here",
        "description": "Starts an incident about this message",
    },
    {
        "name": "Add to timeline",
        "type": "message",
        "callback_id": "add_to_timeline",
        "description": "Writes this message into the incident's timeline",
    },
)

COMMANDS: Final = "/slack/commands"
INTERACTIVE: Final = "/slack/interactive"
EVENTS_PATH: Final = "/slack/events"


def scopes() -> tuple[str, ...]:
    """Name every scope that is needed, in the order of the alphabet."""
    wanted = {COMMAND_SCOPE, *(scope for group in (*SCOPES.values(), *EVENTS.values()) for scope in group)}
    return tuple(sorted(wanted))


def manifest(url: str | None) -> dict[str, Any]:
    """Describe the app to Slack: reached over HTTP at `url` (https, no slash at the end), or over Socket Mode without one."""
    return {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {
            "name": "Firebreak",
            "description": "Run incidents from Slack: playbooks, tasks, approvals",
            "background_color": "#8a2b06",
        },
        "features": _features(url),
        "oauth_config": {"scopes": {"bot": list(scopes())}},
        "settings": _settings(url),
    }


def _features(url: str | None) -> dict[str, Any]:
    command = {
        "command": "/incident",
        "description": "Start and run incidents",
        "usage_hint": "start | list | status | tasks | done | answer | help",
        "should_escape": True,
    }
    return {
        "app_home": {"home_tab_enabled": True, "messages_tab_enabled": True, "messages_tab_read_only_enabled": True},
        "bot_user": {"display_name": "Firebreak", "always_online": True},
        "shortcuts": [dict(shortcut) for shortcut in SHORTCUTS],
        "slash_commands": [command | ({"url": url + COMMANDS} if url else {})],
    }


def _settings(url: str | None) -> dict[str, Any]:
    heard = {"bot_events": sorted(EVENTS)}
    return {
        "event_subscriptions": ({"request_url": url + EVENTS_PATH} if url else {}) | heard,
        "interactivity": {"is_enabled": True} | ({"request_url": url + INTERACTIVE} if url else {}),
        "org_deploy_enabled": False,
        "socket_mode_enabled": url is None,
        "token_rotation_enabled": False,
    }
