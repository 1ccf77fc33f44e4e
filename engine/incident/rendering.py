"""Texts of the playbook as people read them now: personal inputs masked, stand-ins for the unknown."""

from engine.incident.draft import Draft
from engine.incident.personal import Text
from engine.incident.scope import text_scope
from engine.language.expression import ExpressionFault, UndefinedValue
from engine.language.template import parse_template


def rendered(draft: Draft, text: str) -> Text:
    """Render a text of the playbook; what can't be rendered is shown as the author wrote it."""
    scope = text_scope(draft.world, draft.incident, draft.now)
    try:
        return draft.mark(parse_template(text).render(scope, draft.world.templates))
    except (UndefinedValue, ExpressionFault):
        return draft.mark(text)


def rendered_template(draft: Draft, name: str) -> Text:
    """Render a declared template by its name."""
    scope = text_scope(draft.world, draft.incident, draft.now)
    try:
        return draft.mark(draft.world.template(name, None).render(scope, draft.world.templates))
    except (UndefinedValue, ExpressionFault):
        return f"template {name}"
