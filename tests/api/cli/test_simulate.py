"""`firebreak simulate`: the answer in each form, the same again, and what it says when it can't."""

import json
from pathlib import Path
from typing import Any
from xml.dom import minidom

import pytest

from tests.api.cli.given import PLAYBOOKS, firebreak

FILMED = PLAYBOOKS / "filmed_workplace_argument.yaml"
START = ("--start", "2026-11-30T10:00")


def simulated(*options: str | Path, runs: int = 10) -> Any:
    ended = firebreak("simulate", FILMED, "--runs", str(runs), "--seed", "1", "--processes", "1", *START, *options, "--json")
    assert ended.exit_code == 0, ended.stderr
    return json.loads(ended.stdout)


def test_json_holds_every_figure() -> None:
    found = simulated()

    assert (found["playbook"], found["runs"], found["seed"]) == ("filmed_workplace_argument", 10, 1)
    assert found["start"] == "2026-11-30T10:00:00-08:00"
    assert [each["id"] for each in found["milestones"]] == ["people_safe", "staff_first", "holding_line"]
    assert set(found["milestones"][0]["after"]) == {"p50", "p90", "p99"}
    assert {each["role"] for each in found["roles"]} >= {"hr", "legal", "incident_lead"}
    assert all(0 <= each["chance"] <= 1 for each in found["dues"])


def test_how_many_processes_share_the_work_changes_nothing() -> None:
    alone = firebreak("simulate", FILMED, "--runs", "51", "--seed", "3", "--odds", "real=not_us:1", *START, "--processes", "1", "--json")
    shared = firebreak("simulate", FILMED, "--runs", "51", "--seed", "3", "--odds", "real=not_us:1", *START, "--processes", "2", "--json")

    assert alone.stdout == shared.stdout


def test_odds_are_honoured() -> None:
    found = simulated("--odds", "real=not_us:1")

    assert {each["id"]: each["needed"] for each in found["milestones"]}["staff_first"] == 0.0


def test_lines_for_programs_that_read_text() -> None:
    ended = firebreak("simulate", FILMED, "--runs", "5", "--seed", "1", "--processes", "1", *START, "--plain")

    first = [line.split("\t")[0] for line in ended.stdout.splitlines()]
    assert {"all milestones", "milestone", "due", "role"} <= set(first)
    assert [line.split() for line in ended.stdout.splitlines()[-3:]] == [
        ["seed", "1"],
        ["start", "2026-11-30T10:00:00-08:00"],
        ["runs", "5"],
    ]
    assert "--seed 1 --start 2026-11-30T10:00-08:00" in ended.stderr


def test_a_drawn_seed_is_printed() -> None:
    ended = firebreak("simulate", FILMED, "--runs", "2", "--processes", "1", "--plain")

    assert "to repeat: --seed " in ended.stderr


def test_a_report_is_one_page_without_people_scripts_or_anything_from_elsewhere(tmp_path: Path) -> None:
    simulated("--report", tmp_path / "report.html")

    page = (tmp_path / "report.html").read_text("utf-8")
    assert "A typical run" in page
    assert page.count("<svg") == 4
    assert [word for word in ("<script", "src=", "href=", "@import", "url(") if word in page] == []
    assert [name for name in ("Leila Haddad", "Daniel Cohen", "leila", "daniel", "duty@counsel") if name in page] == []


def test_a_report_can_be_charts_alone(tmp_path: Path) -> None:
    simulated("--report", tmp_path / "report.svg")

    root = minidom.parse(str(tmp_path / "report.svg")).documentElement  # our own file
    assert root is not None
    assert root.tagName == "svg"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--odds", "reel=ours:1"), "'reel' is neither a decision"),
        (("--start", "nigth"), "did you mean 'night'?"),
        (("--start", "friday 25:00"), "is no time of day"),
        (("--report", "page.pdf"), "ends in .html or .svg"),
        (("--organisation", "missing.yaml"), "can't read 'missing.yaml'"),
    ],
)
def test_what_does_not_fit_is_said_before_anything_runs(options: tuple[str, ...], said: str) -> None:
    ended = firebreak("simulate", FILMED, *options)

    assert ended.exit_code == 2
    assert said in ended.stderr


def test_a_playbook_with_errors_is_not_simulated(tmp_path: Path) -> None:
    (tmp_path / "faulty.yaml").write_text(FILMED.read_text("utf-8").replace("role: it\n", "role: itt\n", 1), "utf-8")
    ended = firebreak("simulate", tmp_path / "faulty.yaml", "--organisation", PLAYBOOKS / "organisation.yaml")

    assert ended.exit_code == 1
    assert "FB103" in ended.stderr


def test_a_simulation_needs_people(tmp_path: Path) -> None:
    (tmp_path / "alone.yaml").write_bytes(FILMED.read_bytes())
    ended = firebreak("simulate", tmp_path / "alone.yaml")

    assert ended.exit_code == 2
    assert "--organisation" in ended.stderr


@pytest.mark.parametrize("start", ["night", "friday 16:30", "saturday"])
def test_starts_are_read(start: str) -> None:
    ended = firebreak("simulate", FILMED, "--runs", "1", "--seed", "1", "--processes", "1", "--start", start, "--plain")

    assert ended.exit_code == 0, ended.stderr
