"""FB415: no secret stands in a playbook, which many people read and which is kept for ever.

Found are: tokens that say what they are (`xoxb-`, `ghp_`, `sk-`, `AKIA`, a private key …) in any text of a
step or a template; and, in `http` steps, a user name in the address, a credential in the query, and a value
that looks random in a header or body field that is made for one. Left alone are `${NAME}`, which `secret`
fills in, `{{ }}`, and words that stand for a value (`your-token-here`). No message repeats the secret.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from math import log2
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from engine.language.checked import Checked
from engine.language.diagnostic import Finding, Path
from engine.language.playbook import Http, Message, Monitor, Step, Ticket
from engine.language.rules.words import texts_of
from engine.language.suggest import quoted

_TOKENS: Final = (
    ("a Slack token", re.compile(r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}|\bxapp-\d-[A-Za-z0-9-]{10,}")),
    ("a Slack webhook address", re.compile(r"hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9/_-]{20,}")),
    ("a GitHub token", re.compile(r"\bgh[opsur]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}")),
    ("a GitLab token", re.compile(r"\bglpat-[A-Za-z0-9_-]{16,}")),
    ("an API key", re.compile(r"\bsk-(?:[a-z]+-){0,2}[A-Za-z0-9_]{20,}|\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}")),
    ("an AWS access key", re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")),
    ("a Google API key", re.compile(r"\bAIza[A-Za-z0-9_-]{35}")),
    ("a SendGrid key", re.compile(r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}")),
    ("an Atlassian token", re.compile(r"\bATATT3[A-Za-z0-9_=-]{20,}")),
    ("a signed token", re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}")),
    ("a private key", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")),
)
"""Forms that providers publish for secret scanners."""

_MADE_FOR_ONE: Final = re.compile(
    r"authori[sz]ation|cookie|pass(?:word|wd|phrase)?|secret|token|credential|(?:api|access|auth|private|subscription)[-_ ]?key"
    r"|(?:x|client)[-_](?:auth|key)|signature",
    re.IGNORECASE,
)
_SCHEME: Final = re.compile(r"(?:bearer|basic|token|apikey|digest)\s+", re.IGNORECASE)
_FILLED: Final = re.compile(r"\$\{?\w+\}?|\{\{.*?\}\}")
_STANDS_FOR: Final = re.compile(r"your|example|placeholder|changeme|change[-_]me|xxx|\.\.\.|…|<[^>]*>|todo", re.IGNORECASE)
_WORD: Final = re.compile(r"[A-Za-z0-9+/=_.~:!@#$%^&*-]{12,}")
_LEAST_ENTROPY: Final = 3.0
"""Bits a character: `application/json` has 3.0, a random key of 20 letters and digits about 4."""
_HELP: Final = "put it into the environment, write '${NAME}' in a header here, and list NAME under secret"


def secrets_stay_outside(checked: Checked) -> Iterator[Finding]:
    """Find secrets that are written in the file, or in a template file."""
    for name in checked.playbook.templates:
        for path, text, _ in texts_of(checked, name):
            yield from _tokens(text, path, f"template {quoted(name)}", is_here=path[-1] == "text")
    for index, step in enumerate(checked.playbook.steps):
        for path, text in _texts(step):
            where: Path = ("steps", index, *path)
            found = list(_tokens(text, where, f"step {quoted(step.id)}"))
            yield from found or (_in_call(step, path, text, where) if isinstance(step, Http) else ())


def _tokens(text: str, path: Path, owner: str, *, is_here: bool = True) -> Iterator[Finding]:
    for what, pattern in _TOKENS:
        match = pattern.search(text)
        if match is not None and not _STANDS_FOR.search(match[0]):
            within = match[0] if is_here else None
            yield Finding("FB415", f"{owner}: {what} is written in the file", path, within=within, help=_HELP)
            return


def _in_call(step: Http, path: Path, text: str, where: Path) -> Iterator[Finding]:
    if path == ("url",):
        named = _in_address(text)
        if named is not None:
            yield Finding("FB415", f"step {quoted(step.id)}: {named} is written in the address", where, help=_HELP)
        return
    name = next((str(part) for part in reversed(path) if isinstance(part, str)), "")
    if _MADE_FOR_ONE.search(name) and _looks_random(text):
        message = f"step {quoted(step.id)}: the value of {quoted(name)} looks like a secret that is written in the file"
        yield Finding("FB415", message, where, help=_HELP)


def _in_address(url: str) -> str | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.password and not _is_filled(parts.password):
        return "a password"
    keys = (name for name, value in parse_qsl(parts.query) if _MADE_FOR_ONE.search(name) and _looks_random(value))
    name = next(keys, None)
    return f"the value of {quoted(name)}" if name else None


def _is_filled(text: str) -> bool:
    return _FILLED.search(text) is not None


def _looks_random(text: str) -> bool:
    """Tell whether a value is long and mixed enough to be a credential, and neither filled in nor a stand-in."""
    value = _SCHEME.sub("", text.strip(), count=1)
    if _is_filled(value) or _STANDS_FOR.search(value) or not _WORD.fullmatch(value):
        return False
    has_digits, has_letters = any(map(str.isdigit, value)), any(map(str.isalpha, value))
    return has_digits and has_letters and _entropy(value) >= _LEAST_ENTROPY


def _entropy(text: str) -> float:
    """Give Shannon's entropy in bits a character."""
    return -sum(count / len(text) * log2(count / len(text)) for count in Counter(text).values())


def _texts(step: Step) -> Iterator[tuple[Path, str]]:
    yield ("do",), step.do
    match step:
        case Http():
            yield ("url",), step.url
            yield from _strings(step.headers, ("headers",))
            yield from _strings(step.body, ("body",))
        case Message(text=str() as text) | Ticket(text=str() as text):
            yield ("text",), text
        case Monitor(each_time=each) if each is not None:
            yield ("each_time", "text"), each.text


def _strings(value: object, path: Path) -> Iterator[tuple[Path, str]]:
    match value:
        case str():
            yield path, value
        case Mapping():
            for name, entry in value.items():
                yield from _strings(entry, (*path, name))
        case list():
            for index, entry in enumerate(value):
                yield from _strings(entry, (*path, index))
