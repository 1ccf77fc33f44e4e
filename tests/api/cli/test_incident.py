"""`firebreak incident …` against a real server: one incident told from the terminal, and every "no" as one sentence."""

import json
from pathlib import Path

import pytest

from tests.api.cli.given import Served, firebreak

INPUTS = ("-i", "site=Plant 4", "-i", "people=Fred Hollis", "-i", "people=john", "-i", "video_urls=https://video.example/1")


class Person:
    """Somebody at a terminal, working on one incident."""

    def __init__(self, env: dict[str, str], key: str) -> None:
        self.env = env
        self.key = key

    def can(self, command: str, *arguments: str) -> str:
        """Give a command that must work; returns its answer."""
        ended = firebreak("incident", command, self.key, *arguments, env=self.env)
        assert ended.exit_code == 0, f"{command} {arguments}: {ended.stderr}"
        return ended.stdout

    def cannot(self, command: str, *arguments: str) -> str:
        """Give a command that must be refused; returns what was said."""
        ended = firebreak("incident", command, self.key, *arguments, env=self.env)
        assert ended.exit_code == 1, f"{command} {arguments}: {ended.stdout}"
        assert "Traceback" not in ended.stderr
        return ended.stderr

    def step(self, step: str) -> dict[str, object]:
        found: dict[str, object] = json.loads(self.can("step", step, "--json"))
        return found


@pytest.fixture
def key(server: Served) -> str:
    declared = firebreak("incident", "declare", "filmed_workplace_argument", *INPUTS, "--json", env=server.env)
    assert declared.exit_code == 0, declared.stderr
    return str(json.loads(declared.stdout)["key"])


def holder(server: Served, key: str, role: str) -> Person:
    shown = json.loads(firebreak("incident", "show", key, "--json", env=server.env).stdout)
    return Person(server.person(shown["roles"][role]["person"]), key)


def test_lists_are_given_by_repeating_an_input(server: Served) -> None:
    declared = firebreak("incident", "declare", "filmed_workplace_argument", *INPUTS, env=server.env)

    assert declared.exit_code == 0
    assert "Filmed workplace argument goes viral  (active, sev2)" in declared.stdout


def test_one_value_given_twice_is_refused_before_anything_is_sent(server: Served) -> None:
    ended = firebreak("incident", "declare", "filmed_workplace_argument", "-i", "site=a", "-i", "site=b", env=server.env)

    assert (ended.exit_code, ended.stderr) == (2, "firebreak: input 'site' takes one value and was given twice\n")


def test_what_is_missing_is_named(server: Served) -> None:
    ended = firebreak("incident", "declare", "filmed_workplace_argument", env=server.env)

    assert ended.exit_code == 1
    assert "'video_urls' (Links to every copy found so far) is required" in ended.stderr


def test_the_lead_works_a_step_and_decides(server: Served, key: str) -> None:
    lead = holder(server, key, "incident_lead")
    refused = lead.cannot("complete", "facts")
    for item in ("What is known", "2", "3", "4"):
        lead.can("tick", "facts", item)
    lead.can("complete", "facts")
    lead.can("answer", "real", "ours")

    assert "still to tick: What is known" in refused
    assert "what would work now: " in refused
    assert lead.step("facts")["state"] == "done"
    assert "draft_holding\tready" in lead.can("steps", "--open")


def test_words_are_submitted_from_a_file_read_and_approved_by_version(server: Served, key: str, tmp_path: Path) -> None:
    lead = holder(server, key, "incident_lead")
    for item in "1234":
        lead.can("tick", "facts", item)
    lead.can("complete", "facts")
    lead.can("answer", "real", "ours")
    words = tmp_path / "words.md"
    words.write_text("We know about the video and are with the people in it.", "utf-8")
    holder(server, key, "press_officer").can("submit", "draft_holding", "--file", str(words))
    legal = holder(server, key, "legal")
    version = str(legal.step("ok_holding")["content_hash"])

    assert "name the version that you read" in firebreak("incident", "approve", key, "ok_holding", env=legal.env).stderr
    assert legal.cannot("approve", "ok_holding", "--version", "0" * 64)
    legal.can("approve", "ok_holding", "--version", version)
    assert legal.step("ok_holding")["approvals"]


def test_an_admin_token_turns_no_key(server: Served, key: str) -> None:
    ended = firebreak("incident", "approve", key, "ok_holding", "--version", "0" * 64, env=server.env)

    assert ended.exit_code == 1


def test_the_course_of_an_incident_is_told(server: Served, key: str) -> None:
    lead = holder(server, key, "incident_lead")
    lead.can("note", "the site manager called")
    lead.can("raise", "sev1", "national press")
    lead.can("add", "video_urls=https://video.example/2")
    lead.can("metrics", "views_total=1200")
    lead.can("add-task", "hr", "Call the canteen", "--due", "2h")
    told = lead.can("timeline")

    assert "added: the site manager called" in told
    assert "raised severity from sev2 to sev1 (Crisis): national press" in told
    assert "“Call the canteen”" in told


def test_a_hold_is_released_by_another_key_holder_only(server: Served, key: str) -> None:
    legal = holder(server, key, "legal")
    legal.can("hold", "look at the second clip first")

    assert "another key-holder releases it" in legal.cannot("release", "never mind")


def test_a_role_is_acknowledged_and_handed_over(server: Served, key: str) -> None:
    hr = holder(server, key, "hr")
    hr.can("acknowledge", "hr")
    hr.can("hand-over", "hr", "samuel", "--note", "Fred is on shift until six")

    assert holder(server, key, "hr").env != hr.env
    assert "samuel" in Person(server.env, key).can("show")


def test_an_incident_that_is_not_there_is_one_sentence(server: Served) -> None:
    ended = firebreak("incident", "show", "INC-999", env=server.env)

    assert ended.exit_code == 1
    assert ended.stderr.count("\n") == 1


def test_a_key_with_a_slash_reaches_no_other_route(server: Served) -> None:
    assert firebreak("incident", "show", "../tokens", env=server.env).exit_code == 1


def test_without_a_token_it_says_where_one_comes_from(server: Served) -> None:
    ended = firebreak("incident", "list", env={"FIREBREAK_SERVER": server.url})

    assert ended.exit_code == 2
    assert "put a token into FIREBREAK_TOKEN" in ended.stderr


def test_lists_on_a_pipe_are_fields_and_tabs(server: Served, key: str) -> None:
    listed = firebreak("incident", "list", env=server.env).stdout

    assert any(line.split("\t")[0] == key for line in listed.splitlines())


def test_deliveries_show_what_was_sent(server: Served, key: str) -> None:
    items = json.loads(firebreak("incident", "deliveries", key, "--json", env=server.env).stdout)["items"]

    assert {item["state"] for item in items} <= {"pending", "sending", "sent"}
    assert f"{key}:card" in {item["id"] for item in items}
