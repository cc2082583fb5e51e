"""Files that pages use: our styles and scripts, and those of others where they are installed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mockserver.console.vendoring import ASSETS, Row, read_table, wrong_files

_STATIC_MEDIA_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_A_YEAR = "public, max-age=31536000, immutable"


def static_address(name: str) -> str:
    """Address of a file; it changes with the content, so that browsers may keep it."""
    return f"/_console/static/{name}?{_hash(name)}"


async def static_file(request: Request) -> Response:
    name = request.path_params["name"]
    media_type = _STATIC_MEDIA_TYPES.get(name.rpartition(".")[2])
    try:
        content = _content(name) if media_type else None
    except (FileNotFoundError, ValueError):
        content = None
    if content is None:
        raise HTTPException(404)
    rule = _A_YEAR if request.url.query == _hash(name) else "no-cache"
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": rule}
    return Response(content, media_type=media_type, headers=headers)


@cache
def _content(name: str) -> bytes:
    if "/" in name or name.startswith("."):
        raise FileNotFoundError(name)
    return files("mockserver.console").joinpath("static", name).read_bytes()


@cache
def _hash(name: str) -> str:
    return sha256(_content(name)).hexdigest()[:12]


def icon() -> Response:
    """Answer with the icon, which browsers ask for by its old name."""
    return Response(_content("icon.svg"), media_type=_STATIC_MEDIA_TYPES["svg"])


MOUNT = "/_console/assets"
HTMX = "htmx.min.js"
_ASSET_MEDIA_TYPES = {"css": "text/css", "js": "text/javascript", "txt": "text/plain"}
_SHORT_HASH = 12


@dataclass(frozen=True, slots=True)
class Assets:
    folder: Path = ASSETS
    rows: Mapping[str, Row] = field(default_factory=dict)

    @classmethod
    def find(cls, folder: Path = ASSETS) -> Assets:
        """The assets of the folder, without missing or changed ones."""
        rows = read_table(folder)
        wrong = wrong_files(folder, rows)
        return cls(folder, {row.name: row for row in rows if row.name not in wrong})

    def address(self, name: str) -> str:
        """Address of an asset, "" if it is missing; it changes with the content."""
        row = self.rows.get(name)
        return f"{MOUNT}/{name}?{row.sha256[:_SHORT_HASH]}" if row else ""

    def route(self) -> Route:
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
        return Response(content, headers=headers, media_type=_ASSET_MEDIA_TYPES[row.name.rpartition(".")[2]])
