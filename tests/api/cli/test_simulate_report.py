"""The report of `firebreak simulate`: one sound page, what an author wrote as text, and nobody named."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.dom import minidom

import pytest

from tests.analysis.simulation.given import MILESTONE, STEPS
from tests.api.cli.given import firebreak
from tests.incident.given import HEAD, ORGANISATION

START = "2026-11-30T10:00"
PEOPLE = ("ana", "ben", "cho", "dee", "eve", "Ana Ruiz", "Ben Okafor", "Cho Min", "Dee Lund", "Eve Moran")
VOID = {"meta", "br", "img", "input", "hr", "link"}


class Nesting(HTMLParser):
    """Reads a page and lists the tags that are not closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


@pytest.fixture
def playbook(tmp_path: Path) -> Path:
    (tmp_path / "organisation.yaml").write_text(ORGANISATION, "utf-8")
    file = tmp_path / "trial.yaml"
    file.write_text(f"{HEAD}{MILESTONE}steps:{STEPS}", "utf-8")
    return file


def named_in(text: str) -> set[str]:
    return {name for name in PEOPLE if re.search(rf"\b{name}\b", text)}


def test_response_times_belong_to_roles_and_nobody_is_named(playbook: Path) -> None:
    report = playbook.parent / "report.html"
    told = firebreak("simulate", playbook, "--runs", "40", "--seed", "3", "--start", START, "--json", "--report", report)

    assert {role["role"]: set(role["response"]) for role in json.loads(told.stdout)["roles"]}["press"] == {"p50", "p90", "p99"}
    assert named_in(told.stdout) == set()
    assert named_in(report.read_text("utf-8")) == set()


def test_a_report_is_one_sound_page_without_scripts_or_anything_from_elsewhere(playbook: Path) -> None:
    report = playbook.parent / "report.html"
    ended = firebreak("simulate", playbook, "--runs", "20", "--seed", "3", "--start", START, "--report", report)
    page = report.read_text("utf-8")
    read = Nesting(page)

    assert ended.exit_code == 0
    assert f"report: {report}" in ended.stderr
    assert (read.wrong, read.open) == ([], [])
    assert read.tags & {"script", "link", "img", "iframe", "object", "embed"} == set()
    assert [name for name in read.attributes if name in {"src", "href"} or name.startswith("on")] == []
    assert re.findall(r"url\(|@import|https?:", page) == []


def test_a_report_can_be_the_charts_alone(playbook: Path) -> None:
    report = playbook.parent / "report.svg"
    firebreak("simulate", playbook, "--runs", "20", "--seed", "3", "--start", START, "--report", report)
    drawn = minidom.parse(str(report)).documentElement  # our own file
    assert drawn is not None

    assert (drawn.tagName, drawn.namespaceURI) == ("svg", "http://www.w3.org/2000/svg")
    assert len(drawn.getElementsByTagName("rect")) > 10
    assert drawn.getElementsByTagName("script") == []
    assert drawn.getElementsByTagName("image") == []


def test_what_a_playbook_says_is_written_into_a_page_as_text(playbook: Path) -> None:
    playbook.write_text(playbook.read_text("utf-8").replace("title: Answered", 'title: "<script>alert(1)</script> & more"'), "utf-8")
    report = playbook.parent / "report.html"
    firebreak("simulate", playbook, "--runs", "5", "--seed", "3", "--start", START, "--report", report)

    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in report.read_text("utf-8")
    assert "script" not in Nesting(report.read_text("utf-8")).tags


def test_a_file_that_is_not_there_can_not_be_simulated(tmp_path: Path) -> None:
    (tmp_path / "organisation.yaml").write_text(ORGANISATION, "utf-8")
    ended = firebreak("simulate", tmp_path / "gone.yaml")

    assert ended.exit_code == 2
    assert "gone.yaml': no such file or directory" in ended.stderr
