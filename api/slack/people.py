"""Who acts: the person whose `slack` id in the organisation file is the user's, in the workspace they belong to.

Rules:
- The home workspace is the one that our bot token belongs to. Somebody from another one is nobody, unless the
  organisation file names that workspace with them (`slack_team`).
- Slack has verified who pressed, so a press is the person's own credential; user names are not looked at. An e-mail
  address only proposes who somebody is: they read which line of the organisation file would make it true.
- A guest acts only while Slack can say that their account is alive; what they see and may do is the core's to say.
- Somebody unknown from the home workspace may start what the organisation lets everyone start, and nothing else.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from api.parts import Parts
from api.slack.payloads import Event, Interaction, Named, Slash
from api.slack.replies import Reply
from api.workspace import Home, Profile, Workspace
from engine.channels.slack_text import escape
from engine.incident.actor import Actor
from engine.incident.people import is_guest
from engine.language.organisation import Organisation

STRANGER: Final = (
    "I don't know you, so nothing happened. Ask whoever keeps Firebreak's organisation file to add your Slack id `{user}`; then try again."
)
LOOKS_LIKE: Final = (
    "You look like {name} by your e-mail, but only the organisation file says who somebody is, so nothing happened. "
    "Ask whoever keeps it to put `{line}` under `{person}`; then try again."
)
ELSEWHERE: Final = (
    "I don't know you, so nothing happened: you are from another workspace. "
    "Ask whoever keeps Firebreak's organisation file to add you with `{line}`; then try again."
)
UNREACHABLE: Final = "I can't check with Slack which workspace this is, so nothing happened. Try again in a moment."
UNCHECKED: Final = "I can't check with Slack whether your account is still alive, so nothing happened. Try again in a moment."
GONE: Final = "Your Slack account has been deactivated, so nothing happened."
ORG_WIDE: Final = (
    "Firebreak answers one workspace, but its app is installed for a whole Enterprise Grid organisation, so nothing happened. "
    "Ask whoever keeps Slack's apps to install it in one workspace."
)
FRESH: Final = timedelta(minutes=5)
"""How long what Slack said about a user is believed."""

_MOST: Final = 1_000
_log = structlog.get_logger("firebreak.slack")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whom Slack names: a user and the workspace (or Grid organisation) they belong to."""

    user: str
    team: str | None
    is_org_wide: bool = False


def typed_by(slash: Slash) -> Visitor:
    """Say who typed a slash command."""
    return Visitor(slash.user_id, slash.team_id, _is_true(slash.is_enterprise_install))


def sent_by(interaction: Interaction) -> Visitor:
    """Say who pressed; their own workspace counts, which in a shared channel is not ours."""
    user, team = interaction.user or Named(), interaction.team or Named()
    return Visitor(user.id, user.team_id or team.id, _is_true(interaction.is_enterprise_install))


def caused_by(event: Event) -> Visitor:
    """Say who caused an event; in a shared channel the event names their workspace itself."""
    user, team = event.event.get("user"), event.event.get("user_team") or event.event.get("team") or event.team_id
    is_org_wide = any(each.is_enterprise_install for each in event.authorizations)
    return Visitor(user if isinstance(user, str) else "", team if isinstance(team, str) else None, is_org_wide)


def person_of(organisation: Organisation, user: str) -> str | None:
    """Find whom somebody means by a Slack user id; who acts is another question."""
    return next((name for name, person in organisation.people.items() if person.slack and person.slack == user), None)


def person_behind(organisation: Organisation, visitor: Visitor, home: Home) -> str | None:
    """Find the one person with a Slack user id in a workspace; None when there is none, or more than one."""
    found = [
        name
        for name, person in organisation.people.items()
        if person.slack and person.slack == visitor.user and _is_from(visitor, person.slack_team or home.team, home)
    ]
    return found[0] if len(found) == 1 else None


class People:
    """Finds who acts."""

    def __init__(self, parts: Parts, workspace: Workspace) -> None:
        self._parts = parts
        self._workspace = workspace
        self._seen: dict[str, tuple[datetime, Profile]] = {}

    async def actor(self, visitor: Visitor) -> Actor | Reply:
        """Give the person, or the sentence for who is nobody here."""
        return await self._found(visitor, may_start=False)

    async def starter(self, visitor: Visitor) -> Actor | Reply:
        """Give the person, or somebody unknown who may start what the organisation lets everyone start."""
        return await self._found(visitor, may_start=True)

    async def _found(self, visitor: Visitor, *, may_start: bool) -> Actor | Reply:
        home = await self._workspace.home()
        if home is None:
            return Reply(UNREACHABLE)
        if home.is_org_wide or visitor.is_org_wide:
            return Reply(ORG_WIDE)
        organisation = self._parts.library.organisation
        person = person_behind(organisation, visitor, home)
        credential = f"slack:{visitor.team}:{visitor.user}"
        if person is not None:
            refused = await self._no_guest(visitor) if is_guest(organisation, person) else None
            return refused or Actor(person=person, via="slack", credential=credential, own=True)
        if may_start and organisation.anyone_may_start and visitor.user and _is_from(visitor, home.team, home):
            return Actor(via="slack", credential=credential, service=f"slack:{visitor.user}")
        return Reply(await self._unknown(organisation, visitor, home))

    async def _no_guest(self, visitor: Visitor) -> Reply | None:
        """Refuse a guest whose account is not alive, as far as Slack says."""
        profile = await self._profile(visitor.user)
        if profile is None:
            return Reply(UNCHECKED)
        return Reply(GONE) if profile.is_deleted else None

    async def _unknown(self, organisation: Organisation, visitor: Visitor, home: Home) -> str:
        user = escape(visitor.user)
        if not _is_from(visitor, home.team, home):
            return ELSEWHERE.format(line=f"slack: {user}, slack_team: {escape(visitor.team or '?')}")
        profile = await self._profile(visitor.user)
        person = _with_email(organisation, profile)
        if profile is None or person is None:
            return STRANGER.format(user=user)
        _log.warning("somebody unknown has a person's e-mail; add their id if it is them", slack=visitor.user, person=person)
        line = f"slack: {user}, guest: true" if profile.is_guest else f"slack: {user}"
        return LOOKS_LIKE.format(name=escape(organisation.people[person].name), line=line, person=person)

    async def _profile(self, user: str) -> Profile | None:
        now = self._parts.clock.now()
        known = self._seen.get(user)
        if known is not None and now - known[0] < FRESH:
            return known[1]
        profile = await self._workspace.profile(user)
        if len(self._seen) >= _MOST:
            self._seen.clear()
        if profile is not None:
            self._seen[user] = (now, profile)
        return profile


def _is_from(visitor: Visitor, team: str, home: Home) -> bool:
    """Say whether a visitor belongs to a workspace; in Enterprise Grid Slack may name the organisation in its place."""
    return bool(visitor.team) and (visitor.team == team or (team == home.team and visitor.team == home.enterprise))


def _with_email(organisation: Organisation, profile: Profile | None) -> str | None:
    """Find the only person with a user's e-mail address."""
    if profile is None or not profile.email or profile.is_deleted:
        return None
    wanted = profile.email.casefold()
    found = [name for name, person in organisation.people.items() if person.email and person.email.casefold() == wanted]
    return found[0] if len(found) == 1 else None


def _is_true(value: bool | str) -> bool:
    """Read a truth value as JSON or a form field gives it."""
    return value in (True, "true", "1")
