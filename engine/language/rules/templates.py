"""FB132, FB133, FB501, and FB010 for messages: every text has exactly one source, and that is all there."""

from collections.abc import Iterator

from engine.language.checked import Checked
from engine.language.diagnostic import Finding, Path
from engine.language.playbook import Message, TemplateSource, Ticket
from engine.language.suggest import did_you_mean, quoted


def templates_have_one_source(checked: Checked) -> Iterator[Finding]:
    """Find templates with both a text and a file, or neither."""
    for name, source in checked.playbook.templates.items():
        if source.text is not None and source.file is not None:
            message = f"template {quoted(name)} has text and file; keep one"
            yield Finding("FB132", message, ("templates", name, "file"), at="key")
        elif source.text is None and source.file is None:
            yield Finding("FB132", f"template {quoted(name)} has neither text nor file", ("templates", name), at="key")


def template_files_exist(checked: Checked) -> Iterator[Finding]:
    """Find template files that could not be read."""
    for name, source in checked.playbook.templates.items():
        for path, file in _files(source, ("templates", name)):
            if file in checked.missing:
                advice = "files are looked for beside the playbook"
                yield Finding("FB133", f"template {quoted(name)}: file {quoted(file)} is missing", path, help=advice)


def automatic_texts_have_one_source(checked: Checked) -> Iterator[Finding]:
    """Find messages and tickets with both a text and a template, and messages with neither."""
    for index, step in enumerate(checked.playbook.steps):
        if not isinstance(step, Message | Ticket):
            continue
        if step.text is not None and step.template is not None:
            message = f"step {quoted(step.id)} has text and template; keep one"
            yield Finding("FB010", message, ("steps", index, "template"), at="key")
        elif step.text is None and step.template is None and isinstance(step, Message):
            yield Finding("FB010", f"step {quoted(step.id)}: 'text' or 'template' is missing", ("steps", index))


def needed_inputs_are_known(checked: Checked) -> Iterator[Finding]:
    """Find inputs that a template asks for and the playbook does not have."""
    inputs = checked.playbook.inputs
    for name, source in checked.playbook.templates.items():
        for index, wanted in enumerate(source.needs_inputs):
            if wanted not in inputs:
                message = f"template {quoted(name)} needs unknown input {quoted(wanted)}{did_you_mean(wanted, inputs)}"
                yield Finding("FB501", message, ("templates", name, "needs_inputs", index))


def _files(source: TemplateSource, path: Path) -> Iterator[tuple[Path, str]]:
    if source.file is not None:
        yield (*path, "file"), source.file
    for language, file in source.languages.items():
        yield (*path, "languages", language), file
