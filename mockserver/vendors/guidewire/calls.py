"""Calls that another one carries: how one is made of what was sent, and how its answer is entered.

Source: Guidewire fact sheet §3.4, §3.5.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import unquote

from msgspec.structs import replace

from mockserver.codec import json
from mockserver.model import NOTHING, Call, Json, Reply, Value
from mockserver.reply import JSON
from mockserver.vendors.guidewire.refusals import wrapped
from mockserver.vendors.guidewire.render import API, CORRELATION, OF_THE_WHOLE

FIRST_REFUSAL = 400
CARRIERS = frozenset({f"{API}/batch", "/composite/v1/composite"})
"""Paths that carry calls themselves; no carried call may go there."""


class Carried(Value, frozen=True):
    """What was sent of a call; `path` is a whole one, escaped as in an address."""

    method: str
    path: str
    query: str = ""
    body: Json = None
    headers: Mapping[str, str] = NOTHING

    def under(self, carrier: Call) -> Call:
        """The call itself: its own headers come before those of the one that carries it."""
        # What a whole answer alone shows is not drawn: a failed call would leave a gap in what is drawn next.
        shown_once = {CORRELATION.lower(): "carried"}
        return replace(
            carrier,
            method=self.method.upper(),
            path=unquote(self.path),
            query=self.query,
            headers={**shown_once, **carrier.headers, "content-type": JSON, **self.headers},
            body=b"" if self.body is None else json.encode(self.body),
        )


def without(call: Call, names: Iterable[str]) -> Call:
    """The call less some headers."""
    left_out = frozenset(names)
    return replace(call, headers={name: text for name, text in call.headers.items() if name not in left_out})


def entry(reply: Reply) -> Json:
    """An answer among others: status, body if there is one, and headers but the common ones."""
    headers = [{"name": name, "value": text} for name, text in reply.headers if name not in OF_THE_WHOLE]
    body = {"body": json.decode(reply.body)} if reply.body else {}
    return {"status": reply.status, **body, "headers": headers}


def refused_entry(error: Json, call: Call) -> Json:
    """The entry of a call that never ran."""
    return {"status": error["status"], "body": wrapped(error, call), "headers": []}


def error_of(body: Json) -> Json:
    """The error in a refusal's body, wherever it stands."""
    return body.get("error", body)
