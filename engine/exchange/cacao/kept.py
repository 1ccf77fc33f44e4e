"""What an imported document holds that no playbook of ours can: extensions of other tools, kept beside it for the next export.

Steps are found again by the id that the import gave them; whatever belongs to a step that is gone, goes.
"""

import json
from dataclasses import dataclass, field
from typing import Any, Final

from engine.exchange.cacao.extension import PLAYBOOK, STEP
from engine.exchange.identifiers import identifier
from engine.exchange.incoming import Incoming

OURS: Final = frozenset({PLAYBOOK, STEP})
_PARTS: Final = ("definitions", "playbook", "steps")


@dataclass
class Kept:
    """Extensions by their id: how they are defined, what they say of the playbook, and of each step of ours."""

    definitions: dict[str, Any] = field(default_factory=dict)
    playbook: dict[str, Any] = field(default_factory=dict)
    steps: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.definitions or self.playbook or self.steps)

    @property
    def text(self) -> str:
        """Everything as JSON, for a file beside the playbook."""
        parts = {"definitions": self.definitions, "playbook": self.playbook, "steps": self.steps}
        return json.dumps(parts, ensure_ascii=False, indent=2) + "\n"

    @staticmethod
    def around(incoming: Incoming) -> "Kept":
        """Keep what a document says as a whole, without its steps."""
        document = incoming.document
        definitions, playbook = (incoming.map(document, (), name) for name in ("extension_definitions", "playbook_extensions"))
        return Kept(_foreign(definitions), _foreign(playbook))

    def add(self, step: str, extensions: dict[str, Any]) -> None:
        """Keep what is said of one step: `step` is the id of its playbook, a slash, and its own."""
        found = _foreign(extensions)
        if found:
            self.steps[step] = found

    def say(self, incoming: Incoming) -> None:
        """Tell that something was kept."""
        if self:
            message = "extensions of other tools are kept beside the playbook for the next export"
            incoming.say("FB706", message, ("extension_definitions",), at="key", level="info")

    @staticmethod
    def of(value: object) -> "Kept | None":
        """Read what `text` wrote; None for anything else."""
        if not isinstance(value, dict) or not all(isinstance(value.get(part), dict) for part in _PARTS):
            return None
        steps = {name: each for name, each in value["steps"].items() if isinstance(each, dict)}
        return Kept(value["definitions"], value["playbook"], steps)

    def put_back(self, document: dict[str, Any]) -> None:
        """Write everything into a document of ours, where its steps are still there."""
        name = str(document["id"])
        if self.definitions:
            document["extension_definitions"] = {**document.get("extension_definitions", {}), **self.definitions}
        if self.playbook:
            document["playbook_extensions"] = {**document.get("playbook_extensions", {}), **self.playbook}
        for step, extensions in self.steps.items():
            for kind in ("action", "playbook-action"):
                written = document["workflow"].get(identifier(kind, step.partition("/")[0], step.partition("/")[2]))
                if written is not None and name:
                    written["step_extensions"] = {**written.get("step_extensions", {}), **extensions}


def _foreign(extensions: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in extensions.items() if name not in OURS}
