from __future__ import annotations

import pytest

from mockserver.codec.urls import decoded_path, is_loopback


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST", "127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1"]
)
def test_this_machine_is_told_by_its_name(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "0.0.0.0",  # noqa: S104 - a text
        "127.1",
        "2130706433",
        "0x7f.0.0.1",
        "localhost.",
        "localhost.example.com",
        "a.localhost",
        "127.0.0.1.nip.io",
        "10.0.0.1",
        "::",
        "::2",
        "example.com",
        "\uff11\uff12\uff17.0.0.1",
    ],
)
def test_everything_else_is_another(host: str) -> None:
    assert not is_loopback(host)


def test_a_decoded_path_keeps_the_escapes_of_slashes() -> None:
    assert decoded_path("/a%20b/c%2Fd/%C3%A9") == "/a b/c%2Fd/é"
