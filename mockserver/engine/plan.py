"""Compile the operations of a spec, at start-up or on demand: parameters, bodies and items."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from mockserver.codec import form, json, xml
from mockserver.codec.deferred import MadeOnDemand
from mockserver.codec.http import JSON_RANGES, JSON_TYPE, parse_content_type
from mockserver.errors import MalformedBody, ServerRefusal, SpecError
from mockserver.model import EMPTY, Call, Document, Json, Path, Value
from mockserver.sandbox.assumptions import DUPLICATE_MEMBERS, ON
from mockserver.spec.batch_forms import Batch
from mockserver.spec.coercion import Coercion, Read, compile_coercion
from mockserver.spec.item_forms import item_schema
from mockserver.spec.openapi import LINES, MediaType, Operation, Spec, misused, resolve
from mockserver.spec.own_bodies import DecodeBody, body_content, can_read, decode_as_sent, own_decoder
from mockserver.spec.parameter_styles import CompiledParameters, compile_parameters
from mockserver.spec.schema import (
    COMMON_FORMATS,
    Formats,
    ListSchema,
    Schema,
    SchemaCompiler,
    broken_formats,
    extension_values,
    has_bounded_depth,
)
from mockserver.spec.schema_tree import SchemaTree
from mockserver.spec.typed_xml import RequestReader


class CompiledItems(Value, frozen=True):
    """Compiled checks of the items of one batch body."""

    batch: Batch
    members: frozenset[str]
    """Names of the members of an item, in lower case if `any_case`."""
    any_case: bool
    one: Schema
    """Judges one item."""
    closed: ListSchema
    """Judges lists of items; unlike `one`, also refuses members that the schema does not name."""
    read: Read | None
    """Coerces an item; None if there is nothing to coerce."""
    fatal: Mapping[Path, bool]
    """For paths in an item, whether a problem there refuses the whole call; "*" stands for each index."""


class CompiledBody(Value, frozen=True):
    """Compiled reading and checking of one media type of one operation."""

    media_type: str
    decode: DecodeBody
    read: Read | None
    """Coerces the document, or the envelope of a batch; None if there is nothing to coerce."""
    whole: Schema
    """Judges the document, or the envelope of a batch."""
    closed: Schema
    """Judges like `whole`, and refuses unknown members; what it accepts needs neither `read` nor `whole`."""
    is_json: bool
    shallow: bool
    """Whether the schema limits how deep a document can be.

    If so, a document that `closed` accepts needs no depth check, except in its items.
    """
    items: CompiledItems | None
    has_lines: bool = False
    """Whether each line is an item, or a part of an item; `decode` is not used."""


class CompiledOperation(Value, frozen=True):
    operation: Operation
    parameters: CompiledParameters
    bodies: Mapping[str, CompiledBody]


def compile_operations(
    spec: Spec, formats: Formats, *, on_demand: bool = False
) -> Mapping[str, CompiledOperation]:
    """Return a plan for every operation of `spec`, by operationId; `formats` are added to the common formats.

    If `on_demand`, each operation is compiled at its first use, which raises ServerRefusal (501) if the
    operation cannot be compiled.

    Unless `on_demand`, raises SpecError: a schema or an extension is invalid.
    """
    schemas = SchemaCompiler(spec.document, {**COMMON_FORMATS, **formats}, every_format=spec.is_own)
    tree = SchemaTree(spec.document)
    bodies = {one.id: _taken_bodies(spec, one) for one in spec.operations.values()}

    def compile_one(operation: Operation) -> CompiledOperation:
        read = (_compile_body(spec, operation, body, schemas, tree) for body in bodies[operation.id])
        parameters = compile_parameters(spec, operation, schemas, tree)
        return CompiledOperation(operation, parameters, {one.media_type: one for one in read})

    def compile_or_refuse(name: str) -> CompiledOperation:
        try:
            return compile_one(spec.operations[name])
        except SpecError as error:
            raise ServerRefusal(501, "not-served", str(error)) from None

    if on_demand:
        return MadeOnDemand(spec.operations, compile_or_refuse)
    return {operation.id: compile_one(operation) for operation in spec.operations.values()}


def _taken_bodies(spec: Spec, operation: Operation) -> list[MediaType]:
    """Return the bodies that calls may have; of a batch, those whose items can be read. Raises SpecError."""
    bodies = [
        one
        for one in operation.bodies
        if not operation.batch or can_read(spec.document, operation, one, is_own=spec.is_own)
    ]
    if operation.bodies and not bodies:
        names = " and ".join(one.name for one in operation.bodies)
        message = f"x-batch: items in {names} cannot be read; JSON, lines, forms and XML can"
        error = SpecError(message, cure=f"{JSON_TYPE} in place of {names}")
        raise error.within(spec.name, operation.id, operation.place)
    return bodies


def _compile_body(
    spec: Spec, operation: Operation, body: MediaType, schemas: SchemaCompiler, tree: SchemaTree
) -> CompiledBody:
    document, batch, is_json = spec.document, operation.batch, body.is_json
    content = body_content(operation, body)
    own = own_decoder(body.name, content, tree) if spec.is_own else None
    if own is not None:
        body = MediaType(body.name, content["schema"], EMPTY)
    node: Document = body.coercion.get("schema", body.schema)
    try:
        if spec.is_own and (broken := broken_formats(schemas.compile(node), content)):
            schemas = replace(schemas, formats={**schemas.formats, **broken})
        item = item_schema(document, node, batch.items, batch.key) if batch else None
        whole = _without_items(document, node, batch.items) if batch else node
        coercion = compile_coercion(document, body.coercion)
        decode = own or _body_decoder(body, node, item or node, tree)
        if spec.is_own and body.name in JSON_RANGES:
            decode = decode_as_sent(content, tree, decode)
        return CompiledBody(
            media_type=parse_content_type({"content-type": body.name})[0],
            decode=decode,
            read=coercion.reader(whole),
            whole=schemas.compile(whole),
            closed=schemas.compile(whole, closed=True),
            is_json=is_json,
            shallow=has_bounded_depth(document, node),
            items=_compile_items(batch, item, schemas, coercion) if batch and item is not None else None,
            has_lines=body.has_lines,
        )
    except SpecError as error:
        place = operation.place
        if error.path[:1] == ("x-binder",) and content:
            place = (*place, "requestBody", "content", body.name)
        raise error.within(spec.name, f"{operation.id}: {body.name}", place) from None


def _compile_items(
    batch: Batch, item: Document, schemas: SchemaCompiler, coercion: Coercion
) -> CompiledItems:
    names, any_case = resolve(schemas.document, item).get("properties", ()), coercion.any_case
    return CompiledItems(
        batch=batch,
        members=frozenset(name.lower() if any_case else name for name in names),
        any_case=any_case,
        one=schemas.compile(item),
        closed=schemas.compile_list(item),
        read=coercion.reader(item),
        fatal=extension_values(schemas.document, item, "x-fatal"),
    )


def _body_decoder(body: MediaType, node: Document, element: Document, tree: SchemaTree) -> DecodeBody:
    document, settings = tree.document, body.coercion
    reading, max_keys = settings.get("format", "json"), settings.get("max-keys", form.MAX_KEYS)
    if reading in ("json", LINES):
        return _json_decoder(settings.get("lenient", False))
    members = resolve(document, element).get("properties", EMPTY)
    if reading == "data-contract":
        names = tuple(sorted(members))
        contract = xml.DataContract(settings["root"], settings["item"], settings["namespace"], names)
        name = settings.get("any-order", "")
        return lambda call, charset, _: contract.decode(
            call.body, charset, any_order=call.assumptions.get(name) == ON
        )
    read = RequestReader(tree).read
    lists = frozenset(name for name, one in members.items() if resolve(document, one).get("type") == "array")
    member = settings.get("member", "xml")
    readers: Mapping[str, Callable[[bytes, str], Json]] = {
        "xml": lambda sent, charset: read(sent, node, charset),
        "xml-form": lambda sent, charset: read(form.unwrap(sent, charset, member, max_keys), node),
        "nested-form": lambda sent, charset: form.decode_nested(sent, charset, max_keys),
        "indexed-form": lambda sent, charset: form.decode_indexed(sent, charset, max_keys),
        "form": lambda sent, charset: form.decode_flat(sent, charset, lists, max_keys),
        "octets": lambda sent, _: sent.decode("latin-1"),
    }
    if reading not in readers:
        known = "json, xml, xml-form, data-contract, indexed-form, nested-form, form, lines, octets"
        raise misused("x-binder.format", f"unknown {reading}; known are {known}")
    decode = readers[reading]
    return lambda call, charset, _: decode(call.body, charset)


def _json_decoder(lenient: Json) -> DecodeBody:
    """Return a JSON decoder: lenient always (True), never (False), or if the assumption `lenient` is on."""

    def decode(call: Call, charset: str, most_bytes: int) -> Json:
        body, assumptions = call.body, call.assumptions
        if assumptions.get(DUPLICATE_MEMBERS) == "refused" and (
            name := json.find_repeated_member(body, charset)
        ):
            raise MalformedBody(f"the member {name} occurs twice")
        if lenient is True or assumptions.get(lenient) == ON:
            return json.decode_lenient(body, charset, most_bytes)
        return json.decode(body, charset)

    return decode


def _without_items(document: Document, node: Document, pointer: Path) -> Document:
    """Return a copy of the schema `node` in which the list or map at `pointer` may hold anything."""
    here: Document = resolve(document, node)
    if not pointer:
        return {key: value for key, value in here.items() if key not in ("items", "additionalProperties")}
    step = pointer[0]
    properties = here["properties"]
    return {
        **here,
        "properties": {**properties, step: _without_items(document, properties[step], pointer[1:])},
    }
