"""What every field of the organisation file means, in plain words; see `schema_words` for those that it shares with playbooks."""

from collections.abc import Mapping
from typing import Final

ORGANISATION_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "Organisation": {
        "firebreak_organisation": "The version of this kind of file: 1.",
        "name": "What the organisation is called.",
        "timezone": "The time zone that counts where nothing else is said, such as America/Vancouver.",
        "calendars": "Working days and hours, by name; business days (bd) are counted in them.",
        "people": "Everybody who can be given something to do, by a short name.",
        "groups": "Lists of people; a role finds them with assign: group:name.",
        "oncall": "Who is on duty when; a role finds them with assign: oncall:name.",
        "channels": "Where words can be published, and whom each channel reaches.",
        "tickets": "Ticket systems that playbooks may use.",
        "required_policies": "Policies that no playbook may lack; they are proved for each.",
        "anyone_may_start": "Playbooks that guests, and people of the Slack workspace who are not in this file, may start.",
        "outgoing_hosts": "The only hosts that http steps, webhooks and tickets may call.",
        "quiet_hours": "Hours in which digests, follow-ups and distant reminders wait. Never an assignment, approval or ladder.",
        "sites": "Places of work, with their time zone and calendar.",
        "defaults": "What counts where a playbook says nothing.",
        "ladders": "Who is told, and how, the later something gets.",
        "rehearsal": "Where rehearsals take place.",
    },
    "Calendar": {
        "days": "Working days.",
        "hours": 'Working hours, such as "08:30-17:00", in the time zone of whoever counts.',
        "holidays": "Days on which nobody works, such as 2026-12-25.",
    },
    "Person": {
        "name": "The person's name.",
        "email": "Their e-mail address; nobody else in this file has the same.",
        "slack": "Their Slack member id, such as U0ANA.",
        "slack_team": "The id of their Slack workspace, such as T0LAW, where it is not the company's own.",
        "guest": "Sees only incidents that they take part in, and does only what is theirs; yes unless said where `slack_team` is set.",
        "phone": "Their number in international form, in quotes: it is called and written to.",
        "pagerduty": "The name of the secret that holds the routing key of their PagerDuty service; never the key itself.",
        "digest": "When their list of open tasks comes in the morning, such as 07:30, or never; without it, as the organisation does.",
        "skills": "What they can do; roles ask for it.",
        "timezone": "Where their clock differs from the organisation's.",
        "absent": "Days on which they are passed over: 2026-07-01 or 2026-07-01..2026-07-14.",
    },
    "Oncall": {
        "rotation": "People in the order in which they take over.",
        "starts": "When the first one began, such as 2026-01-05T09:00.",
        "every": "How long each one is on duty: 7d, 1w, 12h.",
    },
    "ChannelEntry": {
        "kind": "How it is published: by webhook, e-mail, Slack, or by a person who posts it and pastes the link.",
        "audience": "Whom it reaches.",
        "url_secret": "For a webhook: the name of the secret that holds its address.",
        "url": "For a webhook: its address, when it is no secret.",
        "to": "For e-mail: the address. For Slack: the channel.",
        "where": "For manual: where the person posts it.",
    },
    "TicketSystem": {
        "kind": "Which system it is.",
        "url": "Its address.",
        "secret": "The name of the secret that opens it; never the secret itself.",
    },
    "Site": {"timezone": "The site's time zone.", "calendar": "The site's calendar."},
    "Defaults": {
        "ladder": "The ladder for steps that name none.",
        "remind": "Reminders for steps that name none.",
        "war_room": "Where teams meet, such as slack:#inc-{{ incident.key }}.",
        "keep": "How long evidence is kept: 90d, 12m, 7y.",
        "grace": "The least time that somebody gets before time decides for them.",
        "reach": "How people are called until they answer, for roles that do not say.",
        "digest": "When everybody's list of open tasks comes on working days, in their own time zone; never turns it off.",
        "broadcast": "The Slack channel that hears of each incident that everybody may see, in one message that is edited: #incidents.",
        "archive_room": "How long after an incident is over its room is archived: 7d. Without it, rooms stay.",
        "alarm": "Who hears by e-mail, text message or phone that Slack refuses the app: people of this file, or e-mail addresses.",
    },
    "RehearsalGroup": {
        "channel": "Where rehearsals write instead of the real rooms.",
        "people": "People who play the roles.",
    },
}
