"""What each of Slack's error codes means, one by one: a table, and nothing else decides.

Rules:
- Every code that the reference lists for a method we call stands here (`tests/channels/test_slack_errors.py`).
- A code that Slack invents later is `later`: trying again is safe, because it is a definite no; it is logged.
"""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

ErrorClass: TypeAlias = Literal["done", "adapt", "later", "unsure", "gone", "message_gone", "ours", "scope", "credentials"]
"""
`done`          what was asked for is so already
`adapt`         the caller goes another way, or leaves that part out
`later`         not done; trying again may help
`unsure`        perhaps done: look before trying again
`gone`          the target is away or closed to us; only a person can mend it, and is told
`message_gone`  the message can't be edited any more: it is posted anew
`ours`          what we built is wrong: never sent again as it is, logged; words are sent once without blocks
`scope`         the app may not call this method: it rests a while, everything else goes on
`credentials`   the app is shut out: nothing is called until a probe succeeds
"""

_CLASSES: Final[Mapping[ErrorClass, str]] = {
    "done": "already_in_channel already_pinned already_reacted already_archived not_archived not_pinned no_pin no_reaction "
    "cant_invite_self cant_kick_self file_already_added not_in_group",
    "adapt": "name_taken users_not_found hash_conflict duplicate_external_id thread_not_found invalid_cursor cant_invite no_user "
    "org_user_not_in_team user_is_restricted ura_max_channels invitee_cant_see_channel no_external_invite_permission "
    "app_cannot_join_channel user_not_in_channel cannot_reply_to_message restricted_action_non_threadable_channel "
    "restricted_action_thread_locked method_not_supported_for_channel_type too_many_members too_many_pins not_pinnable "
    "too_many_bookmarks too_many_tabs parent_with_link parent_bookmark_disabled cannot_bookmark_from_external_org "
    "cannot_bookmark_restricted_sharing_enabled permission_denied not_implemented not_found is_bot user_not_visible "
    "enterprise_is_restricted not_supported cant_kick_from_general cant_archive_general cant_archive_required not_reactable "
    "too_many_emoji too_many_reactions thread_locked no_access plan_upgrade_required no_such_subteam not_enabled missing_profile_id "
    "push_limit_reached expired_trigger_id exchanged_trigger_id invalid_trigger_id cant_delete_message list_record_comment_fetch_failed",
    "later": "ratelimited rate_limited message_limit_exceeded too_many_requests service_unavailable team_added_to_org update_failed "
    "external_channel_migrating streaming_state_conflict fetch_members_failed accesslimited",
    "unsure": "fatal_error internal_error request_timeout",
    "gone": "channel_not_found is_archived not_in_channel user_not_found user_disabled messages_tab_disabled restricted_action "
    "restricted_action_read_only_channel restricted_action_thread_only_channel posting_to_channel_denied channel_is_limited_access "
    "cannot_create_channel canvas_disabled_user_team team_not_found no_permission access_denied app_access_restricted "
    "two_factor_setup_required cant_broadcast_message no_dual_broadcast_content_update not_authorized "
    "slack_connect_blocked_file_type slack_connect_canvas_sharing_blocked slack_connect_clip_sharing_blocked "
    "slack_connect_file_link_sharing_blocked slack_connect_file_upload_sharing_blocked slack_connect_lists_sharing_blocked",
    "message_gone": "message_not_found cant_update_message edit_window_closed is_inactive",
    "ours": "invalid_blocks invalid_blocks_format msg_too_long msg_blocks_too_long no_text invalid_arguments invalid_arg_name "
    "invalid_array_arg invalid_charset invalid_form_data invalid_post_type missing_post_type missing_argument metadata_too_large "
    "invalid_metadata_format invalid_metadata_schema invalid_metadata_filter_keys metadata_must_be_sent_from_app "
    "invalid_attachments attachment_payload_limit_exceeded too_many_attachments too_many_contact_cards markdown_text_conflict "
    "block_mismatch as_user_not_supported send_on_behalf_not_allowed duplicate_channel_not_found duplicate_message_not_found "
    "draft_already_deleted draft_already_sent draft_has_conflict draft_not_found missing_file_data blocked_file_type file_deleted "
    "file_is_deleted file_not_found file_comment_not_found file_not_shared file_share_limit_reached max_file_sharing_exceeded "
    "unable_to_share_files invalid_name invalid_name_maxlength invalid_name_punctuation invalid_name_required "
    "invalid_name_specials too_long no_channel invalid_limit invalid_types invalid_ts_latest invalid_ts_oldest bad_timestamp "
    "no_item_specified view_too_large invalid_app_action_type invalid_bookmark_type invalid_child_type invalid_emoji "
    "invalid_entity_id invalid_link invalid_parent_type invalid_shortcut_type invalid_user_combination not_enough_users "
    "too_many_users users_list_not_supplied limit_required unknown_method method_deprecated deprecated_endpoint invalid_team "
    "invalid_users",
    "scope": "missing_scope",
    "credentials": "invalid_auth account_inactive token_revoked token_expired not_authed team_access_not_granted "
    "not_allowed_token_type org_login_required ekm_access_denied app_uninstalled",
}

CODES: Final[Mapping[str, ErrorClass]] = {code: name for name, codes in _CLASSES.items() for code in codes.split()}

_ELSEWHERE: Final[Mapping[tuple[str, str], ErrorClass]] = {
    ("pins.add", "message_not_found"): "adapt",
    ("chat.getPermalink", "message_not_found"): "adapt",
    ("conversations.invite", "user_not_found"): "adapt",
    ("conversations.kick", "user_not_found"): "adapt",
    ("users.info", "user_not_found"): "adapt",
    ("views.publish", "user_not_found"): "adapt",
}
"""Codes that mean something else for one method."""


def class_of(method: str, code: str) -> ErrorClass | None:
    """Say what a code of a method means; None when nobody knows it."""
    return _ELSEWHERE.get((method, code)) or CODES.get(code)
