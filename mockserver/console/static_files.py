"""The console's own styles and scripts."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.resources import files

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

_MEDIA_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_A_YEAR = "public, max-age=31536000, immutable"


def static_address(name: str) -> str:
    """Return the address of a file; it changes with the content, so that browsers may keep it."""
    return f"/_console/static/{name}?{_hash(name)}"


async def static_file(request: Request) -> Response:
    """Answer a request for a file."""
    name = request.path_params["name"]
    media_type = _MEDIA_TYPES.get(name.rpartition(".")[2])
    try:
        content = _content(name) if media_type else None
    except (FileNotFoundError, ValueError):
        content = None
    if content is None:
        raise HTTPException(404)
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": _cache_rule(request, name)}
    return Response(content, media_type=media_type, headers=headers)


def _cache_rule(request: Request, name: str) -> str:
    return _A_YEAR if request.url.query == _hash(name) else "no-cache"


@cache
def _content(name: str) -> bytes:
    if "/" in name or name.startswith("."):
        raise FileNotFoundError(name)
    return files("mockserver.console").joinpath("static", name).read_bytes()


@cache
def _hash(name: str) -> str:
    return sha256(_content(name)).hexdigest()[:12]


def icon() -> Response:
    """Return the icon, for browsers that ask for it by its old name."""
    return Response(_content("icon.svg"), media_type=_MEDIA_TYPES["svg"])
