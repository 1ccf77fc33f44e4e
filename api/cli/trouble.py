"""How a command ends when it can't give its answer: one sentence on stderr and an exit code, never a traceback.

Exit 1 means "no": findings, a refusal, something that does not exist. Exit 2 means "could not run": no
server, no database, a wrong option.
"""

from typing import Any, Final

import typer
from typer.core import TyperGroup

from api.cli.output import talk
from engine.store.fault import Fault

SAID_NO: Final = 1
COULD_NOT_RUN: Final = 2


class Trouble(Exception):
    """Ends a command with a sentence; `more` are lines below it."""

    def __init__(self, sentence: str, *more: str, code: int = COULD_NOT_RUN) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.more = more
        self.code = code


class Commands(TyperGroup):
    """The top of the command tree: turns what an operator or a user can mend into a sentence."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (Trouble, Fault) as error:
            raise typer.Exit(told(error)) from error


def told(error: Trouble | Fault) -> int:
    """Say what is wrong; returns the exit code."""
    trouble = error if isinstance(error, Trouble) else Trouble(str(error))
    talk(f"firebreak: {trouble.sentence}")
    for line in trouble.more:
        talk(f"  {line}")
    return trouble.code
