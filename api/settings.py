"""Everything an operator can set, read once from `FIREBREAK_*` environment variables.

`docs/configuration.md` lists them all; a test keeps the two alike. Secrets are `SecretStr`, so that no
log and no error shows them.
"""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """One field for each variable: `FIREBREAK_PORT` is `port`."""

    model_config = SettingsConfigDict(env_prefix="FIREBREAK_", extra="ignore", frozen=True, populate_by_name=True)

    data_dir: Path = Field(Path("firebreak-data"), description="Folder for the database and the generated secret key; made when missing.")
    database_url: str | None = Field(None, description="Where everything is stored; by default `firebreak.db` in the data folder.")
    playbooks: Path = Field(Path("playbooks"), description="Folder of playbooks, published at start.")
    organisation: Path = Field(
        Path("playbooks/organisation.yaml"), description="The organisation file: people, groups, on-call, channels, ticket systems."
    )
    base_url: str | None = Field(None, description="Address that people reach the server by; used in links.")
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: Annotated[int, Field(ge=0, le=65_535)] = Field(8000, description="Port to listen on.")
    secret_key: SecretStr | None = Field(
        None, description="Seals personal values and is needed to read them again; made once and kept in the data folder when unset."
    )
    slack_bot_token: SecretStr | None = Field(None, description="Bot token (`xoxb-…`); without it messages are printed on the console.")
    slack_signing_secret: SecretStr | None = Field(
        None, description="Signing secret of the Slack app; two, separated by a comma, while it is rotated."
    )
    slack_app_token: SecretStr | None = Field(None, description="App token (`xapp-…`) for Socket Mode.")
    slack_api_url: str = Field("https://slack.com/api/", description="Slack's Web API; tests and proxies set it.")
    log_level: Annotated[str, Field(pattern="^(debug|info|warning|error)$")] = Field("info", description="debug, info, warning or error.")
    log_format: Annotated[str, Field(pattern="^(text|json)$")] = Field("text", description="text for people, json for machines.")

    @field_validator("database_url", "base_url", "secret_key", "slack_bot_token", "slack_signing_secret", "slack_app_token", mode="before")
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
        given = self.slack_signing_secret.get_secret_value() if self.slack_signing_secret else ""
        return tuple(secret.strip() for secret in given.split(",") if secret.strip())
