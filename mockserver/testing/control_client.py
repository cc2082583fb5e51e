"""HTTP client of the control plane of a server and of one sandbox, and JSON with exact decimals."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Any, TypeAlias
from urllib.parse import quote

from mockserver.testing.http_call import HttpReply, NoResponseError, query_string, send_request

Json: TypeAlias = Any

JSON, YAML = "application/json", "application/yaml"
_TIMEOUT_S = 30
_MAX_NAME = 64
_MAX_SLUG = 40
_NAME_TAKEN = "sandbox-exists"
_NOT_IN_NAMES = re.compile("[^a-z0-9]+")


def decode(content: bytes) -> Json:
    """Decode JSON; a number with a fraction or an exponent becomes a Decimal.

    Raises ValueError: the content is not JSON.
    """
    try:
        return json.loads(content, parse_float=Decimal, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("nested too deep") from None


def encode(document: Json) -> bytes:
    """Encode a document as compact JSON in UTF-8; a Decimal becomes a number with the same digits.

    Raises TypeError: a value is not JSON; ValueError: a number is not finite.
    """
    return _encoded(document).encode()


def plain_json(value: Json) -> Json:
    """Return a copy of the value in which whole Decimals are ints and all other Decimals are floats."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {name: plain_json(one) for name, one in value.items()}
    return [plain_json(one) for one in value] if isinstance(value, list | tuple) else value


def _encoded(value: Json) -> str:
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"{value} is not a JSON number")
        return str(value)
    if isinstance(value, Mapping):
        return f"{{{','.join(f'{_text(str(name))}:{_encoded(one)}' for name, one in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{','.join(map(_encoded, value))}]"
    return _text(value)


def _text(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _refuse_constant(name: str) -> Json:
    raise ValueError(f"{name} is not a JSON number")


class ServerUnreachableError(Exception):
    """There is no response at the address, or the responding server is not a mockserver."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"no mockserver answers at {url}: {reason}; start one: mockserver run --port 8080")


class ControlPlaneError(Exception):
    """The control plane refused a call. `problem` has the problem details, including `code`."""

    def __init__(self, operation: str, status: int, problem: Mapping[str, Json]) -> None:
        summary = problem.get("detail") or problem.get("title") or ""
        super().__init__("\n".join((f"{operation}: {status} {summary}", *_problem_lines(problem))))
        self.status = status
        self.code = str(problem.get("code", ""))
        self.problem = problem


class ControlClient:
    """Client of the control plane `/_mock` at `url`. `token` is the server's control token, or ""."""

    def __init__(self, url: str, token: str = "") -> None:
        self.url = url.rstrip("/")
        self._headers = {"authorization": f"Bearer {token}"} if token else {}
        self._is_closed = False

    def close(self) -> None:
        """Refuse further calls."""
        self._is_closed = True

    def request(self, method: str, path: str, body: Json = None, **query: Json) -> Json:
        """Call the control plane and return the decoded JSON response, or None if the response is empty.

        Raises ControlPlaneError: the call is refused; ServerUnreachableError: there is no JSON response.
        """
        content = self.send(method, path, None if body is None else encode(body), JSON, **query)
        try:
            return decode(content) if content else None
        except ValueError as error:
            url = f"{self.url}/_mock{path}"
            raise ServerUnreachableError(url, f"its response is not JSON, {error}") from None

    def send(
        self, method: str, path: str, content: bytes | None = None, media_type: str = JSON, **query: Json
    ) -> bytes:
        """Call the control plane with a raw body and return the body of the response.

        Raises ControlPlaneError: the call is refused; ServerUnreachableError: there is no response.
        """
        if self._is_closed:
            raise ServerUnreachableError(self.url, "the client is closed")
        url = f"{self.url}/_mock{quote(path)}{query_string(query)}"
        named = {"content-type": media_type} if content is not None else {}
        try:
            reply = send_request(method, url, {**self._headers, **named}, content, _TIMEOUT_S)
        except NoResponseError as error:
            raise ServerUnreachableError(self.url, str(error)) from None
        if not reply.is_success:
            raise ControlPlaneError(f"{method} /_mock{path}", reply.status, _problem_details(reply))
        return reply.body


@dataclass(frozen=True, slots=True)
class SandboxControl:
    """Client of the control plane for one sandbox."""

    control: ControlClient
    name: str

    @property
    def url(self) -> str:
        """Base URL of the sandbox. A vendor's URL is this URL, a slash and the vendor's name."""
        return f"{self.control.url}/sandboxes/{self.name}"

    @property
    def link(self) -> str:
        """URL of the sandbox's journal."""
        return f"{self.control.url}/_mock/sandboxes/{self.name}/journal"

    def request(self, method: str, below: str, body: Json = None, **query: Json) -> Json:
        """Call the sandbox's path `below` and return the decoded JSON response, or None if it is empty.

        Raises ControlPlaneError, ServerUnreachableError: as for `ControlClient.request`.
        """
        return self.control.request(method, f"/sandboxes/{self.name}{below}", body, **query)

    def content(self, below: str, **query: Json) -> bytes:
        """Send a GET to the sandbox's path `below` and return the body of the response.

        Raises ControlPlaneError, ServerUnreachableError: as for `ControlClient.send`.
        """
        return self.control.send("GET", f"/sandboxes/{self.name}{below}", **query)


def _problem_details(reply: HttpReply) -> Mapping[str, Json]:
    try:
        problem = decode(reply.body)
    except ValueError:
        problem = None
    return problem if isinstance(problem, dict) else {"detail": reply.reason}


def _problem_lines(problem: Mapping[str, Json]) -> Iterator[str]:
    for error in problem.get("errors", ()):
        remedy = f"; {error['try']}" if error.get("try") else ""
        yield f"  {error['pointer'] or '/'}: {error['detail']}{remedy}"


def sandbox_name(worker: str, test: str) -> str:
    """Return a sandbox's name from worker, test and a hash of the test: "t-gw0-test-pays-1f2e3d4c"."""
    digest = sha256(test.encode(errors="backslashreplace")).hexdigest()[:8]
    slug = _NOT_IN_NAMES.sub("-", test.rpartition("::")[2].lower()).strip("-")[:_MAX_SLUG].strip("-")
    tag = _NOT_IN_NAMES.sub("-", worker.lower())[:8]
    return "-".join(part for part in ("t", tag, slug, digest) if part)


def create_sandbox(control: ControlClient, name: str, settings: Mapping[str, Json]) -> str:
    """Create a sandbox and return its name: `name`, followed by a number if that name is taken.

    Raises ControlPlaneError: the sandbox cannot be created.
    """
    number = 1
    while True:
        ending = f"-{number}" if number > 1 else ""
        tried = f"{name[: _MAX_NAME - len(ending)]}{ending}"
        try:
            control.request("POST", "/sandboxes", {"name": tried, **settings})
        except ControlPlaneError as error:
            if error.code != _NAME_TAKEN:
                raise
            number += 1
        else:
            return tried
