"""Everything an operator can set, read once from `FIREBREAK_*` environment variables.

`docs/configuration.md` lists them all; a test keeps the two alike. Secrets are `SecretStr`, so that no
log and no error shows them.
"""

from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_SECRETS: Final = ("secret_key", "slack_bot_token", "slack_signing_secret", "slack_app_token", "smtp_url", "pagerduty_webhook_secret")
_OUTSIDE: Final = ("heartbeat_url", "heartbeat_fail_url", "heartbeat_header", "pack_folder", "pack_passphrase", "pack_reader")
_EMPTY_IS_UNSET: Final = (
    "database_url", "base_url", *_SECRETS, "twilio_account_sid", "twilio_auth_token", "twilio_from", *_OUTSIDE,
)  # fmt: skip


class Settings(BaseSettings):
    """One field for each variable: `FIREBREAK_PORT` is `port`."""

    model_config = SettingsConfigDict(env_prefix="FIREBREAK_", extra="ignore", frozen=True, populate_by_name=True)

    data_dir: Path = Field(Path("firebreak-data"), description="Folder for the database and the generated secret key; made when missing.")
    database_url: str | None = Field(None, description="Where everything is stored; by default `firebreak.db` in the data folder.")
    database_pool: Annotated[int, Field(ge=2, le=200)] = Field(10, description="Connections to PostgreSQL of each process.")
    playbooks: Path = Field(Path("playbooks"), description="Folder of playbooks, published at start.")
    organisation: Path = Field(
        Path("playbooks/organisation.yaml"), description="The organisation file: people, groups, on-call, channels, ticket systems."
    )
    base_url: str | None = Field(None, description="Address that people reach the server by; used in links.")
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: Annotated[int, Field(ge=0, le=65_535)] = Field(8000, description="Port to listen on.")
    workers: Annotated[int, Field(ge=1, le=64)] = Field(1, description="Processes that `firebreak serve` answers with; PostgreSQL only.")
    secret_key: SecretStr | None = Field(
        None,
        description="Seals personal values and is needed to read them again; made once and kept in the data folder when unset. "
        "Two, separated by a comma, the new one first, while it is changed.",
    )
    slack_bot_token: SecretStr | None = Field(None, description="Bot token (`xoxb-…`); without it messages are printed on the console.")
    slack_signing_secret: SecretStr | None = Field(
        None, description="Signing secret of the Slack app; two, separated by a comma, while it is rotated."
    )
    slack_app_token: SecretStr | None = Field(None, description="App token (`xapp-…`) for Socket Mode.")
    slack_api_url: str = Field("https://slack.com/api/", description="Slack's Web API; tests and proxies set it.")
    smtp_url: SecretStr | None = Field(
        None, description="Mail server: `smtp://user:password@host:587?from=firebreak@example.com`; without it no mail is sent."
    )
    twilio_account_sid: str | None = Field(None, description="Twilio account (`AC…`) that calls people and writes text messages.")
    twilio_auth_token: SecretStr | None = Field(None, description="Its auth token; it also proves that an answer comes from Twilio.")
    twilio_from: str | None = Field(None, description="The number that calls, in international form: `+16045550000`.")
    twilio_api_url: str = Field("https://api.twilio.com", description="Twilio's REST API; tests and proxies set it.")
    pagerduty_events_url: str = Field(
        "https://events.pagerduty.com", description="PagerDuty's Events API; `https://events.eu.pagerduty.com` in the EU."
    )
    pagerduty_webhook_secret: SecretStr | None = Field(
        None, description="Signing secret of the PagerDuty webhook that reports acknowledgements; two, separated by a comma, while rotated."
    )
    log_level: Annotated[str, Field(pattern="^(debug|info|warning|error)$")] = Field("info", description="debug, info, warning or error.")
    log_format: Annotated[str, Field(pattern="^(text|json)$")] = Field("text", description="text for people, json for machines.")

    rate_limit: Annotated[int, Field(ge=0, le=1_000_000)] = Field(
        6_000, description="Requests that one token may make in a minute, in each process; 0 for any number."
    )
    metrics: Annotated[str, Field(pattern="^(on|off|token)$")] = Field(
        "token", description="Who may read /metrics: on (anybody), off (nobody), token (whoever has the scope metrics:read)."
    )

    webhook_log_days: Annotated[int, Field(ge=1, le=3_650)] = Field(30, description="How long what a webhook was sent stands in its log.")
    webhook_pause_days: Annotated[int, Field(ge=1, le=365)] = Field(
        5, description="A webhook is paused when nothing has arrived for so many days although it was sent."
    )

    heartbeat_url: SecretStr | None = Field(
        None, description="Asked every minute while all is well, so that a watching service calls somebody when it no longer is."
    )
    heartbeat_fail_url: SecretStr | None = Field(None, description="Told what is wrong while something is; for services that take it.")
    heartbeat_header: SecretStr | None = Field(None, description="A header of both requests: `Authorization: GenieKey …`.")
    pack_folder: str | None = Field(None, description="Folder or bucket (`s3://…`) that the offline pack is written to.")
    pack_passphrase: SecretStr | None = Field(None, description="What the offline pack is opened with; 20 characters or more.")
    pack_reader: str | None = Field(
        None, description="The person, by their id in the organisation file, as whom the pack is written; else what an admin sees."
    )
    pack_keep: Annotated[int, Field(ge=2, le=10_000)] = Field(48, description="How many packs are kept; older ones are removed.")

    @field_validator(*_EMPTY_IS_UNSET, mode="before")
    @classmethod
    def _empty_is_unset(cls, value: object) -> object:
        return None if value == "" else value

    @property
    def database(self) -> str:
        """Address of the database."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'firebreak.db').absolute()}"

    @property
    def address(self) -> str:
        """Address of this server, without a slash at the end."""
        return (self.base_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def signing_secrets(self) -> tuple[str, ...]:
        """Slack signing secrets that are good now; two while they are rotated."""
        return _several(self.slack_signing_secret)

    @property
    def pagerduty_secrets(self) -> tuple[str, ...]:
        """Signing secrets of PagerDuty's webhook that are good now."""
        return _several(self.pagerduty_webhook_secret)


def _several(secret: SecretStr | None) -> tuple[str, ...]:
    given = secret.get_secret_value() if secret else ""
    return tuple(each.strip() for each in given.split(",") if each.strip())
