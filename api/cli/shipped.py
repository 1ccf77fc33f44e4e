"""Finds what is shipped with the program: inside the installed package, or beside it in a checkout."""

from pathlib import Path
from typing import Final

from api.cli.trouble import Trouble

_PACKAGE: Final = Path(__file__).parents[1] / "shipped"
_CHECKOUT: Final = Path(__file__).parents[2]


def shipped(name: str, in_checkout: str | None = None) -> Path:
    """Give the folder `name` of the package, or its twin in a checkout; ends the command when neither is there."""
    for folder in (_PACKAGE / name, _CHECKOUT / (in_checkout or name)):
        if folder.is_dir():
            return folder
    raise Trouble(f"this installation lacks its folder '{name}'; install firebreak again")
