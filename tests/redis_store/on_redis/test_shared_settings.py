from __future__ import annotations

from dataclasses import replace

import pytest

from mockserver.redis_store.addresses import parse_address
from mockserver.sandbox.sandboxes import Settings
from mockserver.server.application import Application, Options, create_app
from mockserver.server.listening import StartupError

FIRST = Options(vendors=("vba",), seed=7, freeze="2026-01-05T09:00:00Z")


def start(address: str, options: Options) -> Application:
    return create_app(replace(options, store=parse_address(address)))


@pytest.mark.parametrize(
    ("other", "differs", "holds"),
    [
        (replace(FIRST, seed=0), "--seed 0", "--seed 7"),
        (replace(FIRST, freeze=None), "no --freeze", "--freeze 2026-01-05T09:00:00Z"),
        (replace(FIRST, strict_auth=True), "--auth strict", "--auth lenient"),
        (replace(FIRST, empty=True, seed=3), "--seed 3 --empty", "--seed 7 no --empty"),
    ],
    ids=["seed", "clock", "auth", "two"],
)
def test_a_second_server_with_other_settings_is_refused_and_told_which_hold(
    address: str, other: Options, differs: str, holds: str
) -> None:
    start(address, FIRST)

    with pytest.raises(StartupError) as refused:
        start(address, other)

    assert f"was set up with {holds}; this server has {differs}:" in str(refused.value)
    assert "mockserver run --auth lenient --seed 7 --freeze 2026-01-05T09:00:00Z" in refused.value.cure


def test_servers_with_the_same_settings_share_a_store(address: str) -> None:
    first = start(address, FIRST)
    second = start(address, replace(FIRST, freeze="2026-01-05T10:00:00+01:00", max_items=5))

    first.sandboxes.create(Settings("common"))
    assert "common" in second.sandboxes.names()
