"""OpenAPI 3.0 files of a size: kinds of records that can be listed, made, read, replaced and removed."""

from __future__ import annotations

from mockserver.codec import yaml
from mockserver.model import Document

_OF_A_KIND = 5
_KEY: Document = {"type": "string", "format": "uuid"}
_ONE: Document = {"name": "id", "in": "path", "required": True, "schema": _KEY}
_NUMBER: Document = {"type": "integer", "minimum": 1}
_VALUES: tuple[Document, ...] = (
    {"type": "string", "minLength": 1, "maxLength": 80, "description": "What people call it."},
    {"type": "integer", "minimum": 0, "maximum": 100_000},
    {"type": "string", "format": "date-time", "description": "When it was last changed."},
    {"type": "string", "enum": ["open", "held", "closed"]},
    {"type": "array", "maxItems": 20, "items": {"type": "string", "pattern": "^[a-z]{2,12}$"}},
    {"type": "number", "minimum": 0, "nullable": True},
)


def text_of(operations: int, members: int) -> str:
    """A file with so many operations, in YAML; each kind of record has so many members of its own."""
    paths: dict[str, Document] = {}
    schemas: dict[str, Document] = {}
    for kind in range(operations // _OF_A_KIND):
        paths |= _paths(kind)
        schemas |= _schemas(kind, members)
    info, components = {"title": "Generated", "version": "1"}, {"schemas": schemas}
    return yaml.dump({"openapi": "3.0.3", "info": info, "paths": paths, "components": components})


def _paths(kind: int) -> dict[str, Document]:
    record, sent = _ref(f"Record{kind}"), {"requestBody": {"required": True, **_content(_ref(f"Sent{kind}"))}}
    one, gone = {"200": _answer(record)}, {"404": _answer(_ref(f"Problem{kind}"))}
    rows = _object("data", data={"type": "array", "items": record}, total=_NUMBER)
    asked = [{"name": name, "in": "query", "schema": _NUMBER} for name in ("limit", "offset")]
    pages, made = {"200": _answer(rows)}, {"201": _answer(record)}
    return {
        f"/kind{kind}": {
            "get": {"operationId": f"list{kind}", "parameters": asked, "responses": pages},
            "post": {"operationId": f"make{kind}", **sent, "responses": made},
        },
        f"/kind{kind}/{{id}}": {
            "parameters": [_ONE],
            "get": {"operationId": f"read{kind}", "responses": one | gone},
            "put": {"operationId": f"replace{kind}", **sent, "responses": one | gone},
            "delete": {"operationId": f"remove{kind}", "responses": {"204": {"description": "Gone"}} | gone},
        },
    }


def _schemas(kind: int, members: int) -> dict[str, Document]:
    own = {f"member{one}": _VALUES[one % len(_VALUES)] for one in range(members)}
    own["parts"] = {"type": "array", "items": _ref(f"Part{kind}")}
    return {
        f"Part{kind}": _object("name", name=_VALUES[0], state=_VALUES[3]),
        f"Sent{kind}": _object("member0", **own),
        f"Record{kind}": {"allOf": [_ref(f"Sent{kind}"), _object("id", id=_KEY)]},
        f"Problem{kind}": _object("message", message=_VALUES[0]),
    }


def _object(required: str, **properties: Document) -> Document:
    return {"type": "object", "required": [required], "properties": properties}


def _ref(name: str) -> Document:
    return {"$ref": f"#/components/schemas/{name}"}


def _content(schema: Document) -> dict[str, Document]:
    return {"content": {"application/json": {"schema": schema}}}


def _answer(schema: Document) -> Document:
    return {"description": "Answered", **_content(schema)}
