"""Write header names as those who sent them spell them; uvicorn would put all of them in lower case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_LOWERED_BY_LIBRARIES = (
    b"Access-Control-Allow-Credentials",
    b"Access-Control-Allow-Headers",
    b"Access-Control-Allow-Methods",
    b"Access-Control-Allow-Origin",
    b"Access-Control-Allow-Private-Network",
    b"Access-Control-Expose-Headers",
    b"Access-Control-Max-Age",
    b"Allow",
    b"Connection",
    b"Content-Disposition",
    b"Content-Length",
    b"Content-Security-Policy",
    b"Content-Type",
    b"Date",
    b"Location",
    b"Mock-Journal-Dropped",
    b"Mock-Reason",
    b"Transfer-Encoding",
    b"Vary",
    b"WWW-Authenticate",
    b"X-Content-Type-Options",
)
_USUAL: Mapping[bytes, bytes] = {name.lower(): name for name in _LOWERED_BY_LIBRARIES}
"""The usual spelling of what uvicorn and Starlette send in lower case."""

_END_OF_LINE = b"\r\n"


def spell_names(head: bytes, sent: Iterable[tuple[bytes, bytes]] = ()) -> bytes:
    """Return the head of a response with the names as in `sent`, the headers that an application gave.

    What an application gave with a capital letter, or under no usual name, stays as it is.
    """
    spelled = {name.lower(): name for name, _ in sent if not name.islower()}
    lines = head.split(_END_OF_LINE)
    for at, line in enumerate(lines[1:], 1):
        name, colon, text = line.partition(b":")
        lines[at] = (spelled.get(name) or _USUAL.get(name, name)) + colon + text
    return _END_OF_LINE.join(lines)
