"""Render the pages outside the console: home, APIs, and what is not there."""

from __future__ import annotations

from dataclasses import dataclass, field

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from mockserver import __version__
from mockserver.console.pages import SECURITY_HEADERS, template_environment
from mockserver.console.static_files import static_address
from mockserver.model import Json

POLICY = SECURITY_HEADERS["Content-Security-Policy"]


@dataclass(frozen=True, slots=True)
class SiteTemplates:
    """The templates, and what every page shows: `names` of the vendors, and whether there is a console."""

    names: tuple[str, ...]
    has_console: bool = True
    environment: Environment = field(default_factory=template_environment)

    def response(
        self, request: Request, template: str, *, status: int = 200, policy: str = POLICY, **values: Json
    ) -> Response:
        """Return the page; `here` among the values is the API that it is about, "" for none."""
        text = self.environment.get_template(template).render(
            names=self.names,
            has_console=self.has_console,
            prefix=request.scope.get("root_path", ""),
            version=__version__,
            static=static_address,
            **values,
        )
        return HTMLResponse(text, status, {**SECURITY_HEADERS, "Content-Security-Policy": policy})
