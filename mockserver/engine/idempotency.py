"""Idempotency keys as an extension, for vendors whose package has no idempotency keys of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import parse_qsl, quote

from msgspec.structs import replace

from mockserver.codec import json
from mockserver.codec.instants import parse_instant, print_instant
from mockserver.errors import MalformedBody, ServerRefusal
from mockserver.model import EMPTY, SAFE_METHODS, Call, Json, Reply, Value
from mockserver.sandbox.assumptions import Assumption
from mockserver.sandbox.store import Collection, State
from mockserver.spec.openapi import Operation, Spec

IDEMPOTENCY_COLLECTION = "idempotency"
MAX_KEY_LENGTH = 128
_HEADER = "x-idempotency-header"
KEYS_ASSUMPTION, LIFETIME_ASSUMPTION = "idempotency_keys", "idempotency_lifetime"
OFF, REQUIRED = "off", "required"
IDEMPOTENCY_ASSUMPTIONS = (
    Assumption(
        KEYS_ASSUMPTION,
        OFF,
        ("on", REQUIRED),
        "Whether a call that writes may carry an idempotency key, or must: then the same request again gets "
        "the first answer and does nothing. No vendor's way but an extension of this server's.",
        "docs/decisions.md#idempotency-keys-of-our-own",
    ),
    Assumption(
        LIFETIME_ASSUMPTION,
        "86400",
        ("360",),
        "For how many seconds of the sandbox's clock an idempotency key is remembered.",
        "docs/decisions.md#idempotency-keys-of-our-own",
        pattern="[1-9][0-9]{0,8}",
    ),
)
"""Assumptions of each vendor that has the extension."""


def idempotency_assumptions(spec: Spec, *, is_packaged: bool) -> tuple[Assumption, ...]:
    """Return the assumptions of a spec; keys are on by default if the file of a user declares them."""
    if is_packaged or not (spec.idempotency_member or spec.takes_key or _HEADER in spec.document):
        return IDEMPOTENCY_ASSUMPTIONS
    keys, lifetime = IDEMPOTENCY_ASSUMPTIONS
    return replace(keys, default="on", alternatives=(OFF, REQUIRED)), lifetime


def sent_key(spec: Spec, call: Call) -> str:
    """Return the idempotency key in the header or in the member of the body, as it was sent; "" if none."""
    if not spec.idempotency_member:
        return call.headers.get(spec.idempotency_header.lower(), "").strip()
    with suppress(MalformedBody):
        body = json.decode(call.body)
        key = body.get(spec.idempotency_member) if isinstance(body, dict) else None
        return key if isinstance(key, str) else ""
    return ""


_QUOTED_KEY = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"')
_BARE_KEY = re.compile(r"[!#-+\--:<-~]+")


class IdempotencyExtension(Value, frozen=True):
    """Idempotency keys for the calls of one spec."""

    spec: Spec

    @property
    def _place(self) -> str:
        return self.spec.idempotency_member or self.spec.idempotency_header

    def is_enabled(self, call: Call) -> bool:
        return call.assumptions.get(KEYS_ASSUMPTION, OFF) != OFF

    def in_words(self, assumptions: Mapping[str, str], given: Mapping[str, str] = EMPTY) -> str:
        """Return what a call with a known key gets; "" if keys are off. `given` has full names."""
        name = f"{self.spec.name}.{KEYS_ASSUMPTION}"
        if given.get(name, assumptions[KEYS_ASSUMPTION]) == OFF:
            return ""
        lifetime = assumptions[LIFETIME_ASSUMPTION]
        lifetime = given.get(f"{self.spec.name}.{LIFETIME_ASSUMPTION}", lifetime)
        return f"repeats its answer to a known {self._place}, for {int(lifetime):,} s (assumption {name})"

    def takes_key(self, operation: Operation) -> bool:
        """Return whether calls of an operation may have a key.

        If operations declare the header with the key, only these may. If nothing declares a key, only calls
        with credentials may, because these tell the clients apart.
        """
        if operation.safe or operation.method.upper() in SAFE_METHODS:
            return False
        if self.spec.takes_key:
            return operation.id in self.spec.takes_key
        return bool(operation.security or self.spec.idempotency_member or _HEADER in self.spec.document)

    def replay(self, call: Call, operation: Operation, state: State) -> Reply | None:
        """Return the stored answer of the call's key, or None if nothing is stored for the key.

        Raises ServerRefusal: 400 if the key is malformed, or required and missing; 422 if the key came with
        a different request before; 409 if the first call with the key is still running.
        """
        key = self._key(call, operation)
        if not key:
            return None
        record = self._records(call, state).get(_record_key(call, operation, key))
        if record is not None and parse_instant(record["until"]) <= state.now:
            record = None
        if record is not None and record["fingerprint"] != call.fingerprint:
            detail = f"{self._place} {key} was used with another request"
            raise _refusal(call, HTTPStatus.UNPROCESSABLE_ENTITY, "reused", detail)
        if call.same_key_in_flight:
            detail = f"the first request with {self._place} {key} is not over yet"
            raise _refusal(call, HTTPStatus.CONFLICT, "in-flight", detail)
        if record is None:
            return None
        headers = tuple((name, text) for name, text in record["headers"])
        return Reply(record["status"], record["body"].encode("latin-1"), record["media_type"], headers)

    def remember(self, call: Call, operation: Operation, reply: Reply, state: State) -> None:
        key = self._key(call, operation)
        if not key:
            return
        lifetime = timedelta(seconds=int(call.assumptions[LIFETIME_ASSUMPTION]))
        self._records(call, state)[_record_key(call, operation, key)] = {
            "fingerprint": call.fingerprint,
            "until": print_instant(state.now + lifetime),
            "status": reply.status,
            "media_type": reply.media_type,
            "headers": [[name, text] for name, text in reply.headers],
            "body": reply.body.decode("latin-1"),
        }

    def _key(self, call: Call, operation: Operation) -> str:
        """Return the call's key; "" if it has none, or its operation takes none."""
        header, member = self._place, self.spec.idempotency_member
        if not self.takes_key(operation):
            return ""
        text = sent_key(self.spec, call)
        if not text:
            if call.assumptions[KEYS_ASSUMPTION] == REQUIRED:
                raise _refusal(call, HTTPStatus.BAD_REQUEST, "missing", f"{header} is required")
            return ""
        quoted = None if member else _QUOTED_KEY.fullmatch(text)
        key = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else text
        if not key or not (quoted or member or _BARE_KEY.fullmatch(text)):
            detail = f'{header}: expected one text such as "8e03978e"'
            raise _refusal(call, HTTPStatus.BAD_REQUEST, "malformed", detail)
        if len(key) > MAX_KEY_LENGTH:
            detail = f"{header}: {len(key)} characters, at most {MAX_KEY_LENGTH}"
            raise _refusal(call, HTTPStatus.BAD_REQUEST, "too-long", detail)
        return key

    def _records(self, call: Call, state: State) -> Collection:
        """Return the stored answers of the call's tenant, whom a header, the query or the body names."""
        places = {place["in"] for place in self.spec.scope}
        query = dict(parse_qsl(call.query)) if "query" in places else {}
        body: Json = None
        if "body" in places:
            with suppress(MalformedBody):
                body = json.decode(call.body)
        return state.collection(IDEMPOTENCY_COLLECTION, self.spec.tenant(call.headers, query, body))


def _record_key(call: Call, operation: Operation, key: str) -> str:
    return f"{call.principal.name}/{operation.id}/{quote(key, safe='')}"


def _refusal(call: Call, status: int, code: str, detail: str) -> ServerRefusal:
    described = (("Link", f'</{call.vendor}/ui/>; rel="describedby"; type="text/html"'),)
    return ServerRefusal(int(status), f"idempotency-key-{code}", detail, {"instance": call.path}, described)
