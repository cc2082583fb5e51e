"""HTTP client of the control plane, for the server and for one sandbox; exact JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from http.client import HTTPException
from typing import Any, TypeAlias
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

Json: TypeAlias = Any

_SUCCESS = range(200, 300)
_SCHEMES = ("http", "https")
JSON, YAML = "application/json", "application/yaml"
_TIMEOUT_S = 30
_MAX_NAME = 64
_MAX_SLUG = 40
_NAME_TAKEN = "sandbox-exists"
_NOT_IN_NAMES = re.compile("[^a-z0-9]+")


def decode(content: bytes) -> Json:
    """Return the document; numbers with a fraction are exact decimals.

    Raises ValueError: the content is not JSON.
    """
    try:
        return json.loads(content, parse_float=Decimal, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("nested too deep") from None


def encode(document: Json) -> bytes:
    """Return compact JSON in UTF-8; decimals are numbers and keep their scale.

    Raises TypeError: a value is not JSON; ValueError: a number is not finite.
    """
    return _encoded(document).encode()


def plain_json(value: Json) -> Json:
    """Return the same as JSON that every writer accepts: a decimal is an int or a float of its own value."""
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


class NoResponseError(Exception):
    """There is no complete response; the text says why."""


@dataclass(frozen=True, slots=True)
class Response:
    """A response; `reason` is the phrase of its status."""

    status: int
    reason: str
    content: bytes

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return self.status in _SUCCESS


class _NoRedirects(HTTPRedirectHandler):
    """Returns a redirect as it is."""

    def redirect_request(self, *_: object) -> None:
        return None


# Proxies in the environment are for remote hosts.
_OPENER = build_opener(ProxyHandler({}), _NoRedirects)


def send(
    method: str, url: str, headers: Mapping[str, str], content: bytes | None, timeout_s: float
) -> Response:
    """Send a request on a connection of its own, and return the response, whatever its status.

    Raises NoResponseError: the address cannot be read, nothing answers there, or not in time.
    """
    try:
        if urlsplit(url).scheme not in _SCHEMES:
            raise NoResponseError("write an address such as http://127.0.0.1:8080")
        request = Request(url, content, dict(headers), method=method)  # noqa: S310 - http alone, see above
        with _OPENER.open(request, timeout=timeout_s) as response:
            return Response(response.status, response.reason, response.read())
    except HTTPError as error:
        with error:
            return Response(error.code, str(error.reason), error.read())
    except URLError as error:
        raise NoResponseError(_describe(error.reason)) from None
    except (HTTPException, OSError, ValueError) as error:
        raise NoResponseError(_describe(error)) from None


def _describe(reason: object) -> str:
    if isinstance(reason, OSError) and reason.strerror:
        return reason.strerror
    return str(reason) or type(reason).__name__


class ServerUnreachableError(Exception):
    """Nothing responds at the address, or it is not a mockserver."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"no mockserver answers at {url}: {reason}; start one: mockserver run --port 8080")


class ControlPlaneError(Exception):
    """The control plane refused a call; `status`, `code` and `problem` are from its problem details."""

    def __init__(self, operation: str, status: int, problem: Mapping[str, Json]) -> None:
        super().__init__(
            "\n".join((f"{operation}: {status} {_problem_summary(problem)}", *_problem_lines(problem)))
        )
        self.status = status
        self.code = str(problem.get("code", ""))
        self.problem = problem


class ControlClient:
    """Client of `/_mock` at `url`; `token` is the server's control token, "" if it has none."""

    def __init__(self, url: str, token: str = "") -> None:
        self.url = url.rstrip("/")
        self._headers = {"authorization": f"Bearer {token}"} if token else {}
        self._is_closed = False

    def close(self) -> None:
        """Refuse further calls."""
        self._is_closed = True

    def request(self, method: str, path: str, body: Json = None, **query: Json) -> Json:
        """Call the control plane and return the JSON response, with exact decimals; None if it is empty.

        Raises ControlPlaneError: the call is refused; ServerUnreachableError: there is no response.
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

        Raises ControlPlaneError, ServerUnreachableError: as for `request`.
        """
        if self._is_closed:
            raise ServerUnreachableError(self.url, "the client is closed")
        url = f"{self.url}/_mock{quote(path)}{_query_string(query)}"
        named = {"content-type": media_type} if content is not None else {}
        try:
            response = send(method, url, {**self._headers, **named}, content, _TIMEOUT_S)
        except NoResponseError as error:
            raise ServerUnreachableError(self.url, str(error)) from None
        if not response.is_success:
            raise ControlPlaneError(f"{method} /_mock{path}", response.status, _problem_details(response))
        return response.content


@dataclass(frozen=True, slots=True)
class SandboxControl:
    """Control plane client of one sandbox."""

    control: ControlClient
    name: str

    @property
    def url(self) -> str:
        """Base URL of the sandbox; each vendor is below it, by name."""
        return f"{self.control.url}/sandboxes/{self.name}"

    @property
    def link(self) -> str:
        """URL of the sandbox's journal."""
        return f"{self.control.url}/_mock/sandboxes/{self.name}/journal"

    def request(self, method: str, below: str, body: Json = None, **query: Json) -> Json:
        """Call an operation of the sandbox and return the JSON response; None for 204.

        Raises ControlPlaneError: the call is refused; ServerUnreachableError: there is no response.
        """
        return self.control.request(method, f"/sandboxes/{self.name}{below}", body, **query)

    def content(self, below: str, **query: Json) -> bytes:
        """Send a GET below the sandbox and return the raw response body.

        Raises ControlPlaneError, ServerUnreachableError: as for `request`.
        """
        return self.control.send("GET", f"/sandboxes/{self.name}{below}", **query)


def _query_string(query: Mapping[str, Json]) -> str:
    """Return the query, with its question mark: None is omitted, booleans are lower case."""
    texts = {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in query.items()
        if value is not None
    }
    return f"?{urlencode(texts)}" if texts else ""


def _problem_details(response: Response) -> Mapping[str, Json]:
    try:
        problem = decode(response.content)
    except ValueError:
        problem = None
    return problem if isinstance(problem, dict) else {"detail": response.reason}


def _problem_summary(problem: Mapping[str, Json]) -> str:
    return str(problem.get("detail") or problem.get("title") or "")


def _problem_lines(problem: Mapping[str, Json]) -> Iterator[str]:
    for error in problem.get("errors", ()):
        remedy = f"; {error['try']}" if error.get("try") else ""
        yield f"  {error['pointer'] or '/'}: {error['detail']}{remedy}"


def sandbox_name(worker: str, test: str) -> str:
    """Return a sandbox name for a test, such as "t-gw0-test-pays-1f2e3d4c": a readable part and a hash."""
    digest = sha256(test.encode(errors="backslashreplace")).hexdigest()[:8]
    slug = _NOT_IN_NAMES.sub("-", test.rpartition("::")[2].lower()).strip("-")[:_MAX_SLUG].strip("-")
    tag = _NOT_IN_NAMES.sub("-", worker.lower())[:8]
    return "-".join(part for part in ("t", tag, slug, digest) if part)


def create_sandbox(control: ControlClient, name: str, settings: Mapping[str, Json]) -> str:
    """Create a sandbox and return its name; a name that is taken gets a number.

    Raises ControlPlaneError: it cannot be created.
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
