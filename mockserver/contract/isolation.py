"""Isolation of sequences, by sandboxes or by separate keys, and the idempotency keys of requests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from zlib import crc32

from msgspec import field
from msgspec.structs import replace

from mockserver.codec.http import is_json_type
from mockserver.contract.api import ApiUnderTest
from mockserver.contract.exchange import (
    Exchange,
    Request,
    TargetUnreachableError,
    UnansweredCallError,
    to_json_text,
)
from mockserver.contract.profile import IdempotencyRule
from mockserver.contract.target import Target
from mockserver.model import Value
from mockserver.spec.openapi import Operation, resolve

SANDBOX = "mock-sandbox"
_LONGEST_NAME = 48
_RUNS = 9973
"""Factor from a seed to its first key; a prime, so that keys of neighbouring seeds are far apart."""
FIRST_OF_SIZES, FIRST_OF_LISTS, _KEYS_OF_A_RUN = 5_000, 9_000, 10_000
"""Where keys of sizes and lists begin at a target without sandboxes, where they end; sequences come first."""

_NUMBERS_OF_A_KEY = 100
_NUMBERS = 1_000_000_000
"""Upper bound of an item's serial number, so that the number has at most nine digits and fits 32 bits."""

_DEFAULT = "default"
_NO_NAME = "no name of a sandbox"
"""Invalid value of `Mock-Sandbox`. A mock server that receives this header refuses the call."""

NOTE = (
    "sandboxes were not used: a proxy does not pass on the header Mock-Sandbox; all calls went to one "
    "sandbox, with keys of their own, and whether sandboxes are isolated was not checked"
)
REPLAY: Final = "replay-is-the-first-answer"
OTHER_BODY: Final = "key-with-another-body"
_STANDARD = "idempotency-key"
_WRITES = ("post", "put", "patch", "delete")
_REPEATED_BY_NATURE = ("put", "delete")


class IsolationScope(Value, frozen=True):
    """The record keys of one sequence, and the sequence's sandbox, if there is one."""

    name: str
    """Unique in a run."""
    first: int
    """Number of the first key."""
    has_sandbox: bool = False
    """Whether the scope has a sandbox of its own. If not, scopes share records, but use different keys."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers that select the sandbox."""

    @property
    def numbers_from(self) -> int:
        """The number before the first item's number. Scopes that share records use different numbers."""
        return self.first * _NUMBERS_OF_A_KEY % _NUMBERS


class Isolation:
    """Source of isolation scopes at one target. The text `of` tells sources with equal seeds apart."""

    def __init__(self, target: Target, seed: int, of: str = "") -> None:
        self._target = target
        plain = re.sub("[^a-z0-9]", "-", of.lower()).strip("-")
        self._name = _short(f"contract-{seed}-{plain}".rstrip("-"))
        self._first = seed * _RUNS % 90_000 * _KEYS_OF_A_RUN
        self._number = 0
        self._keys = 0
        prefixed = "/sandboxes/" in target.address.url or SANDBOX in target.address.given
        self.are_apart = not prefixed and target.identity().is_ours
        """Whether a new scope has a sandbox of its own."""

    def new_scope(self, keys: int) -> IsolationScope:
        """Return a new scope for at most `keys` keys."""
        self._number += 1
        name = f"{self._name}-{self._number}"
        if self.are_apart:
            return IsolationScope(name, 0, has_sandbox=True, headers={SANDBOX: name})
        first = self._first + self._keys
        self._keys += keys
        return IsolationScope(name, first)

    def drop(self, scope: IsolationScope) -> None:
        """Delete the sandbox of a scope. If the target refuses the deletion, later scopes get no sandbox."""
        if not scope.has_sandbox:
            return
        request = Request("DELETE", f"/_mock/sandboxes/{scope.name}")
        try:
            answered = self._target.at_control_plane(request).response
        except TargetUnreachableError:
            return
        # A server has at most a thousand sandboxes. A run that cannot delete its own would reach this limit.
        self.are_apart = self.are_apart and answered.status in (204, 404)


def _short(name: str) -> str:
    """Return a valid sandbox name; a long name ends with a checksum, so that long names stay distinct."""
    if len(name) <= _LONGEST_NAME:
        return name
    mark = f"-{crc32(name.encode()):08x}"
    return name[: _LONGEST_NAME - len(mark)].strip("-") + mark


def use_reachable_sandboxes(target: Target, seed: int) -> str:
    """If a proxy drops `Mock-Sandbox`, use only the default sandbox and return a note; else return ""."""
    if target.address.app or not Isolation(target, seed).are_apart or _reads_header(target):
        return ""
    target.always_send(SANDBOX, _DEFAULT)
    return NOTE


def _reads_header(target: Target) -> bool:
    try:
        response = target.send(Request("GET", "/", {SANDBOX: _NO_NAME})).response
    except UnansweredCallError:
        return True
    return response.status == HTTPStatus.BAD_REQUEST


def rule_of(api: ApiUnderTest) -> IdempotencyRule | None:
    """Return the idempotency rule of the profile, else the rule of the spec, else None.

    A spec has a rule if it has `x-idempotency-header` or `x-idempotency-member`, or if an operation has a
    header `Idempotency-Key`.
    """
    if api.profile.idempotency is not None:
        return api.profile.idempotency
    if api.spec.idempotency_member:
        return IdempotencyRule(api.spec.idempotency_member, "member", "same")
    name = str(api.spec.document.get("x-idempotency-header", ""))
    if not name:
        declared = (operation.has_parameter(_STANDARD) for operation in api.spec.operations.values())
        name = "Idempotency-Key" if any(declared) else ""
    return IdempotencyRule(name) if name else None


def takes_key(api: ApiUnderTest, rule: IdempotencyRule, operation: Operation) -> bool:
    """Return whether an operation takes an idempotency key; only writing operations do.

    If no operation declares the rule's header, batches and all writes except PUT and DELETE take a key.
    """
    if operation.method not in _WRITES or operation.safe or operation.id in rule.exempt:
        return False
    if rule.place == "member":
        schemas = (resolve(api.spec.document, body.schema) for body in operation.bodies)
        return any(rule.name in schema.get("properties", {}) for schema in schemas)
    if any(one.has_parameter(rule.name) for one in api.spec.operations.values()):
        return operation.has_parameter(rule.name)
    return operation.method not in _REPEATED_BY_NATURE or operation.batch is not None


def with_key(rule: IdempotencyRule, request: Request, key: str) -> Request:
    """Return the request with the idempotency key. A body that is no JSON object gets no member."""
    if rule.place == "header":
        return replace(request, headers={**request.headers, rule.name.lower(): key})
    document = _document(request)
    if document is None:
        return request
    return replace(request, body=to_json_text({**document, rule.name: key}).encode())


def without_key(rule: IdempotencyRule, request: Request) -> Request:
    if rule.place == "header":
        name = rule.name.lower()
        return replace(request, headers={one: text for one, text in request.headers.items() if one != name})
    document = _document(request)
    if document is None or rule.name not in document:
        return request
    rest = {name: value for name, value in document.items() if name != rule.name}
    return replace(request, body=to_json_text(rest).encode())


def key_in(rule: IdempotencyRule, request: Request) -> str:
    if rule.place == "header":
        return request.headers.get(rule.name.lower(), "")
    return str((_document(request) or {}).get(rule.name, ""))


def is_same_answer(one: Exchange, other: Exchange) -> bool:
    return replace(one.response, headers={}) == replace(other.response, headers={}) and (
        one.response.media_type == other.response.media_type
    )


def is_refused(exchange: Exchange, status: int) -> bool:
    """Return whether a call was refused with `status`; 0 stands for every refusal."""
    return exchange.response.status == status if status else exchange.response.is_refused


def _document(request: Request) -> Mapping[str, Any] | None:
    document = request.document() if is_json_type(request.media_type) else None
    return document if isinstance(document, dict) else None
