"""What the engine owes the world after an event: deliveries, as data.

The body of a delivery is complete: whoever sends it needs neither the incident nor the playbook.
`react` decides all of it, rehearsals included: in a rehearsal every target already is the rehearsal
channel or one of its people, and every text says so.
"""

from typing import Any, Literal

import msgspec

DeliveryKind = Literal["room", "card", "task", "say", "tell", "publish", "message", "ticket", "http", "child", "parent"]


class Delivery(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing to send.

    `id`: deterministic and unique in the deployment, `INC-7:31:0` (key, event seq, index), or
    `INC-7:card` and `INC-7:task:capture` for what is posted once and edited after (`replaces`).
    `target`: `war_room:<name>`, `person:<id>`, `slack:#x`, `email:<address>`, `webhook:<name>`,
    `channel:<name>` (of the organisation file), `ticket:<system>`, `http`, `engine` (another incident).
    `text`: a full sentence that stands alone. `outside`: it leaves the organisation, so hold, version
    and approvals are checked once more just before sending. `receipt`: its outcome comes back as a
    `RecordDelivery` command for `step`.
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
