"""The watching service is asked at the operator's address, in time and in bounds, and nothing tells that address to anybody else."""

import pytest

from engine.channels.heartbeat import HeartbeatAddress
from engine.channels.outlet import Answer, Outlet, Request
from tests.channels.local_server import LocalServer, Reply


async def test_all_is_well_is_one_request_with_the_operators_header(server: LocalServer) -> None:
    address = HeartbeatAddress(f"{server.url}/ping/s3cret?x=1", header="Authorization: GenieKey abc:def")
    trouble = await address.alive()
    await address.close()
    (received,) = server.received

    assert trouble is None
    assert (received.method, received.path, received.body) == ("GET", "/ping/s3cret?x=1", b"")
    assert received.headers["authorization"] == "GenieKey abc:def"


@pytest.mark.parametrize("status", [302, 404, 500])
async def test_what_is_no_success_is_not_heard_and_names_the_host_alone(server: LocalServer, status: int) -> None:
    server.answer(Reply(status=status, headers={"Location": f"{server.url}/elsewhere"}))
    address = HeartbeatAddress(f"{server.url}/ping/s3cret")
    trouble = await address.alive()
    await address.close()

    assert trouble == f"'127.0.0.1' answered {status}"
    assert [each.path for each in server.received] == ["/ping/s3cret"]


async def test_what_is_wrong_is_told_where_somebody_listens(server: LocalServer) -> None:
    address = HeartbeatAddress(f"{server.url}/ping", fail_url=f"{server.url}/ping/fail")
    trouble = await address.unwell(["the oldest alarm is overdue by 7 min", "and more"])
    await address.close()
    (received,) = server.received

    assert trouble is None
    assert (received.method, received.path) == ("POST", "/ping/fail")
    assert received.body.decode() == "the oldest alarm is overdue by 7 min\nand more"


async def test_without_such_an_address_nobody_is_told(server: LocalServer) -> None:
    address = HeartbeatAddress(f"{server.url}/ping")
    trouble = await address.unwell(["late"])
    await address.close()

    assert (trouble, server.received) == (None, [])


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://hc.example.com/x", "'ftp' addresses are not called"),
        ("http://hc.example.com/x", "without encryption"),
        ("https://user:pass@hc.example.com/x", "holds a user name"),
        ("nonsense", "'' addresses are not called"),
    ],
)
def test_an_address_that_can_not_be_used_is_refused_at_once(url: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        HeartbeatAddress(url)


def test_a_header_has_a_name_and_a_value() -> None:
    with pytest.raises(ValueError, match="Name: value"):
        HeartbeatAddress("https://hc.example.com/x", header="GenieKey")


async def test_a_name_that_the_operator_chose_may_stand_for_a_private_address(server: LocalServer) -> None:
    async def inside(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1"]

    url = f"https://hc.corp.example:{server.port}/ping"
    answers = []
    for private in (True, False):
        outlet = Outlet(lambda: [f"hc.corp.example:{server.port}"], resolve=inside, private=private)
        answers.append(await outlet.call(Request("GET", url, timeout=2)))
        await outlet.close()
    words = [answer.error for answer in answers if not isinstance(answer, Answer)]

    assert words[0].startswith("could not connect")
    assert "is a private address" in words[1]
