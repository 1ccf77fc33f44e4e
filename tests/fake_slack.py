"""A small, strict Slack Web API on this machine: it keeps channels and messages, and refuses what Slack refuses.

    with fake_slack() as slack:                       # tests/fake_slack_server.py
        slack.user("U0ANA", email="ana@example.com")
        slack.fail("chat.postMessage", Fault("429", retry_after=7))

Rules:
- Only the methods and arguments of `fake_slack_methods.py` exist; anything else is an error, as it is there.
- `lost` does what was asked and cuts the connection: the case in which nobody knows. `reset` does nothing.
- `hang` answers nobody until the server stops; `held` does what was asked first, and notes in `held` from which address.
- A refusal that is the caller's own fault (`OURS`) fails the test at its end, unless the test allows it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Event
from typing import Any, Final, Literal

from api.slack_manifest import scopes
from tests.block_kit import complaints_of, complaints_of_blocks, faults_of, faults_of_view
from tests.fake_slack_limits import Limits, TooMany
from tests.fake_slack_methods import METHODS, Method
from tests.fake_slack_state import APP_TOKEN, BOT, EPOCH, TEAM, TOKEN, Channel, Refused, User, Workspace

__all__ = ["APP_TOKEN", "BOT", "EPOCH", "OURS", "TEAM", "TOKEN", "Call", "Channel", "FakeSlack", "Fault", "Refused", "TooMany", "User"]

OURS: Final = frozenset(
    {
        "invalid_arg_name",
        "invalid_arguments",
        "invalid_blocks",
        "invalid_bookmark_type",
        "invalid_cursor",
        "invalid_emoji",
        "invalid_limit",
        "invalid_link",
        "invalid_metadata_format",
        "invalid_name_maxlength",
        "invalid_name_punctuation",
        "invalid_name_required",
        "invalid_name_specials",
        "invalid_post_type",
        "invalid_ts_latest",
        "invalid_ts_oldest",
        "invalid_types",
        "metadata_too_large",
        "missing_argument",
        "missing_scope",
        "msg_blocks_too_long",
        "msg_too_long",
        "no_item_specified",
        "no_text",
        "not_allowed_token_type",
        "push_limit_reached",
        "too_long",
        "unknown_method",
        "users_list_not_supplied",
        "view_too_large",
    }
)
"""Refusals that no state of a workspace explains: whoever called made a mistake."""
COMMON: Final = frozenset(
    {
        "invalid_arg_name",
        "invalid_arguments",
        "invalid_auth",
        "invalid_post_type",
        "missing_argument",
        "missing_scope",
        "not_allowed_token_type",
        "unknown_method",
    }
)
"""Refusals that any method may give."""
_SEEN: Final = ("chat.postMessage", "chat.update", "chat.postEphemeral")
USES: Final = 5
LIVES: Final = 1_800.0
"""A response_url: so many uses, for so many seconds."""


@dataclass
class Fault:
    kind: Literal["429", "500", "502", "hang", "reset", "lost", "held", "truncated", "html", "refused"]
    retry_after: int = 1
    error: str = "invalid_auth"


@dataclass
class Call:
    method: str
    arguments: dict[str, Any]


class FakeSlack(Workspace):
    """What a workspace holds, and every call that was made to it."""

    def __init__(self) -> None:
        super().__init__()
        self.url = ""
        self.calls: list[Call] = []
        self.whispers: list[dict[str, Any]] = []
        self.refusals: list[tuple[str, str]] = []
        """Every call that was refused for its own sake (not by a fault), with Slack's code."""
        self.mistakes: list[str] = []
        """What the product did wrong: refusals that are its own fault, and messages that are hard to read or to hear."""
        self.allowed: set[str] = set()
        self.scopes = frozenset(scopes())
        """What the app may do: what its own manifest asks for."""
        self.limits = Limits(self.now)
        self.weather: Callable[[str, dict[str, Any]], Fault | None] | None = None
        """Decides over every call that no `fail` was waiting for."""
        self.let_go = Event()
        self.held: list[str] = []
        """What stood before `/api/` in the addresses of those whose answers are held back: with it a test tells processes apart."""
        self._faults: list[tuple[str, Fault]] = []
        self._responses: dict[str, list[float]] = {}

    def response_url(self) -> str:
        """An address at which one press or command can be answered later."""
        path = f"/response/{self.new_id('')}"
        self._responses[path] = [self.now()]
        return self.url.replace("/api/", path)

    def fail(self, method: str, *faults: Fault) -> None:
        """Answer the next calls of a method (`*`: of any) with these faults, in order."""
        self._faults += [(method, fault) for fault in faults]

    def allow(self, *codes: str) -> None:
        """Say that this test makes mistakes on purpose (`hard to read` for what is asked of words)."""
        self.allowed.update(codes)

    def called(self, *methods: str) -> list[Call]:
        return [call for call in self.calls if not methods or call.method in methods]

    def next_fault(self, method: str, arguments: dict[str, Any] | None = None) -> Fault | None:
        with self.lock:
            for position, (wanted, fault) in enumerate(self._faults):
                if wanted in ("*", method):
                    del self._faults[position]
                    return fault
            return self.weather(method, arguments or {}) if self.weather else None

    def perform(self, method: str, arguments: dict[str, Any], *, as_json: bool, token: str) -> dict[str, Any]:
        """Do what a call asks, or say Slack's code for why not; raises TooMany when limits are on."""
        with self.lock:
            self.calls.append(Call(method, arguments))
            try:
                known = self._known(method, arguments, as_json=as_json, token=token)
                self.limits.check(method, known.tier, str(arguments.get("channel", "")))
                answer = known.answer(self, arguments)
            except Refused as refusal:
                return self._refuse(method, refusal)
            if method in _SEEN:
                self._complain(method, arguments)
            elif "view" in arguments and "hard to read" not in self.allowed:
                self.mistakes += [f"{method}: {each}" for each in complaints_of_blocks(arguments["view"]["blocks"])]
            return {"ok": True, **answer}

    def respond(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Take what was sent to a response_url; gives status and answer."""
        with self.lock:
            uses = self._responses.get(path)
            if uses is None or len(uses) > USES or self.now() - uses[0] > LIVES:
                return 404, {"ok": False, "error": "expired_url" if uses else "no_such_url"}
            uses.append(self.now())
            self._complain("response_url", body)
            self.whispers.append({"url": path, **body})
            self.heard.set()
            return 200, {"ok": True}

    def answered(self, body: Mapping[str, Any]) -> None:
        """Take what the product answered to a command, a press or a form: a message, an instruction with a view, or nothing."""
        if "view" in body:
            self.mistakes += [f"a form in an answer: {fault}" for fault in self._faults_in(body["view"])]
        elif "text" in body or "blocks" in body:
            self.mistakes += [f"an answer: {fault}" for fault in faults_of(body.get("blocks") or [])]
            self._complain("an answer", body)

    def _faults_in(self, view: dict[str, Any]) -> list[str]:
        return [*faults_of_view(view), *complaints_of_blocks(view.get("blocks", []))]

    def _refuse(self, method: str, refusal: Refused) -> dict[str, Any]:
        code = str(refusal)
        self.refusals.append((method, code))
        known = METHODS.get(method)
        if code not in COMMON | (known.errors if known else frozenset()):
            self.mistakes.append(f"the fake Slack answers {method} with {code}, which its table doesn't know")
        if code in OURS and code not in self.allowed:
            self.mistakes.append(f"{method}: {code} {'; '.join(refusal.details)}".rstrip())
        details = {"response_metadata": {"messages": refusal.details}} if refusal.details else {}
        return {"ok": False, "error": code, **details}

    def _complain(self, method: str, arguments: Mapping[str, Any]) -> None:
        if "hard to read" not in self.allowed:
            self.mistakes += [f"{method}: {each}" for each in complaints_of(arguments, notifies=method in METHODS)]

    def _known(self, method: str, arguments: dict[str, Any], *, as_json: bool, token: str) -> Method:
        known = METHODS.get(method)
        self._check_token(method, token)
        if known is None:
            raise Refused("unknown_method")
        if as_json and not known.json:
            raise Refused("invalid_post_type")
        if not set(arguments) <= known.takes:
            raise Refused("invalid_arg_name", *sorted(set(arguments) - known.takes))
        if not known.needs <= set(arguments):
            raise Refused("missing_argument", *sorted(known.needs - set(arguments)))
        self._check_scope(known, arguments)
        return known

    def _check_token(self, method: str, token: str) -> None:
        app_level = method == "apps.connections.open"
        if token not in (TOKEN, APP_TOKEN):
            raise Refused("invalid_auth")
        if app_level != (token == APP_TOKEN):
            raise Refused("not_allowed_token_type")

    def _check_scope(self, method: Method, arguments: dict[str, Any]) -> None:
        wanted = {scope for scope in method.scopes if scope.startswith(self._sort(arguments))} or method.scopes
        if wanted and not wanted & self.scopes:
            raise Refused("missing_scope", f"one of {', '.join(sorted(wanted))}; see api/slack_manifest.py")

    def _sort(self, arguments: dict[str, Any]) -> tuple[str, ...]:
        """The family of scopes for the channel that a call is about."""
        channel = self.channels.get(str(arguments.get("channel", "")))
        if channel is None:
            return ("groups:",) if arguments.get("is_private") in (True, "1", "true") else ("channels:",)
        return ("im:",) if channel.id.startswith("D") else ("groups:",) if channel.private else ("channels:",)
