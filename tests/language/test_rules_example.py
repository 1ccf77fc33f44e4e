"""The rules on real playbooks: the example is sound, and each seeded fault is found."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Final

import pytest

from engine.language.diagnostic import Diagnostic
from engine.language.load import load_playbook
from engine.language.organisation import ChannelEntry, Organisation, Person
from tests.language.reading import reader

EXAMPLES: Final = Path(__file__).parents[3] / "shared" / "data" / "playbooks"
SKILLS: Final = ["statement_writing", "brand_accounts", "employment_law", "evidence_handling"]


@pytest.fixture
def examples() -> Path:
    if not EXAMPLES.is_dir():
        pytest.skip("the example playbooks are not beside the project")
    return EXAMPLES


def organisation(channels: Iterable[str] = ("newsroom", "press_desk", "brand_x", "brand_linkedin")) -> Organisation:
    groups = ("comms-leads", "hr-partners", "hr-director", "crisis-executives")
    rotation = {"rotation": ["ana"], "starts": "2026-01-05T09:00", "every": "7d"}
    return Organisation.model_validate(
        {
            "firebreak_organisation": 1,
            "name": "Example Manufacturing",
            "people": {"ana": Person(name="Ana Ruiz", skills=SKILLS)},
            "groups": {name: ["ana"] for name in groups},
            "oncall": dict.fromkeys(("comms", "press", "social", "legal", "it"), rotation),
            "calendars": {"office_days": {}},
            "channels": {name: ChannelEntry(kind="manual", audience=["public", "media"]) for name in channels},
            "ladders": {"late": [{"late": "30m", "to": "incident_lead"}]},
            "defaults": {"ladder": "late"},
        }
    )


def checked(path: Path, house: Organisation | None) -> tuple[Diagnostic, ...]:
    return load_playbook(
        path.read_bytes(), file=path.name, read=reader(path.parent), organisation=house, today=date(2026, 3, 2)
    ).diagnostics


def test_the_example_has_no_errors_and_no_warnings(examples: Path) -> None:
    said = checked(examples / "filmed_workplace_argument.yaml", organisation())

    assert [found.code for found in said if found.level != "info"] == []


def test_the_example_alone_only_asks_for_its_channels(examples: Path) -> None:
    said = checked(examples / "filmed_workplace_argument.yaml", None)

    assert {(found.code, found.level) for found in said if found.level != "info"} == {("FB116", "warning")}


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("unknown_role.yaml", "FB103"),
        ("cycle.yaml", "FB201"),
        ("unbounded_monitor.yaml", "FB313"),
        ("personal_data_public.yaml", "FB420"),
    ],
)
def test_a_seeded_fault_is_found_and_nothing_else(examples: Path, file: str, code: str) -> None:
    said = checked(examples / "broken" / file, organisation())

    assert [found.code for found in said if found.level != "info"] == [code]


def test_the_example_misses_what_the_organisation_takes_away(examples: Path) -> None:
    said = checked(examples / "filmed_workplace_argument.yaml", organisation(channels=("newsroom", "press_desk", "brand_x")))

    assert {found.message for found in said if found.level == "error"} == {"channel 'brand_linkedin' is not in the organisation file"}
