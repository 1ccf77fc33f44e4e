"""What is shipped for running it elsewhere is true: it parses, and names settings, commands, files and users that exist."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.cli.main import COMMANDS
from api.settings import Settings

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "docs" / "deploy"
EXAMPLES = sorted(DEPLOY.glob("*.yaml"))
SETTINGS = {f"FIREBREAK_{name.upper()}" for name in Settings.model_fields}
IMAGE = (ROOT / "Dockerfile").read_text("utf-8")
USER = re.findall(r"--uid (\d+)", IMAGE)


def _compose() -> dict[str, Any]:
    return dict(yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8")))


def _kubernetes() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text("utf-8")))


def _pods() -> Iterator[dict[str, Any]]:
    yield from (each["spec"]["template"]["spec"] for each in _kubernetes() if "template" in each["spec"])


def _ours() -> dict[str, dict[str, Any]]:
    """The services that run our image."""
    return {name: each for name, each in _compose()["services"].items() if each["image"].startswith("firebreak:")}


def _commands() -> list[list[str]]:
    return [each["command"] for each in _ours().values()] + [container["args"] for pod in _pods() for container in pod["containers"]]


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.name)
def test_an_example_names_only_settings_that_exist(file: Path) -> None:
    named = set(re.findall(r"FIREBREAK_[A-Z_]*[A-Z]", file.read_text("utf-8")))

    assert named
    assert named - SETTINGS == set()


def test_the_image_sets_only_settings_that_exist() -> None:
    assert set(re.findall(r"FIREBREAK_[A-Z_]*[A-Z]", IMAGE)) - SETTINGS == set()


def test_an_example_runs_only_commands_that_exist() -> None:
    assert _commands()
    assert {command[0] for command in _commands()} - set(COMMANDS) == set()


def test_both_examples_have_servers_workers_and_one_upgrade_before_them() -> None:
    compose = [each["command"] for each in _ours().values()]
    kubernetes = [container["args"] for pod in _pods() for container in pod["containers"]]

    assert sorted(map(tuple, compose)) == sorted([("db", "upgrade"), *[("serve", "--no-worker"), ("worker",)] * 2])
    assert kubernetes == [["db", "upgrade"], ["serve", "--no-worker"], ["worker"]]
    assert all("schema" in each["depends_on"] for name, each in _ours().items() if name != "schema"), (
        "nobody starts before the schema is this release's"
    )


def test_servers_are_asked_whether_they_are_well_and_workers_are_not() -> None:
    disabled = {name for name, each in _ours().items() if each.get("healthcheck", {}).get("disable")}
    paths = re.findall(r"path: (/\w+z),", (DEPLOY / "kubernetes.yaml").read_text("utf-8"))

    assert disabled == {"schema", "worker-1", "worker-2"}
    assert paths == ["/healthz", "/healthz", "/readyz"]
    assert "/healthz" in IMAGE


def test_pods_run_as_the_images_user_and_may_do_nothing_more() -> None:
    assert {pod["securityContext"]["runAsUser"] for pod in _pods()} == {int(USER[0])}
    assert all(pod["securityContext"]["runAsNonRoot"] for pod in _pods())
    assert all(container["securityContext"]["readOnlyRootFilesystem"] for pod in _pods() for container in pod["containers"])
    assert all(each["read_only"] and each["cap_drop"] == ["ALL"] for each in _ours().values())
    assert f"uid={USER[0]}" in str(_compose()["x-firebreak"]["tmpfs"])


def test_services_lead_to_pods_that_exist() -> None:
    labels = [each["spec"]["template"]["metadata"]["labels"] for each in _kubernetes() if "template" in each["spec"]]
    selectors = [
        each["spec"]["selector"].get("matchLabels", each["spec"]["selector"]) for each in _kubernetes() if "selector" in each["spec"]
    ]
    mounted = {(pod["containers"][0]["name"], mount["name"]) for pod in _pods() for mount in pod["containers"][0].get("volumeMounts", [])}
    volumes = {(pod["containers"][0]["name"], volume["name"]) for pod in _pods() for volume in pod.get("volumes", [])}

    assert all(selector in labels for selector in selectors)
    assert mounted == volumes


def test_no_example_holds_a_secret() -> None:
    values = [value for file in EXAMPLES for value in re.findall(r"(?:PASSWORD|SECRET_KEY|TOKEN)(?:: |=)(\S+)", file.read_text("utf-8"))]

    assert values
    assert [value for value in values if not value.startswith(("${", "…"))] == []


def test_the_image_keeps_its_data_where_its_user_may_write() -> None:
    home = re.findall(r"--home-dir (\S+) firebreak", IMAGE)

    assert re.findall(r"FIREBREAK_DATA_DIR=(\S+)", IMAGE) == home
    assert f"VOLUME {home[0]}" in IMAGE
    assert IMAGE.index("\nUSER firebreak\n") < IMAGE.index(f"\nVOLUME {home[0]}")
    assert "FIREBREAK_DATA_DIR" not in "".join(file.read_text("utf-8") for file in EXAMPLES)
