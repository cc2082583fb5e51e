"""State of a running case: build its requests, send them and check the responses."""

from __future__ import annotations

import gzip
import re
from base64 import b64decode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlencode

from mockserver.codec import json
from mockserver.codec.http import JSON_TYPE
from mockserver.control.cases import expectations
from mockserver.control.cases.language import Case, Node
from mockserver.control.cases.matching import fill_placeholders
from mockserver.control.cases.sandbox_client import SandboxClient
from mockserver.control.cases.transport import TIMEOUT_MS, LostResponse, Request, Response
from mockserver.errors import MockServerError

FORM = "application/x-www-form-urlencoded"
_BREAKING = re.compile(r"[\x00-\x20\x7f]")
_BREAKING_HEADER = re.compile(r"[\x00\r\n]")
DEFAULT_CHUNKS = 3
"""Number of chunks of a chunked body if the step does not name one."""


class UnsendableCallError(MockServerError):
    """A call would not be one request of HTTP."""


def build_request(
    step: Node, mount: str, headers: Mapping[str, str], placeholders: Mapping[str, Any]
) -> Request:
    """Return the request of a `call` step below `mount`; the step's headers override `headers`, null removes.

    Raises:
        KeyError: a placeholder is not defined.
        TooLargeValueError: placeholders make it too large.
        UnsendableCallError: a filled placeholder would break the request.
    """
    method, _, target = str(fill_placeholders(step["call"], placeholders)).partition(" ")
    content = _content(step, placeholders)
    common = {name.lower(): text for name, text in {**headers, **_content_type(step)}.items()}
    if step.get("gzip"):
        content = gzip.compress(content, mtime=0)
        common["content-encoding"] = "gzip"
    own = {
        name.lower(): texts
        for name, texts in fill_placeholders(step.get("headers", {}), placeholders).items()
    }
    sent = tuple(
        (name, str(text)) for name, texts in {**common, **own}.items() for text in _header_values(texts)
    )
    _check_sendable(method, target, sent)
    return Request(
        method,
        mount + target,
        sent,
        content,
        DEFAULT_CHUNKS if step.get("chunked") is True else step.get("chunked", 1),
        step.get("within", TIMEOUT_MS),
        step.get("keep_alive", False),
    )


def _check_sendable(method: str, target: str, headers: Iterable[tuple[str, str]]) -> None:
    if not method.isalpha() or not target.startswith("/") or _BREAKING.search(target):
        raise UnsendableCallError(f"{method[:20]} {target[:100]!r} is no method and path")
    for name, text in headers:
        if _BREAKING_HEADER.search(text) or _BREAKING.search(name):
            raise UnsendableCallError(f"the header {name[:40]!r} has a control character or a line break")


def _check_outside(target: str) -> None:
    """Raise if a call of no vendor would reach the control plane, pages or another sandbox."""
    segment = unquote(target)[1:].partition("/")[0]
    if segment.startswith("_") or segment == "sandboxes":
        raise UnsendableCallError(f"{target[:100]!r} is not below a vendor")


def _content_type(step: Node) -> Mapping[str, str]:
    if "form" in step:
        return {"content-type": FORM}
    return {"content-type": JSON_TYPE} if "json" in step and "encoding" not in step else {}


def _header_values(texts: Any) -> list[Any]:
    if isinstance(texts, list):
        return texts
    return [] if texts is None else [texts]


def _content(step: Node, placeholders: Mapping[str, Any]) -> bytes:
    encoding = step.get("encoding", "utf-8")
    if "json" in step:
        encoded = json.encode(fill_placeholders(step["json"], placeholders))
        return encoded if encoding == "utf-8" else encoded.decode().encode(encoding)
    if "text" in step:
        parts = fill_placeholders(step["text"], placeholders)
        return "".join(map(str, parts if isinstance(parts, list) else [parts])).encode(encoding)
    if "form" in step:
        return urlencode(fill_placeholders(step["form"], placeholders)).encode()
    if "hex" in step:
        return bytes.fromhex(fill_placeholders(step["hex"], placeholders))
    return b64decode(fill_placeholders(step["base64"], placeholders)) if "base64" in step else b""


INTERNAL_COLLECTIONS = frozenset({"sequences", "quotas", "assumptions", "idempotency"})
"""Collections that hold no records: sequences, quotas, assumptions, stored replies."""


@dataclass(slots=True)
class CaseRun:
    """State of a running case.

    `placeholders` are the values known so far, `remembered` whole responses. `before` are the records after
    the `given` steps, `journal_mark` the newest journal number then. `start_snapshot` is taken at the start
    if the case resets the sandbox, else "".
    """

    case: Case
    client: SandboxClient
    placeholders: dict[str, Any] = field(default_factory=dict)
    remembered: dict[str, Response] = field(default_factory=dict)
    before: Node = field(default_factory=dict)
    journal_mark: int = 0
    start_snapshot: str = ""

    def fill(self, node: Any) -> Any:
        """Return `node` with its placeholders replaced.

        Raises:
            KeyError: a placeholder is not defined.
        """
        return fill_placeholders(node, self.placeholders)

    async def record_start(self) -> None:
        """Store the current records and the newest journal number."""
        self.before = await self.records()
        self.journal_mark = await self.client.last_number()

    async def records(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the vendor's records by scope, collection and key."""
        return {
            scope: {name: found for name, found in tables.items() if name not in INTERNAL_COLLECTIONS}
            for scope, tables in (await self.client.tables()).items()
            if scope.startswith(f"{self.case.vendor}/")
        }

    async def assume(self, values: Mapping[str, str]) -> None:
        """Set assumptions of the vendor."""
        if values:
            await self.client.assume({f"{self.case.vendor}.{name}": value for name, value in values.items()})

    async def call(self, step: Node) -> Response | LostResponse:
        """Send a step's `call` to the vendor."""
        headers = {**self.client.headers, **self.case.headers}
        vendor = step.get("vendor", self.case.vendor)
        request = build_request(step, self.client.mount(vendor), headers, self.placeholders)
        if not vendor:
            _check_outside(request.target)
        return await self.client.vendors.send(request)

    def check(self, step: Node, response: Response | LostResponse) -> list[str]:
        """Return differences from the step's expectation; without any, store the values to `keep`."""
        if "fails" in step:
            found = expectations.loss_differences(self.fill(step["fails"]), response)
        else:
            found = expectations.response_differences(self.fill(step["answer"]), response, self.remembered)
        if response.elapsed_ms < step.get("takes", 0):
            found = [*found, f"expected to take {step['takes']} ms, it took {response.elapsed_ms:.0f}"]
        if not found and isinstance(response, Response):
            for name, place in step.get("keep", {}).items():
                self.placeholders[name] = expectations.value_in_response(response, place)
            if "remember" in step:
                self.remembered[step["remember"]] = response
        return found
