"""There and back: byte for byte with our extensions, and without them the same steps, roles and branches."""

import json
from dataclasses import replace
from typing import Any

import pytest

from engine.exchange.cacao.export import Wanted, export
from engine.exchange.cacao.extension import PLAYBOOK, STEP, Written
from engine.exchange.cacao.kept import Kept
from engine.exchange.imported import Imported
from engine.exchange.importing import import_playbook
from engine.language.graph import Graph
from engine.language.load import load_playbook
from engine.language.playbook import Decision, Playbook
from tests.exchange.given import CASES, LOSSLESS, NAMES, STRIPPED, exported, imported_case, loaded, made, playbook_in, read, shipped

PARENT = "firebreak: 1\nid: parent\ntitle: Parent\nversion: 1.0.0\nowner: lead\n"
PARENT += "roles: {lead: {title: Lead}}\nsteps: [{id: one, task: One, role: lead}]\n"
CHILD = "firebreak: 1\nid: child\ntitle: Child\nversion: 1.0.0\nowner: lead\n"
CHILD += "extends: shared/parent.yaml\nsteps:\n  - {id: two, task: Two, role: lead}\n"


def back(document: dict[str, Any]) -> Imported:
    return import_playbook(json.dumps(document).encode(), file="export.json")


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_playbook_comes_back_byte_for_byte(name: str) -> None:
    imported = back(exported(name, LOSSLESS).document)
    files = {path: text.encode() for path, text in imported.files.items()}

    assert imported.diagnostics == ()
    assert files == {f"{name}.yaml": read(f"{name}.yaml").encode(), **{path: text.encode() for path, text in loaded(name).files.items()}}


def test_parents_come_back_as_well() -> None:
    imported = back(made(CHILD, files={"shared/parent.yaml": PARENT}).document)

    assert imported.files == {"trial.yaml": CHILD, "shared/parent.yaml": PARENT}


@pytest.mark.parametrize("text", [CHILD.replace("\n", "\r\n"), "\ufeff" + CHILD, CHILD + "# läßt – 💡\n"], ids=["CRLF", "mark", "letters"])
def test_what_an_editor_left_in_the_file_comes_back(text: str) -> None:
    imported = back(made(text, files={"shared/parent.yaml": PARENT}).document)

    assert imported.files["trial.yaml"].encode() == text.encode()


@pytest.mark.parametrize("name", NAMES)
def test_without_counsels_work_every_other_field_comes_back(name: str) -> None:
    found = exported(name, Wanted())
    again = playbook_in(back(found.document))
    steps = {step.id: step for step in again.steps}

    assert [step.id for step in again.steps] == [step.id for step in shipped(name).steps if step.id not in found.left_out]
    assert [step.id for step in shipped(name).steps if step.id in steps and _told(step) != _told(steps[step.id])] == []


def _told(step: Any) -> Any:
    """A step as plain values, without what may name a step that was left out."""
    rest = step.model_dump(mode="json", by_alias=True)
    return {field: value for field, value in rest.items() if field not in ("needs", "options", "when", "due", "record", "until")}


def stripped(name: str) -> Playbook:
    return playbook_in(back(exported(name, STRIPPED).document))


@pytest.mark.parametrize("name", NAMES)
def test_without_extensions_the_same_steps_and_roles_come_back(name: str) -> None:
    again = stripped(name)
    titles = [step.title for step in again.steps]

    assert [step.title for step in shipped(name).steps if step.title not in titles and step.kind != "wait"] == []
    assert {role.title for role in again.roles.values()} == {role.title for role in shipped(name).roles.values()}


@pytest.mark.parametrize("name", NAMES)
def test_without_extensions_what_people_do_has_the_same_kind_and_owner(name: str) -> None:
    kinds = {"decision": "decision", "approval": "decision", "monitor": "monitor", "playbook": "playbook"}
    again = stripped(name)
    found = {step.title: step.kind for step in again.steps}
    owners = {step.title: again.roles[step.role].title for step in again.steps if step.role is not None}
    waited = {step.of for step in shipped(name).steps if step.kind == "publish"}

    wrong = [step.title for step in shipped(name).steps if step.kind in kinds and kinds[step.kind] != found[step.title]]
    moved = [
        step.title
        for step in shipped(name).steps
        if step.role and step.kind != "playbook" and owners[step.title] != shipped(name).roles[step.role].title
    ]

    assert waited
    assert wrong == []
    assert moved == []


@pytest.mark.parametrize("name", NAMES)
def test_without_extensions_the_same_branches_come_back(name: str) -> None:
    again = stripped(name)
    decisions = {step.title: step for step in again.steps if isinstance(step, Decision)}
    for step in shipped(name).steps:
        if isinstance(step, Decision):
            same = decisions[step.title]
            assert {option: each.label for option, each in same.options.items()} == {o: each.label for o, each in step.options.items()}
            for option in step.options:
                assert under(shipped(name), step, option) <= reached(again, same, option)
                assert under(shipped(name), step, option) == under(shipped(name), step, option) & reached(again, same, option)


@pytest.mark.parametrize("name", NAMES)
def test_without_extensions_nothing_stands_under_an_answer_that_did_not_before(name: str) -> None:
    again = stripped(name)
    decisions = {step.title: step for step in shipped(name).steps if isinstance(step, Decision)}
    for step in again.steps:
        if isinstance(step, Decision) and step.title in decisions:
            before = decisions[step.title]
            for option in step.options:
                mine = {title for title in under(again, step, option) if not title.startswith(("Is this so", "Wait "))}
                assert mine <= reached(shipped(name), before, option)


def under(playbook: Playbook, decision: Decision, option: str) -> set[str]:
    """Titles of the steps listed under an option."""
    steps = Graph.of(playbook).steps
    return {steps[each].title for each in decision.options[option].then}


def reached(playbook: Playbook, decision: Decision, option: str) -> set[str]:
    """Titles of the steps listed under an option, and of all that come after them."""
    graph = Graph.of(playbook)
    listed = decision.options[option].then
    return {graph.steps[each].title for start in listed for each in (start, *graph.descendants(start))}


@pytest.mark.parametrize("name", NAMES)
def test_without_extensions_the_order_holds(name: str) -> None:
    """Whatever waited for something before, waits for it again, directly or not, unless an answer parts them."""
    before, after = Graph.of(shipped(name)), Graph.of(stripped(name))
    ids = {step.title: step.id for step in after.steps.values()}
    known = {step.id: ids[step.title] for step in before.steps.values() if step.title in ids}

    lost = [
        (need, step) for step in known for need in before.parents[step] if need in known and known[need] not in after.ancestors(known[step])
    ]

    assert lost == []


def test_extensions_of_other_tools_are_put_back_where_they_were() -> None:
    imported = imported_case(CASES / "ok" / "stix-and-foreign-extension.json")
    text = imported.files[imported.playbook]
    playbook = load_playbook(text, file=imported.playbook, read=lambda name: imported.files[name]).playbook
    assert playbook is not None

    kept = Kept.of(json.loads(imported.kept.text))
    document = export(playbook, Written(imported.playbook, text), Wanted(), kept).document
    step = next(step for step in document["workflow"].values() if step.get("name") == "Say which address it was")
    theirs = [extension for extension in step["step_extensions"].items() if extension[0] != STEP]

    assert [value for _, value in theirs] == [{"shift": "night"}]
    assert document["extension_definitions"][theirs[0][0]]["name"] == "shift-plan"
    assert {"plan": "week-12"} in document["playbook_extensions"].values()


def test_extensions_of_other_tools_survive_our_own_export_too() -> None:
    kept = Kept(
        {"extension-definition--x": {"name": "theirs"}},
        {"extension-definition--x": {"a": 1}},
        {"trial/one": {"extension-definition--x": {"b": 2}}},
    )
    text = PARENT.replace("id: parent", "id: trial")
    playbook = load_playbook(text, file="trial.yaml", read=read).playbook
    assert playbook is not None

    imported = back(export(playbook, Written("trial.yaml", text), LOSSLESS, kept).document)

    assert imported.files == {"trial.yaml": text}
    assert imported.kept == kept


def test_a_changed_workflow_is_said_although_the_source_is_whole() -> None:
    document = json.loads(made(PARENT).text)
    next(step for step in document["workflow"].values() if step.get("name") == "One")["name"] = "Two"
    imported = back(document)

    assert [(found.code, found.level) for found in imported.diagnostics] == [("FB706", "warning")]
    assert imported.files["trial.yaml"] == PARENT


@pytest.mark.parametrize("path", ["../x.yaml", "/x.yaml", "a/../../x.yaml", "c:x.yaml", "a\\b.yaml", "", ".", "a\nb.yaml"])
def test_no_import_leads_out_of_its_folder(path: str) -> None:
    document = json.loads(made(PARENT).text)
    document["playbook_extensions"][PLAYBOOK]["source"]["path"] = path
    imported = back(document)

    assert imported.files == {}
    assert [found.code for found in imported.diagnostics] == ["FB707"]


def test_a_source_that_was_touched_is_not_given_back() -> None:
    document = json.loads(made(PARENT).text)
    document["playbook_extensions"][PLAYBOOK]["source"]["text"] += " "

    assert back(document).files == {}
    assert replace(back(document), diagnostics=()) == Imported({})
