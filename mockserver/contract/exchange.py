"""An exchange as it went over the wire: request and response."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any


class _Message:
    """Common members of requests and responses; header names are lower case."""

    __slots__ = ()
    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """Media type of the body in lower case without parameters; "" if it is not named."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def json(self) -> Any:
        """Return the body as JSON, with exact decimals, whatever media type it has.

        Raises:
            ValueError: it is none.
        """
        return json.loads(self.body, parse_float=Decimal)


@dataclass(frozen=True, slots=True)
class Request(_Message):
    """A request; `path` begins below the target's address and includes the query."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def having(self, headers: Mapping[str, str]) -> Request:
        """Return the same with more headers; its own win."""
        return replace(self, headers={**headers, **self.headers})

    def overridden_by(self, headers: Mapping[str, str]) -> Request:
        """Return the same with headers, names in lower case, that replace its own of these names."""
        own = {name: text for name, text in self.headers.items() if name.lower() not in headers}
        return replace(self, headers={**own, **headers})


@dataclass(frozen=True, slots=True)
class Response(_Message):
    """A response; values of a repeated header are joined by commas."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its response; `operation` is the operationId, "" where the spec has none for it."""

    request: Request
    response: Response
    operation: str = ""


def json_request(method: str, path: str, document: Any, headers: Mapping[str, str] | None = None) -> Request:
    """Return a request with a JSON body; decimals are written as numbers with their scale."""
    named = {"content-type": "application/json", **(headers or {})}
    return Request(method, path, named, to_json_bytes(document).encode())


def to_json_bytes(document: Any) -> str:
    """`document` as JSON text; a decimal is a number and keeps its scale."""
    if isinstance(document, Decimal):
        return format(document, "f")
    if isinstance(document, Mapping):
        members = (f"{json.dumps(str(name))}: {to_json_bytes(value)}" for name, value in document.items())
        return f"{{{', '.join(members)}}}"
    if isinstance(document, list | tuple):
        return f"[{', '.join(to_json_bytes(value) for value in document)}]"
    return json.dumps(document)
