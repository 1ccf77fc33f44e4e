"""The forms of a step: keys turned on exactly the version that was shown, and words that are too long for a message.

Rules:
- A form counts once, however often it is sent; its number is proved to be this session's.
- The rules decide; a refusal comes back on the page with what was typed, and the form may be sent again.
- Nobody approves without having said that they read the words, and nobody writes over words that they have not seen.
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Final, Literal, assert_never

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from api.idempotency import Answer, Remembered
from api.parts import Parts
from api.problems import Problem
from api.room.form_posts import WORDS, posted, typed_in
from api.room.page_route import PageRoute, Visiting, With, no_such_page
from api.room.pages import page_path
from api.room.rooms import Key, Step, seen_by, step_page
from api.room.sessions import Sessions, Visitor
from engine.incident.commands import Approve, Reject, SubmitDraft, Withdraw
from engine.incident.refusal import Refusal
from engine.runtime.outcome import Handled, NotFound, Outcome, Recalled, Stale
from engine.store.idempotency import Stored

router = APIRouter(prefix="/rooms", include_in_schema=False, route_class=PageRoute)

Act = Literal["approve", "reject", "withdraw", "submit"]
_LONGEST: Final[Mapping[Act, int]] = {"approve": 10, "reject": 10_000, "withdraw": 10_000, "submit": 100_000}
"""Characters of a text, as over HTTP."""
_EMPTY: Final[Mapping[Act, str]] = {
    "approve": "Say that you have read the words.",
    "reject": "Say what has to change.",
    "withdraw": "Say why.",
    "submit": "Write the words.",
}


@router.post("/{key}/steps/{step}/{act}")
async def act(request: Request, key: Key, step: Step, act: Act, parts: With, visitor: Visiting) -> Response:
    """Take a form, and lead back to the step; or show the page with what is wrong."""
    form = await posted(request, parts.settings.address)
    number = Sessions(parts.sealer).number(visitor, form.get("form", ""))
    if number is None:
        raise Problem("forbidden", "this form belongs to another session; open the page again, and send it from there")
    if not visitor.may_write:
        raise Problem("forbidden", "your token may only read; sign out, and in again with one that has the scope incidents:write")
    await seen_by(parts, visitor, key)
    said, status = _wrong(act, form), 422
    if said is None:
        memory = _memory(parts, visitor, f"room:{number}:{act}", [key, step, form.get("version", ""), _texts(act, form)])
        outcome = await parts.handler.handle(key, _command(act, step, form), visitor.actor, memory=memory)
        said, status = _refused(outcome)
    if said is None:
        return RedirectResponse(page_path(parts, key, step), status_code=303, headers={"Cache-Control": "no-store"})
    seen = await seen_by(parts, visitor, key)
    return step_page(parts, seen, step, visitor, said=said, typed=typed_in(form), status=status)


@router.get("/{key}/steps/{step}/{act}")
async def elsewhere(key: Key, step: Step, act: str, parts: With) -> Response:
    """Lead back whoever loads the address of a form again."""
    return RedirectResponse(page_path(parts, key, step), status_code=303)


def _memory(parts: Parts, visitor: Visitor, number: str, content: list[object]) -> Remembered:
    return Remembered(
        parts.sealer,
        key=number,
        token_id=visitor.token.id,
        request=sha256(json.dumps(content, sort_keys=True).encode()).hexdigest(),
        now=parts.clock.now(),
        answered=lambda _: Answer(200, {"taken": True}),
        mendable=True,
    )


def _command(act: Act, step: str, form: Mapping[str, str]) -> Approve | Reject | Withdraw | SubmitDraft:
    version, texts = form.get("version", ""), _texts(act, form)
    match act:
        case "approve":
            return Approve(step, version)
        case "reject":
            return Reject(step, version, texts["comment"])
        case "withdraw":
            return Withdraw(step, version, texts["reason"])
        case "submit":
            return SubmitDraft(step, texts=texts, version=version)
        case _:
            assert_never(act)


def _texts(act: Act, form: Mapping[str, str]) -> dict[str, str]:
    """What was typed, by the name of its field; words by their language."""
    match act:
        case "approve":
            return {"read": form.get("read", "")}
        case "reject":
            return {"comment": form.get("comment", "").strip()}
        case "withdraw":
            return {"reason": form.get("reason", "").strip()}
        case "submit":
            return {name.removeprefix(WORDS): text.strip() for name, text in form.items() if name.startswith(WORDS)}
        case _:
            assert_never(act)


def _wrong(act: Act, form: Mapping[str, str]) -> str | None:
    texts, most = _texts(act, form).values(), _LONGEST[act]
    if not any(texts):
        return _EMPTY[act]
    longest = max(map(len, texts))
    return f"At most {most:,} characters, please; these are {longest:,}." if longest > most else None


def _refused(outcome: Outcome) -> tuple[str | None, int]:
    """Say why nothing changed, and with which status; None when it did, now or when the form was sent first."""
    match outcome:
        case Handled() | Recalled(answer=Stored()):
            return None, 303
        case Refusal():
            works = [name for name in outcome.allowed if name != "comment"]
            now = f" What works now: {', '.join(works)}." if works else ""
            return f"No: {outcome.reason.removesuffix('.')}.{now}", 403 if outcome.is_about_who else 409
        case NotFound():
            raise no_such_page()
        case Stale():
            return "It has changed since; look again.", 409
        case Recalled():
            return "This form was taken already, as it was sent first. How it stands now is shown below.", 409
        case _:
            assert_never(outcome)
