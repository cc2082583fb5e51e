from __future__ import annotations

import pytest

from mockserver.redis_store.addresses import EXAMPLES, StoreAddressError, parse_address


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("redis://localhost:6379/0", "redis://localhost:6379/0"),
        ("valkey://localhost:6379/2", "redis://localhost:6379/2"),
        ("valkeys://:secret@cache.example:6380/0", "rediss://:secret@cache.example:6380/0"),
        ("redis+cluster://one:7000", "redis://one:7000"),
    ],
)
def test_valkey_is_spoken_to_as_redis(text: str, url: str) -> None:
    assert parse_address(text).url == url


def test_sentinels_are_hosts_with_the_name_of_the_master() -> None:
    address = parse_address("rediss+sentinel://:secret@one:26379,two/mymaster/3")

    assert (address.sentinels, address.master) == ((("one", 26379), ("two", 26379)), "mymaster")
    assert address.url == "rediss://:secret@one:26379/3"


def test_a_prefix_keeps_servers_apart_that_share_one_redis() -> None:
    address = parse_address("redis://localhost/0?prefix=team-a&socket_keepalive=true")

    assert (address.prefix, address.url) == ("team-a", "redis://localhost/0?socket_keepalive=true")


def test_a_password_is_not_shown() -> None:
    assert parse_address("redis://me:secret@localhost/0").shown == "redis://***@localhost/0"


@pytest.mark.parametrize("text", EXAMPLES)
def test_the_examples_are_addresses(text: str) -> None:
    assert parse_address(text).url


@pytest.mark.parametrize(
    "text",
    [
        "localhost:6379",
        "http://localhost",
        "redis://localhost:port/0",
        "redis://",
        "redis+ring://one",
        "redis+sentinel://one:1/",
        "",
    ],
)
def test_what_is_no_address_is_told_with_one_that_is(text: str) -> None:
    with pytest.raises(StoreAddressError, match="redis"):
        parse_address(text)


@pytest.mark.parametrize("prefix", ["", "a{b}", "a*"])
def test_a_prefix_cannot_break_the_keys(prefix: str) -> None:
    with pytest.raises(StoreAddressError, match="prefix"):
        parse_address(f"redis://localhost/0?prefix={prefix}")
