"""What `load_playbook` and `load_organisation` promise beyond the golden cases."""

from pathlib import Path
from typing import Final

import pytest

from engine.language.diagnostic import Diagnostic
from engine.language.load import Loaded, load_organisation, load_playbook
from engine.language.playbook import Decision, SubPlaybook, Task
from tests.language.reading import CASES, TODAY, reader

SMALL: Final = (CASES / "ok" / "small.yaml").read_text(encoding="utf-8")
SHARED: Final = Path(__file__).parents[3] / "shared" / "data" / "playbooks"


def nothing(name: str) -> str:
    raise FileNotFoundError(name)


def load(text: str, files: dict[str, str] | None = None) -> Loaded:
    def read(name: str) -> str:
        if files is None or name not in files:
            raise FileNotFoundError(name)
        return files[name]

    return load_playbook(text, file="books/clip.yaml", read=read, today=TODAY)


def codes(found: tuple[Diagnostic, ...]) -> list[str]:
    return [diagnostic.code for diagnostic in found]


def replaced(old: str, new: str, text: str = SMALL) -> str:
    assert old in text
    return text.replace(old, new, 1)


def test_a_sound_playbook_is_given_without_diagnostics() -> None:
    loaded = load(SMALL)

    assert loaded.diagnostics == ()
    assert loaded.playbook is not None
    assert [step.id for step in loaded.playbook.steps] == ["facts", "close"]


def test_bytes_with_a_byte_order_mark_are_read_like_text() -> None:
    marked = load_playbook(b"\xef\xbb\xbf" + SMALL.encode(), file="clip.yaml", read=nothing, today=TODAY)

    assert marked.playbook == load(SMALL).playbook


def test_windows_line_ends_change_nothing() -> None:
    assert load(SMALL.replace("\n", "\r\n")).playbook == load(SMALL).playbook


def test_a_playbook_with_an_error_is_not_given() -> None:
    assert load(replaced("due: 20m", "due: soon")).playbook is None


def test_a_playbook_with_a_warning_is_given() -> None:
    loaded = load(replaced("roles:\n", "roles:\n  jester: {title: Court jester}\n"))

    assert codes(loaded.diagnostics) == ["FB602"]
    assert loaded.playbook is not None


def test_everything_that_is_wrong_is_told_at_once() -> None:
    text = replaced("role: lead, due: 20m", "role: led, due: soon, dues: 1m")
    text = replaced("needs: [facts]", "needs: [fact]", replaced("version: 1.0.0", "version: 1.0", text))

    assert codes(load(text).diagnostics) == ["FB012", "FB103", "FB301", "FB010", "FB104"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("task: Find out", "tsk: Find out", ["FB011"]),
        ("id: facts", "id: Facts", ["FB010"]),
        ("{title: Incident lead,", "{titel: Incident lead,", ["FB010"]),
        ("  lead: {title", "  Lead: {title", ["FB010"]),
        ("owner: lead", "owner: 5", ["FB004"]),
        ("id: case", "id:", ["FB010"]),
        ("\nsteps:", "\nstep:", ["FB010"]),
        ("{id: day_30, at: 30d from closed", "{id: day_30, at: later", ["FB301"]),
        ('assign: "oncall:comms"', 'assign: comms, fallback: ["?"]', ["FB114", "FB010"]),
    ],
)
def test_one_mistake_has_no_echoes(old: str, new: str, told: list[str]) -> None:
    assert codes(load(replaced(old, new)).diagnostics) == told


def test_a_step_keeps_what_its_author_wrote() -> None:
    step = """  - id: ask
    decision: Is it "ours"?
    role: lead
    needs: [facts]
    due: 15m from declared
    checklist: [Look twice, {item: Ask somebody, optional: true}]
    links: ["https://example.org", {title: Guide, url: "https://example.org/guide"}]
    options:
      yes: {label: "Yes", then: [close]}
      no: {label: "No", then: [close]}
"""
    playbook = load(replaced("  - {id: close", step + "  - {id: close")).playbook

    assert playbook is not None
    asked = playbook.steps[1]
    assert isinstance(asked, Decision)
    assert (asked.title, list(asked.options), str(asked.due)) == ('Is it "ours"?', ["yes", "no"], "15m from declared")
    assert [(item.item, item.optional) for item in asked.checklist] == [("Look twice", False), ("Ask somebody", True)]
    assert [link.url for link in asked.links] == ["https://example.org", "https://example.org/guide"]


def test_a_playbook_step_may_wait_and_have_a_title() -> None:
    step = "  - {id: fake, playbook: deepfake@1.2.0, wait: false, title: It is a fake}\n"
    playbook = load(replaced("  - {id: close", step + "  - {id: close")).playbook

    assert playbook is not None
    called = playbook.steps[1]
    assert isinstance(called, SubPlaybook)
    assert (called.playbook, called.title, called.wait) == ("deepfake@1.2.0", "It is a fake", False)


def test_a_wait_step_is_no_playbook_step() -> None:
    step = "  - {id: pause, wait: Let it rest, for: 2h}\n"
    playbook = load(replaced("  - {id: close", step + "  - {id: close")).playbook

    assert playbook is not None
    assert playbook.steps[1].kind == "wait"


def test_a_comma_in_a_plain_text_is_given_back_to_it_with_a_note() -> None:
    loaded = load(replaced("task: Find out what happened", "task: Find out, write it down"))

    assert loaded.playbook is not None
    assert isinstance(loaded.playbook.steps[0], Task)
    assert loaded.playbook.steps[0].title == "Find out, write it down"
    assert [(found.code, found.level) for found in loaded.diagnostics] == [("FB004", "info")]


def test_a_single_word_after_a_comma_is_a_field_without_a_value() -> None:
    assert codes(load(replaced("role: lead, due", "role: lead, private, due")).diagnostics) == ["FB010"]


@pytest.mark.parametrize("word", ["FB602", "fb602", "unused-role", "FB601, FB602"])
def test_a_line_may_silence_a_warning_by_code_or_slug(word: str) -> None:
    text = replaced("roles:\n", f"roles:\n  jester: {{title: Court jester}}  # firebreak: allow {word} he is needed elsewhere\n")

    assert load(text).diagnostics == ()


def test_a_line_silences_only_the_codes_that_it_names() -> None:
    text = replaced("roles:\n", "roles:\n  jester: {title: Court jester}  # firebreak: allow FB601 wrong code\n")

    assert codes(load(text).diagnostics) == ["FB602"]


def test_no_line_silences_an_error() -> None:
    text = replaced("due: 20m}", "due: soon}  # firebreak: allow FB301 we like it")

    assert codes(load(text).diagnostics) == ["FB301"]


def test_a_template_that_can_not_be_read_is_missing() -> None:
    def unreadable(name: str) -> str:
        raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")

    text = SMALL + "templates: {line: {file: line.md}}\n"
    found = load_playbook(text, file="clip.yaml", read=unreadable, today=TODAY).diagnostics

    assert codes(found) == ["FB133"]


def test_the_files_of_a_playbook_are_given_with_it() -> None:
    text = SMALL + "templates: {line: {file: t/line.md, languages: {fr: t/line.fr.md}}}\nextends: shared/base.yaml\n"
    files = {"t/line.md": "We know.", "t/line.fr.md": "Nous savons.", "shared/base.yaml": "firebreak: 1\n"}

    assert load(text, files).files == files


def test_a_child_inherits_and_replaces() -> None:
    parent = """firebreak: 1
roles: {lead: {title: Somebody}, hr: {title: HR partner}}
ladders: {office: [{late: 1h, to: hr}]}
templates: {line: {file: line.md}}
severity:
  levels: {low: {title: Low, means: Little}, high: {title: High, means: Much}}
  raise: [{to: high, when: elapsed('declared') > duration('1d')}]
"""
    text = SMALL + "extends: shared/base.yaml\nseverity: {start: high}\n"
    loaded = load(text, {"shared/base.yaml": parent, "shared/line.md": "We know."})

    assert loaded.diagnostics == ()
    playbook = loaded.playbook
    assert playbook is not None
    assert {name: role.title for name, role in playbook.roles.items()} == {"lead": "Incident lead", "hr": "HR partner"}
    assert playbook.templates["line"].file == "shared/line.md"
    assert playbook.severity is not None
    assert (playbook.severity.start, list(playbook.severity.levels), len(playbook.severity.raise_)) == ("high", ["low", "high"], 1)
    assert loaded.files["shared/line.md"] == "We know."


def test_a_fault_in_an_inherited_part_is_told_where_it_was_written() -> None:
    parent = "firebreak: 1\nladders:\n  office: [{late: 1h, to: lead}, {late: 5m, to: lead}]\n"
    found = load(SMALL + "extends: shared/base.yaml\n", {"shared/base.yaml": parent}).diagnostics

    assert [(diagnostic.code, diagnostic.file, diagnostic.line) for diagnostic in found] == [("FB303", "books/shared/base.yaml", 3)]


def test_a_parent_may_not_lie_outside_by_an_absolute_path() -> None:
    assert codes(load(SMALL + "extends: /etc/passwd\n", {"/etc/passwd": "a: b"}).diagnostics) == ["FB108"]


def test_a_policy_of_the_parent_holds_for_the_child() -> None:
    parent = "firebreak: 1\npolicies: [{id: learn, rule: always_happens, steps: [close]}]\n"
    playbook = load(SMALL + "extends: base.yaml\n", {"base.yaml": parent}).playbook

    assert playbook is not None
    assert [policy.id for policy in playbook.policies] == ["learn"]


def test_emptying_the_list_of_policies_does_not_remove_those_of_the_parent() -> None:
    parent = "firebreak: 1\npolicies: [{id: learn, rule: always_happens, steps: [close]}]\n"
    playbook = load(SMALL + "extends: base.yaml\npolicies: []\n", {"base.yaml": parent}).playbook

    assert playbook is not None
    assert [policy.id for policy in playbook.policies] == ["learn"]


def test_a_child_may_ask_for_more_than_its_parent() -> None:
    parent = "firebreak: 1\npolicies: [{id: learn, rule: always_happens, steps: [close]}]\n"
    text = SMALL + "extends: base.yaml\npolicies: [{id: learn, rule: always_happens, steps: [facts, close]}]\n"

    assert codes(load(text, {"base.yaml": parent}).diagnostics) == []


def test_an_organisation_file_is_no_playbook_and_a_playbook_is_no_organisation_file() -> None:
    organisation = (CASES / "ok" / "organisation.yaml").read_text(encoding="utf-8")

    assert [found.message for found in load(organisation).diagnostics] == ["this is an organisation file, not a playbook"]
    assert [found.message for found in load_organisation(SMALL, file="x").diagnostics] == ["this is a playbook, not an organisation file"]


def test_an_organisation_with_an_error_is_not_given() -> None:
    organisation = (CASES / "ok" / "organisation.yaml").read_text(encoding="utf-8")

    assert load_organisation(organisation, file="x").organisation is not None
    assert load_organisation(organisation.replace("[ana, ben]", "[ana, bob]"), file="x").organisation is None


def test_the_shared_example_has_no_errors_beside_its_organisation() -> None:
    example = SHARED / "filmed_workplace_argument.yaml"
    if not example.exists():
        pytest.skip("the shared data is not beside this checkout")
    loaded = load_playbook(example.read_bytes(), file=example.name, read=reader(SHARED), today=TODAY)

    assert loaded.playbook is not None
    assert {found.code for found in loaded.diagnostics} <= {"FB004", "FB116"}
    assert len(loaded.playbook.steps) == 34
