"""Sets a plan on a page: HTML that stands alone, for a screen, a phone and A4 paper; everything an author wrote is escaped."""

from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, StrictUndefined, Template

from engine.authoring.paper.plan import Plan

_TEMPLATE: Final = Path(__file__).with_name("plan.html.j2")


def page(plan: Plan) -> str:
    """Write the page; the same plan gives the same bytes."""
    return _template().render(plan=plan, contents=contents(plan))


@cache
def _template() -> Template:
    """Compile the page once: that takes longer than writing it."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)
    return environment.from_string(_TEMPLATE.read_text("utf-8"))


def contents(plan: Plan) -> list[tuple[str, str]]:
    """List the parts that the page has, by the ids of their headings."""
    parts = (
        ("roles", "Who is who", plan.roles),
        ("asked", "What is asked at the start", plan.asked),
        ("severity", "How bad it is", plan.levels),
        ("timetable", "Who does what by when", plan.phases),
        ("late", "If something is late", plan.ladders),
        ("decisions", "What is decided", plan.decisions),
        ("words", "Words, and who approves them", (*plan.drafts, *plan.approvals)),
        ("sent", "What is sent by itself", plan.sent),
        ("kept", "What is preserved", plan.kept),
        ("watched", "What is watched", plan.watched),
        ("again", "When we look again", plan.follow_ups),
        ("policies", "What always holds", plan.policies),
        ("measures", "What we promise and measure", (*plan.milestones, *plan.metrics)),
        ("sources", "Sources", plan.references),
    )
    return [(name, title) for name, title, held in parts if held]
