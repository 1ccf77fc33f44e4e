"""One step of ours as one step of CACAO: what is done, by whom, on what, and our own fields in an extension."""

import re
from dataclasses import dataclass, field
from typing import Any, Final

from engine.exchange.cacao.wording import activity_of, command_text, in_variables
from engine.exchange.identifiers import identifier
from engine.language.playbook import Approval, Http, Playbook, Step, SubPlaybook, called

_WEB: Final = re.compile(r"https?://[a-zA-Z0-9.-]+\.[a-z]{2,6}\b")
_CALLERS: Final = "responders"


@dataclass
class Actions:
    """Writes steps; afterwards `targets` holds what http steps speak to. Without `extension` nothing of ours is kept."""

    playbook: Playbook
    extension: str | None
    targets: dict[str, dict[str, Any]] = field(default_factory=dict)

    def id_of(self, step: Step) -> str:
        kind = "playbook-action" if isinstance(step, SubPlaybook) else "action"
        return identifier(kind, self.playbook.id, step.id)

    def written(self, step: Step) -> dict[str, Any]:
        """Write a step without what follows it."""
        if isinstance(step, SubPlaybook):
            return self._playbook(step)
        written: dict[str, Any] = {"type": "action", "name": step.title}
        if step.do.strip():
            written["description"] = in_variables(step.do.strip())
        if step.links:
            written["external_references"] = [{"name": link.title, "url": link.url} for link in step.links]
        activity = activity_of(self.playbook, step)
        command: dict[str, Any] = {"type": "manual", "command": command_text(self.playbook, step)}
        address = _WEB.match(step.url) if isinstance(step, Http) else None
        if isinstance(step, Http) and address is not None:
            command = self._http(step)
            written["targets"] = [self._target(address[0])]
        if activity is not None:
            command["playbook_activity"] = activity
        written |= {"commands": [command], "agent": self.agent_of(step)}
        self.extend(written, step)
        return written

    def asked(self, step: Step, question: str) -> dict[str, Any]:
        """Write a question that a person answers with yes or no."""
        command = {"type": "manual", "command": question}
        return {"type": "action", "name": question, "commands": [command], "agent": self.agent_of(step)}

    def agent_of(self, step: Step) -> str:
        """Give the group that does a step: its role, the first who must approve, else whoever owns the playbook."""
        role = step.approvers[0] if isinstance(step, Approval) else step.role
        owner = self.playbook.owner if self.playbook.owner in self.playbook.roles else next(iter(self.playbook.roles), _CALLERS)
        return identifier("group", self.playbook.id, "role", role if role in self.playbook.roles else owner)

    def agents(self) -> dict[str, dict[str, Any]]:
        """Write the roles as groups; the group of those who respond where there are none."""
        names = {name: role.title for name, role in self.playbook.roles.items()} or {_CALLERS: "Responders"}
        return {identifier("group", self.playbook.id, "role", name): {"type": "group", "name": title} for name, title in names.items()}

    def extend(self, written: dict[str, Any], step: Step) -> None:
        """Keep all fields of a step in our extension; of several steps in one, in a list."""
        if self.extension is not None:
            kept = written.setdefault("step_extensions", {}).setdefault(self.extension, {"steps": []})
            fields = step.model_dump(mode="json", by_alias=True, exclude_defaults=True)
            kept["steps"].append({"kind": step.kind, **fields})

    def _playbook(self, step: SubPlaybook) -> dict[str, Any]:
        name = step.playbook.partition("@")[0]
        written: dict[str, Any] = {"type": "playbook-action", "name": step.title}
        if step.title != called(step.playbook) or step.do.strip():
            written["description"] = command_text(self.playbook, step)
        written["playbook_id"] = identifier("playbook", name)
        if step.with_:
            written["in_args"] = [f"__{each}__" for each in step.with_]
            written["step_variables"] = {
                f"__{each}__": {"type": "string", "value": _passed(value), "external": False} for each, value in step.with_.items()
            }
        self.extend(written, step)
        return written

    def _http(self, step: Http) -> dict[str, Any]:
        path = _WEB.sub("", step.url, count=1) or "/"
        command: dict[str, Any] = {"type": "http-api", "description": step.title, "command": f"{step.method} {path} HTTP/1.1"}
        if step.headers:
            command["headers"] = {name: [value] for name, value in step.headers.items()}
        if isinstance(step.body, str):
            command["content"] = step.body
        return command

    def _target(self, address: str) -> str:
        name = identifier("http-api", self.playbook.id, "target", address)
        self.targets[name] = {"type": "http-api", "name": address, "address": {"url": [address]}}
        return name


def _passed(value: Any) -> str:
    """Write what a called playbook gets: an input as a variable, anything else as it stands."""
    match = re.fullmatch(r"\s*inputs\.([a-z][a-z0-9_]*)\s*", str(value))
    return f"__{match[1]}__:value" if match else str(value)
