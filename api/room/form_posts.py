"""What a browser posts: a small form, sent from one of our own pages.

Rules:
- A browser says where a form comes from (`Origin`, `Sec-Fetch-Site`); from elsewhere, or from nowhere, nothing is taken.
- Texts are whole: at most a few fields, UTF-8, without NUL; line breaks become the ones that words are compared with.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from fastapi import Request

from api.body import check_text
from api.problems import Problem

WORDS: Final = "text:"
"""What the name of a field begins with that holds words; their language follows."""

_TYPED: Final = ("comment", "reason")
_MOST_FIELDS: Final = 100
_KIND: Final = "application/x-www-form-urlencoded"


async def posted(request: Request, address: str) -> Mapping[str, str]:
    """Read a form of our own pages; `address` is the server's. Raises Problem."""
    check_origin(request, address)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _KIND:
        raise Problem("unsupported_media_type", "this is not a form")
    try:
        text = (await request.body()).decode("utf-8")
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError as error:  # UnicodeDecodeError is one
        raise Problem("malformed", "the form can't be read") from error
    for name, value in pairs:
        check_text(name, "form")
        check_text(value, name)
    return {name: value.replace("\r\n", "\n") for name, value in pairs}


def typed_in(form: Mapping[str, str]) -> dict[str, str]:
    """Give what somebody wrote into a form, by field."""
    return {name: text for name, text in form.items() if text and (name in _TYPED or name.startswith(WORDS))}


def check_origin(request: Request, address: str) -> None:
    """Refuse a form that another site sent; raises Problem."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is None and origin is None:
        raise _elsewhere()
    if site not in (None, "same-origin"):
        raise _elsewhere()
    if origin is not None and not _is_ours(origin, request.headers.get("host", ""), address):
        raise _elsewhere()


def _is_ours(origin: str, host: str, address: str) -> bool:
    """Whether an origin is the address that people use, or the one that this request was sent to."""
    given, ours = urlsplit(origin), urlsplit(address)
    if given.scheme not in ("http", "https") or (ours.scheme == "https" and given.scheme != "https"):
        return False
    return (given.scheme, given.netloc) == (ours.scheme, ours.netloc) or given.netloc == host


def _elsewhere() -> Problem:
    return Problem("forbidden", "this form was not sent from a page of ours; open the page again, and send it from there")
