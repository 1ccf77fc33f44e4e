"""What answering Slack needs from Slack, in our own words; `engine.channels.slack_workspace` does it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol


class Home(Protocol):
    """The workspace that the bot token belongs to."""

    @property
    def team(self) -> str:
        """Id of the workspace."""
        ...

    @property
    def enterprise(self) -> str | None:
        """Id of the Enterprise Grid organisation that the workspace belongs to."""
        ...

    @property
    def is_org_wide(self) -> bool:
        """Whether the token is for a whole Grid organisation, which is no workspace."""
        ...


class Profile(Protocol):
    """What Slack says of a user."""

    @property
    def email(self) -> str | None:
        """Address of the account, where the app may see it."""
        ...

    @property
    def is_deleted(self) -> bool:
        """Whether the account has been deactivated."""
        ...

    @property
    def is_guest(self) -> bool:
        """Whether Slack calls them a guest, or somebody from another workspace."""
        ...


class Workspace(Protocol):
    """The one workspace that this product answers to."""

    async def home(self) -> Home | None:
        """Say which workspace this is; None while Slack can't be asked."""
        ...

    async def profile(self, user: str) -> Profile | None:
        """Say what Slack knows of a user; None when there is none, or Slack can't be asked."""
        ...

    async def open_view(self, trigger_id: str, view: dict[str, Any]) -> str | None:
        """Open a form, over the one it was asked for in when the trigger begins with `over:`; gives Slack's code when it did not open."""
        ...

    async def whisper(self, response_url: str, text: str, blocks: Sequence[Mapping[str, Any]] = ()) -> bool:
        """Say something to whoever pressed, seen by nobody else."""
        ...

    async def whisper_in(
        self, channel: str, user: str, *, text: str, blocks: Sequence[dict[str, Any]] = (), thread: str | None = None
    ) -> str | None:
        """Say something in a channel (and thread) that only one user sees; gives Slack's code when it was not said."""
        ...

    async def publish_home(self, user: str, view: dict[str, Any]) -> str | None:
        """Show a user their App Home; gives Slack's code when it was not shown."""
        ...

    async def message(self, channel: str, ts: str) -> dict[str, Any] | str:
        """Read one message; gives Slack's code when it can't be read."""
        ...

    async def permalink(self, channel: str, ts: str) -> str:
        """Give the address of a message."""
        ...


Acknowledge = Callable[[Mapping[str, Any]], Awaitable[None]]
"""Answers one envelope, with a body or none."""
Take = Callable[[str, Mapping[str, Any], Acknowledge], Awaitable[None]]
"""Takes one envelope: its kind, its payload, and how it is answered."""


class Socket(Protocol):
    """A connection to Slack that brings what people do, without an address of our own."""

    @property
    def is_connected(self) -> bool:
        """Whether there was a connection at the last look."""
        ...

    async def run(self, stop: asyncio.Event, take: Take) -> None:
        """Keep connected until `stop` is set."""
        ...
