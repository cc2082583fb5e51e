from __future__ import annotations

import httpx
from hypothesis import given
from hypothesis import strategies as st

from mockserver.contract.exchange import Request
from mockserver.contract.target import outgoing_request

CLIENT = {
    "Accept": "*/*",
    "Accept-Encoding": "gzip, deflate",
    "Connection": "keep-alive",
    "User-Agent": f"python-httpx/{httpx.__version__}",
}
NAMES = st.sampled_from(
    (
        "accept",
        "content-type",
        "content-length",
        "transfer-encoding",
        "host",
        "user-agent",
        "x-one",
        "connection",
    )
)
URLS = st.sampled_from(("http://127.0.0.1:8080/vba/a?b=c d", "http://example.com", "https://[::1]:444/é"))


@given(
    st.sampled_from(("GET", "HEAD", "post", "PUT", "PATCH", "DELETE", "OPTIONS")),
    URLS,
    st.dictionaries(NAMES, st.text(st.characters(max_codepoint=255), max_size=5)),
    st.binary(max_size=4),
)
def test_a_request_goes_out_with_the_headers_that_a_client_of_httpx_sends(
    method: str, url: str, headers: dict[str, str], body: bytes
) -> None:
    client = httpx.Headers(CLIENT)
    client.update([(name.encode(), text.encode("latin-1")) for name, text in headers.items()])
    by_httpx = httpx.Request(method, url, headers=client, content=body or None)

    made = outgoing_request(Request(method, "", headers, body), url)

    assert (made.method, str(made.url), made.body) == (by_httpx.method, str(by_httpx.url), by_httpx.content)
    assert list(made.headers) == by_httpx.headers.raw


def test_letters_beyond_latin_1_are_question_marks_in_a_header() -> None:
    made = outgoing_request(Request("GET", "", {"x-one": "é→"}), "http://a")

    assert made.headers[-1] == (b"x-one", b"\xe9?")
