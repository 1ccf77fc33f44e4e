"""What the fake Slack knows of each method: its arguments, the body it takes, the scopes it asks for, its tier and who answers.

`tests/channels/test_slack_methods.py` compares this table with the reference of Slack's own methods.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from tests import fake_slack_channels as channels
from tests import fake_slack_messages as messages
from tests import fake_slack_views as views
from tests.fake_slack_state import Workspace

Answer = Callable[[Workspace, dict[str, Any]], dict[str, Any]]

_MANAGE: Final = "channels:manage groups:write im:write mpim:write"
_READ: Final = "channels:read groups:read im:read mpim:read"
_HISTORY: Final = "channels:history groups:history im:history mpim:history"
_BLOCKED: Final = "channel_not_found not_in_channel is_archived"
_WORDS: Final = "no_text invalid_blocks"
_NAMES: Final = "name_taken invalid_name_maxlength invalid_name_specials invalid_name_required invalid_name_punctuation"
_VIEW: Final = "view_too_large duplicate_external_id"
_TRIGGER: Final = f"invalid_trigger_id exchanged_trigger_id expired_trigger_id {_VIEW}"
_METADATA: Final = "invalid_metadata_format metadata_too_large"


@dataclass(frozen=True)
class Method:
    """`takes` beside the token; `json` False: only form fields and query arguments are read; `tier` 5 is special."""

    answer: Answer
    needs: frozenset[str]
    takes: frozenset[str]
    scopes: frozenset[str]
    errors: frozenset[str]
    tier: int
    json: bool


def _method(
    answer: Answer, needs: str = "", takes: str = "", *, scopes: str = "", errors: str = "", tier: int = 3, json: bool = True
) -> Method:
    needed = frozenset(needs.split())
    return Method(answer, needed, needed | frozenset(takes.split()), frozenset(scopes.split()), frozenset(errors.split()), tier, json)


_CHAT: Final = {
    "chat.postMessage": _method(
        messages.post,
        "channel",
        "text blocks metadata mrkdwn unfurl_links unfurl_media thread_ts reply_broadcast",
        scopes="chat:write",
        errors=f"{_BLOCKED} {_WORDS} {_METADATA} msg_blocks_too_long cannot_reply_to_message",
        tier=5,
    ),
    "chat.update": _method(
        messages.update,
        "channel ts",
        "text blocks metadata reply_broadcast",
        scopes="chat:write",
        errors=f"channel_not_found message_not_found cant_update_message is_inactive {_WORDS} {_METADATA} msg_too_long",
    ),
    "chat.delete": _method(
        messages.delete, "channel ts", scopes="chat:write", errors="channel_not_found message_not_found cant_delete_message"
    ),
    "chat.postEphemeral": _method(
        messages.post_ephemeral,
        "channel user",
        "text blocks metadata thread_ts",
        scopes="chat:write",
        errors=f"{_BLOCKED} {_WORDS} user_not_in_channel msg_too_long",
        tier=4,
    ),
    "chat.getPermalink": _method(
        messages.permalink, "channel message_ts", errors="channel_not_found message_not_found", tier=5, json=False
    ),
    "pins.add": _method(
        messages.add_pin,
        "channel",
        "timestamp",
        scopes="pins:write",
        errors="channel_not_found message_not_found already_pinned not_in_channel no_item_specified too_many_pins",
        tier=2,
    ),
    "pins.remove": _method(messages.remove_pin, "channel", "timestamp", scopes="pins:write", errors="channel_not_found no_pin", tier=2),
    "pins.list": _method(messages.list_pins, "channel", scopes="pins:read", errors="channel_not_found", tier=2, json=False),
    "reactions.add": _method(
        messages.react,
        "channel timestamp name",
        scopes="reactions:write",
        errors="channel_not_found is_archived message_not_found already_reacted",
    ),
    "reactions.get": _method(
        messages.reactions,
        "",
        "channel timestamp full",
        scopes="reactions:read",
        errors="channel_not_found message_not_found no_item_specified",
        json=False,
    ),
}

_CHANNELS: Final = {
    "conversations.create": _method(channels.create, "name", "is_private", scopes=_MANAGE, errors=_NAMES, tier=2),
    "conversations.invite": _method(
        channels.invite,
        "channel users",
        "force",
        scopes=f"channels:write.invites groups:write.invites {_MANAGE}",
        errors=f"{_BLOCKED} user_not_found already_in_channel cant_invite_self",
    ),
    "conversations.kick": _method(
        channels.kick,
        "channel user",
        scopes="channels:manage groups:write",
        errors="channel_not_found not_in_channel user_not_found cant_kick_self",
    ),
    "conversations.join": _method(
        channels.join, "channel", scopes="channels:join", errors="channel_not_found is_archived method_not_supported_for_channel_type"
    ),
    "conversations.open": _method(
        channels.open_direct,
        "",
        "users channel return_im prevent_creation",
        scopes=_MANAGE,
        errors="channel_not_found users_list_not_supplied user_not_found user_disabled method_not_supported_for_channel_type",
    ),
    "conversations.archive": _method(
        channels.archive, "channel", scopes=_MANAGE, errors="channel_not_found already_archived not_in_channel", tier=2
    ),
    "conversations.unarchive": _method(channels.unarchive, "channel", scopes=_MANAGE, errors="channel_not_found not_archived", tier=2),
    "conversations.rename": _method(channels.rename, "channel name", scopes=_MANAGE, errors=f"{_BLOCKED} {_NAMES}", tier=2),
    "conversations.setPurpose": _method(
        channels.set_purpose, "channel purpose", scopes=f"channels:write.topic {_MANAGE}", errors=f"{_BLOCKED} too_long", tier=2
    ),
    "conversations.setTopic": _method(
        channels.set_topic, "channel topic", scopes=f"channels:write.topic {_MANAGE}", errors=f"{_BLOCKED} too_long", tier=2
    ),
    "conversations.members": _method(
        channels.members,
        "channel",
        "cursor limit",
        scopes=_READ,
        errors="channel_not_found invalid_cursor invalid_limit",
        tier=4,
        json=False,
    ),
    "conversations.info": _method(
        channels.info, "channel", "include_locale include_num_members", scopes=_READ, errors="channel_not_found", json=False
    ),
    "conversations.list": _method(
        channels.listed,
        "",
        "cursor limit types exclude_archived",
        scopes=_READ,
        errors="invalid_cursor invalid_limit invalid_types",
        tier=2,
        json=False,
    ),
    "conversations.history": _method(
        channels.history,
        "channel",
        "oldest latest inclusive limit cursor include_all_metadata",
        scopes=_HISTORY,
        errors="channel_not_found not_in_channel invalid_cursor invalid_ts_latest invalid_ts_oldest",
    ),
    "conversations.replies": _method(
        channels.replies,
        "channel ts",
        "oldest latest inclusive limit cursor include_all_metadata",
        scopes=_HISTORY,
        errors="channel_not_found thread_not_found invalid_cursor invalid_ts_latest invalid_ts_oldest",
        json=False,
    ),
    "bookmarks.add": _method(
        channels.add_bookmark,
        "channel_id title type",
        "link emoji entity_id",
        scopes="bookmarks:write",
        errors="channel_not_found access_denied invalid_bookmark_type invalid_link invalid_emoji too_many_bookmarks",
        tier=2,
    ),
    "bookmarks.edit": _method(
        channels.edit_bookmark,
        "channel_id bookmark_id",
        "title link emoji",
        scopes="bookmarks:write",
        errors="channel_not_found access_denied not_found invalid_link invalid_emoji",
        tier=2,
    ),
    "bookmarks.list": _method(channels.list_bookmarks, "channel_id", scopes="bookmarks:read", errors="channel_not_found access_denied"),
    "bookmarks.remove": _method(
        channels.remove_bookmark,
        "channel_id bookmark_id",
        scopes="bookmarks:write",
        errors="channel_not_found access_denied not_found",
        tier=2,
    ),
}

_PEOPLE: Final = {
    "auth.test": _method(views.auth, tier=5),
    "apps.connections.open": _method(views.connections, errors="forbidden_team"),
    "users.info": _method(views.user_info, "user", "include_locale", scopes="users:read", errors="user_not_found", tier=4, json=False),
    "users.list": _method(views.users, "", "cursor limit include_locale", scopes="users:read", errors="invalid_cursor", tier=2, json=False),
    "users.lookupByEmail": _method(views.user_by_email, "email", scopes="users:read.email", errors="users_not_found", json=False),
    "views.open": _method(views.open_view, "view trigger_id", errors=_TRIGGER, tier=4),
    "views.push": _method(views.push_view, "view trigger_id", errors=f"{_TRIGGER} not_found push_limit_reached", tier=4),
    "views.update": _method(views.update_view, "view", "view_id external_id hash", errors=f"not_found hash_conflict {_VIEW}", tier=4),
    "views.publish": _method(views.publish_view, "user_id view", "hash", errors=f"hash_conflict {_VIEW}", tier=4),
}

METHODS: Final = {**_CHAT, **_CHANNELS, **_PEOPLE}
