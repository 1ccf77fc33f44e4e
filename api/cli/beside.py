"""Where a command does its work: on this machine's database, or through the server that has the right to write to it."""

import os
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, TypeVar

import typer

from api.cli.client import Client
from api.cli.local import run
from api.cli.settings import settings
from api.cli.trouble import Trouble
from engine.store.fault import Fault

Elsewhere = Annotated[str | None, typer.Option("--server", envvar="FIREBREAK_SERVER", help="Ask this server instead of the database.")]

T = TypeVar("T")


def here_or_there(server: str | None, here: Callable[[], Coroutine[Any, Any, T]], there: Callable[[Client], T]) -> T:
    """Do it on this machine's database, else through the server that has it."""
    if server:
        return there(Client(server))
    try:
        return run(here())
    except Fault as fault:
        if not os.environ.get("FIREBREAK_TOKEN"):
            raise Trouble(str(fault), "or let the running server do it: put an admin token into FIREBREAK_TOKEN") from fault
        return there(Client(settings().address))
