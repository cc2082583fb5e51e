from __future__ import annotations

from mockserver.codec.urls import decoded_path


def test_a_decoded_path_keeps_the_escapes_of_slashes() -> None:
    assert decoded_path("/a%20b/c%2Fd/%C3%A9") == "/a b/c%2Fd/é"
