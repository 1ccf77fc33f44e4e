"""E-mail: what stands in it, what it never gives away, and what each answer of a mail server means."""

import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from engine.channels.channel import Failed, Outgoing, Sent
from engine.channels.email import EmailChannel, message_id
from engine.channels.smtp_server import SmtpServer, read_smtp_url
from tests.channels.fake_mail import FakeMail, fake_mail
from tests.channels.given import WORDS, always, organisation, outgoing
from tests.channels.local_server import Reply

_LOOPBACK = ip_address("127.0.0.1")
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FROM = "firebreak@example.com"
PEOPLE = {"ben": {"name": "Ben Okafor", "email": "ben@example.com"}, "cho": {"name": "Cho Min"}}
CHANNELS = {"press_desk": {"kind": "email", "to": "press@paper.example", "audience": ["media"]}}
PAGE = {"says": "INC-7, severity 1", "subject": "INC-7 A trial", "acknowledge": True}


async def the_room(key: str) -> str | None:
    return f"https://slack.com/app_redirect?channel=C0{key}"


def channel(mail: FakeMail, **more: Any) -> EmailChannel:
    server = SmtpServer("127.0.0.1", mail.port, FROM, more.pop("tls_mode", "none"), more.pop("user", None), more.pop("password", None))
    known = always(organisation(people=PEOPLE, channels=CHANNELS))
    return EmailChannel(server, known, now=lambda: NOW, room_link=the_room, answers_at=lambda name: f"https://fb.example/{name}", **more)


def told(**more: Any) -> Outgoing:
    return outgoing("person:ben", kind="tell", body={"reason": "called", "by": "email", "page": {**PAGE, **more}})


@pytest.fixture
async def mail() -> AsyncIterator[FakeMail]:
    async with fake_mail() as running:
        yield running


async def test_the_subject_carries_the_key_and_the_playbooks_title(mail: FakeMail) -> None:
    await channel(mail).send(told())

    assert mail.taken[0]["Subject"] == "INC-7 A trial"


async def test_a_mail_to_a_person_holds_the_words_the_rooms_link_and_the_page_to_acknowledge(mail: FakeMail) -> None:
    await channel(mail).send(told())
    text = mail.taken[0].get_content()

    assert text.splitlines()[0] == WORDS
    assert "https://slack.com/app_redirect?channel=C0INC-7" in text
    assert "https://fb.example/INC-7:31:0" in text


async def test_who_has_nothing_to_acknowledge_gets_no_link_for_it(mail: FakeMail) -> None:
    await channel(mail).send(told(acknowledge=False))

    assert "fb.example" not in mail.taken[0].get_content()


async def test_what_is_published_goes_word_for_word_and_tells_nothing_of_the_incident(mail: FakeMail) -> None:
    await channel(mail).send(outgoing("channel:press_desk", kind="publish", outside=True))
    sent = mail.taken[0]

    assert (sent["To"], sent["Subject"], sent.get_content().strip()) == ("press@paper.example", "Example Manufacturing", WORDS)


async def test_the_same_delivery_has_the_same_message_id_at_every_attempt(mail: FakeMail) -> None:
    await channel(mail).send(told())
    await channel(mail).send(told())
    first, second = (each["Message-ID"] for each in mail.taken)

    assert first == second == f"<{message_id('INC-7:31:0', FROM)}>"


async def test_a_title_with_a_line_break_makes_no_header(mail: FakeMail) -> None:
    await channel(mail).send(told(subject="INC-7 A\r\nBcc: everybody@example.com\r\n\r\ntrial"))

    assert mail.taken[0]["Subject"] == "INC-7 A Bcc: everybody@example.com trial"
    assert mail.taken[0]["Bcc"] is None
    assert mail.receivers == ["ben@example.com"]


@pytest.mark.parametrize("address", ["a@b.example,c@d.example", "a@b.example\r\nBcc: c@d.example", "nobody", "<a@b.example>", ""])
async def test_an_address_that_is_none_is_refused_before_anything_is_sent(mail: FakeMail, address: str) -> None:
    outcome = await channel(mail).send(outgoing(f"email:{address}"))

    assert isinstance(outcome, Failed)
    assert not outcome.retry
    assert mail.receivers == []


async def test_who_has_no_address_is_a_failure_that_names_what_is_missing(mail: FakeMail) -> None:
    outcome = await channel(mail).send(outgoing("person:cho", kind="tell"))

    assert outcome == Failed("'cho' has no e-mail in the organisation file", retry=False)


@pytest.mark.parametrize(("status", "retry"), [(503, True), (404, False)])
async def test_a_4xx_may_be_tried_again_and_a_5xx_not(mail: FakeMail, status: int, *, retry: bool) -> None:
    mail.answer(Reply(status=status))

    outcome = await channel(mail).send(told())

    assert isinstance(outcome, Failed)
    assert (outcome.retry, outcome.ambiguous) == (retry, False)


async def test_a_server_that_can_not_be_reached_has_not_got_it() -> None:
    async with fake_mail() as gone:
        pass

    outcome = await channel(gone).send(told())

    assert isinstance(outcome, Failed)
    assert (outcome.retry, outcome.ambiguous) == (True, False)


async def test_a_receipt_gives_a_link_by_which_the_mail_is_found(mail: FakeMail) -> None:
    outcome = await channel(mail).send(told())

    assert isinstance(outcome, Sent)
    assert outcome.receipt["link"] == f"mid:{outcome.receipt['message_id']}"


async def test_mail_is_encrypted_and_the_password_is_taken(tmp_path: Path) -> None:
    server, client = certified(tmp_path)
    async with fake_mail(tls=server, login=True) as mail:
        ours = channel(mail, tls_mode="starttls", user="firebreak", password="p@ss word", tls=client)

        assert isinstance(await ours.send(told()), Sent)
        assert mail.was_encrypted == [True]


async def test_a_wrong_password_is_not_tried_again(tmp_path: Path) -> None:
    server, client = certified(tmp_path)
    async with fake_mail(tls=server, login=True) as mail:
        outcome = await channel(mail, tls_mode="starttls", user="firebreak", password="wrong", tls=client).send(told())

    assert outcome == Failed("the mail server answered 535", retry=False)


async def test_a_server_without_tls_gets_nothing(mail: FakeMail) -> None:
    outcome = await channel(mail, tls_mode="starttls").send(told())

    assert isinstance(outcome, Failed)
    assert (outcome.retry, mail.receivers) == (False, [])


async def test_a_certificate_that_nobody_knows_gets_nothing(tmp_path: Path) -> None:
    server, _ = certified(tmp_path)
    async with fake_mail(tls=server) as mail:
        outcome = await channel(mail, tls_mode="starttls").send(told())

    assert isinstance(outcome, Failed)
    assert mail.receivers == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://me%40example.com:p%40ss@mail.example.com", ("mail.example.com", 587, "me@example.com", "starttls", "p@ss")),
        ("smtps://u:p@mail.example.com?from=fb@example.com", ("mail.example.com", 465, "fb@example.com", "implicit", "p")),
        ("smtp://127.0.0.1:25?from=fb@example.com&tls=none", ("127.0.0.1", 25, "fb@example.com", "none", None)),
    ],
)
def test_a_mail_server_is_read_from_one_address(url: str, expected: tuple[object, ...]) -> None:
    found = read_smtp_url(url)

    assert (found.host, found.port, found.sender, found.tls, found.password) == expected


@pytest.mark.parametrize(
    "url",
    [
        "http://mail.example.com?from=a@b.example",
        "smtp://mail.example.com",
        "smtp://mail.example.com?from=a%0Ab@c.example",
        "smtp://mail.example.com:x?from=a@b.example",
        "smtp://mail.example.com?from=a@b.example&tls=none",
        "smtp://u:hunter2@127.0.0.1?from=a@b.example&tls=none",
        "mail.example.com",
    ],
)
def test_an_address_that_is_unclear_or_gives_a_password_away_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"it |tls=none") as refused:
        read_smtp_url(url)

    assert "hunter2" not in str(refused.value)


def certified(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's own certificate for 127.0.0.1, and a client that knows it."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime(2026, 1, 1, tzinfo=UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(_LOOPBACK)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=3650))
        .not_valid_after(now + timedelta(days=36500))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "server.pem").write_bytes(pem + secret)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(folder / "server.pem")
    return server, ssl.create_default_context(cadata=pem.decode())
