"""One call as it was sent and answered, its limits and errors, and findings about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from mockserver.codec import yaml
from mockserver.model import Json, Value

_CONDITIONS = ("if-modified-since", "if-none-match")

EVERY_CALL_IS_ANSWERED = "every-call-is-answered"
ANSWERS_CAN_BE_READ = "answers-can-be-read"
RENAMED_CHECKS: Mapping[str, str] = {
    "not-a-server-error": "no-server-error",
    "status-code-conformance": "answers-match-the-spec",
    "content-type-conformance": "answers-match-the-spec",
    "response-schema-conformance": "answers-match-the-spec",
    "response-headers-conformance": "headers-match-the-spec",
}
"""For each id of earlier versions, which users may still write, the current id of the check."""


class _Message:
    """Common members of requests and responses; header names are lower case."""

    __slots__ = ()
    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """Media type of the body in lower case, without parameters; "" without `Content-Type`."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def json(self) -> Any:
        """Return the body parsed as JSON with exact decimals, whatever its media type. Raises ValueError."""
        return json.loads(self.body, parse_float=Decimal)

    def document(self) -> Any:
        """Return the body parsed as JSON with exact decimals, or None if it is not JSON."""
        return read_json(self.body)


class Request(Value, _Message, frozen=True):
    """A request; `path` is what follows the target's address, and includes the query."""

    method: str
    path: str
    headers: Mapping[str, str] = {}
    body: bytes = b""

    @property
    def plain_path(self) -> str:
        """Path without the query."""
        return self.path.partition("?")[0]

    @property
    def query(self) -> str:
        return self.path.partition("?")[2]

    @property
    def name(self) -> str:
        """Method and path without the query: "GET /orders"."""
        return f"{self.method} {self.plain_path}"

    def having(self, headers: Mapping[str, str]) -> Request:
        return replace(self, headers={**headers, **self.headers})

    def overridden_by(self, headers: Mapping[str, str]) -> Request:
        own = {name: text for name, text in self.headers.items() if name.lower() not in headers}
        return replace(self, headers={**own, **headers})


class Response(Value, _Message, frozen=True):
    """A response. The values of a repeated header are joined by commas."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_done(self) -> bool:
        """Whether the status says that the call was done (2xx)."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def is_refused(self) -> bool:
        """Whether the status is that of a refusal or an error (400 and above)."""
        return self.status >= HTTPStatus.BAD_REQUEST


class Exchange(Value, frozen=True):
    """A request and its response; `operation` is the operationId, or "" if no operation fits."""

    request: Request
    response: Response
    operation: str = ""
    followed: tuple[Exchange, ...] = ()
    """Later exchanges that tell the outcomes of a batch whose answer only names a job."""

    @property
    def is_unmodified(self) -> bool:
        """Whether the response is a 304 to a request with a conditional header (RFC 9110 §13.1)."""
        is_conditional = not self.request.headers.keys().isdisjoint(_CONDITIONS)
        return self.response.status == HTTPStatus.NOT_MODIFIED and is_conditional


def json_request(method: str, path: str, document: Any, headers: Mapping[str, str] | None = None) -> Request:
    """Return a request with a JSON body, in which decimals keep their scale."""
    named = {"content-type": "application/json", **(headers or {})}
    return Request(method, path, named, to_json_text(document).encode())


def read_json(text: str | bytes) -> Any:
    """Return a text parsed as JSON with exact decimals, or None if it is not JSON."""
    try:
        return json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError):
        return None


def to_json_text(document: Any) -> str:
    if isinstance(document, Decimal):
        return format(document, "f")
    if isinstance(document, Mapping):
        members = (f"{json.dumps(str(name))}: {to_json_text(value)}" for name, value in document.items())
        return f"{{{', '.join(members)}}}"
    if isinstance(document, list | tuple):
        return f"[{', '.join(to_json_text(value) for value in document)}]"
    return json.dumps(document)


class CallLimits(Value, frozen=True):
    """Limits of a call and its answer."""

    seconds: float = 30
    body_bytes: int = 64 * 1024 * 1024
    slow_calls: int = 10
    """After so many calls in a row that exceeded a limit, the target counts as unreachable."""


class TargetUnreachableError(Exception):
    """No server answers at the target, or it stopped answering; the message says how the call failed."""


class UnansweredCallError(TargetUnreachableError):
    """A server gave no complete HTTP answer to one call; it may answer other calls.

    `check` is the id of the check that fails. `is_slow` says that a limit of time or length was exceeded.
    """

    def __init__(self, message: str, check: str = EVERY_CALL_IS_ANSWERED, *, is_slow: bool = False) -> None:
        super().__init__(message)
        self.check = check
        self.is_slow = is_slow


class UnsendableCallError(Exception):
    """The request cannot be sent by an HTTP client."""


class Check(Value, frozen=True):
    """A rule that responses must keep."""

    id: str
    """Stable name in kebab-case ("count-is-processed")."""
    says: str
    """Text in tables ("count = processed")."""
    counts: str
    """Unit that is counted ("calls", "items", "sequences")."""
    reason: str
    """Why the rule must hold."""


@cache
def _checks_by_part() -> Mapping[str, Mapping[str, Check]]:
    text = Path(__file__).with_name("checks.yaml").read_text(encoding="utf-8")
    return {
        part: {name: Check(name, **words) for name, words in checks.items()}
        for part, checks in yaml.load(text).items()
    }


def checks_of(*parts: str) -> Mapping[str, Check]:
    """Return the checks in the sections `parts` of `checks.yaml` by id, in the order of a report."""
    return {name: check for part in parts for name, check in _checks_by_part()[part].items()}


def all_checks() -> Mapping[str, Check]:
    return checks_of(*_checks_by_part())


def current_id(name: str) -> str:
    return RENAMED_CHECKS.get(name, name)


def check_named(name: str) -> Check:
    """Return the check with the id `name`; if `checks.yaml` lacks it, a check with a text made of `name`."""
    return all_checks().get(name) or Check(name, name.replace("-", " "), "calls", "")


@dataclass(frozen=True, slots=True)
class Finding:
    """A check that failed."""

    check: str
    operation: str
    message: str
    """Request, response and expectation in a sentence for people who do not know the suite."""
    pointer: str = ""
    """JSON Pointer to the value in the response that is wrong; "" for the whole response."""
    expected: str = ""
    received: str = ""
    exchanges: tuple[Exchange, ...] = ()
    """The calls that show the failure, in order. The check failed at the last call."""
    steps: tuple[str, ...] = ()
    """The steps before the last call, in plain words."""
    phase: str = field(default="", compare=False)
    part: str = field(default="", compare=False)
    """Operation or phase of the part of the run in which the check failed."""

    @property
    def sent_bytes(self) -> int:
        """Total length of the paths and bodies of all calls."""
        return sum(len(one.request.path) + len(one.request.body) for one in self.exchanges)


class BrokenRule(AssertionError):
    """A check failed. Hypothesis then searches for fewer steps that make it fail."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(f"{finding.check}: {finding.message}")
        self.finding = finding


def kind_of_value(value: Json) -> str:
    """Return the JSON type of a value in words; a null is "not there"."""
    if value is None:
        return "not there"
    return {dict: "an object", list: "a list", str: "a text", bool: "a truth value"}.get(
        type(value), "a number"
    )
