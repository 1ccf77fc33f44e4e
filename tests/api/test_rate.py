"""How often one token may ask: told with every answer, and refused beyond, in the one shape of a "no"."""

import pytest

from api.app import create_app
from api.parts import Parts
from api.rate import Rate
from tests.api.given import House
from tests.api.test_requests import is_problem


def limited(house: House, most: int) -> House:
    """Let each token ask so often."""
    settings = house.parts.settings.model_copy(update={"rate_limit": most})
    fields = {name: getattr(house.parts, name) for name in Parts.__dataclass_fields__} | {"settings": settings}
    house.parts = Parts(**fields)
    house.app = create_app(house.parts, with_worker=False)
    return house


async def test_every_answer_says_how_many_are_left(house: House) -> None:
    ana = await limited(house, 5).person("ana")

    answers = [await ana.get("/v1/incidents") for _ in range(2)]

    assert [answer.headers["ratelimit-policy"] for answer in answers] == ['"token";q=5;w=60'] * 2
    assert [answer.headers["ratelimit"].partition(";t=")[0] for answer in answers] == ['"token";r=4', '"token";r=3']
    assert all(1 <= int(answer.headers["ratelimit"].partition(";t=")[2]) <= 60 for answer in answers)


async def test_beyond_the_limit_it_is_429_and_says_when_to_come_again(house: House) -> None:
    ana, ben = await limited(house, 3).person("ana"), await house.person("ben")

    answers = [await ana.get("/v1/incidents") for _ in range(4)]
    of_another = await ben.get("/v1/incidents")

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert is_problem(answers[-1], 429, "rate_limited")
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert answers[-1].headers["ratelimit"].startswith('"token";r=0;')
    assert of_another.status_code == 200


async def test_what_was_refused_changed_nothing_and_may_come_again(house: House) -> None:
    ana = await limited(house, 1).person("ana")
    body = {"playbook": "trial", "inputs": {"site": "Plant 4"}}
    await ana.get("/v1/incidents")

    refused = await ana.post("/v1/incidents", json=body, headers={"Idempotency-Key": "once"})
    house.app.state.rate = Rate(100)
    again = await ana.post("/v1/incidents", json=body, headers={"Idempotency-Key": "once"})

    assert (refused.status_code, again.status_code, again.json()["key"]) == (429, 201, "INC-1")


async def test_a_refusal_for_want_of_a_scope_counts_too(house: House) -> None:
    reader = await limited(house, 2).client(await house.token("reader", "playbooks:read"))

    answers = [await reader.get("/v1/incidents") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [403, 403, 429]
    assert answers[0].headers["ratelimit"].startswith('"token";r=1;')


@pytest.mark.parametrize("path", ["/healthz", "/openapi.json", "/readyz"])
async def test_what_needs_no_token_is_not_counted(house: House, path: str) -> None:
    anybody = await limited(house, 1).client()

    answers = [await anybody.get(path) for _ in range(3)]

    assert {answer.status_code for answer in answers} <= {200, 503}
    assert "ratelimit" not in answers[-1].headers


async def test_zero_counts_nothing(house: House) -> None:
    ana = await limited(house, 0).person("ana")

    answers = [await ana.get("/v1/incidents") for _ in range(10)]

    assert {answer.status_code for answer in answers} == {200}
    assert "ratelimit" not in answers[-1].headers
