"""One call as it went over the wire, its limits and errors, and findings about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from mockserver.codec import yaml
from mockserver.model import Json

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
"""Ids of earlier versions, which still work, with the ids of today."""


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
        """Return the body as JSON, with exact decimals, whatever media type it has."""
        return json.loads(self.body, parse_float=Decimal)

    def document(self) -> Any:
        """Return the body as `json` does; None for a body that is no JSON."""
        return read_json(self.body)


@dataclass(frozen=True, slots=True)
class Request(_Message):
    """A request; `path` begins below the target's address and includes the query."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
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


@dataclass(frozen=True, slots=True)
class Response(_Message):
    """A response; values of a repeated header are joined by commas."""

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


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its response; `operation` is the operationId, "" where the spec has none for it."""

    request: Request
    response: Response
    operation: str = ""

    @property
    def is_unmodified(self) -> bool:
        """Whether the response is a 304 that a conditional header asks for (RFC 9110 §13.1)."""
        is_conditional = not self.request.headers.keys().isdisjoint(_CONDITIONS)
        return self.response.status == HTTPStatus.NOT_MODIFIED and is_conditional


def json_request(method: str, path: str, document: Any, headers: Mapping[str, str] | None = None) -> Request:
    """Return a request with a JSON body; decimals keep their scale."""
    named = {"content-type": "application/json", **(headers or {})}
    return Request(method, path, named, to_json_text(document).encode())


def read_json(text: str | bytes) -> Any:
    """Return a text as JSON with exact decimals, None for other text."""
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


@dataclass(frozen=True, slots=True)
class CallLimits:
    """How long a call may take, in seconds, and how many bytes the body of its answer may have.

    After `slow_calls` in a row that took too long, the target counts as gone.
    """

    seconds: float = 30
    body_bytes: int = 64 * 1024 * 1024
    slow_calls: int = 10


class TargetUnreachableError(Exception):
    """There is no server at the target, or none any more; the text says how the call failed."""


class UnansweredCallError(TargetUnreachableError):
    """A server is there, and gave no complete HTTP answer to this call; other calls may be answered.

    `check` is the check that this breaks. `is_slow`: the call took all the time that it had.
    """

    def __init__(self, message: str, check: str = EVERY_CALL_IS_ANSWERED, *, is_slow: bool = False) -> None:
        super().__init__(message)
        self.check = check
        self.is_slow = is_slow


class UnsendableCallError(Exception):
    """A request that an HTTP client does not send."""


@dataclass(frozen=True, slots=True)
class Check:
    """A rule that must hold.

    `id` is stable and kebab-case ("count-is-processed"), `says` stands in the table ("count = processed"),
    `counts` is the unit counted ("calls", "items", "sequences"), `reason` why it must hold.
    """

    id: str
    says: str
    counts: str
    reason: str


@cache
def _checks_by_part() -> Mapping[str, Mapping[str, Check]]:
    text = Path(__file__).with_name("checks.yaml").read_text(encoding="utf-8")
    return {
        part: {name: Check(name, **words) for name, words in checks.items()}
        for part, checks in yaml.load(text).items()
    }


def checks_of(*parts: str) -> Mapping[str, Check]:
    """Return the checks of these sections of `checks.yaml` by id, in the order of a report."""
    return {name: check for part in parts for name, check in _checks_by_part()[part].items()}


def all_checks() -> Mapping[str, Check]:
    return checks_of(*_checks_by_part())


def current_id(name: str) -> str:
    return RENAMED_CHECKS.get(name, name)


def check_named(name: str) -> Check:
    """Return the check with that id; one that no table has is named after its id."""
    return all_checks().get(name) or Check(name, name.replace("-", " "), "calls", "")


@dataclass(frozen=True, slots=True)
class Finding:
    """A check that did not hold.

    `message` is a sentence for people who do not know the suite: the request, the response, the expectation.
    `pointer` is a place in the response, "" for all of it. `exchanges` are the calls that show it, in order;
    the last one is checked. `steps` are the steps before it in plain words. `phase` and `part` (an operation,
    or a phase) name the part of the run.
    """

    check: str
    operation: str
    message: str
    pointer: str = ""
    expected: str = ""
    received: str = ""
    exchanges: tuple[Exchange, ...] = ()
    steps: tuple[str, ...] = ()
    phase: str = field(default="", compare=False)
    part: str = field(default="", compare=False)

    @property
    def sent_bytes(self) -> int:
        """Bytes of path and body of all calls."""
        return sum(len(one.request.path) + len(one.request.body) for one in self.exchanges)


class BrokenRule(AssertionError):
    """A check did not hold; Hypothesis then shrinks the steps before it."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(f"{finding.check}: {finding.message}")
        self.finding = finding


def kind_of_value(value: Json) -> str:
    """Return the JSON type of a value in words."""
    if value is None:
        return "not there"
    return {dict: "an object", list: "a list", str: "a text", bool: "a truth value"}.get(
        type(value), "a number"
    )
