"""Specs that a user could write by mistake: the made-up vendor's with one place changed."""

from __future__ import annotations

from typing import Any

from tests.support import sample_vendor

CHANGES: dict[str, tuple[str, Any]] = {
    "request reference": (
        "/paths/~1orders/put/requestBody/content/application~1json/schema",
        {"$ref": "#/components/schemas/Ordr"},
    ),
    "answer reference": (
        "/paths/~1orders~1{id}/get/responses/200/content/application~1json/schema",
        {"$ref": "#/components/schemas/Ordr"},
    ),
    "unused reference": ("/components/schemas/Extra", {"$ref": "#/components/schemas/Ordr"}),
    "parameter reference": (
        "/paths/~1orders~1{id}/get/parameters",
        [{"$ref": "#/components/parameters/Id"}],
    ),
    "circular reference": ("/components/schemas/Order", {"$ref": "#/components/schemas/Order"}),
    "reference to a file": ("/components/schemas/Order", {"$ref": "order.yaml"}),
    "reference that is a number": ("/components/schemas/Order", {"$ref": 5}),
    "paths is a list": ("/paths", ["/orders"]),
    "path is a text": ("/paths/~1orders", "put"),
    "operation is null": ("/paths/~1orders/get", "list"),
    "parameters is a text": ("/paths/~1orders~1{id}/get/parameters", "id"),
    "parameter without in": ("/paths/~1orders~1{id}/get/parameters", [{"name": "id"}]),
    "schema is a list": ("/components/schemas/Order", ["id"]),
    "properties is a list": ("/components/schemas/Order/properties", ["id"]),
    "type is unknown": ("/components/schemas/Order/properties/id/type", "text"),
    "pattern is no pattern": ("/components/schemas/Order/properties/id/pattern", "(["),
    "responses is a text": ("/paths/~1orders/get/responses", "200"),
    "response code is a word": ("/paths/~1orders/put/responses", {"2xyz": {"description": "?"}}),
    "batch is a text": ("/paths/~1orders/put/x-batch", "orders"),
    "key is a number": ("/paths/~1orders/put/x-batch/key", 5),
    "outcome is a list": ("/paths/~1orders/put/x-batch/outcome", ["results"]),
    "items is a number": ("/paths/~1orders/put/x-batch/items", 5),
    "security is a text": ("/security", "token"),
    "scheme without type": ("/components/securitySchemes/token", {"scheme": "bearer"}),
    "components is a list": ("/components", ["schemas"]),
    "info is a text": ("/info", "Acme orders"),
    "rate limit is a number": ("/x-rate-limit", 5),
    "path is no template": ("/paths/~1orders~1{id}~1{id}", {"get": {"operationId": "a", "responses": {}}}),
}


def document(name: str) -> dict[str, Any]:
    """The spec with that mistake."""
    pointer, value = CHANGES[name]
    return sample_vendor.changed_document(pointer, value)
