"""Holds answers against the spec: no status, no media type and no body leaves that it does not state."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

from mockserver.codec import json
from mockserver.errors import Malformed, MethodNotAllowed, NotFound
from mockserver.formats import COMMON
from mockserver.model import Json
from mockserver.reply import PROBLEM, media_type_of
from mockserver.schema import Schema, compile_schema
from mockserver.served import Served
from mockserver.spec import Operation, resolve
from tests.support import xml_bodies

_PREFIX = re.compile("/sandboxes/[^/]*")


@dataclass(frozen=True, slots=True)
class Sent:
    """An answer as it left, and what it answers; header names are lower case."""

    method: str
    path: str
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Contract:
    """What one vendor's spec says of answers."""

    vendor: Served
    schemas: dict[tuple[str, str, str], Schema] = field(default_factory=dict)

    def complaint(self, sent: Sent) -> str:
        """What the spec does not say of the answer; "" when it says all of it.

        What no operation serves is refused outside of every operation, and a crash or what the door
        refuses is no vendor's answer.
        """
        spec = self.vendor.spec
        media_type, charset = media_type_of(sent.headers)
        try:
            operation = spec.match(sent.method, spec.canonical(sent.path)).operation
        except (NotFound, MethodNotAllowed):
            return ""
        if media_type == PROBLEM and not any(PROBLEM in stated for stated in operation.responses.values()):
            return ""
        where = f"{operation.id}: {sent.status}"
        if str(sent.status) not in operation.responses:
            return f"{where} is not in the spec"
        if not sent.body:
            return ""
        if media_type not in operation.responses[str(sent.status)]:
            return f"{where} as {media_type or 'no media type'} is not in the spec"
        problems = self._problems(operation, str(sent.status), media_type, _text(sent.body, charset))
        return f"{where}: {'; '.join(problems)}" if problems else ""

    def _problems(self, operation: Operation, status: str, media_type: str, text: str) -> list[str]:
        place = (operation.id, status, media_type)
        if place not in self.schemas:
            self.schemas[place] = self._schema(operation, status, media_type)
        schema = self.schemas[place]
        try:
            document = _read(text, media_type, schema)
        except (Malformed, ValueError) as error:
            return [str(error)]
        return [f"{problem.pointer}: {problem.detail}" for problem in schema.problems(document)]

    def _schema(self, operation: Operation, status: str, media_type: str) -> Schema:
        document = self.vendor.spec.document
        node = document["paths"][operation.path][operation.method]
        stated = resolve(document, node["responses"][status])
        schema = stated["content"][media_type].get("schema", {})
        return compile_schema(document, schema, {**COMMON, **self.vendor.vendor.formats})


def complaint(vendors: Iterable[Served], sent: Sent) -> str:
    """As `Contract.complaint`, for a path that begins with a mount, after a sandbox's prefix or none."""
    below = _PREFIX.sub("", sent.path, count=1)
    for vendor in vendors:
        if below.startswith(f"/{vendor.name}/"):
            path = below[len(vendor.name) + 1 :]
            return _contract(_Same(vendor.name, vendor.spec.text, vendor)).complaint(
                Sent(sent.method, path, sent.status, sent.headers, sent.body)
            )
    return ""


@dataclass(frozen=True)
class _Same:
    """A vendor that is known again by its name and its spec."""

    name: str
    text: str
    vendor: Served = field(compare=False)


@cache
def _contract(same: _Same) -> Contract:
    return Contract(same.vendor)


def _text(body: bytes, charset: str) -> str:
    return json.text_of(body, charset).decode(errors="replace")


def _read(text: str, media_type: str, schema: Schema) -> Json:
    if media_type in xml_bodies.MEDIA_TYPES:
        return xml_bodies.read(text.encode(), schema.node, schema.document)
    if "json" in media_type:
        return json.decode(text.encode())
    try:
        return json.decode(text.encode())
    except Malformed:
        return text
