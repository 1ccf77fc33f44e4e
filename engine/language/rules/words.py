"""FB431: templates do not say what must not be said.

Forbidden are the words of `forbid_words` policies (the organisation's too) for the audience of the statement,
those in a statement's `must_not_say`, and, for everybody, sentences by which people are told to keep silent
about their work. Such a rule may break the law: in the United States section 7 of the labour act protects
talk about pay, hours and safety, also with the media (background, not advice). "Only the press desk speaks
for the company" is fine. Every language and what a template includes counts; as at a run, case does not.
"""

import re
from collections.abc import Iterator
from typing import Final

from engine.language.checked import Checked
from engine.language.diagnostic import Finding, Path
from engine.language.expression_errors import ExpressionError
from engine.language.playbook import Message, Policy, Statement
from engine.language.suggest import quoted
from engine.language.template import parse_template

_NOT: Final = r"(?:(?:do|may|must|can|should|shall) ?not|don[’']t|can[’']t|mustn[’']t|never|(?:is|are) (?:not allowed|forbidden) to)"
_PRESS: Final = r"(?:the )?(?:media|press|reporters?|journalists?)"
_OWN: Final = r"(?:your |their )?(?:pay|wages?|salar(?:y|ies)|hours|working conditions|working hours|safety)"
SILENCING: Final = re.compile(
    r"\byou (?:may|must|can) ?not speak\b(?! for\b)"
    rf"|\b{_NOT} (?:speak|talk) (?:to|with) {_PRESS}\b"
    rf"|\b{_NOT} (?:answer|contact) {_PRESS}\b"
    rf"|\b{_NOT} (?:discuss|talk about|speak about) {_OWN}\b"
    rf"|\b{_NOT} (?:film|record) at work\b",
    re.IGNORECASE,
)
"""Orders of silence that no playbook may give, whatever its policies say."""
_UNLAWFUL: Final = "may break US labour law"
_ADVICE: Final = "say who speaks for the company, and that this does not limit anyone's right to discuss pay, hours, safety or conditions"


def templates_say_nothing_forbidden(checked: Checked) -> Iterator[Finding]:
    """Find forbidden words in the templates of statements, and orders of silence in any template or message."""
    bans = [*_of_policies(checked), *_of_statements(checked)]
    for name in checked.playbook.templates:
        yield from dict.fromkeys(_in_template(checked, name, [(words, why) for template, words, why in bans if template == name]))
    for index, step in enumerate(checked.playbook.steps):
        order = SILENCING.search(step.text) if isinstance(step, Message) and step.text else None
        if order is not None:
            message = f"step {quoted(step.id)} contains forbidden words {quoted(order[0])} ({_UNLAWFUL})"
            yield Finding("FB431", message, ("steps", index, "text"), within=order[0], help=_ADVICE)


def _in_template(checked: Checked, name: str, bans: list[tuple[str, str]]) -> Iterator[Finding]:
    for path, text, language in texts_of(checked, name):
        owner = f"template {name}{f' ({language})' if language else ''}"
        within = path[-1] == "text"
        folded = _plain(text).casefold()
        order = SILENCING.search(_plain(text))
        if order is not None:
            yield _finding(owner, order[0], _UNLAWFUL, path, order[0] if within and order[0] in text else None, help=_ADVICE)
        for words, why in bans:
            if _plain(words).casefold() in folded and (order is None or _plain(words).casefold() not in order[0].casefold()):
                yield _finding(owner, words, why, path, words if within and words in text else None)


def _finding(owner: str, words: str, why: str, path: Path, within: str | None, help: str | None = None) -> Finding:
    return Finding("FB431", f"{owner} contains forbidden words {quoted(words)} ({why})", path, within=within, help=help)


def texts_of(checked: Checked, name: str) -> Iterator[tuple[Path, str, str]]:
    """Yield every text of a template with where it is named, and its language (empty for the first)."""
    source = checked.playbook.templates[name]
    if source.text is not None:
        yield ("templates", name, "text"), source.text, ""
    if source.file is not None:
        yield ("templates", name, "file"), checked.files.get(source.file, ""), ""
    for language, file in source.languages.items():
        yield ("templates", name, "languages", language), checked.files.get(file, ""), language


def _of_policies(checked: Checked) -> Iterator[tuple[str, str, str]]:
    required = checked.organisation.required_policies if checked.organisation else []
    for policy in (*checked.playbook.policies, *required):
        if policy.rule == "forbid_words":
            for template in _templates_for(checked, policy):
                yield from ((template, words, f"policy {policy.id}") for words in policy.words)


def _templates_for(checked: Checked, policy: Policy) -> Iterator[str]:
    for step in checked.playbook.steps:
        if isinstance(step, Statement) and step.audience in policy.audience:
            yield from _with_included(checked, step.template)


def _of_statements(checked: Checked) -> Iterator[tuple[str, str, str]]:
    for step in checked.playbook.steps:
        if isinstance(step, Statement):
            for template in _with_included(checked, step.template):
                yield from ((template, words, f"must_not_say of {quoted(step.id)}") for words in step.must_not_say)


def _with_included(checked: Checked, template: str) -> Iterator[str]:
    todo, seen = [template], {template}
    while todo:
        name = todo.pop()
        if name not in checked.playbook.templates:
            continue
        yield name
        new = {found for _, text, _ in texts_of(checked, name) for found in _included(text)} - seen
        seen |= new
        todo += sorted(new)


def _included(text: str) -> tuple[str, ...]:
    try:
        return parse_template(text).includes() if "{%" in text else ()
    except ExpressionError:  # a finding of its own
        return ()


def _plain(text: str) -> str:
    return " ".join(text.replace("’", "'").split())
