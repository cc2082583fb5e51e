"""Idempotency keys: where a key stands in a request, and what a second call with it must be answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from mockserver.contract.exchange import Exchange, Request, to_json_bytes
from mockserver.contract.loading import ApiUnderTest
from mockserver.contract.profile import IdempotencyRule
from mockserver.spec.openapi import Operation, resolve

REPLAY: Final = "replay-is-the-first-answer"
OTHER_BODY: Final = "key-with-another-body"

_FIRST_REFUSAL = 400
_STANDARD = "idempotency-key"
_WRITES = ("post", "put", "patch", "delete")
_REPEATED_BY_NATURE = ("put", "delete")
_JSON = "json"


def rule_of(api: ApiUnderTest) -> IdempotencyRule | None:
    """Return the rule of the profile, or what the spec alone says; None if there are no keys.

    A spec names its header with `x-idempotency-header`, or an operation has a header `Idempotency-Key`.
    """
    if api.profile.idempotency is not None:
        return api.profile.idempotency
    name = str(api.spec.document.get("x-idempotency-header", ""))
    if not name:
        declared = (one.has_parameter(_STANDARD) for one in api.spec.operations.values())
        name = "Idempotency-Key" if any(declared) else ""
    return IdempotencyRule(name) if name else None


def takes_key(api: ApiUnderTest, rule: IdempotencyRule, operation: Operation) -> bool:
    """Return whether the operation writes and takes the key.

    Where no operation declares the header, all that create or change take it: the spec states it once.
    """
    if operation.method not in _WRITES or operation.safe or operation.id in rule.exempt:
        return False
    if rule.place == "member":
        return any(_has_member(api, body.schema, rule.name) for body in operation.bodies)
    if any(one.has_parameter(rule.name) for one in api.spec.operations.values()):
        return operation.has_parameter(rule.name)
    return operation.method not in _REPEATED_BY_NATURE or operation.batch is not None


def with_key(rule: IdempotencyRule, request: Request, key: str) -> Request:
    """Return the request under the key; as it is where its body has no place for one."""
    if rule.place == "header":
        return replace(request, headers={**request.headers, rule.name.lower(): key})
    document = _document(request)
    if document is None:
        return request
    return replace(request, body=to_json_bytes({**document, rule.name: key}).encode())


def without_key(rule: IdempotencyRule, request: Request) -> Request:
    """Return the request without any key."""
    if rule.place == "header":
        name = rule.name.lower()
        return replace(request, headers={one: text for one, text in request.headers.items() if one != name})
    document = _document(request)
    if document is None or rule.name not in document:
        return request
    rest = {name: value for name, value in document.items() if name != rule.name}
    return replace(request, body=to_json_bytes(rest).encode())


def key_in(rule: IdempotencyRule, request: Request) -> str:
    """Return the key of a request, "" if it has none."""
    if rule.place == "header":
        return request.headers.get(rule.name.lower(), "")
    return str((_document(request) or {}).get(rule.name, ""))


def is_same_answer(one: Exchange, other: Exchange) -> bool:
    """Return whether two answers have the same status, body and media type."""
    return replace(one.response, headers={}) == replace(other.response, headers={}) and (
        one.response.media_type == other.response.media_type
    )


def is_refused(exchange: Exchange, status: int) -> bool:
    """Return whether a call was refused with `status`; 0 stands for any refusal."""
    came = exchange.response.status
    return came == status if status else came >= _FIRST_REFUSAL


def _document(request: Request) -> Mapping[str, Any] | None:
    if _JSON not in request.media_type:
        return None
    try:
        document = request.json()
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _has_member(api: ApiUnderTest, schema: Any, name: str) -> bool:
    return name in resolve(api.spec.document, schema).get("properties", {})
