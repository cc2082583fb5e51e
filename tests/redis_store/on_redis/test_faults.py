from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mockserver.errors import StoreUnavailableError
from mockserver.redis_store import store
from mockserver.redis_store.addresses import DEFAULT_PREFIX, parse_address
from mockserver.redis_store.connection import RedisConnection
from mockserver.redis_store.keys import sandbox_keys
from mockserver.sandbox.memory_store import MAX_CHANGES
from mockserver.server.application import Application, Options, create_app
from mockserver.server.backend import shared_backend
from tests.browser.screens import PAGE_PATHS
from tests.support.client import Client, Response
from tests.support.redis_server import RedisServer, redis_server

READS = {
    "vba": "/vba/claim-invoice-batch",
    "guidewire": "/guidewire/claim/v1/bulk-invoices",
    "pvex": "/pvex/api/InvoiceBatch",
    "payt": "/payt/v1/invoices",
    "xero": "/xero/api.xro/2.0/BatchPayments",
}
BATCH = "/vba/claim-invoice-batch"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis of the test's own, which writes everything down at once."""
    with redis_server(tmp_path, "--appendonly", "yes", "--appendfsync", "always") as running:
        yield running


@pytest.fixture
def app(server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> Application:
    """The application of one worker, which has little patience, and asks again at once after a failure."""
    for name, seconds in (("CALL_S", 0.5), ("PATIENCE_S", 0.1), ("BREAK_S", 0.0)):
        monkeypatch.setattr(f"mockserver.redis_store.connection.{name}", seconds)
    return create_app(Options(), shared_backend(parse_address(server.url)))


@pytest.fixture
def client(app: Application) -> Client:
    credentials = {"authorization": "Bearer any", "x-api-key": "any", "vbasoftware-database": "sandbox"}
    return Client(app, {"host": "testserver", "user-agent": "tests", **credentials})


def put(client: Client, *keys: int) -> Response:
    return client.put(BATCH, json=[{"invoice_Key": key, "payee_ID": "P100"} for key in keys])


def fill_up(server: RedisServer) -> None:
    server.client().config_set("maxmemory", 1)


def make_read_only(server: RedisServer) -> None:
    server.client().replicaof("127.0.0.1", "1")


def make_room(server: RedisServer) -> None:
    server.client().config_set("maxmemory", 0)


def make_writable(server: RedisServer) -> None:
    server.client().replicaof("NO", "ONE")


Step = Callable[[RedisServer], None]
FAULTS = pytest.mark.parametrize(
    ("fault", "cure"),
    [
        (RedisServer.kill, RedisServer.start),
        (RedisServer.pause, RedisServer.resume),
        (fill_up, make_room),
        (make_read_only, make_writable),
    ],
    ids=["lost", "silent", "full", "read-only"],
)


@FAULTS
def test_a_call_is_refused_as_the_vendor_would_until_redis_is_back(
    server: RedisServer, client: Client, fault: Step, cure: Step
) -> None:
    assert put(client, 1).status == 207

    fault(server)
    refused = put(client, 2)
    cure(server)
    again = put(client, 1, 2)

    assert refused.status == 503
    assert "store" in refused.headers["mock-reason"]
    assert "mock-journal" not in refused.headers
    assert [item["status"] for item in again.json["data"]] == [200, 201]


@FAULTS
def test_health_says_that_the_server_is_not_ready(
    server: RedisServer, client: Client, fault: Step, cure: Step
) -> None:
    fault(server)
    unready = client.get("/_mock/health")
    cure(server)

    assert (unready.status, unready.json["code"]) == (503, "store-unavailable")
    assert "redis://127.0.0.1" in unready.json["detail"]
    assert client.get("/_mock/health").status == 200


@pytest.mark.parametrize(
    "reply",
    [
        "LOADING Redis is loading the dataset in memory",
        "READONLY You can't write against a read only replica.",
        "MASTERDOWN Link with MASTER is down",
        "NOSCRIPT No matching script. Please use EVAL.",
        "BUSY Redis is busy running a script",
        "OOM command not allowed when used memory > 'maxmemory'.",
        "MISCONF Errors writing to the AOF file",
        "CLUSTERDOWN The cluster is down",
        "TRYAGAIN Multiple keys request during rehashing of slot",
        "NOREPLICAS Not enough good replicas to write.",
        "UNBLOCKED force unblock from blocking operation",
        "NOPERM this user has no permissions to run this command",
        "ERR something that nobody foresaw",
    ],
    ids=lambda reply: reply.partition(" ")[0],
)
@pytest.mark.parametrize("road", ["ask", "once"])
def test_whatever_redis_refuses_is_a_store_that_is_not_available_for_that_reason(
    connect: Callable[[], RedisConnection], monkeypatch: pytest.MonkeyPatch, reply: str, road: str
) -> None:
    connection = connect()
    connection.check()
    monkeypatch.setattr("mockserver.redis_store.connection.PATIENCE_S", 0.0)

    with pytest.raises(StoreUnavailableError, match=reply.rsplit(maxsplit=1)[-1]):
        getattr(connection, road)(lambda client: client.eval("return redis.error_reply(ARGV[1])", 0, reply))


def test_a_wait_that_ends_because_redis_becomes_a_replica_is_a_503(
    server: RedisServer, client: Client
) -> None:
    put(client, 1)
    redis = server.client()
    redis.set(sandbox_keys(DEFAULT_PREFIX, "default").lock, "the turn of another worker")

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(put, client, 2)
        while not redis.info("clients")["blocked_clients"]:
            continue
        make_read_only(server)

        assert waiting.result().status == 503


@pytest.mark.parametrize("vendor", READS)
def test_every_vendor_refuses_in_its_own_words(server: RedisServer, client: Client, vendor: str) -> None:
    server.kill()

    refused = client.get(READS[vendor])

    assert refused.status == 503
    assert refused.media_type != "application/problem+json"


def test_a_call_that_names_a_scenario_of_its_sandbox_is_refused_for_the_store_alone(
    server: RedisServer, client: Client
) -> None:
    own = {"version": 1, "name": "own", "rules": [{"id": "late", "response": {"status": 500}}]}
    assert client.put("/_mock/sandboxes/default/scenarios/own?armed=false", json=own).status < 300
    server.kill()

    assert client.get(READS["vba"], headers={"Mock-Scenario": "own"}).status == 503


def test_the_control_plane_says_what_is_wrong(server: RedisServer, client: Client) -> None:
    server.kill()

    refused = client.get("/_mock/sandboxes/default/journal")

    assert (refused.status, refused.json["code"]) == (503, "store-unavailable")


def test_pages_that_need_the_store_say_that_it_is_away(
    server: RedisServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = client.within(accept="text/html")
    put(client, 1)
    screens = [f"/_console{path}" for path in PAGE_PATHS if "<" not in path]
    paths = ["/", "/_console/x/1", *screens]
    monkeypatch.setattr("mockserver.redis_store.connection.BREAK_S", 60.0)
    server.kill()

    pages = {path: browser.get(path) for path in paths}

    assert [path for path, page in pages.items() if page.status == 500] == []
    away = [page for page in pages.values() if page.status == 503]
    assert len(away) > 10
    assert [pages[path].status for path in ("/", "/_console/")] == [503, 503]
    for page in away:
        assert page.media_type == "text/html"
        assert "redis://127.0.0.1" in page.text
        assert "until the store is back" in page.text


def test_a_call_that_nobody_answers_is_a_miss_as_ever(server: RedisServer, client: Client) -> None:
    server.kill()

    assert client.get("/nowhere").status == 404


def test_a_store_that_was_emptied_begins_again_with_the_fixtures(server: RedisServer, client: Client) -> None:
    put(client, 1)

    server.client().flushall()

    assert [item["status"] for item in put(client, 1).json["data"]] == [201]


def test_a_restart_keeps_what_was_answered(server: RedisServer, client: Client) -> None:
    put(client, 1)
    server.kill()
    server.start()

    assert [item["status"] for item in put(client, 1).json["data"]] == [200]


@pytest.mark.parametrize("most", [MAX_CHANGES, 0], ids=["usual", "no longer known"])
def test_a_commit_whose_answer_is_lost_takes_effect_once(
    client: Client, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    lost: list[str] = []
    script = RedisConnection.script

    def lose_first_answer(
        connection: RedisConnection, name: str, keys: Sequence[str], *arguments: str | bytes | float
    ) -> object:
        if arguments[0] == "commit":
            lost.append(name)
            script(connection, name, keys, *arguments)
        return script(connection, name, keys, *arguments)

    monkeypatch.setattr(store, "MAX_CHANGES", most)
    monkeypatch.setattr(RedisConnection, "script", lose_first_answer)
    answer = put(client, 1)

    assert lost
    assert [item["status"] for item in answer.json["data"]] == [201]
    entries = client.get("/_mock/sandboxes/default/journal").json
    assert [entry["number"] for entry in entries] == [1]


def test_a_batch_that_was_refused_is_not_stored_later(
    server: RedisServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = RedisConnection.script

    def pause_at_commit(
        connection: RedisConnection, name: str, keys: Sequence[str], *arguments: str | bytes | float
    ) -> object:
        if arguments[0] == "commit":
            server.pause()
        return script(connection, name, keys, *arguments)

    put(client, 1)
    with monkeypatch.context() as patched:
        patched.setattr(RedisConnection, "script", pause_at_commit)
        refused = put(client, 2)
    server.resume()

    assert refused.status == 503
    assert [item["status"] for item in put(client, 2).json["data"]] == [201]
