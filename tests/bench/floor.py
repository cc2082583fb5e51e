"""The floor: the least that any server does for a batch. Bare ASGI, orjson, one validator, a dictionary."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import yaml

SPEC = Path(__file__).parents[2] / "specs" / "vba.yaml"


def item_validator() -> jsonschema_rs.Draft4Validator:
    """The published item schema of VBA's batch, compiled, its dates checked as RFC 3339."""
    schemas = yaml.safe_load(SPEC.read_text(encoding="utf-8"))["components"]["schemas"]
    node = schemas["ClaimInvoice"]
    for member in node["properties"].values():
        if member.pop("nullable", False):
            member["type"] = [member["type"], "null"]
    return jsonschema_rs.Draft4Validator(node, validate_formats=True)


class Floor:
    """Reads, validates one by one, builds a row each, keeps it, answers."""

    def __init__(self) -> None:
        self._valid = item_validator()
        self._rows: dict[str, dict[str, Any]] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        chunks = []
        while True:
            message = await receive()
            chunks.append(message.get("body", b""))
            if not message.get("more_body", False):
                break
        body = orjson.dumps({"data": self._answer(orjson.loads(b"".join(chunks))), "error": None})
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 207, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _answer(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        results = []
        for item in items:
            error = next(self._valid.iter_errors(item), None)
            key = item.get("invoice_Key")
            if error is not None:
                result = {"id": [{"key": "Invoice_Key", "value": key}], "status": 500, "body": error.message}
            else:
                known = str(key) in self._rows
                self._rows[str(key)] = item
                result = {
                    "id": [{"key": "Invoice_Key", "value": key}],
                    "status": 200 if known else 201,
                    "body": "Updated" if known else "Created",
                }
            results.append(result)
        return results


app = Floor()
