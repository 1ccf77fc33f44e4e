"""Reads the settings for commands that run beside the database; a wrong one ends the command with a sentence."""

from pydantic import ValidationError

from api.cli.trouble import Trouble
from api.settings import Settings


def settings(**given: object) -> Settings:
    """Read FIREBREAK_* from the environment; options of a command that are not None come first."""
    chosen = {name: value for name, value in given.items() if value is not None}
    try:
        return Settings(**chosen)  # type: ignore[arg-type]  # pydantic checks them
    except ValidationError as error:
        lines = [f"{_variable(each['loc'])}: {each['msg'][:1].lower()}{each['msg'][1:]}" for each in error.errors()]
        raise Trouble("the configuration can't be used", *lines, "docs/configuration.md lists every setting") from error


def _variable(place: tuple[int | str, ...]) -> str:
    return f"FIREBREAK_{str(place[0]).upper()}" if place else "FIREBREAK_…"
