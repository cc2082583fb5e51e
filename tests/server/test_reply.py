from __future__ import annotations

import pytest
from flask import Response
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.http import remove_entity_headers

from mockserver.model import Reply
from mockserver.server.exchange import vendor_headers

NAMES = st.sampled_from(["Content-Type", "content-length", "Allow", "X-One", "x-one", "Location", "Expires"])
TEXTS = st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=5)
REPLIES = st.builds(
    Reply,
    status=st.sampled_from([200, 204, 207, 304, 500]),
    body=st.binary(max_size=5),
    media_type=st.none() | st.sampled_from(["application/json", "text/plain"]),
    headers=st.lists(st.tuples(NAMES, TEXTS), max_size=4).map(tuple),
)


class UntypedResponse(Response):
    default_mimetype = None


def headers_of_flask(reply: Reply) -> list[tuple[bytes, bytes]]:
    """Return the headers that Flask gives a response with this content."""
    response = UntypedResponse(reply.body, reply.status, list(reply.headers))
    if reply.media_type is not None:
        response.headers["Content-Type"] = reply.media_type
    if reply.status == 204:
        response.headers.remove("Content-Length")
    elif reply.status == 304:
        remove_entity_headers(response.headers)
    return [(name.encode("latin-1"), text.encode("latin-1")) for name, text in response.headers]


@given(REPLIES)
def test_a_reply_has_the_headers_of_a_flask_response(reply: Reply) -> None:
    assert vendor_headers(reply) == headers_of_flask(reply)


@pytest.mark.parametrize("name", ["X-One", "Content-Type"])
@pytest.mark.parametrize("text", ["a\r\nb", "a\nb", "a\r"])
def test_a_header_with_a_line_break_is_not_sent(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"line breaks|newline"):
        vendor_headers(Reply(200, headers=((name, text),)))
