"""What breaks a vendor's schema and yet need not be refused, or not with the whole call."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Forgiven:
    """A keyword of a schema that need not be kept, and why.

    `keyword` is JSON Schema's, or `content-type` for a media type that the spec does not state; `member` is
    the name of that which breaks it, "" whatever it is. `passes`: the vendor may take it; else it is
    refused, though by itself where `x-batch.fatal` has such refuse the call.
    `media_type` is the body's, or a pattern such as `*/xml`.
    """

    keyword: str
    reason: str
    member: str = ""
    passes: bool = True
    media_type: str = "*"
