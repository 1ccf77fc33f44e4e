"""Forms for facts: evidence that was saved, figures that were read, a link that belongs to the incident."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from api.slack.forms.entered import given, text_of
from api.slack.forms.fields import OPTIONS, YES_NO, Block, choice, field, words
from api.slack.forms.kind import Kind, why
from api.slack.forms.scene import Scene
from api.slack.payloads import View
from api.slack.replies import FormErrors
from engine.channels.slack_text import context, cut, moment
from engine.incident import commands as c
from engine.incident.describe_values import instant_text
from engine.language.playbook import Evidence, Metric, Monitor

_MOST_FIELDS: Final = 50
_ZEROS: Final = "0" * 64


def _evidence(scene: Scene) -> Iterator[Block]:
    step = scene.step
    assert isinstance(step, Evidence)
    sources = _open_sources(scene)
    if sources:
        options = [(source, _name_of(source)) for source in sources]
        yield field("source", "Which source was saved?", choice("static_select", options, options[0][1] if len(options) == 1 else None))
    else:
        yield field("source", "Which source was saved?", words(lines=False), hint="An address, or where it was found.")
    yield field("sha256", "SHA-256 of the saved file", words(lines=False, most=100), hint="64 hexadecimal digits.")
    for name in step.collect[:_MOST_FIELDS]:
        yield field(f"collected:{name}", _in_words(name), words(), optional=True)
    yield field("tool", "Saved with", words(lines=False, most=300), optional=True, hint="The tool that saved it.")
    yield field("account", "Saved as", words(lines=False, most=300), optional=True, hint="The account that was signed in.")
    yield why("note", "Note", hint="Whatever a reader should know about it.", optional=True)


def _saved(scene: Scene, view: View) -> c.AnyCommand | FormErrors:
    step = scene.step
    assert isinstance(step, Evidence)
    chosen = text_of(view, "source")
    source = next((each for each in scene.state.sources if _name_of(each) == chosen), chosen)
    if not source:
        return FormErrors({"source": "Say which source was saved."})
    collected = {name: text for name in step.collect if (text := text_of(view, f"collected:{name}"))}
    return c.AddEvidence(
        scene.about.step,
        source,
        text_of(view, "sha256"),
        collected=collected,
        tool=text_of(view, "tool") or None,
        account=text_of(view, "account") or None,
        note=text_of(view, "note") or None,
    )


def _open_sources(scene: Scene) -> list[str]:
    """Sources without an item first, because they are what is missing."""
    held = {item.source for item in scene.state.items}
    return sorted(scene.state.sources, key=lambda source: source in held)[:OPTIONS]


def _name_of(source: str) -> str:
    """A source may be longer than Slack lets a value be."""
    return hashlib.sha256(source.encode()).hexdigest()[:32]


def _trial_evidence(scene: Scene) -> c.AnyCommand:
    return c.AddEvidence(scene.about.step, next(iter(_open_sources(scene)), "a file"), _ZEROS)


def metrics_of(scene: Scene) -> dict[str, Metric]:
    """The figures that a step asks for: a monitor's, a follow-up's, or those that name the step as their source."""
    known, step = scene.world.plan.playbook.metrics, scene.about.step
    follow_up = scene.world.plan.follow_ups.get(step)
    if isinstance(scene.step, Monitor):
        wanted = scene.step.record
    else:
        wanted = follow_up.measure if follow_up else [name for name, metric in known.items() if metric.source == step]
    return {name: known[name] for name in wanted[:_MOST_FIELDS] if name in known and known[name].type != "elapsed"}


def _record(scene: Scene) -> Iterator[Block]:
    metrics = metrics_of(scene)
    for name, metric in metrics.items():
        yield field(name, _titled(metric), _element(metric), optional=len(metrics) > 1, hint=_target(metric))
        last = scene.incident.metrics.get(name)
        if last is not None:
            yield context(f"Last: {_shown(last.value)}, {moment(instant_text(last.at))}")


def _nothing_to_record(scene: Scene) -> str | None:
    return None if metrics_of(scene) else f"'{scene.about.step}' measures nothing"


def _recorded(scene: Scene, view: View) -> c.AnyCommand:
    values = {name: _value(metric, found) for name, metric in metrics_of(scene).items() if isinstance(found := given(view, name), str)}
    return c.RecordMetrics({name: value for name, value in values.items() if value not in (None, "")}, scene.about.step)


def _element(metric: Metric) -> Block:
    if metric.type == "yes_no":
        return choice("radio_buttons", YES_NO)
    limits = {"min_value": "0", "max_value": "100"} if metric.type == "percent" else {}
    return {"type": "number_input", "is_decimal_allowed": True, **limits}


def _value(metric: Metric, found: str) -> Any:
    return found == "yes" if metric.type == "yes_no" else found.strip()


def _titled(metric: Metric) -> str:
    unit = metric.unit or ("%" if metric.type == "percent" else "")
    return f"{metric.title} ({unit})" if unit else metric.title


def _target(metric: Metric) -> str | None:
    return f"Target: {metric.target}" if metric.target else None


def _shown(value: bool | float) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}"


def _link(scene: Scene) -> Iterator[Block]:
    lists = inputs_of_links(scene)
    yield field("url", "Link", {"type": "url_text_input"}, hint="Begins with https://")
    if len(lists) > 1:
        options = [(label, name) for name, label in lists.items()]
        yield field("input", "What is it?", choice("static_select", options, options[0][1]))
    if not lists:
        yield context("It goes into the timeline, because this playbook keeps no list of links.")


def _linked(scene: Scene, view: View) -> c.AnyCommand | FormErrors:
    url, lists = text_of(view, "url"), inputs_of_links(scene)
    if not url:
        return FormErrors({"url": "Give a link."})
    name = text_of(view, "input") or next(iter(lists), "")
    return c.Add({name: [url]}) if name else c.Note(f"Link: {url}")


def inputs_of_links(scene: Scene) -> dict[str, str]:
    """The inputs that take links, by name, with their labels."""
    inputs = scene.world.plan.playbook.inputs
    return {name: asked.label or _in_words(name) for name, asked in inputs.items() if asked.type == "url_list"}


def _trial_link(scene: Scene) -> c.AnyCommand:
    name = next(iter(inputs_of_links(scene)), "")
    return c.Add({name: ["https://example.com/"]}) if name else c.Note("Link")


def _in_words(name: str) -> str:
    return cut(name.replace("_", " ").capitalize(), 150)


FACT_FORMS: Final[Mapping[str, Kind]] = {
    "evidence": Kind("Record evidence", "Record", _evidence, _saved, _trial_evidence, of=(Evidence,)),
    "record": Kind(
        "Record the figures", "Record", _record, _recorded, lambda scene: c.RecordMetrics({}, scene.about.step), useless=_nothing_to_record
    ),
    "link": Kind("Add a link", "Add", _link, _linked, _trial_link, is_told=True),
}
