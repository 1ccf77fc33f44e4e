"""Reports: what people see on a terminal, what programs read, and the exit code."""

import json

from engine.language.diagnostic import Diagnostic, Level
from engine.language.report import as_json, as_text, counted, exit_code


def found(level: Level = "error", **fields: object) -> Diagnostic:
    values: dict[str, object] = {
        "code": "FB202",
        "level": level,
        "message": "step 'run' can never run",
        "file": "a.yaml",
        "line": 41,
        "column": 7,
        "length": 3,
        "source_line": "      yes: x",
        "notes": ("it is also listed under real=doctored",),
        "help": "list it under one of them",
    }
    return Diagnostic(**{**values, **fields})  # type: ignore[arg-type]


def test_a_diagnostic_shows_its_line_with_carets_notes_and_help() -> None:
    assert as_text([found()]) == (
        "a.yaml:41:7: FB202 error: step 'run' can never run\n"
        "   |\n"
        "41 |       yes: x\n"
        "   |       ^^^\n"
        "   = note: it is also listed under real=doctored\n"
        "   = help: list it under one of them\n"
        "   = more: firebreak explain FB202\n"
        "\n"
        "1 error\n"
    )


def test_nothing_found_is_an_empty_text() -> None:
    assert as_text([]) == ""


def test_colour_changes_nothing_but_colour() -> None:
    coloured = as_text([found()], colour=True)

    assert "\x1b[1;31mFB202 error\x1b[0m" in coloured
    assert coloured.replace("\x1b[1;31m", "").replace("\x1b[0m", "") == as_text([found()])


def test_carets_stand_under_wide_characters() -> None:
    shown = as_text([found(source_line="日本: xyz", column=5, length=3)]).splitlines()

    assert shown[3] == "   |       ^^^"


def test_a_long_line_is_cut_around_the_finding() -> None:
    shown = as_text([found(source_line="a" * 5_000 + "XYZ" + "b" * 5_000, column=5_001, length=3)]).splitlines()

    assert len(shown[2]) <= 170
    assert shown[2][shown[3].index("^") :].startswith("XYZ")


def test_a_file_can_not_paint_on_the_terminal() -> None:
    shown = as_text([found(source_line="a\x1b[31m\u202e: x", message="bad\x1b[2J", file="\x1b]0;x")])

    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_json_holds_every_field_and_counts() -> None:
    report = json.loads(as_json([found(), found("warning"), found("info")]))

    assert (report["errors"], report["warnings"], report["notes"]) == (1, 1, 1)
    assert report["diagnostics"][0] == {
        "code": "FB202",
        "slug": "unreachable-step",
        "level": "error",
        "message": "step 'run' can never run",
        "file": "a.yaml",
        "line": 41,
        "column": 7,
        "length": 3,
        "notes": ["it is also listed under real=doctored"],
        "help": "list it under one of them",
    }


def test_findings_are_counted_in_words() -> None:
    assert counted([found(), found(), found("warning"), found("info")]) == "2 errors, 1 warning, 1 note"


def test_the_exit_code_is_one_only_for_errors_and_two_when_nothing_could_be_checked() -> None:
    assert exit_code([]) == 0
    assert exit_code([found("warning"), found("info")]) == 0
    assert exit_code([found("warning"), found()]) == 1
    assert exit_code([], could_run=False) == 2
