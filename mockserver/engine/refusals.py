"""Refuse a call: tables decide status, message and HTTP headers; the vendor or the spec decides the body."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from msgspec.structs import replace

from mockserver.codec.http import REFUSAL_STATUSES, with_supported_types
from mockserver.engine.auth import SecurityScheme
from mockserver.errors import (
    Forbidden,
    MethodNotAllowed,
    Refusal,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    VendorFailure,
)
from mockserver.model import Call, Reply, Value
from mockserver.sandbox.store import State
from mockserver.spec.openapi import Operation
from mockserver.vendor import Headers, RefusalRow, RefusedCall, Vendor, WriteRefusal

_UNKNOWN_STATUS = 400
_REALM = ' realm="mock"'


class CallRefuser(Value, frozen=True):
    """Writer of the reply to every refused call of a vendor."""

    vendor: Vendor
    write: WriteRefusal
    schemes: Mapping[str, SecurityScheme]

    def __call__(self, refusal: Refusal, call: Call, operation: Operation | None, state: State) -> Reply:
        row = self._row(refusal)
        row = replace(row, message=_message(row, refusal, call))
        refused = RefusedCall(refusal, call, operation, row, self._headers(refusal, row))
        return with_supported_types(self.write(refused, state), refusal)

    def _row(self, refusal: Refusal) -> RefusalRow:
        """Return the row of code and reason, else of the code alone, else a new row with the usual status."""
        rows = self.vendor.refusals
        reason = getattr(refusal, "reason", "") or getattr(refusal, "what", "")
        row = rows.get(f"{refusal.code}.{reason}") or rows.get(refusal.code)
        return row or RefusalRow(REFUSAL_STATUSES.get(refusal.code, _UNKNOWN_STATUS))

    def _headers(self, refusal: Refusal, row: RefusalRow) -> Headers:
        """Return the headers that HTTP requires of the answer to the refusal."""
        match refusal:
            case MethodNotAllowed(allowed=allowed):
                return (("Allow", ", ".join(allowed)),)
            case TooManyRequests(wait=int(wait)):
                return (("Retry-After", str(wait)),)
            case Unauthorized() | Forbidden() if row.status == HTTPStatus.UNAUTHORIZED:
                challenge = self._challenge(getattr(refusal, "scheme", ""))
                return (("WWW-Authenticate", challenge),) if challenge else ()
        return ()

    def _challenge(self, scheme: str) -> str:
        """Return the vendor's challenge, else the scheme's; "" for an API key, for which HTTP has none."""
        if self.vendor.challenge is not None:
            return self.vendor.challenge
        known = self.schemes.get(scheme)
        if known is not None and known.node.get("type") == "apiKey":
            return ""
        kind = "bearer" if known is None else str(known.node.get("scheme", "bearer")).lower()
        return kind.capitalize() + (_REALM if kind == "basic" and self.vendor.refuse is None else "")


def _message(row: RefusalRow, refusal: Refusal, call: Call) -> str:
    """Return the message that a scenario asks for, else the row's message with its placeholders filled."""
    if isinstance(refusal, (TooManyRequests, Unavailable, VendorFailure)) and refusal.detail:
        return refusal.detail
    if "{" not in row.message:
        return row.message
    facts = {
        name: ", ".join(map(str, fact)) if isinstance(fact, tuple) else fact
        for name, fact in vars(refusal).items()
    }
    path = call.path.encode(errors="replace").decode()
    return row.message.format(method=call.method, path=path, **facts)
