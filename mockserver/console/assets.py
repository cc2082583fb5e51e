"""What the pages use and we did not write; a page asks whether it is there, and goes without if not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mockserver.console.vendoring import ASSETS, Row, read_table, wrong_files

MOUNT = "/_console/assets"
HTMX = "htmx.min.js"
_MEDIA_TYPES = {"css": "text/css", "js": "text/javascript", "txt": "text/plain"}
_SHORT_HASH = 12
_A_YEAR = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Assets:
    """The assets that are there: rows of the table by name, with the folder of their files."""

    folder: Path = ASSETS
    rows: Mapping[str, Row] = field(default_factory=dict)

    @classmethod
    def find(cls, folder: Path = ASSETS) -> Assets:
        """Return the assets of the folder, without those that are missing or were changed."""
        rows = read_table(folder)
        wrong = wrong_files(folder, rows)
        return cls(folder, {row.name: row for row in rows if row.name not in wrong})

    def address(self, name: str) -> str:
        """Return the address of an asset, "" if it is not there; it changes with the content."""
        row = self.rows.get(name)
        return f"{MOUNT}/{name}?{row.sha256[:_SHORT_HASH]}" if row else ""

    def route(self) -> Route:
        """Return the route that serves the assets."""
        return Route(f"{MOUNT}/{{name}}", self._serve)

    def _serve(self, request: Request) -> Response:
        row = self.rows.get(request.path_params["name"])
        if row is None:
            raise HTTPException(404)
        is_named = request.url.query == row.sha256[:_SHORT_HASH]
        headers = {
            "Cache-Control": _A_YEAR if is_named else "no-cache",
            "X-Content-Type-Options": "nosniff",
        }
        content = (self.folder / row.name).read_bytes()
        return Response(content, headers=headers, media_type=_MEDIA_TYPES[row.name.rpartition(".")[2]])
