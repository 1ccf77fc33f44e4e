"""Where people who were called answer: a key on the phone, a text message, an alert in PagerDuty, a page from an e-mail.

Rules:
- Twilio and PagerDuty prove themselves by their signatures, the page by its own address; a bad one is 403.
- Each answer leads to the same acknowledgement, once, and to nothing else.
- Reading the page changes nothing: programs that scan mail follow links. Only its button does.
- What is said back names the incident by its key alone.
"""

import hashlib
import hmac
from collections.abc import Iterable
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Path, Request, Response
from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import RequestValidator
from twilio.twiml.messaging_response import MessagingResponse
from twilio.twiml.voice_response import Gather, VoiceResponse

from api.answers import Answers, key_of_page
from api.body import StrictRequest, parse_json
from api.parts import Parts, parts_of
from api.problems import Problem, not_found
from api.reached import Became, Called, acknowledge, called, waiting_for
from api.routes.reach_page import ask_page, said_page
from engine.incident.actor import DELIVERY
from engine.incident.phone import number_of
from engine.incident.visibility import participants

router = APIRouter(prefix="/reach", include_in_schema=False)

With = Annotated[Parts, Depends(parts_of)]
Token = Annotated[str, Path(max_length=120)]
Form = ImmutableMultiDict[str, str]

_MOST_FIELDS: Final = 200
_SPOKEN: Final[dict[Became, str]] = {
    "acknowledged": "Thank you. {key} is acknowledged. Goodbye.",
    "already": "{key} was acknowledged before. Goodbye.",
    "not_yours": "You have no part in {key} any more. Goodbye.",
}
_WRITTEN: Final[dict[Became, str]] = {
    "acknowledged": "{key}: acknowledged. Open Slack for what is asked of you.",
    "already": "{key}: acknowledged before.",
    "not_yours": "{key}: you have no part in it any more.",
}


@router.post("/voice/{token}")
async def voice(request: Request, token: Token, parts: With) -> Response:
    """Take the key that somebody pressed on the phone."""
    form = await _from_twilio(request, parts)
    call = await _call(parts, token)
    person = parts.library.organisation.people.get(call.person)
    number = number_of(person.phone) if person else None
    if number is None or number != number_of(form.get("To")):
        raise Problem("not_yours", "this number is not that of whoever was called")
    response = VoiceResponse()
    if form.get("Digits", "").strip() != "1":
        again = Gather(num_digits=1, action=str(Answers(parts.sealer, parts.settings.address).voice(call.delivery)), method="POST")
        again.say("Press 1 to acknowledge.")
        response.append(again)
        return _xml(response)
    became = await acknowledge(parts, call.key, call.person, via="phone", credential=form.get("CallSid") or call.delivery)
    response.say(_SPOKEN[became].format(key=call.key))
    return _xml(response)


@router.post("/sms")
async def sms(request: Request, parts: With) -> Response:
    """Take a text message: `1` answers for everything that waits for its sender, `1 INC-7` for that alone."""
    form = await _from_twilio(request, parts)
    number, words = number_of(form.get("From")), form.get("Body", "").upper().split()
    people = parts.library.organisation.people.items()
    senders = [name for name, person in people if number is not None and number_of(person.phone) == number]
    response = MessagingResponse()
    for sender in senders:
        response.message(await _answered_by_text(parts, sender, words, str(form.get("MessageSid") or "sms")))
    return _xml(response)


@router.post("/pagerduty")
async def pagerduty(request: Request, parts: With) -> Response:
    """Take PagerDuty's word that an alert was acknowledged; everything else that it tells is left."""
    secrets = parts.settings.pagerduty_secrets
    if not secrets:
        raise not_found("this address")
    body = await _body(request)
    if not _is_pagerdutys(body, request.headers.get("x-pagerduty-signature", ""), secrets):
        raise Problem("not_yours", "the signature is missing or not PagerDuty's")
    alert = _acknowledged_alert(parse_json(body))
    key = key_of_page(alert) if alert else None
    if alert is None or key is None:
        return Response(status_code=202)
    seen = await parts.handler.look(key, DELIVERY)
    if seen is None:
        raise not_found("this incident")
    answers = Answers(parts.sealer, parts.settings.address)
    paged = (person for person in sorted(participants(seen.world, seen.incident)) if answers.page_key(key, person) == alert)
    for person in paged:
        await acknowledge(parts, key, person, via="pagerduty", credential=f"pagerduty:{alert[-32:]}")
    return Response(status_code=202)


@router.get("/email/{token}")
async def ask(token: Token, parts: With) -> Response:
    """Show the page with the one button; it changes nothing."""
    call = await _call(parts, token)
    return ask_page(call.key)


@router.post("/email/{token}")
async def press(token: Token, parts: With) -> Response:
    """Take the press of that button."""
    call = await _call(parts, token)
    became = await acknowledge(parts, call.key, call.person, via="email", credential=call.delivery)
    return said_page(call.key, _WRITTEN[became].format(key=call.key))


async def _answered_by_text(parts: Parts, sender: str, words: list[str], message: str) -> str:
    if not words or words[0] != "1":
        return "Reply 1 to acknowledge."
    keys = words[1:2] or await waiting_for(parts, sender)
    became = {key: await acknowledge(parts, key, sender, via="sms", credential=message) for key in keys}
    return "\n".join(_WRITTEN[each].format(key=key[:20]) for key, each in became.items()) or "Nothing waits for you."


async def _call(parts: Parts, token: str) -> Called:
    """Find the call that a token was made for."""
    named = Answers(parts.sealer, parts.settings.address).delivery(token)
    if named is None:
        raise Problem("not_yours", "this address was not made here")
    found = await called(parts, *named)
    if found is None:
        raise not_found("this incident")
    return found


async def _from_twilio(request: Request, parts: Parts) -> Form:
    """Read a form that Twilio has signed with the account's token."""
    token = parts.settings.twilio_auth_token
    if token is None:
        raise not_found("this address")
    form = _form(await _body(request))
    query = f"?{request.url.query}" if request.url.query else ""
    url = f"{parts.settings.address}{request.url.path}{query}"
    if not RequestValidator(token.get_secret_value()).validate(url, form, request.headers.get("x-twilio-signature", "")):
        raise Problem("not_yours", "the signature is missing or not Twilio's")
    return form


async def _body(request: Request) -> bytes:
    return await StrictRequest(request.scope, request.receive).body()


def _form(body: bytes) -> Form:
    try:
        return ImmutableMultiDict(parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError as error:  # UnicodeDecodeError is one
        raise Problem("malformed", "the body is not a form") from error


def _is_pagerdutys(body: bytes, header: str, secrets: Iterable[str]) -> bool:
    given = [each.strip().encode() for each in header.split(",")]
    ours = [b"v1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode() for secret in secrets]
    return any(hmac.compare_digest(one, other) for one in given for other in ours)


def _acknowledged_alert(found: Any) -> str | None:
    """Read the key of the alert that an event says was acknowledged (webhooks, version 3)."""
    event = found.get("event") if isinstance(found, dict) else None
    data = event.get("data") if isinstance(event, dict) else None
    if not isinstance(event, dict) or not isinstance(data, dict) or event.get("event_type") != "incident.acknowledged":
        return None
    key = data.get("incident_key")
    return key if isinstance(key, str) else None


def _xml(response: VoiceResponse | MessagingResponse) -> Response:
    return Response(str(response), media_type="text/xml")
