"""What the fake Slack knows of each method: its arguments, and whether it takes a JSON body.

`tests/channels/test_slack_fake.py` compares this table with the reference of Slack's own methods.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Method:
    """`takes` beside the token; `json` False means that only form fields and query arguments are read."""

    needs: frozenset[str]
    takes: frozenset[str]
    json: bool = True
    errors: frozenset[str] = frozenset()


def _method(needs: str, takes: str = "", errors: str = "", *, json: bool = True) -> Method:
    return Method(frozenset(needs.split()), frozenset(needs.split()) | frozenset(takes.split()), json, frozenset(errors.split()))


METHODS: Final = {
    "auth.test": _method(""),
    "chat.postMessage": _method(
        "channel",
        "text blocks metadata mrkdwn unfurl_links unfurl_media thread_ts",
        "channel_not_found not_in_channel is_archived no_text invalid_blocks msg_blocks_too_long invalid_metadata_format",
    ),
    "chat.update": _method(
        "channel ts",
        "text blocks metadata",
        "channel_not_found message_not_found cant_update_message no_text invalid_blocks invalid_metadata_format",
    ),
    "chat.getPermalink": _method("channel message_ts", "", "channel_not_found message_not_found", json=False),
    "conversations.create": _method("name", "is_private", "name_taken invalid_name invalid_name_maxlength invalid_name_specials"),
    "conversations.invite": _method(
        "channel users", "force", "channel_not_found user_not_found already_in_channel cant_invite_self not_in_channel"
    ),
    "conversations.join": _method("channel", "", "channel_not_found method_not_supported_for_channel_type"),
    "conversations.list": _method("", "cursor limit types exclude_archived", "invalid_cursor", json=False),
    "conversations.history": _method(
        "channel", "oldest latest inclusive limit cursor include_all_metadata", "channel_not_found not_in_channel invalid_cursor"
    ),
    "conversations.setPurpose": _method("channel purpose", "", "channel_not_found not_in_channel too_long"),
    "conversations.setTopic": _method("channel topic", "", "channel_not_found not_in_channel too_long"),
    "pins.add": _method("channel", "timestamp", "channel_not_found message_not_found already_pinned"),
    "users.lookupByEmail": _method("email", "", "users_not_found", json=False),
    "views.open": _method("view", "trigger_id", "invalid_trigger_id exchanged_trigger_id expired_trigger_id"),
}
