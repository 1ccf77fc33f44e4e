"""Templates: what they say, what they refuse, and that no template takes long or grows large."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from time import perf_counter
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.language.duration import Duration
from engine.language.expression import ExpressionError, ExpressionFault, UndefinedValue
from engine.language.template import parse_template
from tests.language.attacks import ATTACKS

DECLARED: Final = datetime(2026, 3, 1, 14, 5, tzinfo=UTC)
SCOPE: Final[Mapping[str, Any]] = {
    "inputs": {
        "site": "Plant 4",
        "people": ["ana", "ben"],
        "nobody": [],
        "injuries": False,
        "views": 12_500,
        "share": 0.25,
        "wait": Duration(3, "bd"),
        "day": date(2026, 3, 2),
        "long": "a" * 20_000,
    },
    "severity": "sev2",
    "decisions": {"real": None},
    "steps": {"facts": {"state": "done", "done_at": DECLARED + timedelta(minutes=65), "result": "quiet"}},
    "incident": {"key": "VID-1", "declared_at": DECLARED},
    "roles": {"legal": {"name": "Ben Okafor"}},
    "elapsed": {"declared": timedelta(hours=2)}.get,
}


def rendered(text: str, **includes: str) -> str:
    return parse_template(text).render(SCOPE, {name: parse_template(body) for name, body in includes.items()})


def refusal(text: str) -> ExpressionError:
    with pytest.raises(ExpressionError) as refused:
        parse_template(text)
    return refused.value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("We know about {{ inputs.site }}.", "We know about Plant 4."),
        ("{{ inputs.people }}", "ana, ben"),
        ("{{ inputs.people | join(' and ') | title }}", "Ana And Ben"),
        ("{{ inputs.injuries }}", "no"),
        ("{{ inputs.views }} and {{ inputs.share }} and {{ inputs.share | round(1) }}", "12500 and 0.25 and 0.2"),
        ("{{ inputs.wait }}", "3 business days"),
        ("{{ duration('90m') }} / {{ duration('1d') }} / {{ duration('0s') }}", "1 hour 30 minutes / 1 day / 0 seconds"),
        ("{{ duration('1h') - duration('3h') }}", "-2 hours"),
        ("{{ incident.declared_at }}", "2026-03-01 14:05 UTC"),
        ("{{ incident.declared_at | date }} at {{ incident.declared_at | time }}", "2026-03-01 at 14:05"),
        ("{{ inputs.day }} {{ inputs.day | date }}", "2026-03-02 2026-03-02"),
        ("{{ steps.facts.done_at | relative }}", "55 minutes ago"),
        ("{{ incident.declared_at + duration('3h') | relative }}", None),
        ("{{ (incident.declared_at + duration('3h')) | relative }}", "in 1 hour"),
        ("{{ severity }} {{ roles.legal.name }}", "sev2 Ben Okafor"),
        ("{{ 'hurt' if inputs.injuries else 'unhurt' }}", "unhurt"),
        ("{% if inputs.injuries %}hurt{% elif inputs.views > 10000 %}loud{% else %}quiet{% endif %}", "loud"),
        ("{% for p in inputs.people %}<{{ p | upper }}>{% endfor %}", "<ANA><BEN>"),
        ("{% for p in inputs.nobody %}x{% else %}nobody{% endfor %}", "nobody"),
        ("{% for p in inputs.not_given %}x{% else %}nobody{% endfor %}", "nobody"),
        ("{# a remark #}{{ inputs.note | default('none yet') }}", "none yet"),
        ("{% raw %}{{ kept }}{% endraw %}", "{{ kept }}"),
        ("no braces at all :( }}", "no braces at all :( }}"),
    ],
)
def test_a_template_reads_as_an_author_expects(text: str, said: str | None) -> None:
    if said is None:
        with pytest.raises(ExpressionFault):
            rendered(text)
        return

    assert rendered(text) == said


def test_lines_that_hold_only_a_statement_leave_no_empty_lines() -> None:
    text = "Seen:\n{% for p in inputs.people %}\n- {{ p }}\n{% endfor %}\nThat is all.\n"

    assert rendered(text) == "Seen:\n- ana\n- ben\nThat is all."


def test_a_time_is_said_in_the_zone_that_it_carries() -> None:
    local = DECLARED.astimezone(ZoneInfo("America/Vancouver"))

    assert parse_template("{{ incident.declared_at }}").render({"incident": {"declared_at": local}}, {}) == "2026-03-01 06:05 PST"


def test_a_template_includes_others_without_lending_them_its_loop() -> None:
    text = "{% for p in inputs.people %}{% include 'line' %}{{ p }};{% endfor %}"

    assert rendered(text, line="{% for p in inputs.people %}{{ p | first }}{% endfor %}:") == "ab:ana;ab:ben;"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("{{ inputs.unheard }}", "inputs.unheard"),
        ("{{ decisions.real }}", "decisions.real"),
        ("{{ inputs.unheard | upper }}", "inputs.unheard"),
        ("{% if inputs.unheard %}x{% endif %}", "inputs.unheard"),
        ("{% include 'unheard' %}", "template unheard"),
    ],
)
def test_what_has_no_value_is_never_printed_as_nothing(text: str, name: str) -> None:
    with pytest.raises(UndefinedValue) as undefined:
        rendered(text)

    assert undefined.value.name == name


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{% if inputs.site %}x{% endif %}", "text is not yes or no"),
        ("{% for p in inputs.site %}x{% endfor %}", "inputs.site is no list but text, so it can't be gone through"),
        ("{{ inputs.site + 1 }}", "cannot add number to text"),
    ],
)
def test_values_that_do_not_fit_are_a_fault(text: str, message: str) -> None:
    with pytest.raises(ExpressionFault) as fault:
        rendered(text)

    assert fault.value.message == message


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("one\nWe know about {{ inputs.site", 2, "missing }}"),
        ("{{ inputs.site }", 1, "missing }}"),
        ("{{ inputs.site inputs.site }}", 1, "missing }} before 'inputs'"),
        ("{{ }}", 1, "something must stand between the braces"),
        ("{{ 'open }}", 1, "a quote ' is never closed"),
        ("{% if inputs.a %}\nx", 2, "missing {% endif %}"),
        ("{% if inputs.a = 1 %}x{% endif %}", 1, "write == to compare"),
        ("{% endif %}", 1, "{% endif %} closes nothing"),
        ("\n\n{% frob %}", 3, "'{% frob %}' is not allowed; there are if, for and include"),
        ("{# open", 1, "missing #}"),
        ("{{ (inputs.a }}", 1, "missing ')'"),
    ],
)
def test_a_slip_of_the_pen_is_told_with_its_line(text: str, line: int, message: str) -> None:
    error = refusal(text)

    assert (error.code, error.line, error.message) == ("FB503", line, message)


@pytest.mark.parametrize(
    "text",
    [
        "{% set x = 1 %}",
        "{% set x %}a{% endset %}",
        "{% macro m(x) %}{{ varargs }}{% endmacro %}",
        "{% call m() %}{% endcall %}",
        "{% import 'x' as y %}",
        "{% from 'x' import y %}",
        "{% extends 'x' %}",
        "{% block a %}{% endblock %}",
        "{% filter upper %}a{% endfilter %}",
        "{% with a = 1 %}{% endwith %}",
        "{% autoescape false %}{% endautoescape %}",
        "{% include inputs.x %}",
        "{% include ['a', 'b'] %}",
        "{% include 'a' ignore missing %}",
        "{% include 'a' without context %}",
        "{% for x in range(10) %}{% endfor %}",
        "{% for x in [1, 2] %}{% endfor %}",
        "{% for x in metrics.y %}{% endfor %}",
        "{% for x in inputs.y | first %}{% endfor %}",
        "{% for x in inputs.y if x %}{% endfor %}",
        "{% for x in inputs.y recursive %}{% endfor %}",
        "{% for a, b in inputs.y %}{% endfor %}",
        "{% for inputs in inputs.y %}{% endfor %}",
        "{% for done in inputs.y %}{% endfor %}",
        "{% for __x in inputs.y %}{% endfor %}",
        "{% for loop in inputs.y %}{% endfor %}",
        "{% for x in inputs.y %}{% for x in inputs.y %}{% endfor %}{% endfor %}",
        "{% for x in inputs.y %}{{ x.name }}{% endfor %}",
        "{% for x in inputs.y %}{{ loop.index }}{% endfor %}",
        "{% for x in inputs.y %}{{ x }}{% endfor %}{{ x }}",
    ],
)
def test_other_statements_and_loop_tricks_are_refused(text: str) -> None:
    assert refusal(text).code in ("FB501", "FB506")


@pytest.mark.parametrize("text", ATTACKS)
def test_an_attack_is_refused_in_templates_too(text: str) -> None:
    assert refusal(f"{{{{ {text} }}}}").code in ("FB501", "FB503", "FB506")


@pytest.mark.parametrize(
    "text",
    [
        "{% if inputs.a %}" * 500 + "{% endif %}" * 500,
        "{% for x in inputs.a %}" * 21 + "{% endfor %}" * 21,
        "{{ " + "(" * 30_000 + " }}",
        "{{ " + "9" * 20_000 + " }}",
        "{{ " + "not " * 5_000 + "true }}",
        "{{ " + "-" * 20_000 + "1 }}",
        "{% if inputs.a %}" + "{% elif inputs.a %}" * 500 + "{% endif %}",
        "{{ '\\ud800' }}",
        "x" * 100_001,
    ],
    ids=lambda text: f"{text[:12]}…{len(text)}",
)
def test_a_huge_or_deep_template_is_refused_within_a_second(text: str) -> None:
    started = perf_counter()
    code = refusal(text).code

    assert code in ("FB503", "FB506")
    assert perf_counter() - started < 1


def test_templates_that_include_each_other_for_ever_end_in_a_fault() -> None:
    with pytest.raises(ExpressionFault) as fault:
        rendered("{% include 'ping' %}", ping="{% include 'pong' %}", pong="{% include 'ping' %}")

    assert fault.value.message == "templates include each other more than 5 deep, at 'pong'"


def test_five_includes_inside_each_other_are_fine() -> None:
    chain = {f"t{number}": f"{{% include 't{number + 1}' %}}" for number in range(1, 5)}

    assert rendered("{% include 't1' %}", **chain, t5="here") == "here"


@pytest.mark.parametrize(
    ("text", "includes"),
    [
        ("{% include 'a' %}" * 50, {"a": "{% include 'b' %}" * 50, "b": "{% include 'c' %}" * 50, "c": "x" * 50}),
        ("{% for a in inputs.many %}{% for b in inputs.many %}{% for c in inputs.many %}{% endfor %}{% endfor %}{% endfor %}", {}),
        ("{% for a in inputs.many %}{% for b in inputs.many %}{{ inputs.big | upper }}{% endfor %}{% endfor %}", {}),
        ("{% for a in inputs.many %}{% if 'b' in inputs.big %}x{% endif %}{% endfor %}", {}),
        ("{{ inputs.big }}" * 3, {}),
        ("{{ [inputs.big, inputs.big, inputs.big] }}", {}),
        ("{{ inputs.many | join(', ') | length }}" * 2_000, {}),
    ],
    ids=["include bomb", "three loops", "loud loops", "searching loop", "long text", "long list", "long joins"],
)
def test_a_template_that_would_run_or_grow_for_ever_ends_within_a_second(text: str, includes: Mapping[str, str]) -> None:
    template = parse_template(text)
    parsed = {name: parse_template(body) for name, body in includes.items()}
    scope = {"inputs": {"many": ["item"] * 1_000, "big": "a" * 600_000}}
    started = perf_counter()
    with pytest.raises(ExpressionFault):
        template.render(scope, parsed)

    assert perf_counter() - started < 1


def test_a_template_knows_what_it_reads_and_includes() -> None:
    template = parse_template(
        "{% for p in inputs.people %}{{ p }}{% endfor %}{% if done('a') %}{% include 'line' %}{{ metrics.x }}{% endif %}"
    )

    assert template.names() == {("inputs", "people"), ("metrics", "x")}
    assert template.includes() == ("line",)
    assert [call.words for call in template.calls()] == [("a",)]


PIECES: Final = (
    *("{{", "}}", "{%", "%}", "{#", "#}", " if ", " for x in ", "endif", "endfor", "include", "raw"),
    *("inputs.people", "inputs.injuries", "x", "'a'", "|", "join", "(", ")", "\n"),
)


@given(st.text(max_size=40) | st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_any_text_is_a_template_or_a_refusal(text: str) -> None:
    try:
        template = parse_template(text)
    except ExpressionError:
        return
    try:
        said = template.render(SCOPE, {})
    except (UndefinedValue, ExpressionFault):
        return

    assert len(said) <= 1_000_000
