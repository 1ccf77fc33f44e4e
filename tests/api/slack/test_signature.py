"""Nothing gets in that Slack did not sign lately; hostile headers are a plain no."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from slack_sdk.signature import SignatureVerifier

from api.slack.signature import Signatures
from tests.api.slack.given import SECRET, Desk

VECTOR = Path(__file__).parents[3] / ".." / "shared" / "data" / "slack" / "signature-vector.json"
NOW = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
BODY = b"command=%2Fincident&text=help"
FORM = "application/x-www-form-urlencoded"


def _headers(body: bytes = BODY, *, secret: str = SECRET, seconds: int = 0) -> dict[str, str]:
    at = str(int(NOW.timestamp()) + seconds)
    signature = SignatureVerifier(secret).generate_signature(timestamp=at, body=body) or ""
    return {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": signature}


def _are_genuine(headers: dict[str, str], body: bytes = BODY, secrets: tuple[str, ...] = (SECRET,)) -> bool:
    return Signatures(secrets, lambda: NOW).are_genuine(body, headers)


def test_what_slack_signed_is_genuine() -> None:
    assert _are_genuine(_headers())


def test_the_official_vector_is_genuine() -> None:
    if not VECTOR.exists():
        pytest.skip("the official signature vector is not here")
    vector = json.loads(VECTOR.read_text())
    at = datetime.fromtimestamp(int(vector["timestamp"]), UTC)
    headers = {"x-slack-request-timestamp": vector["timestamp"], "x-slack-signature": vector["signature"]}

    assert Signatures([vector["signing_secret"]], lambda: at).are_genuine(vector["body"].encode(), headers)


@pytest.mark.parametrize("secret", [SECRET, "the-next-secret"])
def test_both_secrets_are_good_while_one_is_rotated(secret: str) -> None:
    assert _are_genuine(_headers(secret=secret), secrets=(SECRET, "the-next-secret"))


@pytest.mark.parametrize(("seconds", "genuine"), [(-300, True), (300, True), (-301, False), (301, False)])
def test_a_signature_is_good_for_five_minutes_either_way(seconds: int, genuine: bool) -> None:
    assert _are_genuine(_headers(seconds=seconds)) is genuine


def test_without_a_secret_nothing_is_genuine() -> None:
    assert not _are_genuine(_headers(), secrets=())


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Slack-Signature": ""},
        {"X-Slack-Request-Timestamp": ""},
        {"X-Slack-Request-Timestamp": "soon"},
        {"X-Slack-Request-Timestamp": "1.5"},
        {"X-Slack-Request-Timestamp": "9" * 5_000},
        {"X-Slack-Request-Timestamp": "-1"},
        {"X-Slack-Request-Timestamp": "١٧٩٥٤٥٣٢٠٠"},
        {"X-Slack-Signature": "v1=" + "0" * 64},
        {"X-Slack-Signature": "v0=" + "0" * 64},
        {"X-Slack-Signature": "v0=é"},
        {"X-Slack-Signature": "v0=" + "f" * 100_000},
    ],
    ids=lambda headers: ",".join(f"{name[8:]}={value[:12]}" for name, value in headers.items()) or "none",
)
def test_hostile_headers_are_a_plain_no(headers: dict[str, str]) -> None:
    given = {**_headers(), **headers} if headers else {}

    assert not _are_genuine(given)


def test_an_upper_case_signature_is_not_slacks() -> None:
    headers = _headers()

    assert not _are_genuine({**headers, "X-Slack-Signature": headers["X-Slack-Signature"].upper()})


def test_a_body_that_is_not_utf_8_is_a_plain_no() -> None:
    assert not _are_genuine(_headers(), b"\xff\xfe")


@pytest.mark.parametrize("path", ["/slack/commands", "/slack/interactive", "/slack/events"])
async def test_an_unsigned_request_is_401_everywhere(desk: Desk, path: str) -> None:
    bodies = [b"", b"text=help", b"\xff\xfe", b"{}", b"\x00" * 100]
    answers = [await desk.client.post(path, content=body, headers={"content-type": FORM}) for body in bodies]

    assert [answer.status_code for answer in answers] == [401] * len(bodies)
    assert not desk.slack.calls


async def test_a_body_that_was_encoded_again_is_not_what_was_signed(desk: Desk) -> None:
    await desk.types("ana", "help")
    path, body, headers = desk.sent[-1]
    answer = await desk.client.post(path, content=body.replace("%2F", "/").encode(), headers=headers)

    assert answer.status_code == 401


async def test_a_body_over_one_mebibyte_is_413(desk: Desk) -> None:
    async def parts() -> "object":
        for _ in range(33):
            yield b"x" * 65_536

    declared = await desk.client.post("/slack/events", content=b"x" * (2 << 20))
    streamed = await desk.client.post("/slack/events", content=parts())

    assert [answer.status_code for answer in (declared, streamed)] == [413, 413]


@pytest.mark.parametrize("path", ["/slack/commands", "/slack/interactive"])
async def test_certificate_probes_are_answered_unsigned(desk: Desk, path: str) -> None:
    got = await desk.client.get(f"{path}?ssl_check=1")
    posted = await desk.client.post(path, content=b"token=x&ssl_check=1", headers={"content-type": FORM})

    assert [answer.status_code for answer in (got, posted)] == [200, 200]


async def test_the_challenge_comes_back_as_it_came(desk: Desk) -> None:
    body = json.dumps({"token": "x", "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P", "type": "url_verification"})
    headers = desk.signed(body, "application/json")
    answer = await desk.client.post("/slack/events", content=body, headers=headers)

    assert (answer.status_code, answer.text) == (200, "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P")


async def test_what_slack_would_never_send_is_400(desk: Desk) -> None:
    never = [
        ("/slack/commands", "team_id=T1&text=%00&trigger_id=1.1"),
        ("/slack/commands", "team_id=T1&text=no+trigger"),
        ("/slack/commands", "&".join(f"x{number}=1" for number in range(300))),
        ("/slack/interactive", "payload="),
        ("/slack/interactive", "payload=%5B1%5D"),
        ("/slack/interactive", "payload=" + "%5B" * 5_000),
        ("/slack/interactive", "nothing=here"),
        ("/slack/interactive", 'payload={"type": "block_actions", "actions": "none"}'),
        ("/slack/events", ""),
        ("/slack/events", "{"),
        ("/slack/events", '{"type": 7}'),
    ]
    answers = [await desk.client.post(path, content=body.encode(), headers=desk.signed(body, FORM)) for path, body in never]

    assert [answer.status_code for answer in answers] == [400] * len(never)
