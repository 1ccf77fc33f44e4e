"""The start form of a playbook as a modal: one field for each input that is asked at the start.

Rules:
- A required input may be left open when it is ticked under "Not known yet": declaring never waits for facts.
- Block ids are `in:<input>`, and the element in a block has the same id. What the form is for stands in its
  `private_metadata`, so that nothing has to be remembered here.
- Values are read by the engine's own reader; this file only finds them in Slack's state.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final

from api.slack.forms.entered import answer_of, given
from api.slack.forms.fields import CHECKBOXES, HINTS, OPTIONS, Block, checkboxes, choice, element_of, field, modal, option, told, words
from api.slack.payloads import View
from engine.channels.slack_text import context, cut, plain, section
from engine.incident.personal import Value
from engine.incident.plan import Plan
from engine.incident.refusal import Refusal
from engine.incident.values import read_value
from engine.language.playbook import Input, Playbook

START: Final = "start"
CHOOSE: Final = "choose_playbook"
TITLE: Final = "title"
SEVERITY: Final = "severity"
REHEARSAL: Final = "rehearsal"
PLAYBOOK: Final = "playbook"

TITLE_LENGTH: Final = 200

_UNKNOWN: Final = "unknown"
_KEPT: Final = 2_000
"""Characters of links that are kept while a playbook is chosen; Slack keeps 3,000 in all."""
_MOST_INPUTS: Final = 80


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is known before the form opens: words of a command, or a message that somebody starts from."""

    title: str = ""
    links: tuple[str, ...] = ()

    @staticmethod
    def kept(metadata: Mapping[str, str]) -> "Wanted":
        """Read back what `choose_form` kept."""
        return Wanted(metadata.get("title", ""), tuple(metadata.get("links", "").split()))


NOTHING: Final = Wanted()


def choose_form(playbooks: Sequence[Playbook], wanted: Wanted) -> Block:
    """Ask which playbook; what was typed already is kept for the form that follows."""
    options = [option(playbook.title, playbook.id) for playbook in playbooks[:OPTIONS]]
    element = {"type": "static_select", "options": options, "placeholder": plain("Choose a playbook", 150)}
    kept = [link for link, size in zip(wanted.links, accumulate(map(_written, wanted.links)), strict=True) if size <= _KEPT]
    metadata = json.dumps({"title": wanted.title[:TITLE_LENGTH], "links": "\n".join(kept)}, ensure_ascii=False)
    return modal(CHOOSE, "Start an incident", "Next", metadata=metadata, blocks=[field(PLAYBOOK, "What happened?", element)])


def start_form(plan: Plan, wanted: Wanted = NOTHING) -> Block:
    """Ask what the playbook asks at the start."""
    playbook = plan.playbook
    metadata = json.dumps({"playbook": playbook.id, "version": playbook.version})
    return modal(START, "Start an incident", "Start", metadata=metadata, blocks=list(_blocks(plan, wanted)))


def started_form(text: str) -> Block:
    """Say what has been started, in the form's place."""
    return told("Started", text)


def needs_answers(playbook: Playbook) -> bool:
    """Say whether anything has to be answered, or marked as unknown, before this playbook can start."""
    return any(asked.required for asked in asked_at_start(playbook).values())


def asked_at_start(playbook: Playbook) -> dict[str, Input]:
    """Give the inputs of the form, in the playbook's order; where they are too many, those that are required come first."""
    asked = _at_start(playbook)
    fitting = sorted(asked, key=lambda name: not asked[name].required)[:_MOST_INPUTS]
    return {name: one for name, one in asked.items() if name in fitting}


def _written(link: str) -> int:
    """How many characters a link takes in a form's metadata."""
    return len(json.dumps(link, ensure_ascii=False))


def _at_start(playbook: Playbook) -> dict[str, Input]:
    return {name: asked for name, asked in playbook.inputs.items() if asked.ask == "start"}


def input_of_links(playbook: Playbook) -> str | None:
    """Find the input that takes links: one for several, else one for a single link."""
    asked = asked_at_start(playbook)
    return next((name for kind in ("url_list", "url") for name, one in asked.items() if one.type == kind), None)


def links_in(playbook: Playbook, inputs: Mapping[str, Any]) -> list[str]:
    """Gather the links among what was entered."""
    given_links = (inputs.get(name) for name, one in asked_at_start(playbook).items() if one.type in ("url", "url_list"))
    return [link for value in given_links for link in (value if isinstance(value, list) else [value]) if isinstance(link, str)]


def chosen_of(view: View, block: str) -> str | None:
    """Read a text or a single choice."""
    found = given(view, block)
    return found if isinstance(found, str) and found else None


def is_ticked(view: View, block: str) -> bool:
    """Read a single checkbox."""
    return bool(given(view, block))


def answers_of(view: View, playbook: Playbook) -> tuple[dict[str, Any], tuple[str, ...], dict[str, str]]:
    """Read the inputs, those that are not known yet, and what is wrong by block."""
    inputs: dict[str, Any] = {}
    unknown: list[str] = []
    errors: dict[str, str] = {}
    open_ones = _not_known(view)
    for name, asked in asked_at_start(playbook).items():
        answer = answer_of(view, block_of(name), asked)
        read = _read(asked, answer)
        if isinstance(read, Refusal):
            errors[block_of(name)] = cut(read.reason, 500)
        elif answer is not None:
            inputs[name] = answer
        elif name in open_ones:
            unknown.append(name)
        elif asked.required:
            errors[block_of(name)] = "answer this, or tick it under “Not known yet”"
    unasked = [name for name, asked in _at_start(playbook).items() if asked.required and name not in asked_at_start(playbook)]
    return inputs, (*unknown, *unasked), errors


def block_of(name: str) -> str:
    """Give the block of an input."""
    return f"in:{name}"


def _read(asked: Input, answer: Any) -> Value | Refusal:
    return None if answer is None else read_value(asked, answer)


def _blocks(plan: Plan, wanted: Wanted) -> Iterator[Block]:
    playbook, takes_links = plan.playbook, input_of_links(plan.playbook)
    title = wanted.title if takes_links or not wanted.links else " ".join((wanted.title, *wanted.links)).strip()
    yield section(f"*{cut(playbook.title, 100)}*")
    if playbook.summary.strip():
        yield context(cut(playbook.summary.strip(), 500))
    text = words(initial=title[:TITLE_LENGTH], lines=False, most=TITLE_LENGTH)
    yield field(TITLE, "Title", text, optional=True, hint="Short; shown in lists. No names.")
    asked = asked_at_start(playbook)
    for name, one in asked.items():
        element = element_of(one, _default(one, wanted if name == takes_links else NOTHING))
        yield field(block_of(name), one.label or name, element, optional=True, hint=HINTS.get(one.type))
    required = [(one.label or name, name) for name, one in asked.items() if one.required]
    for start in range(0, len(required), CHECKBOXES):
        yield field(f"{_UNKNOWN}:{start}", "Not known yet", checkboxes(required[start : start + CHECKBOXES]), optional=True)
    yield field(SEVERITY, "Severity", _severity(plan), optional=True)
    yield field(REHEARSAL, "Rehearsal", checkboxes([("Only practise: nothing leaves the rehearsal channel", "yes")]), optional=True)


def _default(asked: Input, wanted: Wanted) -> Any:
    """Give what stands in a field at first: the links that are known already, else the playbook's default."""
    if not wanted.links:
        return asked.default
    return list(wanted.links) if asked.type == "url_list" else wanted.links[0]


def _severity(plan: Plan) -> Block:
    severity = plan.playbook.severity
    titles = {name: f"{name.upper()}: {level.title}" for name, level in severity.levels.items()} if severity else {}
    options = [(titles.get(level, level), level) for level in plan.levels]
    return choice("static_select", options, plan.start_level)


def _not_known(view: View) -> frozenset[str]:
    values = view.state.values if view.state else {}
    return frozenset(name for block in values if block.startswith(f"{_UNKNOWN}:") for name in given(view, block) or ())
