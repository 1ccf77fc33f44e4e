"""How far long work is: on a terminal one line that is painted over, elsewhere nothing, so that a log stays readable."""

from collections.abc import Iterator
from contextlib import contextmanager

from api.cli.output import stderr
from engine.store.snapshot import Told


@contextmanager
def telling() -> Iterator[Told]:
    """Give what work tells its progress to: a few words, and how much of it is done (0 to 1)."""
    console = stderr()
    if not console.is_terminal:
        yield _say_nothing
        return
    with console.status("") as status:
        yield lambda what, share: status.update(f"{what} … {share:.0%}" if share else f"{what} …")


def _say_nothing(what: str, share: float) -> None:
    """Nobody watches."""
