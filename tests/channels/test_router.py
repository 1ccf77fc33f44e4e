"""A delivery goes by its kind and target, through a dict in plain sight."""

import pytest

from engine.channels.channel import Failed, Outcome, Outgoing, Sent
from engine.channels.router import Route, Router
from engine.incident.effects import DeliveryKind
from tests.channels.given import always, organisation, outgoing

CHANNELS = {
    "newsroom": {"kind": "webhook", "url_secret": "NEWSROOM_URL"},
    "press_desk": {"kind": "email", "to": "press@example.com"},
    "brand_x": {"kind": "manual", "where": "x.com/@brand"},
    "staff": {"kind": "slack", "to": "#staff"},
}
ROUTES: tuple[Route, ...] = ("slack", "person", "email", "webhook", "ticket", "http")


class Named:
    """A channel that says its name."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def send(self, outgoing: Outgoing) -> Outcome:
        return Sent({"by": self.name} if outgoing.delivery.id else {})


def _router(*routes: Route) -> Router:
    return Router({route: Named(route) for route in routes}, always(organisation(channels=CHANNELS)))


@pytest.mark.parametrize(
    ("target", "kind", "route"),
    [
        ("war_room:inc-7", "card", "slack"),
        ("slack:#x", "say", "slack"),
        ("person:ana", "tell", "person"),
        ("email:a@example.com", "message", "email"),
        ("webhook:newsroom", "message", "webhook"),
        ("channel:newsroom", "publish", "webhook"),
        ("channel:press_desk", "publish", "email"),
        ("channel:staff", "publish", "slack"),
        ("ticket:itsm", "ticket", "ticket"),
        ("http", "http", "http"),
    ],
)
async def test_each_target_has_its_route(target: str, kind: DeliveryKind, route: Route) -> None:
    outcome = await _router(*ROUTES).send(outgoing(target, kind=kind))

    assert outcome == Sent({"by": route})


@pytest.mark.parametrize("target", ["channel:brand_x", "channel:gone", "pigeon:x", "engine", ""])
async def test_what_nothing_sends_to_is_a_failure_for_good(target: str) -> None:
    outcome = await _router(*ROUTES).send(outgoing(target))

    assert isinstance(outcome, Failed)
    assert not outcome.retry


async def test_a_route_without_a_channel_says_which() -> None:
    outcome = await _router("slack").send(outgoing("email:a@example.com"))

    assert outcome == Failed("nothing is set up to send to 'email'", retry=False)
