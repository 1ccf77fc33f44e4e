"""The documentation is true: what exists is named, what is named exists, and what the README says to paste runs."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.core import TyperGroup

from api.app import ROUTERS
from api.cli.main import COMMANDS, built
from api.settings import Settings
from engine.language.catalogue import CATALOGUE
from tests.api.cli.given import PLAYBOOKS, ROOT, Served, firebreak, served

DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md")), PLAYBOOKS / "README.md"]
TERMINAL_ONLY = {"FIREBREAK_SERVER", "FIREBREAK_TOKEN"}


def page(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def commands() -> Iterator[tuple[str, set[str]]]:
    """Give every command as it is typed, with its options."""
    for name, load in COMMANDS.items():
        command = built(name, load())
        inner = {f"{name} {each}": one for each, one in command.commands.items()} if isinstance(command, TyperGroup) else {name: command}
        for typed, one in inner.items():
            yield typed, {option for parameter in one.params for option in (*parameter.opts, *parameter.secondary_opts)}


def rows() -> Iterator[tuple[str, str]]:
    """Give the commands that docs/terminal.md describes, with the whole row."""
    for row in page("docs/terminal.md").splitlines():
        match = re.match(r"\| `firebreak ([a-z-]+(?: [a-z-]+)?)", row)
        if match:
            yield match[1], row


def test_every_command_is_documented() -> None:
    assert {typed for typed, _ in commands()} - {described for described, _ in rows()} == set()


def test_every_documented_option_exists() -> None:
    options = dict(commands())
    named = {typed: set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", row)) for typed, row in rows()}

    assert {typed: found - options[typed] for typed, found in named.items() if found - options[typed]} == {}


def test_every_setting_is_documented_and_every_documented_one_exists() -> None:
    settings = {f"FIREBREAK_{name.upper()}" for name in Settings.model_fields}
    documented = set(re.findall(r"^\| `(FIREBREAK_[A-Z_]+)`", page("docs/configuration.md"), re.MULTILINE))

    assert documented - TERMINAL_ONLY == settings


def test_no_page_names_a_setting_that_does_not_exist() -> None:
    settings = {f"FIREBREAK_{name.upper()}" for name in Settings.model_fields} | TERMINAL_ONLY
    named = {(name.name, setting) for name in PAGES for setting in re.findall(r"FIREBREAK_[A-Z_]*[A-Z]", name.read_text("utf-8"))}

    assert {each for each in named if each[1] not in settings} == set()


def test_every_route_is_documented() -> None:
    paths = {re.sub(r"\{\w+\}", "{}", route.path) for router in ROUTERS for route in router.routes if hasattr(route, "path")}
    documented = {re.sub(r"\{\w+\}", "{}", path) for path in re.findall(r"`(?:[A-Z/ ]+ )?(/[\w{}./-]*)", page("docs/api.md"))}

    assert {path for path in paths if path not in documented} == set()


def test_every_finding_has_a_page_and_every_page_a_finding() -> None:
    pages = {file.stem for file in (DOCS / "rules").glob("FB*.md")}
    reported = {code for code, entry in CATALOGUE.items() if not entry.is_planned}

    assert reported - pages == set()
    assert pages - set(CATALOGUE) == set()


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(file: Path) -> None:
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", file.read_text("utf-8")) if "://" not in link]

    assert [link for link in links if link and not (file.parent / link).exists()] == []


def test_decisions_are_numbered_and_say_context_choice_and_price() -> None:
    files = sorted((DOCS / "decisions").glob("*.md"))
    missing = [(f.name, part) for f in files for part in ("**Context.**", "**Choice.**", "**Price.**") if part not in f.read_text("utf-8")]

    assert [file.name[:4] for file in files] == [f"{number:04}" for number in range(1, len(files) + 1)]
    assert missing == []


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", page("Makefile"), re.MULTILINE))
    named = {
        target
        for file in PAGES
        for block in blocks(file.read_text("utf-8"), "bash")
        for target in re.findall(r"^make (\w+)", block, re.MULTILINE)
    }

    assert named
    assert named - targets == set()


def test_every_json_block_is_json() -> None:
    for file in PAGES:
        for block in blocks(file.read_text("utf-8"), "json"):
            assert json.loads(block)


def test_the_readmes_playbook_is_sound_for_the_sample_organisation(tmp_path: Path) -> None:
    (example,) = blocks(page("README.md"), "yaml")
    (tmp_path / "example.yaml").write_text(example, "utf-8")
    ended = firebreak("check", tmp_path / "example.yaml", "--organisation", PLAYBOOKS / "organisation.yaml")

    assert (ended.exit_code, ended.stdout) == (0, "")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that knows no incident yet, so that the README's INC-1 is the one that it declares."""
    with served(tmp_path_factory.mktemp("readme")) as running:
        yield running


def typed_lines() -> list[str]:
    """List the commands that the README says to type, but for those that start a server or need Docker."""
    lines = [line.partition("  #")[0].strip() for block in blocks(page("README.md"), "bash") for line in block.splitlines()]
    return [line for line in lines if line.startswith("firebreak ") and line != "firebreak serve"]


def test_what_the_readme_says_to_type_works(fresh: Served) -> None:
    env, said = fresh.env, []
    for line in typed_lines():
        ended = firebreak(*shlex.split(line)[1:], env=env)
        said.append((line, ended.exit_code, ended.stderr))
        if " declare " in line:
            lead = json.loads(firebreak("incident", "show", "INC-1", "--json", env=env).stdout)["roles"]["incident_lead"]
            env = fresh.person(lead["person"])
        if not line.startswith("firebreak incident"):
            env = fresh.env

    assert len(said) >= 8
    assert [each for each in said if each[1] != 0] == []


def test_the_readmes_program_runs(fresh: Served) -> None:
    (program,) = blocks(page("README.md"), "python")
    given = f"SERVER, TOKEN = {fresh.url!r}, {fresh.token!r}\n"
    ended = subprocess.run([sys.executable, "-c", given + program], capture_output=True, text=True, check=False, timeout=60)

    assert "'capture'" in ended.stdout, ended.stderr


def test_the_image_that_the_readme_builds_has_a_recipe() -> None:
    builds = [line for block in blocks(page("README.md"), "bash") for line in block.splitlines() if line.startswith("docker build")]

    assert builds
    assert (ROOT / "Dockerfile").is_file()
