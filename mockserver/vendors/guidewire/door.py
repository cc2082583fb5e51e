"""What is asked of a call before its body is looked at: not too many, an answer in JSON, a body in UTF-8.

No document of the vendor's speaks of any of these; all are switches.
"""

from __future__ import annotations

from mockserver.errors import NotAcceptable, UnsupportedMediaType
from mockserver.model import Call
from mockserver.reply import JSON, accepted, media_type_of
from mockserver.spec import Operation
from mockserver.store import State
from mockserver.vendors.guidewire.limits import count

_RANGES = (JSON, "application/*", "*/*")
"""What JSON is asked for by, the most telling first (RFC 9110 §12.5.1)."""

_UTF_8 = frozenset({"utf-8", "utf8", "us-ascii"})


def enter(call: Call, _operation: Operation, state: State) -> None:
    """Let pass a call that takes JSON and whose body is in UTF-8, as far as switches ask for that.

    Raises:
        TooManyRequests: its caller has called too often.
        NotAcceptable: its Accept header has no room for JSON.
        UnsupportedMediaType: its body is declared to be in another charset.
    """
    count(call, state)
    if call.assumptions["unacceptable"] == "406" and not _takes_json(call.headers.get("accept", "")):
        raise NotAcceptable(call.headers["accept"])
    if call.body and call.assumptions["other_charset"] == "415":
        media_type, charset = media_type_of(call.headers)
        if charset not in _UTF_8:
            raise UnsupportedMediaType(f"{media_type}; charset={charset}", (JSON,))


def _takes_json(header: str) -> bool:
    wanted = dict(accepted(header))
    return not wanted or next((wanted[kind] > 0 for kind in _RANGES if kind in wanted), False)
