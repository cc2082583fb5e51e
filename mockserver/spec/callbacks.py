"""Read the callbacks and webhooks of a spec, with their annotation `x-callback`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from msgspec import ValidationError, convert

from mockserver.model import EMPTY, Document, Json, Value
from mockserver.spec.openapi import METHODS, Operation, Spec, check_names, misused, resolve

MARK = "x-callback"
WEBHOOKS = "x-webhooks"
"""Name of `webhooks` in OpenAPI 3.0."""


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
    """Predicate that a record must fulfil, as in scenarios."""
    after: int = 0
    """Seconds from the call to the first attempt, by the sandbox's clock."""
    event: str | None = None
    """JSON Pointer to the member of the body for the name of the event; None finds it by its name."""
    record: str | None = None
    """JSON Pointer to the member of the body for the record or records; None finds it by its schema."""
    headers: Mapping[str, str] = EMPTY
    """Texts of further headers; each may have runtime expressions in braces."""
    id: str = ""
    """Header for the id of the delivery; "" sends no such header."""
    sign: Signing | None = None
    attempts: int = 5
    timeout: int = 10
    """Seconds until an attempt without an answer counts as lost."""
    backoff: tuple[int, ...] = (10, 60, 300)
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


def find_callbacks(contract: Spec) -> tuple[DeclaredCallback, ...]:
    """Return the callbacks and webhooks of a spec. Raises SpecError if an `x-callback` is malformed."""
    return (*_callbacks(contract), *_webhooks(contract))


def _callbacks(contract: Spec) -> Iterator[DeclaredCallback]:
    for operation in contract.operations.values():
        for event, node in operation.node.get("callbacks", EMPTY).items():
            for address, item in resolve(contract.document, node).items():
                if not address.startswith("x-"):
                    yield from _read(contract, event, item, address, frozenset((operation.id,)))


def _webhooks(contract: Spec) -> Iterator[DeclaredCallback]:
    for event, item in contract.document.get(WEBHOOKS, EMPTY).items():
        yield from _read(contract, event, item, "", frozenset())


def _read(
    contract: Spec, event: str, item: Json, address: str, operations: frozenset[str]
) -> Iterator[DeclaredCallback]:
    item = resolve(contract.document, item)
    for method in (one for one in METHODS if one in item):
        node = item[method]
        form = _form(node.get(MARK, EMPTY), contract.operations)
        contents = resolve(contract.document, node.get("requestBody", EMPTY)).get("content", EMPTY)
        media_type = min(contents, key=lambda name: "json" not in name, default="application/json")
        schema = contents.get(media_type, EMPTY).get("schema", EMPTY)
        causes = operations or frozenset(form.of) or _causes(contract, schema)
        yield DeclaredCallback(event, form, causes, address, method.upper(), media_type, schema)


def _form(node: Json, known: Mapping[str, Operation]) -> CallbackForm:
    try:
        form = convert(node, CallbackForm)
    except ValidationError as error:
        raise misused(MARK, str(error)) from None
    check_names(f"{MARK}.of", form.of, known)
    return form


def _causes(contract: Spec, schema: Document) -> frozenset[str]:
    """Return the operations that take records of the schema, or every POST if none does."""
    wanted = set(_references(schema))
    posts = [one for one in contract.operations.values() if one.writes and one.bodies]
    alike = [one.id for one in posts if wanted.intersection(_references(one.bodies[0].schema))]
    return frozenset(alike or (one.id for one in posts if one.method == "post"))


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for child in node.values():
            yield from _references(child)
    elif isinstance(node, list):
        for child in node:
            yield from _references(child)
