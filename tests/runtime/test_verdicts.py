"""Verdicts are kept over a start, and used only for what they were made of: each test leaves a false one and looks who believes it."""

from collections.abc import Callable
from pathlib import Path

import msgspec
from sqlalchemy import Connection, delete

from engine.language.catalogue import level_of
from engine.runtime.organisation_file import Proof
from engine.runtime.verdicts import Verdicts, keep
from engine.store.library import by_digest, latest
from engine.store.settings import setting
from engine.store.tables import playbooks
from tests.runtime.given import ORGANISATION, WORK, House, house, playbook

OTHER = playbook(WORK, id="other")
FALSE = Proof({"facts": "made_up"}, ())


async def _lie(home: House, change: Callable[[Verdicts], Verdicts] = lambda verdicts: verdicts) -> None:
    """Replace every proof by a false one."""

    def unit(tx: Connection) -> None:
        found = msgspec.json.decode(setting(tx, "verdicts") or "", type=Verdicts)
        keep(tx, change(msgspec.structs.replace(found, proofs=dict.fromkeys(found.proofs, FALSE))))

    await home.database.write(unit)


async def _believes(home: House, name: str = "trial") -> bool:
    def unit(tx: Connection) -> bool:
        version = latest(tx, name)
        assert version is not None
        return home.library.world(tx, version.digest).unskippable == FALSE.unskippable

    return await home.database.read(unit)


async def test_a_start_that_finds_nothing_changed_proves_nothing(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(WORK)) as home:
        await _lie(home)
    async with house(tmp_path) as home:
        assert await _believes(home)


async def test_another_engine_or_organisation_proves_everything(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(WORK)) as home:
        await _lie(home, lambda verdicts: msgspec.structs.replace(verdicts, basis="another engine's"))
    async with house(tmp_path) as home:
        assert not await _believes(home)
        await _lie(home)
    (tmp_path / "organisation.yaml").write_text(ORGANISATION.replace("leads: [ana]", "leads: [cho]"))
    async with house(tmp_path) as home:
        assert not await _believes(home)


async def test_only_what_has_changed_is_proved_again(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(WORK), OTHER) as home:
        await _lie(home)
    async with house(tmp_path, playbook(WORK.replace("Tell the staff", "Tell everyone"), version="1.1.0")) as home:
        assert (await _believes(home), await _believes(home, "other")) == (False, True)


async def test_a_changed_file_is_checked_whatever_was_kept(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(WORK)) as home:
        (tmp_path / "playbooks" / "bad.yaml").write_text(playbook(WORK.replace("needs: [facts]", "needs: [fax]"), id="bad"))
        first = await home.library.load()
        again = await home.library.load()

        assert [each.code for each in first.diagnostics["bad.yaml"] if each.level == "error"] == ["FB104"]
        assert again.diagnostics["bad.yaml"] == first.diagnostics["bad.yaml"]


async def test_what_is_no_longer_stored_is_published_again(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(WORK)) as home:
        digest = (await home.declare()).playbook.digest
        await home.database.write(lambda tx: tx.execute(delete(playbooks)) and None)
    async with house(tmp_path) as home:
        assert await home.database.read(lambda tx: by_digest(tx, digest)) is not None


async def test_a_text_that_is_sent_in_is_proved_with_everything_it_is_told(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(WORK)) as home:
        await _lie(home)
    async with house(tmp_path) as home:
        checked = await home.library.publish(playbook(WORK.replace("needs: [facts]", "needs: []"), version="2.0.0"))

        assert checked.version is not None
        assert checked.version.unskippable == {}


def test_the_day_changes_no_verdict() -> None:
    assert level_of("FB606") != "error"
