"""The call of a batch as its spec declares it, where the server has no example of one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mockserver.cli.server import ControlPlane, send_request
from mockserver.codec import json
from mockserver.errors import MalformedBody
from mockserver.model import Document
from mockserver.spec.openapi import METHODS, resolve


def read_spec(control: ControlPlane, vendor: str) -> Document:
    """Return the vendor's spec as the server shows it, {} where it shows none."""
    reply = send_request("GET", f"{control.server.url}/{vendor}/openapi.json", {})
    try:
        document = json.decode(reply.body)
    except MalformedBody:
        return {}
    return document if isinstance(document, dict) else {}


def find_declared_call(control: ControlPlane, vendor: str, operation: str) -> Document | None:
    """Return method, path and headers of a batch by its operationId, or of the first batch without one.

    None: the spec has none, or its path has parameters.
    """
    document = read_spec(control, vendor)
    for method, path, node in _batches(document):
        if operation in ("", node.get("operationId")) and "{" not in path:
            body = resolve(document, node.get("requestBody", {}))
            media = next(iter(body.get("content", {})), "application/json")
            headers = control.call("GET", f"/vendors/{vendor}/access")["headers"]
            return {"method": method.upper(), "path": path, "headers": {**headers, "content-type": media}}
    return None


def _batches(document: Document) -> Iterator[tuple[str, str, Any]]:
    for path, item in document.get("paths", {}).items():
        for method in METHODS:
            if "x-batch" in item.get(method, {}):
                yield method, path, item[method]
