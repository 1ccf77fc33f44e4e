"""Our own export, read back from its extensions: a word is said when the workflow no longer fits them.

With a source, the very files, when every digest fits. Without one (counsel's steps had been left out) the
playbook is written again from the fields that each step carries.
"""

import posixpath
from collections.abc import Mapping
from typing import Any

from engine.exchange.cacao.export import Wanted, export
from engine.exchange.cacao.extension import PLAYBOOK, STEP, Written, digest_of
from engine.exchange.cacao.kept import Kept
from engine.exchange.cacao.pointing import workflow_of
from engine.exchange.imported import Imported
from engine.exchange.incoming import Incoming
from engine.exchange.yaml_text import cleaned, playbook_text
from engine.language.diagnostic import Path
from engine.language.load import load_playbook
from engine.language.suggest import as_name, quoted


def restored(incoming: Incoming, payload: dict[str, Any]) -> Imported | None:
    """Give the files that the extension holds, the playbook first; none of them when one is not what it says.

    None is given when the extension holds no whole playbook, so that the workflow has to be read instead.
    """
    path: Path = ("playbook_extensions", PLAYBOOK)
    files: dict[str, str] = {}
    entries: list[tuple[Path, Any]] = [
        ((*path, "files", index), entry) for index, entry in enumerate(incoming.entries(payload, path, "files"))
    ]
    if "source" in payload:
        entries.insert(0, ((*path, "source"), payload["source"]))
    else:
        again = _written_again(incoming, payload)
        if again is None:
            return None
        files = again
    wanted = len(files) + len(entries)
    for place, entry in entries:
        name, text = incoming.text(entry, place, "path"), incoming.text(entry, place, "text")
        if _is_safe(incoming, name, place) and _is_whole(incoming, name, text, incoming.text(entry, place, "sha256"), place):
            files[posixpath.normpath(name)] = text
    if len(files) < wanted:
        return Imported({}, tuple(incoming.found))
    _say_changes(incoming, files, is_whole="source" in payload)
    kept = _kept(incoming, str(payload.get("id", "")))
    return Imported(files, tuple(incoming.found), kept)


def _kept(incoming: Incoming, playbook: str) -> Kept:
    """Keep what other tools have added to our export."""
    kept = Kept.around(incoming)
    for name, step in workflow_of(incoming).items():
        ours = _listed(step)
        if ours and isinstance(ours[0], dict):
            kept.add(f"{playbook}/{ours[0].get('id')}", incoming.map(step, ("workflow", name), "step_extensions"))
    kept.say(incoming)
    return kept


def _written_again(incoming: Incoming, payload: dict[str, Any]) -> dict[str, str] | None:
    """Write a playbook from the fields in the extensions, in the order of its file; None when a step is missing."""
    steps = _steps(incoming)
    order = payload.get("order")
    fields = payload.get("fields")
    if not isinstance(order, list) or not order or not isinstance(fields, dict) or any(str(name) not in steps for name in order):
        return None
    head = {name: payload[name] for name in ("id", "title", "version", "summary") if isinstance(payload.get(name), str)}
    document = {"firebreak": 1, **head, **fields, "steps": [steps[str(name)] for name in order]}
    name = as_name(str(payload.get("id", ""))) or "imported_playbook"
    return {f"{name}.yaml": playbook_text(cleaned(document), comments=("Restored from a CACAO export that had left privileged steps out",))}


def _steps(incoming: Incoming) -> dict[str, dict[str, Any]]:
    """Collect the steps of ours that the workflow carries, as their authors write them."""
    found: dict[str, dict[str, Any]] = {}
    for step in workflow_of(incoming).values():
        for fields in _listed(step):
            if isinstance(fields, dict) and isinstance(fields.get("kind"), str) and isinstance(fields.get("id"), str):
                found[fields["id"]] = _as_written(fields)
    return found


def _listed(step: Any) -> list[Any]:
    """List the steps of ours that a CACAO step carries."""
    extensions = step.get("step_extensions") if isinstance(step, dict) else None
    ours = extensions.get(STEP) if isinstance(extensions, dict) else None
    listed = ours.get("steps") if isinstance(ours, dict) else None
    return listed if isinstance(listed, list) else []


def _as_written(fields: Mapping[str, Any]) -> dict[str, Any]:
    kind = fields["kind"]
    rest = {name: value for name, value in fields.items() if name not in ("id", "kind", "title", "playbook")}
    if isinstance(rest.get("checklist"), list):
        rest["checklist"] = [each["item"] if isinstance(each, dict) and each.keys() == {"item"} else each for each in rest["checklist"]]
    if kind == "playbook":
        return {"id": fields["id"], "playbook": fields.get("playbook"), "title": fields.get("title"), **rest}
    return {"id": fields["id"], kind: fields.get("title"), **rest}


def _is_safe(incoming: Incoming, name: str, path: Path) -> bool:
    """Tell whether a file would lie inside the folder that is imported into."""
    plain = posixpath.normpath(name)
    if name and plain != "." and not plain.startswith(("/", "..")) and "\\" not in name and ":" not in name and name.isprintable():
        return True
    incoming.say("FB707", f"{quoted(name)} is not a file below the folder of the playbook", (*path, "path"))
    return False


def _is_whole(incoming: Incoming, name: str, text: str, digest: str, path: Path) -> bool:
    if digest_of(text) == digest:
        return True
    message = f"the text of {quoted(name)} does not fit its SHA-256: it was changed after the export"
    incoming.say(
        "FB707", message, (*path, "text"), help="ask for the file again, or delete playbook_extensions to import the workflow itself"
    )
    return False


def _say_changes(incoming: Incoming, files: Mapping[str, str], *, is_whole: bool) -> None:
    """Say when the workflow is no longer what the extensions give: they are what counts."""
    name, text = next(iter(files.items()))

    def read(other: str) -> str:
        if posixpath.normpath(other) not in files:
            raise FileNotFoundError(other)
        return files[posixpath.normpath(other)]

    playbook = load_playbook(text, file=name, read=read).playbook
    if playbook is None:
        return
    others = {path: each for path, each in files.items() if path != name}
    again = export(playbook, Written(name, text, others), Wanted(extensions=False, privileged=True)).document
    if _bare(again["workflow"]) != _bare(workflow_of(incoming)):
        source = "its source" if is_whole else "the fields of its steps"
        message = f"the workflow was changed after the export; the playbook is made from {source}, without those changes"
        incoming.say("FB706", message, ("workflow",), help="delete playbook_extensions to import the workflow itself", level="warning")


def _bare(workflow: Mapping[str, Any]) -> dict[str, Any]:
    """Give a workflow without extensions, which other tools may add."""
    return {
        name: {field: value for field, value in step.items() if field != "step_extensions"} if isinstance(step, dict) else step
        for name, step in workflow.items()
    }
