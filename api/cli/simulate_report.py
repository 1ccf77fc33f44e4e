"""Writes what a simulation found as a page of HTML with charts, or the charts alone as SVG.

The page is one file without scripts and without anything from elsewhere; people appear in it as roles only.
"""

from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.cli.simulate_chart import gantt, histogram
from api.cli.simulate_pool import Found
from api.cli.simulate_table import notes
from api.cli.simulate_words import clock, percent, span
from api.cli.trouble import Trouble
from engine.analysis.simulation.outcome import run_once
from engine.analysis.simulation.question import Question
from engine.analysis.simulation.summary import busiest
from engine.analysis.simulation.typical import spans_of, typical_number

_PAGES: Final = Path(__file__).parents[1] / "pages"
_CHART_GAP: Final = 44


def write_report(file: Path, question: Question, found: Found) -> None:
    """Write the report; its kind is that of the file's name."""
    pages = Environment(loader=FileSystemLoader(_PAGES), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    pages.filters |= {"percent": percent, "span": span, "clock": clock}
    text = pages.get_template(f"simulation{file.suffix}.j2").render(_shown(question, found))
    try:
        file.write_text(text, "utf-8")
    except OSError as error:
        raise Trouble(f"can't write '{file}': {(error.strerror or 'it failed').lower()}") from error


def _shown(question: Question, found: Found) -> dict[str, Any]:
    figures, number = found.figures, typical_number(found.outcomes)
    course = run_once(question.setting(), number)
    last = next(outcome.seconds for outcome in found.outcomes if outcome.number == number)
    histograms = [histogram(each, found.outcomes) for each in figures.milestones]
    tops = [96 + sum(chart.height + _CHART_GAP for chart in histograms[:index]) for index in range(len(histograms) + 1)]
    chart = gantt(spans_of(course), figures, last)
    return {
        "figures": figures,
        "titles": {each.id: each.title for each in figures.milestones},
        "roles": busiest(figures),
        "histograms": histograms,
        "placed": list(zip(histograms, tops, strict=False)),
        "gantt": chart,
        "gantt_y": tops[-1],
        "height": tops[-1] + chart.height + 30,
        "number": number,
        "assumptions": question.assumptions,
        "notes": [line for line in notes(figures) if "'takes'" not in line],
    }
