"""HTTP client of the control plane, for the server and for one sandbox."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus

import httpx

from mockserver.codec import json
from mockserver.errors import MalformedBody
from mockserver.model import EMPTY, Json

JSON, YAML = "application/json", "application/yaml"
_TIMEOUT_S = 30


class ServerUnreachableError(Exception):
    """Raised when nothing answers at the address, or something else than mockserver."""

    def __init__(self, url: str, said: str) -> None:
        super().__init__(f"no mockserver answers at {url}: {said}; start one: mockserver run --port 8080")


class ControlPlaneError(Exception):
    """The control plane refused; `status`, `code` and the whole `problem` are as it told them."""

    def __init__(self, asked: str, status: int, problem: Mapping[str, Json]) -> None:
        super().__init__(
            "\n".join((f"{asked}: {status} {_problem_summary(problem)}", *_problem_lines(problem)))
        )
        self.status = status
        self.code = str(problem.get("code", ""))
        self.problem = problem


class ControlClient:
    """Asks `/_mock` of the server at `url`; `token` is what it was started with, "" for none."""

    def __init__(self, url: str, token: str = "") -> None:
        self.url = url.rstrip("/")
        operator = {"authorization": f"Bearer {token}"} if token else {}
        # A proxy of the environment is for other hosts: the mock is near.
        self._client = httpx.Client(headers=operator, timeout=_TIMEOUT_S, trust_env=False)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def request(self, method: str, path: str, body: Json = None, **query: Json) -> Json:
        """Return what is answered below `/_mock`, with exact decimals; None where nothing is said.

        Raises:
            ControlPlaneError: it is refused.
            ServerUnreachableError: nothing answers.
        """
        content = None if body is None else json.encode(body)
        return _decode_body(self.send(method, path, content, JSON, **query))

    def send(
        self, method: str, path: str, content: bytes | None = None, media_type: str = JSON, **query: Json
    ) -> httpx.Response:
        """Return the same with a body as it stands, and the answer as it came.

        Raises:
            ControlPlaneError, ServerUnreachableError: as `ask`.
        """
        headers = {"content-type": media_type} if content is not None else {}
        came = self._sent(method, f"{self.url}/_mock{path}", headers, content, _query_parameters(query))
        if not came.is_success:
            raise ControlPlaneError(f"{method} /_mock{path}", came.status_code, _problem_details(came))
        return came

    def call_vendor(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes
    ) -> tuple[int, str]:
        """Status and text that a vendor answers.

        Raises:
            ServerUnreachableError: nothing answers.
        """
        came = self._sent(method, url, headers, content or None)
        return came.status_code, came.text

    def download(self, path: str) -> bytes:
        """Return what the server shows at a path that is not of the control plane.

        Raises:
            ControlPlaneError, ServerUnreachableError: as `ask`.
        """
        came = self._sent("GET", f"{self.url}{path}")
        if not came.is_success:
            raise ControlPlaneError(f"GET {path}", came.status_code, _problem_details(came))
        return came.content

    def _sent(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] = EMPTY,
        content: bytes | None = None,
        query: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        if self._client.is_closed:
            raise ServerUnreachableError(self.url, "it was let go")
        try:
            return self._client.request(method, url, headers=dict(headers), content=content, params=query)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ServerUnreachableError(self.url, str(error) or type(error).__name__) from None


@dataclass(frozen=True, slots=True)
class SandboxControl:
    """Client for the control plane of one sandbox."""

    control: ControlClient
    name: str

    @property
    def url(self) -> str:
        """Below it stands every vendor, by its name."""
        return f"{self.control.url}/sandboxes/{self.name}"

    @property
    def link(self) -> str:
        """Address of the sandbox's journal."""
        return f"{self.control.url}/_mock/sandboxes/{self.name}/journal"

    def request(self, method: str, below: str, body: Json = None, **query: Json) -> Json:
        """Return what is answered below the sandbox, with exact decimals; None where nothing is said.

        Raises:
            ControlPlaneError: it is refused.
            ServerUnreachableError: nothing answers.
        """
        return self.control.request(method, f"/sandboxes/{self.name}{below}", body, **query)

    def content(self, below: str, **query: Json) -> bytes:
        """Return what is answered to a GET below the sandbox, as it came.

        Raises:
            ControlPlaneError, ServerUnreachableError: as `ask`.
        """
        return self.control.send("GET", f"/sandboxes/{self.name}{below}", **query).content


def _query_parameters(query: Mapping[str, Json]) -> dict[str, str] | None:
    """Return what is None is not said; a truth is lower case."""
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in query.items()
        if value is not None
    }


def _decode_body(came: httpx.Response) -> Json:
    if came.status_code == HTTPStatus.NO_CONTENT:
        return None
    try:
        return json.decode(came.content)
    except MalformedBody as error:
        raise ServerUnreachableError(str(came.url), f"its answer is no JSON, {error}") from None


def _problem_details(came: httpx.Response) -> Mapping[str, Json]:
    try:
        problem = json.decode(came.content)
    except MalformedBody:
        problem = None
    return problem if isinstance(problem, dict) else {"detail": came.reason_phrase}


def _problem_summary(problem: Mapping[str, Json]) -> str:
    return str(problem.get("detail") or problem.get("title") or "")


def _problem_lines(problem: Mapping[str, Json]) -> Iterator[str]:
    for one in problem.get("errors", ()):
        cure = f"; {one['try']}" if one.get("try") else ""
        yield f"  {one['pointer'] or '/'}: {one['detail']}{cure}"


_MAX_NAME = 64
_MAX_SLUG = 40
_NAME_TAKEN = "sandbox-exists"
_NOT_IN_NAMES = re.compile("[^a-z0-9]+")


def sandbox_name(worker: str, test: str) -> str:
    """Return a name for a test's sandbox, "t-gw0-test-pays-1f2e3d4c": readable, with a hash."""
    digest = sha256(test.encode(errors="backslashreplace")).hexdigest()[:8]
    spoken = _NOT_IN_NAMES.sub("-", test.rpartition("::")[2].lower()).strip("-")[:_MAX_SLUG].strip("-")
    tag = _NOT_IN_NAMES.sub("-", worker.lower())[:8]
    return "-".join(part for part in ("t", tag, spoken, digest) if part)


def create_sandbox(control: ControlClient, name: str, wanted: Mapping[str, Json]) -> str:
    """Create a sandbox; if the wanted name is taken, one with a number. Return its name.

    Raises:
        ControlPlaneError: it cannot be made; the text says why.
    """
    number = 1
    while True:
        ending = f"-{number}" if number > 1 else ""
        tried = f"{name[: _MAX_NAME - len(ending)]}{ending}"
        try:
            control.request("POST", "/sandboxes", {"name": tried, **wanted})
        except ControlPlaneError as told:
            if told.code != _NAME_TAKEN:
                raise
            number += 1
        else:
            return tried
