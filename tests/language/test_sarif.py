"""SARIF: what a code host needs to show a finding beside its line, no more and no less."""

import json
from typing import Any

from engine.language.diagnostic import Diagnostic
from engine.language.sarif import as_sarif


def found(**fields: Any) -> Diagnostic:
    values = {"code": "FB202", "level": "error", "message": "step 'x' can never run", "file": "a.yaml", "line": 3, "column": 5, "length": 4}
    return Diagnostic(**{**values, **fields})


def run_of(*diagnostics: Diagnostic, **pages: str) -> dict[str, Any]:
    log = json.loads(as_sarif(diagnostics, pages=pages, uri=lambda file: f"books/{file}", version="1.2.3"))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    assert isinstance(run, dict)
    return run


def test_a_log_without_findings_is_a_whole_log() -> None:
    run = run_of()

    assert run["tool"]["driver"] == {"name": "Firebreak", "version": "1.2.3", "rules": []}
    assert run["results"] == []


def test_a_result_has_what_the_standard_requires() -> None:
    (result,) = run_of(found())["results"]

    assert (result["ruleId"], result["ruleIndex"], result["level"]) == ("FB202", 0, "error")
    assert result["message"] == {"text": "step 'x' can never run"}
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "books/a.yaml"}


def test_columns_are_characters_and_the_end_is_exclusive() -> None:
    run = run_of(found(source_line="日本: 🔥 xyz", column=7, length=3))

    assert run["columnKind"] == "unicodeCodePoints"
    region = run["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 3, "startColumn": 7, "endLine": 3, "endColumn": 10}


def test_each_code_is_one_rule_with_its_page() -> None:
    run = run_of(found(), found(code="FB103", line=9), found(line=12), FB202="# FB202\n\nWhy.")
    rules = run["tool"]["driver"]["rules"]

    assert [rule["id"] for rule in rules] == ["FB103", "FB202"]
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == ["FB202", "FB103", "FB202"]
    assert rules[1]["help"] == {"text": "# FB202\n\nWhy.", "markdown": "# FB202\n\nWhy."}
    assert (rules[1]["name"], rules[1]["defaultConfiguration"]) == ("UnreachableStep", {"level": "error"})


def test_notes_are_notes_and_advice_is_part_of_the_message() -> None:
    (result,) = run_of(found(code="FB603", level="info", notes=("look",), help="write summary:"))["results"]

    assert result["level"] == "note"
    assert result["message"]["text"] == "step 'x' can never run\nnote: look\nhelp: write summary:"


def test_a_finding_that_moved_is_the_same_finding() -> None:
    first, moved, other = run_of(found(), found(line=90), found(message="another"))["results"]

    assert first["partialFingerprints"] == moved["partialFingerprints"] != other["partialFingerprints"]
