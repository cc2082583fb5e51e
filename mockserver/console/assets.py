"""Files that pages use: our styles and scripts, and third-party files if they are installed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from flask import Response, abort, request
from msgspec import field

from mockserver.console.vendoring import ASSETS, AssetRow, read_table, wrong_files
from mockserver.model import Value

MOUNT = "/_console/assets"
HTMX = "htmx.min.js"
_MEDIA_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
}
_SHORT_HASH = 12
_A_YEAR = "public, max-age=31536000, immutable"


def static_address(name: str) -> str:
    """Return the address of a file; it changes with the content, so that browsers may cache the file."""
    return f"/_console/static/{name}?{_hash(name)}"


def static_file(name: str) -> Response:
    media_type = _MEDIA_TYPES.get(name.rpartition(".")[2])
    try:
        content = _content(name) if media_type else None
    except (FileNotFoundError, ValueError):
        content = None
    if content is None:
        abort(404)
    return _kept(content, media_type, is_named=_query() == _hash(name))


def _query() -> str:
    return request.query_string.decode("latin-1")


def _kept(content: bytes, media_type: str | None, *, is_named: bool) -> Response:
    """Return a file. If `is_named` (the address has the content's hash), browsers may cache it for a year."""
    rule = _A_YEAR if is_named else "no-cache"
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": rule}
    return Response(content, content_type=media_type, headers=headers)


@cache
def _content(name: str) -> bytes:
    if "/" in name or name.startswith("."):
        raise FileNotFoundError(name)
    return files("mockserver.console").joinpath("static", name).read_bytes()


@cache
def _hash(name: str) -> str:
    return sha256(_content(name)).hexdigest()[:_SHORT_HASH]


def icon() -> Response:
    """Return the icon, for browsers that request `/favicon.ico`."""
    return Response(_content("icon.svg"), content_type=_MEDIA_TYPES["svg"])


class Assets(Value, frozen=True):
    folder: Path = ASSETS
    rows: Mapping[str, AssetRow] = field(default_factory=dict)

    @classmethod
    def find(cls, folder: Path = ASSETS) -> Assets:
        """Return the assets whose files in `folder` are unchanged."""
        rows = read_table(folder)
        wrong = wrong_files(folder, rows)
        return cls(folder, {row.name: row for row in rows if row.name not in wrong})

    def address(self, name: str) -> str:
        """Return the address of an asset, which changes with the content; "" if the asset is missing."""
        row = self.rows.get(name)
        return f"{MOUNT}/{name}?{row.sha256[:_SHORT_HASH]}" if row else ""

    def file(self, name: str) -> Response:
        row = self.rows.get(name)
        if row is None:
            abort(404)
        is_named = _query() == row.sha256[:_SHORT_HASH]
        media_type = _MEDIA_TYPES[row.name.rpartition(".")[2]]
        return _kept((self.folder / row.name).read_bytes(), media_type, is_named=is_named)
