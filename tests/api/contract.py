"""Holds every answer against the OpenAPI document: its status is declared, its body has exactly the declared fields."""

import re
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi import FastAPI
from jsonschema_rs import Draft202012Validator

COMPONENT = "#/components/schemas/"


@dataclass
class Contract:
    """What the document of an application promises."""

    app: FastAPI
    paths: list[tuple[re.Pattern[str], dict[str, Any]]] = field(default_factory=list)
    checkers: dict[str, Draft202012Validator] = field(default_factory=dict)

    def __post_init__(self) -> None:
        document = self.app.openapi()
        for path, operations in document["paths"].items():
            self.paths.append((re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), operations))
        self.paths.sort(key=lambda each: each[0].pattern.count("[^/]+"))  # `/check` before `/{id}`
        self.components = {name: closed(schema) for name, schema in document["components"]["schemas"].items()}

    async def hold(self, answer: httpx.Response) -> None:
        """Fail when an answer is not as declared; what is no operation of the document is left alone."""
        operation = self._operation(answer.request)
        if operation is None or answer.headers.get("content-type", "").startswith("text/event-stream"):
            return
        what = f"{answer.request.method} {answer.request.url.path} gave {answer.status_code}"
        declared = operation["responses"].get(str(answer.status_code))
        assert declared is not None, f"{what}, which is not declared"
        media_type = answer.headers.get("content-type", "").partition(";")[0]
        content = declared.get("content", {})
        assert media_type in content, f"{what} as {media_type}, declared as {list(content)}"
        if "json" in media_type:
            await answer.aread()
            wrong = self._checker(content[media_type]).iter_errors(answer.json())
            problems = [f"{'.'.join(map(str, each.instance_path))}: {each.message}" for each in wrong]
            assert not problems, f"{what}: {problems[:5]}"

    def _operation(self, request: httpx.Request) -> dict[str, Any] | None:
        found = next((operations for path, operations in self.paths if path.fullmatch(request.url.path)), {})
        operation: dict[str, Any] | None = found.get(request.method.lower())
        return operation

    def _checker(self, media: dict[str, Any]) -> Draft202012Validator:
        schema = media.get("schema", {})
        if str(schema) not in self.checkers:
            self.checkers[str(schema)] = Draft202012Validator({**schema, "components": {"schemas": self.components}})
        return self.checkers[str(schema)]


_KNOWN: list[Contract] = []


def contract_of(app: FastAPI) -> Contract:
    """Read the document once in a process: every application has the same."""
    if not _KNOWN:
        _KNOWN.append(Contract(app))
    return _KNOWN[0]


def closed(schema: dict[str, Any]) -> dict[str, Any]:
    """Take a model's word for all its fields; problems may carry more (RFC 9457, 3.2)."""
    if "properties" in schema and "additionalProperties" not in schema:
        return {**schema, "additionalProperties": False}
    return schema
