"""Read the callbacks and webhooks of a spec, with their annotation `x-callback`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, ValidationError, convert

from mockserver.codec.http import JSON_TYPE, sent_type
from mockserver.model import EMPTY, Document, Json, Value
from mockserver.spec.openapi import METHODS, Spec, is_json_content, misused, resolve

MARK = "x-callback"
_Positive: TypeAlias = Annotated[int, Meta(ge=1)]
_Seconds: TypeAlias = Annotated[int, Meta(ge=0, le=8_640_000)]
_REFERENCE = re.compile("#/components/schemas/[^'\"]+")


class Signing(Value, frozen=True, forbid_unknown_fields=True):
    """How a delivery is signed: an HMAC of the raw body in a header."""

    header: str
    algorithm: Literal["sha1", "sha256", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""
    """Text before the signature, such as `sha256=`."""
    secret: str = "secret"  # noqa: S105 - a default that the documentation tells
    """Secret of deliveries whose address was registered without a secret, or not registered."""


class CallbackForm(Value, frozen=True, forbid_unknown_fields=True):
    """The annotation `x-callback`: which calls cause deliveries, and how these are written and sent."""

    of: tuple[str, ...] = ()
    """Operations that cause deliveries of a webhook; () lets `find_callbacks` decide."""
    per: Literal["item", "batch"] = "item"
    when: frozenset[Literal["created", "updated", "unchanged", "rejected", "deleted"]] = frozenset(
        ("created", "updated")
    )
    where: Document = EMPTY
    """Predicate, as in scenarios, on the item as it is stored, with the members that only the call has."""
    after: _Seconds = 0
    """Seconds from the call to the first attempt, by the sandbox's clock."""
    headers: Mapping[str, str] = EMPTY
    """Texts of further headers; each may have runtime expressions in braces."""
    id: str = ""
    """Header for the id of the delivery; "" sends no such header."""
    sign: Signing | None = None
    attempts: _Positive = 5
    timeout: _Positive = 10
    """Seconds until an attempt without an answer counts as lost."""
    backoff: tuple[_Seconds, ...] = (10, 60, 300)
    """Seconds after each lost attempt; the last number holds for all further attempts."""
    ordered: bool = True
    """Whether a delivery that is tried again holds up the later deliveries to its address."""


class DeclaredCallback(Value, frozen=True):
    """A callback or webhook of a spec."""

    event: str
    form: CallbackForm
    operations: frozenset[str]
    """Ids of the operations that cause deliveries."""
    address: str
    """Runtime expression of a callback's address; "" for a webhook, whose addresses are registered."""
    method: str
    media_type: str
    schema: Document


def find_callbacks(contract: Spec) -> Iterator[DeclaredCallback]:
    """Yield the callbacks and webhooks of a spec. Raises SpecError if an `x-callback` is malformed."""
    document = contract.document
    for operation in contract.operations.values():
        for event, node in operation.node.get("callbacks", EMPTY).items():
            for address, item in resolve(document, node).items():
                yield from _read(contract, event, item, address, (operation.id,))
    for event, item in document.get("x-webhooks", EMPTY).items():
        yield from _read(contract, event, item, "", ())


def _read(
    contract: Spec, event: str, item: Json, address: str, causes: tuple[str, ...]
) -> Iterator[DeclaredCallback]:
    """Yield the callbacks of a path item, one for each method. `causes` is empty for webhooks."""
    for method, node in resolve(contract.document, item).items():
        if method not in METHODS:
            continue
        try:
            form = convert(node.get(MARK, EMPTY), CallbackForm)
        except ValidationError as error:
            raise misused(MARK, f"{event}: {error}").within(contract.name) from None
        if unknown := set(form.of) - contract.operations.keys():
            detail = f"{event}: no operation is called {min(unknown)}"
            raise misused(f"{MARK}.of", detail).within(contract.name)
        content = resolve(contract.document, node.get("requestBody", EMPTY)).get("content", EMPTY)
        is_json = (name for name, one in content.items() if is_json_content(contract.document, name, one))
        name = next(is_json, next(iter(content), JSON_TYPE))
        schema, media_type = content.get(name, EMPTY).get("schema", EMPTY), sent_type(name)
        of = frozenset(causes or form.of or _causes(contract, schema))
        yield DeclaredCallback(event, form, of, address, method.upper(), media_type, schema)


def _causes(contract: Spec, schema: Document) -> tuple[str, ...]:
    """Return the operations that take records of the schema, or every POST if none does."""
    writing = [one for one in contract.operations.values() if one.writes and one.bodies]
    bodies = {one.id: one.bodies[0].schema for one in writing}
    for shown in (str, lambda one: f"{one}{resolve(contract.document, one)}"):
        wanted = set(_REFERENCE.findall(shown(schema)))
        if alike := [key for key, one in bodies.items() if wanted & {*_REFERENCE.findall(shown(one))}]:
            return tuple(alike)
    return tuple([one.id for one in writing if one.method == "post"])
