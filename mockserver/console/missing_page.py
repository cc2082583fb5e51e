"""Answers where nothing is: a page with the nearest thing for people, problem details for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from mockserver.codec.http import problem_reply
from mockserver.console.pages import NAVIGATION
from mockserver.console.site_templates import SiteTemplates
from mockserver.console.visit import CONSOLE
from mockserver.engine.nearest import OperationDirectory

_NOWHERE = "nothing is served here; vendors are listed at /_mock/vendors"
_NEAR = 0.5
_MAX_SHOWN = 200
_HTML = "text/html"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Something that may be meant: what it is, its address, and the text of the link."""

    what: str
    address: str
    text: str


@dataclass(frozen=True, slots=True)
class MissingPage:
    """Answers for addresses that are not served, and for methods that they do not have."""

    names: tuple[str, ...]
    directory: OperationDirectory
    templates: SiteTemplates

    async def answer(self, request: Request, error: Exception) -> Response:
        """Answer a refusal of the router."""
        status = error.status_code if isinstance(error, HTTPException) else HTTPStatus.INTERNAL_SERVER_ERROR
        headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
        title = HTTPStatus(status).phrase
        said = error.detail if isinstance(error, HTTPException) and error.detail != title else ""
        if wants_page(request.headers):
            page = self._page(request, int(status), title, said, headers.get("Allow", ""))
            page.headers.update(headers)
            return page
        detail = said or (_NOWHERE if status == HTTPStatus.NOT_FOUND else "")
        reply = problem_reply(int(status), title, detail, instance=request.url.path)
        return Response(reply.body, reply.status, headers, reply.media_type)

    def _page(self, request: Request, status: int, title: str, said: str, allowed: str) -> Response:
        prefix = request.scope.get("root_path", "")
        path = request.url.path
        return self.templates.response(
            request,
            "missing.html",
            status=status,
            here="",
            title=title,
            said=said,
            method=request.method,
            path=path if len(path) <= _MAX_SHOWN else f"{path[:_MAX_SHOWN]}…",
            allowed=allowed,
            suggestions=list(self._suggestions(request.method, path.removeprefix(prefix), prefix)),
        )

    def _suggestions(self, method: str, path: str, prefix: str) -> Iterator[Suggestion]:
        """Yield what is near: a screen, the page of a vendor that is named or misspelled, an operation."""
        if path.startswith(f"{CONSOLE}/"):
            screens = {CONSOLE + below: name for name, below in NAVIGATION}
            for address in get_close_matches(path, screens, 1, _NEAR):
                yield Suggestion("The nearest screen", address, screens[address])
            return
        segments = [segment.lower() for segment in path.split("/") if segment]
        near = next(
            (found for one in segments for found in get_close_matches(one, self.names, 1, _NEAR)), None
        )
        if near:
            address = f"{prefix}/{near}/ui/"
            yield Suggestion("The page of the vendor with the nearest name", address, address)
        operation = self.directory.nearest(method, path, prefix)
        if operation:
            below = operation.partition(" ")[2].removeprefix(prefix)
            vendor = below[1:].partition("/")[0]
            address = f"{prefix}/{vendor}/ui/" if vendor in self.names else f"{prefix}/"
            yield Suggestion("The nearest operation", address, operation)


def wants_page(headers: Headers) -> bool:
    """Return whether a person asks, with a browser, and not a program."""
    accepted = headers.get("accept", "")
    if "sec-fetch-dest" in headers:
        return headers["sec-fetch-dest"] == "document" and _HTML in accepted
    return accepted.partition(",")[0].partition(";")[0].strip() == _HTML
