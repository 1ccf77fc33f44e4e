"""Who and what a CACAO document speaks of: agents become roles, outer variables inputs, targets words."""

from typing import Any, Final

from engine.exchange.incoming import Incoming
from engine.exchange.sketch import Book, harmless, titled
from engine.language.diagnostic import Path

_TYPES: Final = {"bool": "yes_no", "integer": "number", "long": "number", "float": "number", "uri": "url", "list": "url_list"}
_EMAIL: Final = "@"


def roles_of(incoming: Incoming, book: Book) -> dict[str, str]:
    """Make a role of every agent; gives our names by CACAO's ids."""
    found: dict[str, str] = {}
    for name, agent in incoming.map(incoming.document, (), "agent_definitions").items():
        path: Path = ("agent_definitions", name)
        title = incoming.text(agent, path, "name") or name.partition("--")[0].replace("-", " ").capitalize()
        address = _address(agent)
        found[name] = book.role(title, **({"assign": f"email:{address}"} if address else {}))
    return found


def targets_of(incoming: Incoming) -> dict[str, str]:
    """Say in words what every target is."""
    found: dict[str, str] = {}
    for name, target in incoming.map(incoming.document, (), "target_definitions").items():
        path: Path = ("target_definitions", name)
        addresses = [each for each in _flattened(target.get("address") if isinstance(target, dict) else None) if each]
        title = incoming.text(target, path, "name") or name
        found[name] = f"{title} ({', '.join(addresses)})" if addresses and addresses != [title] else title
    return found


def inputs_of(incoming: Incoming, book: Book) -> tuple[dict[str, str], dict[str, str]]:
    """Make inputs of the variables that come from outside; gives our names by variable, and what stands for each in a text."""
    inputs: dict[str, str] = {}
    words: dict[str, str] = {}
    for name, variable in incoming.map(incoming.document, (), "playbook_variables").items():
        path: Path = ("playbook_variables", name)
        value = variable.get("value") if isinstance(variable, dict) else None
        if isinstance(variable, dict) and variable.get("external") is True:
            inputs[name] = _input(incoming, book, name, variable, path)
            words[name] = f"{{{{ inputs.{inputs[name]} | default('?') }}}}"
        elif isinstance(value, str) and value and isinstance(variable, dict) and variable.get("constant") is True:
            words[name] = harmless(value)
        else:
            words[name] = f"({name.strip('_').replace('_', ' ')})"
    return inputs, words


def _input(incoming: Incoming, book: Book, name: str, variable: dict[str, Any], path: Path) -> str:
    kind = _TYPES.get(incoming.text(variable, path, "type"), "text")
    label = titled(incoming.text(variable, path, "description"))
    fields: dict[str, Any] = {"type": kind, **({"label": label} if label else {})}
    default = _default(variable.get("value"), kind)
    if default is not None:
        fields["default"] = default
    return book.input(name.strip("_"), **fields)


def _default(value: object, kind: str) -> Any:
    if not isinstance(value, str) or not value:
        return None
    match kind:
        case "yes_no":
            return {"true": True, "false": False}.get(value.lower())
        case "number":
            return _number(value)
        case "text":
            return titled(value)
        case _:
            return None


def _number(text: str) -> int | float | None:
    plain = text.strip().removeprefix("-")
    if not plain.isascii() or not plain.replace(".", "", 1).isdigit() or len(plain) > 15:
        return None
    return float(text) if "." in plain else int(text)


def _address(agent: Any) -> str:
    """Give the first e-mail address of an agent, when it is one that can stand in `assign`."""
    contact = agent.get("contact") if isinstance(agent, dict) else None
    addresses = contact.get("email") if isinstance(contact, dict) else None
    known = [each for each in addresses.values() if isinstance(each, str)] if isinstance(addresses, dict) else []
    return next((each for each in known if _EMAIL in each and each.isprintable() and not any(part.isspace() for part in each)), "")


def _flattened(address: Any) -> list[str]:
    entries = address.values() if isinstance(address, dict) else ()
    return [str(each) for entry in entries for each in (entry if isinstance(entry, list) else [entry]) if isinstance(each, str | int)]
