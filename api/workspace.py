"""What answering Slack needs from Slack, in our own words; `engine.channels.slack_workspace` does it."""

from typing import Any, Protocol


class Workspace(Protocol):
    """The one workspace that this product answers to."""

    async def team(self) -> str | None:
        """Give the workspace's id; None while Slack can't be asked."""
        ...

    async def open_view(self, trigger_id: str, view: dict[str, Any]) -> str | None:
        """Open a form; gives Slack's code when it did not open."""
        ...

    async def whisper(self, response_url: str, text: str) -> bool:
        """Say something to whoever pressed, seen by nobody else."""
        ...
