"""Prints each delivery as readable lines: the twin of every provider, so that the product runs with no account anywhere.

Rules:
- One heading line (incident, where it would go, what it is) and the text below it, exactly as it would be
  sent, but for control characters, which could repaint the reader's terminal.
- Printing is arrival. The receipt holds what the real provider's would: a link, a reference, a status.
- What has no provider yet (e-mail) says so in its heading.
"""

from typing import Final

from rich.console import Console
from rich.text import Text

from engine.channels.channel import Outcome, Outgoing, Sent
from engine.incident.effects import Delivery

_NOTES: Final = {"email": "no mail server is set up, so it is printed here"}

_UNSEEN: Final = frozenset({"bookmarks", "invite"})
"""What only a real channel has: nobody reads it here."""


class ConsoleChannel:
    """Sends anything to a terminal or a stream."""

    def __init__(self, console: Console) -> None:
        self._console = console

    async def send(self, outgoing: Outgoing) -> Outcome:
        delivery = outgoing.delivery
        if delivery.kind in _UNSEEN:
            return Sent(_receipt(delivery))
        self._console.print(heading(outgoing), soft_wrap=True)
        for line in delivery.text.splitlines():
            self._console.print(Text("    " + printable(line)), soft_wrap=True)
        return Sent(_receipt(delivery))


def heading(outgoing: Outgoing) -> Text:
    """Write the first line of a printed delivery."""
    delivery = outgoing.delivery
    scheme, _, name = delivery.target.partition(":")
    again = " (edited)" if outgoing.receipt else ""
    outside = " (outside)" if delivery.outside else ""
    note = f" ({_NOTES[scheme]})" if scheme in _NOTES else ""
    by = delivery.body.get("by", "slack") if delivery.kind == "tell" else "slack"
    way = f" by {by}" if by != "slack" else ""
    return Text.assemble(
        (printable(outgoing.key), "bold"),
        " → ",
        (printable(f"{scheme.replace('_', ' ')} {name}".strip()), "cyan"),
        (f"  {delivery.kind}{way}{again}{outside}{note}", "dim"),
    )


def printable(text: str) -> str:
    """Replace every control character, so that a text can't move the cursor or forge a line."""
    return "".join(char if char.isprintable() else "�" for char in text)


def _receipt(delivery: Delivery) -> dict[str, object]:
    address = f"console:{delivery.id}"
    match delivery.kind:
        case "ticket":
            return {"reference": address}
        case "http":
            return {"status": 200, "saved": {}}
        case "publish":
            return {"link": address}
        case _:
            return {"console": delivery.id}
