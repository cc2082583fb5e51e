from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mockserver.redis_store.addresses import parse_address
from mockserver.server.application import Application, Options, create_app
from mockserver.server.backend import shared_backend
from tests.support.client import Client
from tests.support.redis_server import RedisServer, free_port, redis_program, redis_server

CREDENTIALS = {
    "user-agent": "tests",
    "authorization": "Bearer any",
    "x-api-key": "any",
    "vbasoftware-database": "sandbox",
}


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[str]:
    """The address of a cluster of one server that has all slots."""
    options = ("--cluster-enabled", "yes", "--cluster-port", str(free_port()))
    with redis_server(tmp_path, *options) as server:
        client: Any = server.client()
        client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        while "cluster_state:ok" not in str(client.execute_command("CLUSTER", "INFO")):
            continue
        yield server.url.replace("redis://", "redis+cluster://").removesuffix("/0")


@pytest.fixture
def sentinel(running: RedisServer, tmp_path: Path) -> Iterator[str]:
    """The address of a sentinel that knows the server of the other tests."""
    watching = RedisServer(tmp_path)
    settings = tmp_path / "sentinel.conf"
    settings.write_text(f"port {watching.port}\nsentinel monitor world 127.0.0.1 {running.port} 1\n", "ascii")
    command = [redis_program(), str(settings), "--sentinel"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:  # noqa: S603 - our own command line
        watching.client().ping()
        yield f"redis+sentinel://127.0.0.1:{watching.port}/world/0?prefix=sentinel"
        process.terminate()


def application(address: str) -> Application:
    return create_app(Options(vendors=("vba",)), shared_backend(parse_address(address)))


@pytest.mark.parametrize("topology", ["cluster", "sentinel"])
def test_workers_share_a_world(topology: str, request: pytest.FixtureRequest) -> None:
    address: str = request.getfixturevalue(topology)
    first, second = (Client(application(address), {"host": "testserver", **CREDENTIALS}) for _ in range(2))

    said = [
        client.put("/vba/claim-invoice-batch", json=[{"invoice_Key": 7, "payee_ID": "P100"}]).json["data"][0]
        for client in (first, second)
    ]

    assert [item["status"] for item in said] == [201, 200]
    assert first.get("/_mock/metrics").json["vendors"]["vba"]["calls"] == 2
    assert len(second.get("/_mock/sandboxes/default/journal").json) == 2
    assert second.post("/_mock/sandboxes/default/snapshots", json={"label": "two"}).status == 201
    assert first.delete("/_mock/sandboxes/default").status == 204
