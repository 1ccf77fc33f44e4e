"""A playbook as a CACAO 2.0 document: the same playbook always gives the same bytes.

- Privileged steps stay in the house unless they are asked for; then the source stays too, because it holds them.
- With the source in its extension, `engine.exchange.cacao.importing` gives back the same bytes.
- What an import had kept aside (`Kept`: extensions of other tools) goes back to where it was.
"""

import json
from dataclasses import dataclass
from typing import Any

from engine.exchange.cacao.action import Actions
from engine.exchange.cacao.document import document_of
from engine.exchange.cacao.extension import PLAYBOOK, STEP, Written, definitions, playbook_payload
from engine.exchange.cacao.kept import Kept
from engine.exchange.cacao.privilege import privileged_steps, shareable
from engine.exchange.cacao.workflow import Workflow
from engine.language.diagnostic import Finding
from engine.language.playbook import Playbook


@dataclass(frozen=True)
class Wanted:
    """How to export: with our extensions or without them, with counsel's work or without it."""

    extensions: bool = True
    privileged: bool = False


@dataclass(frozen=True)
class Exported:
    """A document, what is to be said about it, and the ids of steps that were left out."""

    document: dict[str, Any]
    findings: tuple[Finding, ...] = ()
    left_out: tuple[str, ...] = ()
    has_source: bool = False

    @property
    def text(self) -> str:
        """The document as JSON, indented, in a fixed order."""
        return json.dumps(self.document, ensure_ascii=False, indent=2) + "\n"


def export(playbook: Playbook, source: Written, wanted: Wanted | None = None, kept: Kept | None = None) -> Exported:
    """Write a playbook that checked without errors; `source` is the text it was read from."""
    wanted = wanted or Wanted()
    left_out = () if wanted.privileged else privileged_steps(playbook)
    shared = playbook if wanted.privileged else shareable(playbook)
    if not shared.steps:
        finding = Finding("FB701", "every step is privileged, so nothing can be exported", ("steps",), at="key", level="error")
        return Exported({}, (finding,), left_out)
    workflow = Workflow(shared, Actions(shared, STEP if wanted.extensions else None))
    document = document_of(shared, workflow, workflow.written())
    if wanted.extensions:
        payload = playbook_payload(shared, source, is_whole=not left_out)
        document["playbook_extensions"] = {PLAYBOOK: payload}
        document["extension_definitions"] = definitions()
    if kept is not None:
        kept.put_back(document)
    return Exported(document, tuple(_findings(workflow, wanted)), left_out, wanted.extensions and not left_out)


def _findings(workflow: Workflow, wanted: Wanted) -> list[Finding]:
    if not workflow.serialised:
        return []
    count = sum(len(group) for group in workflow.serialised)
    kept = "their needs are kept in the extension" if wanted.extensions else "what they wait for is lost without the extension"
    message = f"{count} steps wait for each other in a way that CACAO can't say; they were put in one order, and {kept}"
    notes = tuple(f"in this order: {_listed(group)}" for group in workflow.serialised)
    return [Finding("FB701", message, ("steps",), at="key", notes=notes)]


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names) if len(names) <= 8 else f"{', '.join(names[:8])} and {len(names) - 8} more"
