"""Builders for deliveries and organisations that read as sentences."""

from collections.abc import Callable
from typing import Any

from engine.channels.channel import Outgoing
from engine.incident.effects import Delivery, DeliveryKind
from engine.language.organisation import Organisation

WORDS = "We know about a video filmed at our Plant 4 site; “more” when we can — <b>soon</b> & safely."


def outgoing(target: str, *, kind: DeliveryKind = "say", text: str = WORDS, id: str = "INC-7:31:0", **more: Any) -> Outgoing:
    receipt = more.pop("receipt_before", {})
    delivery = Delivery(id=id, kind=kind, target=target, text=text, **more)
    return Outgoing(delivery, incident="f" * 32, key="INC-7", receipt=receipt)


def organisation(**parts: Any) -> Organisation:
    return Organisation.model_validate({"firebreak_organisation": 1, "name": "Example Manufacturing", **parts})


def always(value: Organisation) -> Callable[[], Organisation]:
    return lambda: value
