"""Expressions: what they give, what they refuse, and that nothing a playbook says can hurt."""

import string
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.language.duration import Duration
from engine.language.expression import ExpressionError, ExpressionFault, UndefinedValue, parse
from engine.language.expression_nodes import BoolOp, Call, Literal, Name
from tests.language.attacks import ATTACKS

DECLARED: Final = datetime(2026, 3, 1, 14, 5, tzinfo=UTC)
SCOPE: Final[Mapping[str, Any]] = {
    "inputs": {
        "injuries": False,
        "site": "Plant 4",
        "people": ["fred", "john"],
        "views": 1_200,
        "limit": Duration(4, "h"),
        "day": date(2026, 3, 1),
        "limitless": timedelta.max,
    },
    "severity": "sev2",
    "decisions": {"real": "ours", "speak": None},
    "steps": {"look": {"result": {"status": "ok"}}, "facts": {"state": "done", "done_at": DECLARED + timedelta(minutes=20), "result": 3}},
    "metrics": {"mentions": 12.5},
    "incident": {"key": "VID-1", "title": "Argument", "declared_at": DECLARED, "detected_at": DECLARED, "country": "CA"},
    "done": lambda step: step == "facts",
    "skipped": lambda step: step == "speak",
    "approved": lambda step: step == "ok_holding",
    "chosen": lambda decision, option: (decision, option) == ("real", "ours"),
    "elapsed": lambda anchor: timedelta(hours=25) if anchor == "declared" else None,
    "severity_at_least": lambda level: level in ("sev3", "sev2"),
}


def refusal(text: str) -> ExpressionError:
    with pytest.raises(ExpressionError) as refused:
        parse(text)
    return refused.value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("inputs.injuries or inputs.views > 1000", True),
        ("not inputs.injuries and done('facts')", True),
        ("severity_at_least('sev2') and not severity_at_least('sev1')", True),
        ("chosen('real', 'ours')", True),
        ("skipped('speak') and not approved('ok')", True),
        ("decisions.real == 'ours'", True),
        ("decisions.real in ['ours', 'unclear']", True),
        ("decisions.real not in ['ours', 'unclear']", False),
        ("decisions.speak == 'post'", False),
        ("decisions.speak == none", True),
        ("steps.facts.state != 'done'", False),
        ("elapsed('declared') > duration('24h')", True),
        ("elapsed('declared') - duration('1h') <= duration('1d')", True),
        ("elapsed('declared') > inputs.limit", True),
        ("steps.facts.done_at - incident.declared_at < duration('30m')", True),
        ("incident.declared_at + duration('20m') == steps.facts.done_at", True),
        ("inputs.day <= incident.declared_at", True),
        ("1 < metrics.mentions <= 20", True),
        ("steps.facts.result + 2 - 1 == 4", True),
        ("steps.look.result.status == 'ok'", True),
        ("count(inputs.people) == 2", True),
        ("'fred' in inputs.people", True),
        ("'Plant' in inputs.site", True),
        ("metrics.views | default(0) < 20", True),
        ("inputs.site | lower == 'plant 4'", True),
        ("inputs.people | first == 'fred'", True),
        ("-3 < +1", True),
        ("(1 == 1) == true", True),
        ("[1, 2] == [1, 2]", True),
    ],
)
def test_an_expression_gives_what_an_author_expects(text: str, value: object) -> None:
    assert parse(text).evaluate(SCOPE) is value


def test_yes_is_not_one_and_a_word_is_not_a_number() -> None:
    kept = [parse(text).evaluate(SCOPE) for text in ("true == 1", "'1' == 1", "inputs.injuries == 0")]

    assert kept == [False, False, False]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("inputs.when_known", "inputs.when_known"),
        ("metrics.views_total > 1", "metrics.views_total"),
        ("decisions.speak < 'x'", "decisions.speak"),
        ("elapsed('closed') > duration('1h')", "elapsed('closed')"),
        ("steps.close.state == 'done'", "steps.close.state"),
        ("steps.look.result.other == 'x'", "steps.look.result.other"),
        ("count(inputs.urls)", "inputs.urls"),
        ("[] | first", "first of an empty list"),
    ],
)
def test_a_name_without_value_is_undefined_and_says_which(text: str, name: str) -> None:
    with pytest.raises(UndefinedValue) as undefined:
        parse(text).evaluate(SCOPE)

    assert undefined.value.name == name


def test_what_is_not_needed_is_not_read() -> None:
    assert parse("done('facts') or inputs.nobody_asked").evaluate(SCOPE) is True


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("inputs.site and true", "text is not yes or no"),
        ("inputs.views > 'many'", "cannot compare number with text"),
        ("inputs.site < 'Q'", "cannot compare text with text"),
        ("inputs.views + duration('1h')", "cannot add duration to number"),
        ("inputs.site + 'x'", "cannot add text to text"),
        ("inputs.views - inputs.people", "cannot take list from number"),
        ("1 in 2", "'in' needs a list or a text, not number"),
        ("inputs.views | lower", "the filter 'lower' needs text, not number"),
        ("count(inputs.views)", "cannot count number; a list is needed"),
        ("inputs.site | round", "the filter 'round' needs a number, not text"),
        ("inputs.site | join", "the filter 'join' needs a list, not text"),
        ("incident.declared_at + inputs.limitless", "the sum is too large"),
    ],
)
def test_values_that_do_not_fit_are_a_fault_in_plain_words(text: str, message: str) -> None:
    with pytest.raises(ExpressionFault) as fault:
        parse(text).evaluate(SCOPE)

    assert fault.value.message == message


@pytest.mark.parametrize(
    ("text", "code", "within"),
    [
        ("", "FB503", None),
        ("inputs.a &&  inputs.b", "FB503", None),
        ("inputs.a inputs.b", "FB503", "inputs"),
        ("inputs.a, inputs.b", "FB503", ","),
        ("{{ inputs.a }}", "FB503", "{{"),
        ("'unclosed", "FB503", None),
        ("injuries", "FB501", "injuries"),
        ("input.injuries", "FB501", "input"),
        ("incident.keys", "FB501", "keys"),
        ("steps.facts.status", "FB501", "status"),
        ("steps.facts", "FB506", "steps.facts"),
        ("inputs", "FB506", "inputs"),
        ("inputs['site']", "FB506", None),
        ("inputs.a.b", "FB506", "inputs.a.b"),
        ("severity == 'sev1'", "FB506", "severity"),
        ("roles.legal.name", "FB506", "roles.legal.name"),
        ("'post' if inputs.a else 'wait'", "FB506", "if"),
        ("inputs.a is defined", "FB506", "is"),
        ("inputs.a ~ 'x'", "FB506", "~"),
        ("inputs.a * 2", "FB506", "*"),
        ("2 ** 64", "FB506", "**"),
        ("inputs.a / 2", "FB506", "/"),
        ("inputs.a % 2", "FB506", "%"),
        ("-inputs.a", "FB506", "-"),
        ("{'a': 1}", "FB506", None),
        ("(1, 2)", "FB506", None),
        ("done(inputs.a)", "FB506", "done"),
        ("done('a', 'b')", "FB506", "done"),
        ("done(step='a')", "FB506", "done"),
        ("done(*inputs.a)", "FB506", "done"),
        ("chosen('real')", "FB506", "chosen"),
        ("finished('a')", "FB506", "finished"),
        ("duration('3 days')", "FB301", "3 days"),
        ("duration('3bd')", "FB301", "3bd"),
        ("duration('999999d')", "FB301", "999999d"),
        ("inputs.a | sort", "FB506", "sort"),
        ("inputs.a | default", "FB506", "default"),
        ("inputs.a | join(inputs.b)", "FB506", "join"),
        ("inputs.a | round(99)", "FB506", "round"),
        ("'\\ud800'", "FB506", None),
        ("9999999999999999", "FB506", None),
        ("1e400", "FB506", None),
    ],
)
def test_what_the_language_lacks_is_refused_with_its_code_and_place(text: str, code: str, within: str | None) -> None:
    error = refusal(text)

    assert (error.code, error.within) == (code, within)


def test_a_refusal_says_what_to_write_instead() -> None:
    assert refusal("duraton('1h')").message == "'duraton' may not be called. Did you mean 'duration'?"
    assert refusal("inputs.a ?").message == "unexpected '?'"
    assert refusal("done('a'").message == "missing )"
    assert refusal("severity == 'sev1'").message == "compare severity with severity_at_least('sev2') or min_severity"


@pytest.mark.parametrize("text", ATTACKS)
def test_an_attack_is_refused_before_it_can_run(text: str) -> None:
    assert refusal(text).code in ("FB501", "FB503", "FB506")


@pytest.mark.parametrize(
    "text",
    [
        "(" * 900 + "1" + ")" * 900,
        "[" * 1000 + "]" * 1000,
        "not " * 490 + "true",
        "-" * 1900 + "1",
        "- " * 900 + "1",
        "1" + "+1" * 900,
        "inputs.a" + "|lower" * 300,
        "inputs" + ".a" * 900,
        "9" * 1990,
        "'" + "a" * 1990,
        "a" * 2001,
        "\\" * 1000,
        "\x00",
        "\udc80",
    ],
    ids=lambda text: f"{text[:8]!r}…{len(text)}",
)
def test_a_huge_or_deep_expression_is_refused_in_friendly_words(text: str) -> None:
    assert refusal(text).code in ("FB501", "FB503", "FB506")


def test_a_long_flat_list_of_tests_is_no_depth() -> None:
    text = " or ".join(f"decisions.real == 'x{number}'" for number in range(60))

    assert parse(text).evaluate(SCOPE) is False


def test_a_twentyfold_bracket_is_read_and_one_more_is_not() -> None:
    inside = parse("(" * 20 + "true" + ")" * 20).evaluate({})

    assert inside is True
    assert refusal("(" * 21 + "true" + ")" * 21).message == "nested more than 20 deep; split it"


@given(st.text(alphabet=string.printable, max_size=60) | st.text(max_size=30))
@example("inputs.a|")
@example("1 if")
@example("'\\N{DASH}'")
def test_any_text_is_an_expression_or_a_refusal(text: str) -> None:
    try:
        parsed = parse(text)
    except ExpressionError:
        return

    assert settles(lambda: parsed.evaluate(SCOPE))


PIECES: Final = st.lists(
    st.sampled_from(
        (
            "inputs.views", "inputs.site", "inputs.people", "inputs.none_such", "metrics.mentions", "decisions.real", "steps.facts.done_at",
            "elapsed('declared')", "duration('1h')", "done('facts')", "count(inputs.people)", "'x'", "3", "2.5", "true", "none", "[1, 'a']",
            " and ", " or ", "not ", " == ", " < ", " in ", " + ", " - ", "(", ")", "|default(1)", "|lower", "|round", "|join", "|first",
            "|length", "|date", "|time", "|relative", "|title",
        )
    ),
    max_size=9,
)  # fmt: skip


@given(PIECES)
def test_any_expression_that_is_read_gives_a_value_or_one_of_two_faults(pieces: list[str]) -> None:
    try:
        parsed = parse("".join(pieces))
    except ExpressionError:
        return
    parsed.mismatches({})
    parsed.type_in({})

    assert settles(lambda: parsed.evaluate(SCOPE))


def settles(evaluate: Callable[[], object]) -> bool:
    try:
        evaluate()
    except (UndefinedValue, ExpressionFault):
        return True
    return True


def test_an_expression_knows_what_it_reads() -> None:
    expression = parse("inputs.injuries or metrics.views > 3 and chosen('real', 'ours') and not done('facts')")

    assert expression.names() == {("inputs", "injuries"), ("metrics", "views")}
    assert [(call.name, call.words) for call in expression.calls()] == [("chosen", ("real", "ours")), ("done", ("facts",))]


def test_an_expression_is_a_small_tree_that_can_be_taken_apart() -> None:
    root = parse("inputs.injuries or done('facts')").root

    assert root == BoolOp("or", (Name(("inputs", "injuries")), Call("done", (Literal("facts"),))))


def test_the_same_text_is_read_once() -> None:
    assert parse("inputs.injuries or inputs.site == 'x'") is parse("inputs.injuries or inputs.site == 'x'")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("inputs.injuries", "yes_no"),
        ("inputs.people", "people"),
        ("inputs.site", "text"),
        ("not inputs.injuries", "yes_no"),
        ("inputs.views > 3", "yes_no"),
        ("inputs.views + 3", "number"),
        ("inputs.views | default(3)", "number"),
        ("count(inputs.people)", "number"),
        ("elapsed('declared') - duration('1h')", "duration"),
        ("incident.declared_at", "datetime"),
        ("incident.declared_at + duration('1h')", "datetime"),
        ("steps.facts.done_at - incident.declared_at", "duration"),
        ("[1, 2]", "list"),
        ("inputs.people | first", "unknown"),
        ("inputs.people | join(', ')", "text"),
        ("inputs.unheard_of", "unknown"),
        ("decisions.real", "text"),
        ("'succeeded'", "text"),
    ],
)
def test_the_kind_of_an_expression_is_known_without_running_it(text: str, kind: str) -> None:
    types = {("inputs", "injuries"): "yes_no", ("inputs", "people"): "people", ("inputs", "site"): "text", ("inputs", "views"): "number"}

    assert parse(text).type_in(types) == kind  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("elapsed('declared') > 24", "FB507", "cannot compare duration with number; write duration('24h')"),
        ("inputs.site > 'a'", "FB507", "text has no order; compare it with == or !="),
        ("inputs.site == 3", "FB507", "cannot compare text with number"),
        ("inputs.views in 3", "FB507", "'in' needs a list; number is none"),
        ("inputs.views - 'x'", "FB507", "cannot take text from number; text is put together in templates"),
        ("decisions.real == 'ours' or 'unclear'", "FB505", "'or' takes tests: 'unclear' is a word, not a test"),
        ("not inputs.views", "FB504", "'not' takes yes or no; this gives number"),
    ],
)
def test_what_can_never_work_is_known_without_running_it(text: str, code: str, message: str) -> None:
    found = parse(text).mismatches({("inputs", "site"): "text", ("inputs", "views"): "number"})

    assert [(mismatch.code, mismatch.message) for mismatch in found] == [(code, message)]


def test_a_budget_ends_what_takes_too_long() -> None:
    text = " or ".join(["'x' in inputs.long"] * 80)

    with pytest.raises(ExpressionFault):
        parse(text).evaluate({"inputs": {"long": "a" * 1_000_000}})


def test_a_joined_text_does_not_grow_beyond_a_megabyte() -> None:
    with pytest.raises(ExpressionFault) as fault:
        parse("inputs.long | join('" + "x" * 1_000 + "')").evaluate({"inputs": {"long": ["a"] * 1_001}})

    assert fault.value.message == "the text is longer than 1 MB"
