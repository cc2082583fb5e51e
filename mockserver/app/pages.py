"""Pages without Flask: the specs as the files they are, a plain operation list a vendor, the way in."""

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
from mockserver.reply import JSON, problem_reply
from mockserver.served import Served

_POLICY = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}


def pages_app(served: tuple[Served, ...]) -> Starlette:
    """The application for everything that is neither a vendor's call nor the control plane's."""
    vendors = {vendor.name: vendor for vendor in served}
    templates = Environment(loader=PackageLoader("mockserver.app"), autoescape=select_autoescape())

    def page(name: str, **values: object) -> Response:
        return HTMLResponse(templates.get_template(name).render(**values), headers=_POLICY)

    def way_in(_request: Request) -> Response:
        return RedirectResponse("/_console/")

    def console(_request: Request) -> Response:
        return page("console.html", vendors=served)

    def style(_request: Request) -> Response:
        text = files("mockserver.app").joinpath("templates", "style.css").read_text(encoding="utf-8")
        return Response(text, media_type="text/css", headers=_POLICY)

    def interface(request: Request) -> Response:
        return page("operations.html", vendor=_vendor(request))

    def spec_yaml(request: Request) -> Response:
        return Response(_vendor(request).spec.text, media_type="application/yaml")

    def spec_json(request: Request) -> Response:
        return Response(json.encode(_vendor(request).spec.document), media_type=JSON)

    def _vendor(request: Request) -> Served:
        found = vendors.get(request.path_params["vendor"])
        if found is None:
            raise HTTPException(404)
        return found

    return Starlette(
        routes=[
            Route("/", way_in),
            Route("/_console/", console),
            Route("/_console/style.css", style),
            Route("/{vendor}/ui/", interface),
            Route("/{vendor}/openapi.yaml", spec_yaml),
            Route("/{vendor}/openapi.json", spec_json),
        ],
        exception_handlers={HTTPException: _refused},
    )


def _refused(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = "nothing is served here; vendors are listed at /_mock/vendors"
    reply = problem_reply(status, HTTPStatus(status).phrase, detail, instance=request.url.path)
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    return Response(reply.body, status, headers, reply.media_type)
