"""Plain commands and FastAPI's own way come to the same: the same answer, the same effect, the same refusal."""

from typing import Any

import pytest

from api.app import ROUTERS
from api.plainly import CommandRoute
from tests.api.given import House

VARYING = (
    "id",
    "key",
    "version",
    "declared_at",
    "at",
    "instance",
    "ready_at",
    "due_at",
    "acknowledge_by",
    "since",
    "seconds_left",
    "started_at",
)

COMMANDS: list[tuple[str, dict[str, Any] | None, int]] = [
    ("note", {"text": "Called the site"}, 200),
    ("steps/facts/start", None, 200),
    ("steps/facts/tick", {"item": "Who"}, 200),
    ("steps/facts/complete", {}, 409),
    ("steps/nothing/start", None, 404),
    ("raise", {"to": "sev1", "reason": "it spreads"}, 200),
    ("raise", {"to": "sev1"}, 422),
    ("note", {"text": "x", "colour": "red"}, 422),
    ("roles/press/hand-over", {"to": "ben", "note": "x"}, 200),
]


def _constant(value: Any) -> Any:
    """Take out what differs between two incidents."""
    if isinstance(value, dict):
        return {name: _constant(each) for name, each in value.items() if name not in VARYING}
    return [_constant(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize(("path", "body", "status"), COMMANDS)
async def test_both_ways_answer_alike(house: House, path: str, body: dict[str, Any] | None, status: int) -> None:
    token = await house.token("of ana", person="ana")
    plain, general = await house.client(token), await house.client()
    keys = [await house.declared() for _ in range(2)]

    answers = [
        await plain.post(f"/v1/incidents/{keys[0]}/{path}", json=body, headers={"Idempotency-Key": "a"}),
        await general.post(
            f"/v1/incidents/{keys[1]}/{path}", json=body, headers={"Authorization": f"bearer {token}", "Idempotency-Key": "b"}
        ),
    ]

    assert [answer.status_code for answer in answers] == [status, status]
    told = [str(_constant(answer.json())).replace(key, "INC") for answer, key in zip(answers, keys, strict=True)]
    assert told[0] == told[1]
    assert [name in answers[0].headers for name in ("etag", "ratelimit")] == [name in answers[1].headers for name in ("etag", "ratelimit")]


async def test_a_plain_request_is_remembered_as_any_other(house: House) -> None:
    key, token = await house.declared(), await house.token("of ana", person="ana")
    plain, general = await house.client(token), await house.client()
    once = {"Idempotency-Key": "once"}

    first = await plain.post(f"/v1/incidents/{key}/note", json={"text": "x"}, headers=once)
    again = await general.post(f"/v1/incidents/{key}/note", json={"text": "x"}, headers={"Authorization": f"bearer {token}", **once})

    assert (again.status_code, again.json()) == (200, first.json())
    assert again.headers["idempotency-replayed"] == "true"


def test_the_commands_that_people_give_go_straight() -> None:
    straight = [
        route.path
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, CommandRoute) and route.get_route_handler().__qualname__.startswith("CommandRoute.")
    ]

    assert len(straight) > 30
    assert {"/v1/incidents", "/v1/incidents/{key}/note", "/v1/incidents/{key}/steps/{step}/complete"} <= set(straight)
