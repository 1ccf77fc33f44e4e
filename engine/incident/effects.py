"""What the engine owes the world after an event: deliveries, as data.

The body of a delivery is complete: whoever sends it needs neither the incident nor the playbook.
`react` decides all of it, rehearsals included: in a rehearsal every target already is the rehearsal
channel or one of its people, and every text says so.
"""

from typing import Any, Literal

import msgspec

DeliveryKind = Literal[
    "room",
    "invite",
    "bookmarks",
    "close",
    "card",
    "task",
    "say",
    "broadcast",
    "tell",
    "publish",
    "message",
    "ticket",
    "http",
    "child",
    "parent",
    "restrict",
]
"""`room`, `invite`, `bookmarks` and `close` make a room as it should be; what it should be stands in the body."""


class Delivery(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing to send.

    `id`: deterministic and unique in the deployment, `INC-7:31:0` (key, event seq, index), or
    `INC-7:card` and `INC-7:task:capture` for what is posted once and edited after (`replaces`).
    `target`: `war_room:<name>`, `person:<id>`, `call:<way>:<id>` (a lane of its own, so that no call waits
    behind a way that is down), `slack:#x`, `email:<address>`, `webhook:<name>`,
    `channel:<name>` (of the organisation file), `ticket:<system>`, `http`, `engine` (another incident).
    `text`: a full sentence that stands alone. `outside`: it leaves the organisation, so hold, version
    and approvals are checked once more just before sending. `receipt`: its outcome comes back as a
    `RecordDelivery` command for `step`. `urgent`: an edit that does not wait for its turn among edits.
    """

    id: str
    kind: DeliveryKind
    target: str
    text: str
    body: dict[str, Any] = {}
    step: str | None = None
    outside: bool = False
    receipt: bool = False
    replaces: bool = False
    urgent: bool = False


def to_person(person: str, by: str = "slack") -> str:
    """Name the target that is a person, by a way."""
    return f"person:{person}" if by == "slack" else f"call:{by}:{person}"


def person_of(target: str) -> str | None:
    """Read whom a target reaches; None where it is nobody in particular."""
    scheme, _, name = target.partition(":")
    match scheme:
        case "person":
            return name
        case "call":
            return name.partition(":")[2]
        case _:
            return None
