"""A CACAO action as a step of ours: what its commands say, who does it, on what.

Firebreak runs no commands of others: what is not manual is kept as text that a person reads (FB702).
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from engine.exchange.cacao.wording import ANSWERS, BOX
from engine.exchange.incoming import Incoming
from engine.exchange.sketch import Book, Sketch, harmless, titled
from engine.exchange.spans import duration_of
from engine.language.diagnostic import Path
from engine.language.suggest import quoted

_ANSWER: Final = re.compile(r"- ([a-z][a-z0-9_]{1,47}): (.+)")
_VARIABLE: Final = re.compile(r"(__[A-Za-z][\w-]*?__):value\b")
_OPTIONAL: Final = " (optional)"


@dataclass
class Tasks:
    """Makes steps of actions; `roles` are ours by the id of the agent, `words` what stands for a variable in a text."""

    incoming: Incoming
    book: Book
    roles: Mapping[str, str]
    targets: Mapping[str, str]
    words: Mapping[str, str]
    answers: dict[str, dict[str, str]] = field(default_factory=dict)
    """By step: the options that its text offers, with their labels."""
    _nobody: str = ""

    def made(self, name: str, action: dict[str, Any]) -> Sketch:
        """Make a task of an action, without what it waits for."""
        path: Path = ("workflow", name)
        texts = self._commands(action, path)
        title = self.incoming.text(action, path, "name") or titled(next(iter("\n".join(texts).split("\n")), ""))
        sketch = self.book.step("task", title or "Do what the playbook says", role=self.role_of(action, path))
        description = self.incoming.text(action, path, "description")
        if description and not any(description.strip() in text for text in texts):
            sketch.adds(self.in_our_words(description))
        if len(texts) == 1:
            self._single(sketch, texts[0])
        else:
            sketch.fields["checklist"] = [titled(text) for text in texts]
            for text in texts:
                if len(text) > 300 or "\n" in text.strip():
                    sketch.adds(self.in_our_words(text))
        self._around(sketch, action, path)
        return sketch

    def role_of(self, step: dict[str, Any], path: Path) -> str:
        """Give our role for a step's agent; somebody has to do it, so there is one for steps without an agent."""
        agent = self.incoming.text(step, path, "agent")
        if agent in self.roles:
            return self.roles[agent]
        if agent:
            self.incoming.say("FB704", f"agent {quoted(agent)} is not defined", (*path, "agent"))
        return self.nobody()

    def nobody(self) -> str:
        """Give the role of those for whom the file names nobody."""
        self._nobody = self._nobody or next(iter(self.roles.values()), "") or self.book.role("Responder")
        return self._nobody

    def in_our_words(self, text: str) -> str:
        """Put our names in place of variables; `do` is a template, so an input becomes a place in it."""
        parts = _VARIABLE.split(text)
        return "".join(harmless_inside(part) if index % 2 == 0 else self.words.get(part, part) for index, part in enumerate(parts))

    def _single(self, sketch: Sketch, text: str) -> None:
        lines = text.strip().split("\n")
        if titled(lines[0]) == sketch.title:
            lines = lines[1:]
        answers = {match[1]: match[2] for line in lines[_index(lines, ANSWERS) :] if (match := _ANSWER.fullmatch(line.strip()))}
        if answers and ANSWERS in lines:
            self.answers[sketch.id] = answers
            lines = lines[: lines.index(ANSWERS)]
        boxes = [line.removeprefix(BOX) for line in lines if line.startswith(BOX)]
        if boxes:
            sketch.fields["checklist"] = [_box(each) for each in boxes]
        rest = "\n".join(line for line in lines if not line.startswith(BOX)).strip()
        if rest:
            sketch.adds(self.in_our_words(rest))

    def _commands(self, action: dict[str, Any], path: Path) -> list[str]:
        texts: list[str] = []
        for index, command in enumerate(self.incoming.entries(action, path, "commands")):
            where: Path = (*path, "commands", index)
            kind = self.incoming.text(command, where, "type") or "manual"
            text = self._text(command, where)
            if kind != "manual":
                self.incoming.say("FB702", f"{kind} command kept as text; Firebreak does not run it", where)
                text = f"{kind}: {text}"
            if text.strip():
                texts.append(text)
        return texts

    def _text(self, command: Any, path: Path) -> str:
        plain = self.incoming.text(command, path, "command") or self.incoming.text(command, path, "description")
        content = self.incoming.text(command, path, "content") or _decoded(self.incoming.text(command, path, "content_b64"))
        coded = _decoded(self.incoming.text(command, path, "command_b64"))
        return "\n".join(part for part in (plain, coded, content) if part)

    def _around(self, sketch: Sketch, action: dict[str, Any], path: Path) -> None:
        """Keep what stands around the commands: targets in words, links, a time-out as the time it takes."""
        targets = [self.targets.get(each, each) for each in self.incoming.texts(action, path, "targets")]
        if targets:
            sketch.adds(harmless(f"On: {', '.join(targets)}."))
        links = [link for link in self.incoming.entries(action, path, "external_references") if isinstance(link, dict)]
        known = [
            {"title": titled(str(link.get("name", "")) or str(link["url"])), "url": str(link["url"])} for link in links if link.get("url")
        ]
        if known:
            sketch.fields["links"] = known
        timeout = self.incoming.number(action, path, "timeout")
        if timeout:
            sketch.fields["takes"] = duration_of(timeout)
            message = (
                f"the time-out of {duration_of(timeout)} became the time that {quoted(sketch.title)} takes; nothing fails when it passes"
            )
            self.incoming.say("FB706", message, (*path, "timeout"), help="add a due, if it is a deadline")


def harmless_inside(text: str) -> str:
    """Make brackets harmless without losing the spaces around a piece of text."""
    return text if not harmless(text) else text[: len(text) - len(text.lstrip())] + harmless(text) + text[len(text.rstrip()) :]


def _box(text: str) -> Any:
    return {"item": titled(text.removesuffix(_OPTIONAL)), "optional": True} if text.endswith(_OPTIONAL) else titled(text)


def _index(lines: list[str], wanted: str) -> int:
    return lines.index(wanted) if wanted in lines else 0


def _decoded(text: str) -> str:
    """Give what a base64 text says, or the text itself where it says nothing readable."""
    try:
        return base64.b64decode(text, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return text
