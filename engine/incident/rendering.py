"""Texts of the playbook as people read them now: personal inputs masked, stand-ins for the unknown.

A text is first rendered with what is known, so that `default()` and loops see what is missing; only where
that ends at something unknown, words stand in for it.
"""

from collections import ChainMap
from collections.abc import Mapping, MutableMapping
from datetime import datetime
from typing import Any, cast

from engine.incident.draft import Draft
from engine.incident.personal import Text
from engine.incident.plan import World
from engine.incident.scope import TextScope
from engine.incident.state import Incident
from engine.language.expression import ExpressionFault, UndefinedValue
from engine.language.template import Template, parse_template


def render(world: World, incident: Incident, template: Template, *, now: datetime, more: Mapping[str, Any] | None = None) -> str | None:
    """Render a template; `more` replaces names of the scope. None when it can't be rendered at all."""
    for stand_ins in (False, True):
        scope = ChainMap({**(more or {})}, cast("MutableMapping[str, object]", TextScope(world, incident, now, stand_ins=stand_ins)))
        try:
            return template.render(scope, world.templates)
        except (UndefinedValue, ExpressionFault):
            continue
    return None


def render_text(world: World, incident: Incident, text: str, *, now: datetime) -> str:
    """Render a text of the playbook; what can't be rendered is shown as the author wrote it."""
    rendered_now = render(world, incident, parse_template(text), now=now)
    return text if rendered_now is None else rendered_now


def rendered(draft: Draft, text: str) -> Text:
    """Render a text of the playbook for people, marked where it names somebody."""
    return draft.mark(render_text(draft.world, draft.incident, text, now=draft.now))


def rendered_template(draft: Draft, name: str) -> Text:
    """Render a declared template by its name."""
    text = render(draft.world, draft.incident, draft.world.template(name, None), now=draft.now)
    return draft.mark(text) if text is not None else f"template {name}"
