"""FB503, FB506 and what else a text says by itself: expressions and templates can be read, and stay within the language."""

from collections.abc import Iterator

from engine.language.checked import Checked
from engine.language.diagnostic import Finding
from engine.language.expression import parse
from engine.language.expression_errors import ExpressionError
from engine.language.template import parse_template
from engine.language.written import MAX_TOGETHER, Bare, Filled, bare_expressions, beyond_bounds, filled_texts


def expressions_can_be_read(checked: Checked) -> Iterator[Finding]:
    """Find bare expressions that are not written in this language."""
    for bare in bare_expressions(checked.playbook):
        try:
            parse(bare.text)
        except ExpressionError as error:
            yield _of_expression(bare, error)


def templates_can_be_read(checked: Checked) -> Iterator[Finding]:
    """Find texts whose braces or statements are not written in this language."""
    for filled in filled_texts(checked.playbook, checked.files):
        try:
            parse_template(filled.text)
        except ExpressionError as error:
            yield _of_template(filled, error)


def there_is_not_too_much_to_read(checked: Checked) -> Iterator[Finding]:
    """Find the expression, and the text, after which the rest of a huge playbook is not looked at any more."""
    for entry in beyond_bounds(checked.playbook, checked.files):
        what = "expressions are" if isinstance(entry, Bare) else "all that stands in {{ }} is"
        message = f"{entry.owner}: {what} longer than {MAX_TOGETHER:,} characters together; the rest was not read"
        yield Finding("FB506", message, entry.path, help="split the playbook: it can call another with a 'playbook' step")


def _of_expression(bare: Bare, error: ExpressionError) -> Finding:
    begins = f"{bare.owner}: '{bare.field}' can't be read: " if error.code == "FB503" else f"{bare.owner}: "
    advice = None
    if bare.field == "with" and error.code in ("FB501", "FB503"):
        advice = f"a text needs quotes inside the quotes: \"'{bare.text}'\""
    return Finding(error.code, f"{begins}{error.message}", bare.path, within=error.within, help=advice)


def _of_template(filled: Filled, error: ExpressionError) -> Finding:
    what = f"template syntax, line {error.line}" if error.code == "FB503" else f"line {error.line}"
    where = filled.owner if error.code != "FB503" and "\n" not in filled.text.rstrip() else f"{filled.owner}: {what}"
    return Finding(error.code, f"{where}: {error.message}", filled.path, within=None if filled.in_file else error.within)
