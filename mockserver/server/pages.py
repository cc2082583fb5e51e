"""HTML pages and spec files, served without Flask."""

from __future__ import annotations

from http import HTTPStatus
from importlib.resources import files

from jinja2 import Environment, PackageLoader, select_autoescape
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from mockserver.codec import json
from mockserver.codec.http import JSON_TYPE, problem_reply
from mockserver.engine.registry import LoadedVendor

_SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}


def pages_app(served: tuple[LoadedVendor, ...]) -> Starlette:
    """Build the application for everything except vendors, control plane and console."""
    pages = _Pages(served)
    return Starlette(
        routes=[
            Route("/", pages.home),
            Route("/pages/style.css", pages.style),
            Route("/{vendor}/ui/", pages.operations),
            Route("/{vendor}/openapi.yaml", pages.spec_yaml),
            Route("/{vendor}/openapi.json", pages.spec_json),
        ],
        exception_handlers={HTTPException: _refusal_response},
    )


class _Pages:
    """The pages, one view each."""

    def __init__(self, served: tuple[LoadedVendor, ...]) -> None:
        self._served = served
        self._templates = Environment(
            loader=PackageLoader("mockserver.server"), autoescape=select_autoescape()
        )

    def home(self, _request: Request) -> Response:
        return RedirectResponse("/_console/")

    def style(self, _request: Request) -> Response:
        text = files("mockserver.server").joinpath("templates", "style.css").read_text(encoding="utf-8")
        return Response(text, media_type="text/css", headers=_SECURITY_HEADERS)

    def operations(self, request: Request) -> Response:
        return self._page("operations.html", vendor=self._vendor(request))

    def spec_yaml(self, request: Request) -> Response:
        return Response(self._vendor(request).spec.text, media_type="application/yaml")

    def spec_json(self, request: Request) -> Response:
        return Response(json.encode(self._vendor(request).spec.document), media_type=JSON_TYPE)

    def _page(self, name: str, **values: object) -> Response:
        return HTMLResponse(self._templates.get_template(name).render(**values), headers=_SECURITY_HEADERS)

    def _vendor(self, request: Request) -> LoadedVendor:
        for vendor in self._served:
            if vendor.name == request.path_params["vendor"]:
                return vendor
        raise HTTPException(404)


def _refusal_response(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    missing = "nothing is served here; vendors are listed at /_mock/vendors"
    detail = missing if status == HTTPStatus.NOT_FOUND else ""
    reply = problem_reply(status, HTTPStatus(status).phrase, detail, instance=request.url.path)
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    return Response(reply.body, status, headers, reply.media_type)
