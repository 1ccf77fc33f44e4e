"""A person with a browser: it keeps cookies, says where its forms come from, and sends what stands on the page."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import httpx

from tests.api.given import House

HERE = "http://firebreak.test"
LONG = "We know about it. " * 400


class Forms(HTMLParser):
    """The forms of a page, with what already stands in them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: dict[str, dict[str, str]] = {}
        self.texts: dict[str, str] = {}
        self._action, self._area = "", ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._action = given["action"]
            self.found[self._action] = {}
        if tag == "input" and given["type"] == "hidden":
            self.found[self._action][given["name"]] = given["value"]
        self._area = given["name"] if tag == "textarea" else ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.texts[self._area] = self.texts.get(self._area, "") + data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""


class Nesting(HTMLParser):
    """What is closed in the wrong place, or never, and which ids stand twice."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self._open: list[str] = []
        self._ids: set[str] = set()
        self.feed(html)
        self.faults += [f"<{tag}> is never closed" for tag in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        name = dict(attrs).get("id")
        self.faults += [f"#{name} stands twice"] if name in self._ids else []
        self._ids |= {name} if name else set()
        if tag not in ("meta", "input", "br"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.faults.append(f"</{tag}> closes something else")


@dataclass
class Browser:
    """`shown` is the page that it shows."""

    house: House
    client: httpx.AsyncClient
    shown: httpx.Response = field(default_factory=lambda: httpx.Response(200))

    async def opens(self, path: str) -> str:
        self.shown = await self.client.get(path, headers={"Sec-Fetch-Site": "cross-site"})
        return self.shown.text

    async def signs_in(self, token: str, to: str = "/rooms") -> httpx.Response:
        return await self.posts("/rooms/sign-in", {"token": token, "to": to})

    async def presses(self, action: str, **typed: str) -> httpx.Response:
        """Send the form that the page shows."""
        hidden = next(fields for path, fields in Forms(self.shown.text).found.items() if path.endswith(action))
        path = next(path for path in Forms(self.shown.text).found if path.endswith(action))
        return await self.posts(path, {**hidden, **typed})

    async def posts(self, path: str, fields: dict[str, str], **headers: str) -> httpx.Response:
        """Send a form as a browser does from our own page, and stay on the page that comes unless it leads on."""
        given = {"Origin": HERE, "Sec-Fetch-Site": "same-origin", **headers}
        answer = await self.client.post(path, data=fields, headers={name: value for name, value in given.items() if value})
        if answer.status_code != 303:
            self.shown = answer
        return answer


async def browser(house: House, **options: Any) -> Browser:
    """A browser in which nobody is signed in."""
    return Browser(house, await house.client(**options))


async def signed_in(house: House, person: str, *scopes: str) -> Browser:
    """A browser in which somebody is signed in with their own token."""
    made = await browser(house)
    answer = await made.signs_in(await house.token(f"phone of {person}", *scopes, person=person))
    assert answer.status_code == 303, answer.text
    return made


async def to_approve(house: House, text: str = "We know about it.", playbook: str = "trial") -> str:
    """An incident in which words wait for two keys, Ben's and Cho's; gives the path of the approval's page."""
    key = await house.declared(playbook)
    steps = f"/v1/incidents/{key}/steps"
    await house.does("ana", f"{steps}/facts/skip", reason="known already")
    await house.does("cho", f"{steps}/speak/answer", option="post")
    await house.does("dee", f"{steps}/draft/submit", text=text)
    return f"/rooms/{key}/steps/agree"


async def keys_of(house: House, key: str = "INC-1") -> list[tuple[str, str]]:
    """The keys turned on the words, as (person, decision)."""
    facts = (await (await house.person("ana")).get(f"/v1/incidents/{key}/steps/agree")).json()
    return [(each["person"], each["decision"]) for each in facts["approvals"]]


async def version_of(house: House, key: str = "INC-1") -> int:
    """How many entries the incident has."""
    found = (await (await house.person("ana")).get(f"/v1/incidents/{key}")).json()
    return int(found["version"])
