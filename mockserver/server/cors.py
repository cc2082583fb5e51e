"""Let pages of other origins call the vendors from a browser (CORS, the Fetch standard)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from starlette.datastructures import Headers
from starlette.middleware.cors import ALL_METHODS, CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mockserver.codec.paths import path_of
from mockserver.engine.reasons import shown_origin
from mockserver.journal.access_log import Note, ignore_note

EVERY_ORIGIN = "*"
_SANDBOXES = "sandboxes"
_READABLE = frozenset(
    name.encode()
    for name in ("cache-control", "content-language", "content-length", "content-type", "expires")
)
"""Response headers that a page may always read."""


def allow_origins(app: ASGIApp, origins: tuple[str, ...], note: Note = ignore_note) -> ASGIApp:
    """Return the application with CORS for `origins` on everything but the server's own paths.

    Preflights are answered before the application sees them; `note` is told of each that is refused. Every
    response header can be read by the page.
    Pages of the named origins may send credentials; with `*` nobody may, as browsers do not allow both.
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
    """Return whether the path belongs to the control plane or the console."""
    segments = path.lstrip("/").split("/", 2)
    first = segments[-1] if segments[0] == _SANDBOXES else segments[0]
    return first.startswith("_")


class _Cors(CORSMiddleware):
    """Starlette's middleware, which says on a refused preflight what to do."""

    def __init__(self, app: ASGIApp, note: Note, **options: Any) -> None:
        super().__init__(app, **options)
        self._note = note

    def preflight_response(self, request_headers: Headers) -> Response:
        """Return the answer to a preflight."""
        response = super().preflight_response(request_headers)
        origin = request_headers["origin"]
        if response.status_code != HTTPStatus.OK and not self.is_allowed_origin(origin):
            shown = shown_origin(origin)
            reason = f"pages of origin {shown} may not call; add --cors {shown}"
            response.headers["Mock-Reason"] = reason
            self._note(f"OPTIONS {response.status_code}  {reason}")
        return response


class _ExposeHeaders:
    """Lets a page read every header of a response, the Mock-… headers and the vendor's own."""

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
