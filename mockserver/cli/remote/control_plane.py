"""Call a running server: its control plane, and its vendors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ssl import SSLCertVerificationError
from urllib.parse import quote, urlencode, urlsplit

from mockserver.cli.remote.server_options import ServerOptions
from mockserver.codec import json
from mockserver.errors import MalformedBody
from mockserver.model import EMPTY, Document, Json

JSON, YAML = "application/json", "application/yaml"
TIMEOUT_S = 60.0
_PROBLEM = "application/problem+json"
_UNKNOWN_AUTHORITY = frozenset({18, 19, 20, 21})
"""Codes of OpenSSL: certificates that are self-signed, or whose issuer is not among those trusted."""

_CONNECTIONS = {"http": HTTPConnection, "https": HTTPSConnection}


class ServerUnreachableError(Exception):
    """Nothing answers at the address `url`, or something that is not a mockserver."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(reason)
        self.url = url


class UntrustedCertificateError(ServerUnreachableError):
    """A certificate authority that is not trusted here signed the server's certificate."""


class InvalidAddressError(Exception):
    """The text is not an http address."""


class RefusedError(Exception):
    """The control plane refused a call; `problem` are its problem details."""

    def __init__(self, operation: str, status: int, problem: Document) -> None:
        super().__init__(str(problem.get("detail") or problem.get("title") or f"status {status}"))
        self.operation, self.status, self.problem = operation, status, problem

    @property
    def code(self) -> str:
        """Stable name of the kind of refusal."""
        return str(self.problem.get("code", ""))

    @property
    def first_error(self) -> Document:
        """The first of the problem's `errors`; empty if it has none."""
        errors = self.problem.get("errors") or [EMPTY]
        return errors[0]  # type: ignore[no-any-return]


FAILURES = (RefusedError, ServerUnreachableError, InvalidAddressError)
"""What a call of the control plane may raise."""


@dataclass(frozen=True, slots=True)
class HttpReply:
    """An answer; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """Content type without parameters, "" if there is none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


def send_request(
    method: str,
    url: str,
    headers: Mapping[str, str] = EMPTY,
    body: bytes | None = None,
    timeout_s: float = TIMEOUT_S,
) -> HttpReply:
    """Send one request, without any proxy, and return the answer.

    Raises:
        InvalidAddressError: `url` is not an http address.
        ServerUnreachableError: there is no answer.
    """
    try:
        parts = urlsplit(url)
        connect, port = _CONNECTIONS[parts.scheme], parts.port
    except (ValueError, KeyError):
        raise InvalidAddressError(url) from None
    if not parts.hostname:
        raise InvalidAddressError(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        with closing(connect(parts.hostname, port, timeout=timeout_s)) as connection:
            connection.request(method, target, body, dict(headers))
            response = connection.getresponse()
            named = {name.lower(): text for name, text in response.getheaders()}
            return HttpReply(response.status, named, response.read())
    except (OSError, HTTPException) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        kind = UntrustedCertificateError if _is_untrusted(error) else ServerUnreachableError
        raise kind(f"{parts.scheme}://{parts.netloc}", reason) from None


def _is_untrusted(error: Exception) -> bool:
    return isinstance(error, SSLCertVerificationError) and error.verify_code in _UNKNOWN_AUTHORITY


@dataclass(frozen=True, slots=True)
class ControlPlane:
    """Client of `/_mock` of a server, and of one sandbox in it."""

    server: ServerOptions
    timeout_s: float = TIMEOUT_S

    def call(self, method: str, path: str, body: Json = None, /, **query: Json) -> Json:
        """Call an operation and return its JSON, with exact decimals; None without content.

        Raises:
            RefusedError: the server refuses the call.
            ServerUnreachableError: no mockserver answers.
            InvalidAddressError: the server's address is not one.
        """
        content = None if body is None else json.encode(body)
        reply = self.fetch(method, path, content, **query)
        return None if reply.status == HTTPStatus.NO_CONTENT else self._decoded(reply)

    def here(self, method: str, below: str = "", body: Json = None, /, **query: Json) -> Json:
        """Call an operation of the sandbox, like `call`."""
        return self.call(method, f"{self.path}{below}", body, **query)

    def fetch(
        self, method: str, path: str, content: bytes | None = None, media_type: str = JSON, /, **query: Json
    ) -> HttpReply:
        """Call an operation with a raw body and return the raw answer; errors as in `call`."""
        texts = {name: _query_text(value) for name, value in query.items() if value not in (None, "")}
        target = f"/_mock{path}" + (f"?{urlencode(texts)}" if texts else "")
        headers = {} if content is None else {"content-type": media_type}
        if self.server.token:
            headers["authorization"] = f"Bearer {self.server.token}"
        reply = send_request(method, self.server.url + target, headers, content, self.timeout_s)
        if HTTPStatus.OK <= reply.status < HTTPStatus.MULTIPLE_CHOICES:
            return reply
        if reply.media_type != _PROBLEM:
            raise ServerUnreachableError(self.server.url, f"something else answers, with {reply.status}")
        raise RefusedError(f"{method} /_mock{path}", reply.status, self._decoded(reply))

    @property
    def path(self) -> str:
        """Path of the sandbox below `/_mock`."""
        return sandbox_path(self.server.sandbox)

    def vendor_url(self, vendor: str) -> str:
        """Return the address of a vendor in the sandbox."""
        sandbox = "" if self.server.sandbox == "default" else f"/sandboxes/{quote(self.server.sandbox, '')}"
        return f"{self.server.url}{sandbox}/{quote(vendor, '')}"

    def _decoded(self, reply: HttpReply) -> Json:
        try:
            return json.decode(reply.body)
        except MalformedBody:
            raise ServerUnreachableError(self.server.url, "something else answers, not in JSON") from None


def sandbox_path(name: str) -> str:
    """Return the path of a sandbox below `/_mock`."""
    return f"/sandboxes/{quote(name, '')}"


@contextmanager
def connected(server: ServerOptions, timeout_s: float = TIMEOUT_S) -> Iterator[ControlPlane]:
    """Yield a client; a failure of it ends the command with its message and exit status.

    Raises:
        SystemExit: 2 for a wrong option, 3 if no server answers, 4 if it refuses.
    """
    from mockserver.cli.remote.server_failures import end_refused, end_unreachable, end_without_address  # noqa: PLC0415

    control = ControlPlane(server, timeout_s)
    try:
        yield control
    except RefusedError as error:
        end_refused(control, error)
    except ServerUnreachableError as error:
        end_unreachable(server, error)
    except InvalidAddressError as error:
        end_without_address(server, str(error))


def _query_text(value: Json) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
