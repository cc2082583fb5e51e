"""Access to control plane and pages by Host, Origin and token; CORS for calls by pages of other origins."""

from __future__ import annotations

import re
from hmac import compare_digest
from http import HTTPStatus
from typing import Any

from starlette.datastructures import Headers
from starlette.middleware.cors import ALL_METHODS, CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mockserver.codec.http import problem_reply
from mockserver.codec.urls import is_loopback, path_of
from mockserver.engine.auth import decode_basic
from mockserver.engine.reasons import shown_origin
from mockserver.errors import MockServerError
from mockserver.journal.access_log import Note, ignore_note
from mockserver.model import Value

HEALTH_PATH = "/_mock/health"
"""Path whose safe methods need no token and take any Host: container checks use address or service name."""

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITES = frozenset({"same-origin", "none"})
_MAX_SHOWN = 80
_HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([^\[\]:]*))(?::[0-9]*)?")
"""Host header in lower case (RFC 3986 §3.2.2): an IPv6 address in brackets or a name; a port may follow."""

EVERY_ORIGIN = "*"
_SANDBOXES = "sandboxes"
_READABLE = frozenset(
    name.encode()
    for name in ("cache-control", "content-language", "content-length", "content-type", "expires")
)
"""Response headers that a page may always read."""


class _AccessError(MockServerError):
    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.code = status, code


class AccessGuard(Value, frozen=True):
    """Guard that passes requests to `app` if Host, Origin and token are acceptable."""

    app: ASGIApp
    hosts: tuple[str, ...] | None = None
    """Accepted hosts besides loopback; None checks neither Host nor Origin (application without a socket)."""
    token: str = ""
    """Required bearer token; "" requires no token."""
    foreign_token: str = ""
    """If `token` is "", calls from outside loopback need this token. Forwarding headers are ignored."""
    takes_password: bool = False
    """Whether the token may also be sent as the password of any user (Basic), as browsers do."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it with problem details: 401 for the token, else 403."""
        if scope["type"] == "http":
            try:
                self._check(scope, Headers(scope=scope))
            except _AccessError as refused:
                await self._refusal_response(refused)(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _check(self, scope: Scope, headers: Headers) -> None:
        method = scope["method"]
        if scope["path"] == HEALTH_PATH and method in _SAFE_METHODS:
            return
        if self.hosts is not None:
            _check_host(headers.getlist("host"), self.hosts)
            if method not in _SAFE_METHODS:
                _check_origin(headers)
        token = self.token or ("" if _is_near(scope) else self.foreign_token)
        if token and not self._has_token(token, headers.get("authorization", "")):
            detail = "the control plane requires its token: Authorization: Bearer …"
            if self.takes_password:
                detail = "the console requires the control token as its password, with any user name"
            if not self.token:
                detail += "; the server printed it when it started"
            raise _AccessError(401, "no-token", detail)

    def _has_token(self, token: str, authorization: str) -> bool:
        scheme, _, given = authorization.partition(" ")
        scheme, given = scheme.lower(), given.strip()
        if self.takes_password and scheme == "basic":
            scheme, given = "bearer", (decode_basic(given) or "").partition(":")[2]
        # Compare in constant time, so that a token cannot be guessed letter by letter.
        same = compare_digest(given.encode("utf-8"), token.encode())
        return same and scheme == "bearer"

    def _refusal_response(self, refused: _AccessError) -> Response:
        reply = problem_reply(refused.status, str(refused), code=refused.code)
        scheme = "Basic" if self.takes_password else "Bearer"
        is_challenge = refused.status == HTTPStatus.UNAUTHORIZED
        headers = {"WWW-Authenticate": f'{scheme} realm="mockserver"'} if is_challenge else {}
        return Response(reply.body, reply.status, headers, reply.media_type)


def _is_near(scope: Scope) -> bool:
    peer = scope.get("client")
    return peer is not None and is_loopback(peer[0])


def _check_host(found: list[str], hosts: tuple[str, ...]) -> None:
    host = host_name(found[0]) if len(found) == 1 else ""
    is_here = is_loopback(host) or host.endswith(".localhost")
    if not host or (not is_here and host not in [host_name(name) for name in hosts]):
        shown = ", ".join(found)[:_MAX_SHOWN] or "none"
        detail = f"expected a Host of this server, found {shown}; allow it with --allow-host"
        raise _AccessError(403, "foreign-host", detail)


def _check_origin(headers: Headers) -> None:
    site, origin = headers.get("sec-fetch-site", "none"), headers.get("origin")
    foreign = origin is not None and origin.partition("://")[2] != headers["host"]
    if site not in _OWN_SITES or foreign:
        shown = (origin or site)[:_MAX_SHOWN]
        raise _AccessError(403, "cross-site", f"a page of another origin may not write: {shown}")


def host_name(host: str) -> str:
    """Return the name or address in a Host header, in lower case, without port; "" if malformed."""
    bare = host.strip().lower()
    if bare.count(":") > 1 and "[" not in bare:
        return bare
    match = _HOST.fullmatch(bare)
    return (match[1] or match[2]).removesuffix(".") if match else ""


def allow_origins(app: ASGIApp, origins: tuple[str, ...], note: Note = ignore_note) -> ASGIApp:
    """Return the application with CORS for `origins`, except on the server's own paths (`/_…`).

    Preflights are answered before the application sees them; `note` receives each refused preflight. Pages
    of `origins` can read every response header. They may send credentials unless `origins` has `*`, because
    browsers refuse credentials together with `*`.
    """
    if not origins:
        return app
    with_cors = _Cors(
        _ExposeHeaders(app),
        note,
        allow_origins=origins,
        allow_methods=ALL_METHODS,
        allow_headers=[EVERY_ORIGIN],
        allow_credentials=EVERY_ORIGIN not in origins,
        allow_private_network=True,
    )

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        is_own = scope["type"] != "http" or _is_own_path(path_of(scope))
        await (app if is_own else with_cors)(scope, receive, send)

    return dispatch


def _is_own_path(path: str) -> bool:
    segments = path.lstrip("/").split("/", 2)
    first = segments[-1] if segments[0] == _SANDBOXES else segments[0]
    return first.startswith("_")


class _Cors(CORSMiddleware):
    """Starlette's CORS middleware; in addition, it tells the cure when it refuses a preflight."""

    def __init__(self, app: ASGIApp, note: Note, **options: Any) -> None:
        super().__init__(app, **options)
        self._note = note

    def preflight_response(self, request_headers: Headers) -> Response:
        response = super().preflight_response(request_headers)
        origin = request_headers["origin"]
        if response.status_code != HTTPStatus.OK and not self.is_allowed_origin(origin):
            shown = shown_origin(origin)
            reason = f"pages of origin {shown} may not call; add --cors {shown}"
            response.headers["Mock-Reason"] = reason
            self._note(f"OPTIONS {response.status_code}  {reason}")
        return response


class _ExposeHeaders:
    """Middleware that lets a page read every response header, Mock-… and the vendor's own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def expose(message: Message) -> None:
            if message["type"] == "http.response.start":
                names = sorted({name.lower() for name, _ in message.get("headers", ())} - _READABLE)
                exposed = (b"access-control-expose-headers", b", ".join(names))
                message = {**message, "headers": [*message["headers"], *([exposed] if names else [])]}
            await send(message)

        await self._app(scope, receive, expose)
