"""Answers held against the specs as they are published: what no spec says of an answer, in a sentence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from mockserver import typed_xml
from mockserver.codec import json
from mockserver.errors import Malformed, MethodNotAllowed, NotFound
from mockserver.formats import COMMON
from mockserver.model import Call, Json, Reply, pointer_of
from mockserver.reply import is_ours, media_type_of
from mockserver.schema import Schema, compile_schema
from mockserver.served import Served
from mockserver.spec import Operation, resolve
from mockserver.undeclared import Declared

_TOLD = 5


@dataclass(frozen=True, slots=True)
class Contract:
    """What one vendor's spec says of answers; its `schemas` are compiled when they are first asked for.

    Each stands beside the members that it names.
    """

    vendor: Served
    schemas: dict[tuple[str, str, str], tuple[Schema, Declared]] = field(default_factory=dict)

    def operation(self, method: str, path: str) -> Operation | None:
        """The operation that answers `method` on `path` below the mount; None where none does."""
        spec = self.vendor.spec
        try:
            return spec.match(method, spec.canonical(path)).operation
        except (NotFound, MethodNotAllowed):
            return None

    def complaint(self, method: str, path: str, reply: Reply, *, closed: bool = False) -> str:
        """What the spec does not say of the answer, "" when it says all of it.

        Objects of a spec are open; `closed` also tells of members that it does not name. What no operation
        answers is refused outside of every operation, and nothing is said of it, nor of what this server says
        itself.
        """
        operation = self.operation(method, path)
        if operation is None or is_ours(reply):
            return ""
        status = str(reply.status)
        where = f"{operation.id}: {status}"
        if status not in operation.responses:
            return f"{where} is not in the spec"
        if not reply.body:
            return ""
        media_type, charset = media_type_of({"content-type": reply.media_type or ""})
        if media_type not in operation.responses[status]:
            return f"{where} as {media_type or 'no media type'} is not in the spec"
        place = (operation.id, status, media_type)
        problems = self._problems(place, charset, reply.body, closed=closed)
        return f"{where}: {'; '.join(problems)}" if problems else ""

    def _problems(self, place: tuple[str, str, str], charset: str, body: bytes, *, closed: bool) -> list[str]:
        if place not in self.schemas:
            made = self._schema(*place)
            self.schemas[place] = made, Declared(made.document, made.node)
        schema, declared = self.schemas[place]
        try:
            value = _read(body, charset, place[-1], schema)
            problems = schema.problems(value)
        except (Malformed, ValueError) as error:
            return [str(error)]
        told = [f"{one.pointer}: {one.detail}" for one in problems]
        if closed:
            beyond = [
                f'{pointer_of(path)}: "{path[-1]}" is not expected' for path in declared.undeclared(value)
            ]
            told += [one for one in beyond if one not in told]
        return told[:_TOLD] + ([f"{len(told) - _TOLD} more"] if len(told) > _TOLD else [])

    def _schema(self, operation_id: str, status: str, media_type: str) -> Schema:
        document = self.vendor.spec.document
        operation = self.vendor.spec.operations[operation_id]
        stated = resolve(document, document["paths"][operation.path][operation.method]["responses"][status])
        schema = stated["content"][media_type].get("schema", {})
        return compile_schema(document, schema, {**COMMON, **self.vendor.vendor.formats})


@dataclass(frozen=True, slots=True)
class Contracts:
    """The contracts of all vendors, by name."""

    by_vendor: dict[str, Contract]

    @classmethod
    def of(cls, served: Iterable[Served]) -> Contracts:
        """Those of `served`."""
        return cls({vendor.name: Contract(vendor) for vendor in served})

    def complaint(self, call: Call, reply: Reply) -> str:
        """What the spec of the call's vendor does not say of an answer that a rule bent, "" when it says all.

        The spec is closed here: a member that it does not name is told of, as a strict reader would.
        """
        return self.by_vendor[call.vendor].complaint(call.method, call.path, reply, closed=True)


def _read(body: bytes, charset: str, media_type: str, schema: Schema) -> Json:
    if media_type in typed_xml.MEDIA_TYPES:
        return typed_xml.read(body, schema.node, schema.document, charset)
    if "json" in media_type:
        return json.decode(body, charset)
    try:
        return json.decode(body, charset)
    except Malformed:
        return json.text_of(body, charset).decode(errors="replace")
