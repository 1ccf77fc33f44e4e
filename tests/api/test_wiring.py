"""Settings, secrets, logs and the shipped library: how the product is put together."""

import io
import stat
from pathlib import Path

import httpx
import pytest
import structlog
from pydantic import SecretStr, ValidationError
from rich.console import Console

from api.app import create_app
from api.logs import configure_logging
from api.secret_key import secret_of
from api.settings import Settings
from api.wiring import build, dismantle
from engine.channels.channel import Failed, Outgoing, Sent
from engine.incident.effects import Delivery
from engine.runtime.clock import VirtualClock
from engine.store.fault import Fault
from engine.store.tokens import create_token
from tests.api.given import EVERY_SCOPE, MONDAY, House, write_house

ROOT = Path(__file__).parents[2]


def outgoing(target: str, kind: str = "publish") -> Outgoing:
    return Outgoing(Delivery(id="INC-1:1:0", kind=kind, target=target, text="words"), "1" * 32, "INC-1")  # type: ignore[arg-type]


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PORT": "9000", "SLACK_SIGNING_SECRET": "a, b", "SLACK_BOT_TOKEN": "", "DATA_DIR": "/var/firebreak"}.items():
        monkeypatch.setenv(f"FIREBREAK_{name}", value)

    settings = Settings()

    assert (settings.port, settings.signing_secrets, settings.slack_bot_token) == (9000, ("a", "b"), None)
    assert (settings.database, settings.address) == ("sqlite:////var/firebreak/firebreak.db", "http://127.0.0.1:9000")


def test_a_wrong_setting_is_refused_without_its_secrets() -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(port=99_999, secret_key=SecretStr("hunter2"))

    assert "hunter2" not in str(refused.value)


def test_no_secret_shows_when_settings_are_printed() -> None:
    settings = Settings(secret_key=SecretStr("hunter2"), slack_bot_token=SecretStr("xoxb-hunter2"))

    assert "hunter2" not in repr(settings)


def test_a_secret_key_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)

    first, second = secret_of(settings), secret_of(settings)

    assert first == second
    assert len(first) >= 43
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600


def test_a_secret_key_that_is_set_is_not_written_anywhere(tmp_path: Path) -> None:
    assert secret_of(Settings(data_dir=tmp_path, secret_key=SecretStr("given"))) == "given"
    assert list(tmp_path.iterdir()) == []


async def test_another_secret_key_than_the_databases_is_a_fault(house: House, tmp_path: Path) -> None:
    await house.parts.database.close()
    settings = house.parts.settings.model_copy(update={"secret_key": SecretStr("another one, long enough to be one")})

    with pytest.raises(Fault):
        await build(settings, clock=house.clock)


async def test_a_bad_organisation_file_is_a_fault_and_leaves_the_database_free(tmp_path: Path) -> None:
    settings = write_house(tmp_path)
    good = settings.organisation.read_text()
    settings.organisation.write_text("firebreak_organisation: 2")

    with pytest.raises(Fault, match=r"organisation\.yaml"):
        await build(settings)
    settings.organisation.write_text(good)
    await dismantle(await build(settings))


async def test_without_accounts_everything_is_printed(house: House) -> None:
    for target in ("slack:#all", "person:ana", "email:a@example.com", "channel:newsroom", "ticket:itsm", "war_room:x"):
        outcome = await house.parts.channel.send(outgoing(target))
        assert isinstance(outcome, Sent), target

    assert house.printed.getvalue().count("words") == 6


async def test_with_an_account_what_has_none_fails_instead_of_being_printed(tmp_path: Path) -> None:
    printed = io.StringIO()
    environment = {"NEWSROOM_URL": "https://hooks.example.com/x"}
    parts = await build(write_house(tmp_path), console=Console(file=printed), environment=environment)

    outcomes = [await parts.channel.send(outgoing(target)) for target in ("channel:newsroom", "email:a@example.com", "ticket:itsm")]
    await dismantle(parts)

    assert all(isinstance(outcome, Failed) for outcome in outcomes)
    assert printed.getvalue() == ""


async def test_the_shipped_library_is_served(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, playbooks=ROOT / "playbooks", organisation=ROOT / "playbooks" / "organisation.yaml")
    parts = await build(settings, clock=VirtualClock(MONDAY), console=Console(file=io.StringIO()))
    now = parts.clock.now()
    token, _ = await parts.database.write(lambda tx: create_token(tx, "marcus", EVERY_SCOPE, now=now, person="marcus"))
    transport = httpx.ASGITransport(create_app(parts, with_worker=False))
    inputs = {"site": "Plant 4", "video_urls": ["https://video.example/1"], "people": ["Fred Hollis"]}

    async with httpx.AsyncClient(transport=transport, base_url="http://x", headers={"Authorization": f"Bearer {token}"}) as client:
        listed = (await client.get("/v1/playbooks")).json()["items"]
        declared = await client.post("/v1/incidents", json={"playbook": "filmed_workplace_argument", "inputs": inputs})
        steps = (await client.get(f"{declared.headers['location']}/steps")).json()["items"]
    await dismantle(parts)

    assert {"filmed_workplace_argument", "deepfake_impersonation", "employee_doxxing"} <= {item["id"] for item in listed}
    assert {step["id"] for step in steps if step["state"] == "ready"} >= {"capture", "freeze", "welfare", "facts"}


def test_the_log_can_be_read_by_machines_and_no_line_can_be_forged() -> None:
    text, lines = io.StringIO(), io.StringIO()
    configure_logging(Settings(log_format="text"), text)
    structlog.get_logger().info("answered", path="/x\n2026 [error] forged \x1b[31m")
    configure_logging(Settings(log_format="json"), lines)
    structlog.get_logger().info("answered", path="/x\nforged")

    assert text.getvalue().count("\n") == 1
    assert "\x1b[31m" not in text.getvalue()
    assert lines.getvalue().count("\n") == 1


def test_a_traceback_in_the_log_shows_no_values() -> None:
    for log_format in ("text", "json"):
        out = io.StringIO()
        configure_logging(Settings(log_format=log_format), out)
        try:
            _fail(f"{'Fred'.title()} Hollis")
        except ZeroDivisionError as error:
            structlog.get_logger().error("bug", exc_info=error)

        assert "ZeroDivisionError" in out.getvalue()
        assert "Fred Hollis" not in out.getvalue()


def test_a_log_that_cannot_be_written_fails_no_request() -> None:
    closed = io.StringIO()
    configure_logging(Settings(), closed)
    closed.close()

    structlog.get_logger().info("answered")


def _fail(_about_somebody: str) -> float:
    return 1 / 0
