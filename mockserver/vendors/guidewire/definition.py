"""The Claim API's definition of itself, as OpenAPI 3 and as Swagger 2.

It is made of this vendor's own spec: the paths of the Claim API, without what is ours. Source: Guidewire
fact sheet §1.2 row 16.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mockserver.model import Document, Json, Reply
from mockserver.reply import json_reply
from mockserver.store import State
from mockserver.vendor import Request
from mockserver.vendors.guidewire.render import API
from mockserver.vendors.guidewire.swagger import swagger


def openapi_json(request: Request, _state: State) -> Reply:
    """The definition as OpenAPI 3."""
    servers = [{"url": request.call.origin + request.call.mount}]
    return json_reply(200, {**_definition(request.contract), "servers": servers})


def swagger_json(request: Request, _state: State) -> Reply:
    """The definition as Swagger 2."""
    scheme, _, host = request.call.origin.partition("://")
    place = {"host": host, "basePath": request.call.mount or "/", "schemes": [scheme]}
    return json_reply(200, {**swagger(_definition(request.contract)), **place})


def _definition(document: Document) -> Document:
    paths = {path: item for path, item in document["paths"].items() if path.startswith(f"{API}/")}
    used = {tag for item in paths.values() for node in item.values() for tag in _tags(node)}
    tags = [tag for tag in document["tags"] if tag["name"] in used]
    definition: Document = _theirs({**document, "paths": paths, "tags": tags})
    return definition


def _tags(node: Json) -> Iterable[str]:
    """The tags of an operation; a path item holds parameters as well, which have none."""
    return node.get("tags", ()) if isinstance(node, dict) else ()


def _theirs(node: Json) -> Any:
    """`node` without our extensions."""
    if isinstance(node, list):
        return [_theirs(child) for child in node]
    if not isinstance(node, dict):
        return node
    return {name: _theirs(child) for name, child in node.items() if not name.startswith("x-")}
