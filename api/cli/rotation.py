"""`firebreak keys rotate|status`: every sealing key under the first of two secrets, while servers run.

Rules:
- A server that has the right to write does it itself, with its own secrets; the order counts that it was started with.
- Stopped anywhere, the command goes on when it is run again.
"""

from typing import Any

import typer

from api.cli.beside import Elsewhere, here_or_there
from api.cli.client import Client
from api.cli.keys import key_here
from api.cli.local import reading, run, writing
from api.cli.output import Json, answer, answer_json, talk
from api.cli.settings import settings
from api.cli.trouble import SAID_NO, Trouble
from api.key_facts import standing_facts
from engine.store.keyring import Keyring
from engine.store.rotation import finish, standing
from engine.store.rotation import rotate as rotate_some
from engine.store.seal import Sealer


def rotate(server: Elsewhere = None, as_json: Json = False) -> None:
    """Seal every key with the first secret of FIREBREAK_SECRET_KEY; run it again whenever it was stopped."""
    _say(here_or_there(server, _rotate_here, _rotate_there), as_json=as_json)


def status(server: Elsewhere = None, as_json: Json = False) -> None:
    """Count the keys by the secret that opens them; exit 1 when some are opened by none."""
    _say(Client(server).get("/v1/keys") if server else run(_count_here()), as_json=as_json)


async def _rotate_here() -> dict[str, Any]:
    chosen = settings()
    sealer, rewrapped, after = Sealer(_key(key_here(chosen))), 0, ""
    async with writing(chosen) as database:
        await database.write(sealer.confirm)
        while True:
            progress = await rotate_some(database, sealer.ring, after)
            rewrapped += progress.rewrapped
            if progress.next is None:
                return {"rewrapped": rewrapped, **standing_facts(await finish(database, sealer.ring))}
            after = progress.next


def _rotate_there(client: Client) -> dict[str, Any]:
    rewrapped, after = 0, ""
    while True:
        told = client.post("/v1/keys/rotate", {"after": after})
        rewrapped += told["rewrapped"]
        if told["next"] is None:
            return {**{name: value for name, value in told.items() if name != "next"}, "rewrapped": rewrapped}
        after = told["next"]


async def _count_here() -> dict[str, Any]:
    chosen = settings()
    ring = Keyring(_key(key_here(chosen)))
    async with reading(chosen) as database:
        return standing_facts(await database.read(lambda tx: standing(tx, ring)))


def _key(known: str | None) -> str:
    if known is None:
        raise Trouble("there is no secret key here", "set FIREBREAK_SECRET_KEY or FIREBREAK_DATA_DIR")
    return known


def _say(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        answer_json(told)
    else:
        _tell(told)
    if told["unreadable"]:
        raise typer.Exit(SAID_NO)


def _tell(told: dict[str, Any]) -> None:
    if "rewrapped" in told:
        answer(f"{_many(told['rewrapped'])} sealed anew")
    for number, secret in enumerate(told["secrets"], start=1):
        answer(f"secret {number} ({secret['name']}): {_many(secret['keys'])}")
    answer(f"destroyed for good: {_many(told['destroyed'])}")
    if told["unreadable"]:
        answer(f"opened by none of them: {_many(told['unreadable'])}")
        talk("a secret is missing: list it too, separated by a comma; else restore a backup", style="bold yellow")
    elif not told["done"]:
        talk("every secret is still needed; run: firebreak keys rotate")
    elif len(told["secrets"]) > 1:
        talk("the first secret is enough now: start every process with it alone")
    else:
        talk("this secret is enough")


def _many(count: int) -> str:
    return f"{count} key" if count == 1 else f"{count} keys"
