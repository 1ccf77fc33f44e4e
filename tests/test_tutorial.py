"""The tutorial is true: its blocks, worked through in order, build the files and show the output that it shows.

FIREBREAK_UPDATE_TUTORIAL=1 writes what the commands say now into the page; read the difference before you keep it.
"""

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.cli.given import ROOT, firebreak

PAGE = ROOT / "docs" / "tutorial.md"
BLOCK = re.compile(r"^```(?P<language>\w+)(?: (?P<file>\S+))?\n(?P<body>.*?)^```$", re.DOTALL | re.MULTILINE)
SPAN = re.compile(r"\bin \d+(\.\d+)? (ms|s)\b")
"""How long a proof takes is the machine's business."""


class Reader:
    """Somebody who works through the page in an empty folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def does(self, block: re.Match[str]) -> str:
        """Do what a block says, and give the block as it should read."""
        language, file, body = block["language"], block["file"], block["body"]
        match language:
            case "yaml":
                self.write(file, body)
            case "diff":
                self.change(file, body)
            case "console":
                body = "".join(self.runs(line) for line in body.splitlines() if line.startswith("$ "))
            case _:
                pytest.fail(f"the page has a block of {language}, which nobody runs")
        return f"```{language}{f' {file}' if file else ''}\n{body}```"

    def write(self, file: str, text: str) -> None:
        with (self.folder / file).open("a", encoding="utf-8") as stream:
            stream.write(text)

    def change(self, file: str, lines: str) -> None:
        path = self.folder / file
        text = path.read_text("utf-8")
        old, new = ("".join(line[1:] for line in lines.splitlines(keepends=True) if line.startswith(sign)) for sign in "-+")
        assert text.count(old) == 1, f"the page changes what is not there exactly once:\n{old}"
        path.write_text(text.replace(old, new), "utf-8")

    def runs(self, line: str) -> str:
        program, *arguments = shlex.split(line.removeprefix("$ "))
        assert program == "firebreak"
        return f"{line}\n{firebreak(*arguments).output.rstrip()}\n"


def worked_through(page: str, folder: Path) -> Iterator[tuple[str, str]]:
    reader = Reader(folder)
    for block in BLOCK.finditer(page):
        yield block[0], reader.does(block)


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder, and a terminal as wide as the page."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")


def test_every_block_builds_and_says_what_the_page_says(tmp_path: Path) -> None:
    page = PAGE.read_text("utf-8")
    blocks = list(worked_through(page, tmp_path))
    if os.environ.get("FIREBREAK_UPDATE_TUTORIAL"):
        for old, new in blocks:
            page = page.replace(old, new, 1) if SPAN.sub("", old) != SPAN.sub("", new) else page
        PAGE.write_text(page, "utf-8")

    assert [SPAN.sub("in a moment", new) for _, new in blocks] == [SPAN.sub("in a moment", block[0]) for block in BLOCK.finditer(page)]


def test_what_it_builds_in_the_end_is_sound_proved_formatted_and_told(tmp_path: Path) -> None:
    list(worked_through(PAGE.read_text("utf-8"), tmp_path))

    for command in (["check", "."], ["verify", "clip.yaml"], ["fmt", "--check", "."], ["test", "--every-branch", "clip.yaml"]):
        ended = firebreak(*command)
        assert ended.exit_code == 0, ended.output
