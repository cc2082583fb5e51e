from __future__ import annotations

from pathlib import Path
from socket import create_server
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mockserver import MAX_ITEMS
from mockserver.cli.main import DEFAULT_TLS_DIR, MAKE_VARIABLE, main, port_taken_cure
from mockserver.server import serving
from mockserver.server.application import Options
from mockserver.server.forwarding import ForwardRules
from mockserver.server.listening import PortOwner, PortTakenError
from mockserver.server.serving import Serving

OTHER = PortOwner("another mockserver (0.1.0, up 3 h)", "http://127.0.0.1:8080")


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Options, Serving]]:
    """What `run` would serve; nothing is."""
    calls: list[tuple[Options, Serving]] = []

    def serve(options: Options, serving: Serving, _report: Any) -> None:
        calls.append((options, serving))

    monkeypatch.setattr(serving, "serve", serve)
    return calls


def run(*options: str, **variables: str) -> Result:
    return CliRunner().invoke(main, ["run", *options], env=variables)


def test_the_files_and_origins_reach_the_server(
    served: list[tuple[Options, Serving]], tmp_path: Path
) -> None:
    first, second, fixtures = (tmp_path / name for name in ("a.yaml", "b.yaml", "dump.json"))
    for file in (first, second, fixtures):
        file.touch()

    result = run(
        *("--scenario", str(first), "--scenario", str(second), "--fixtures", str(fixtures), "--watch"),
        *("--cors", "http://localhost:3000", "--cors", "https://app.example"),
        *("--state", "state.json", "--ready-file", "ready", "--tls"),
    )

    assert (result.exit_code, result.stderr) == (0, "")
    [(options, serving)] = served
    assert (options.scenario_files, options.fixtures_file) == ((first, second), fixtures)
    assert options.cors == ("http://localhost:3000", "https://app.example")
    assert serving == Serving(
        tls_dir=DEFAULT_TLS_DIR, state_file=Path("state.json"), ready_file=Path("ready"), watch=True
    )


def test_the_limit_of_items_is_stated_once(served: list[tuple[Options, Serving]]) -> None:
    run()

    assert served[0][0].max_items == Options().max_items == MAX_ITEMS


def test_the_folder_of_reports_can_be_named(served: list[tuple[Options, Serving]], tmp_path: Path) -> None:
    run("--reports", str(tmp_path / "none-yet"))

    assert served[0][0].reports == tmp_path / "none-yet"


def test_the_folder_of_the_certificate_can_be_named(
    served: list[tuple[Options, Serving]], tmp_path: Path
) -> None:
    run("--tls", MOCKSERVER_TLS_DIR=str(tmp_path))

    assert served[0][1].tls_dir == tmp_path


@pytest.mark.parametrize(
    ("origin", "cure"),
    [
        ("http://localhost:3000/", "http://localhost:3000"),
        ("HTTP://LocalHost:3000/app", "http://localhost:3000"),
        ("localhost:3000", "http://localhost:3000"),
        ("all", "http://localhost:3000"),
    ],
)
def test_what_is_no_origin_is_refused_with_one(
    served: list[tuple[Options, Serving]], origin: str, cure: str
) -> None:
    result = run("--cors", origin)

    assert (result.exit_code, served) == (2, [])
    assert f"found {origin}\n   at: --cors {origin}\n" in result.stderr
    assert f"try: mockserver run --cors {cure}\n" in result.stderr


@pytest.mark.parametrize("origin", ["*", "null", "capacitor://localhost", "http://[::1]:3000"])
def test_every_kind_of_origin_is_taken(served: list[tuple[Options, Serving]], origin: str) -> None:
    run("--cors", origin)

    assert served[0][0].cors == (origin,)


def test_nothing_to_watch_is_refused(served: list[tuple[Options, Serving]]) -> None:
    result = run("--watch")

    assert (result.exit_code, served) == (2, [])
    assert "there is nothing to watch" in result.stderr


def test_a_scenario_that_no_scenarios_switches_off_is_refused(
    served: list[tuple[Options, Serving]], tmp_path: Path
) -> None:
    (tmp_path / "a.yaml").touch()

    result = run("--no-scenarios", "--scenario", str(tmp_path / "a.yaml"))

    assert (result.exit_code, served) == (2, [])


def test_a_slip_in_a_scenario_file_is_exit_2_with_line_and_column(tmp_path: Path) -> None:
    file = tmp_path / "flaky.yaml"
    rule = "{id: r, items: [{select: {key: Z}, effect: {fial: {code: internal}}}]}"
    file.write_text(f"version: 1\nname: flaky\nrules:\n  - {rule}\n", encoding="utf-8")

    result = run("--port", "0", "--scenario", str(file))

    assert result.exit_code == 2
    assert f"   at: {file}:4:49: /rules/0/items/0/effect/fial\n" in result.stderr


@pytest.mark.parametrize(
    ("owner", "by_make", "cure"),
    [
        (None, "", "mockserver run --port 0"),
        (None, "1", "PORT=0 make run"),
        (PortOwner("process 7 (nginx)"), "", "mockserver run --port 0"),
        (OTHER, "", "mockserver run --port 0\n   or: mockserver health http://127.0.0.1:8080"),
        (OTHER, "1", "PORT=0 make run\n   or: mockserver health http://127.0.0.1:8080"),
    ],
)
def test_a_port_that_is_taken_has_a_cure_that_fits(
    monkeypatch: pytest.MonkeyPatch, owner: PortOwner | None, by_make: str, cure: str
) -> None:
    monkeypatch.setenv(MAKE_VARIABLE, by_make)

    assert port_taken_cure(PortTakenError(8080, owner)) == cure


def test_the_store_and_its_workers_reach_the_server(served: list[tuple[Options, Serving]]) -> None:
    run("--store", "valkey://:secret@cache.example:6380/1?prefix=team-a", "--workers", "4")

    [(options, serving)] = served
    assert options.store is not None
    assert (options.store.url, options.store.prefix) == ("redis://:secret@cache.example:6380/1", "team-a")
    assert serving.workers == 4
    assert "secret" not in str(options.settings)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--workers", "2"), "with --store they share one"),
        (("--store", "redis://localhost/0", "--state", "state.json"), "--state is for a server without"),
        (("--store", "localhost:6379"), "expected an address such as redis://localhost:6379/0"),
    ],
)
def test_what_does_not_go_with_the_store_is_told(
    served: list[tuple[Options, Serving]], options: tuple[str, ...], said: str
) -> None:
    result = run(*options)

    assert (result.exit_code, served) == (2, [])
    assert said in result.stderr
    assert "try: mockserver run" in result.stderr


def test_only_one_worker_loads_files_again(served: list[tuple[Options, Serving]], tmp_path: Path) -> None:
    (scenario := tmp_path / "a.yaml").touch()

    result = run("--store", "redis://localhost/0", "--workers", "2", "--watch", "--scenario", str(scenario))

    assert (result.exit_code, served) == (2, [])
    assert "--watch" in result.stderr


def test_the_rules_of_forwarding_reach_the_server(served: list[tuple[Options, Serving]]) -> None:
    run(
        *("payt", "--forward", "http://127.0.0.1:9000/payt", "--mock", "a,b", "--mock", "c"),
        *("--forward-timeout", "2.5", "--allow-remote", "one.example"),
    )

    [(options, _)] = served
    mocked = frozenset({"a", "b", "c"})
    assert options.forward == ForwardRules("http://127.0.0.1:9000/payt", mocked, timeout_s=2.5)
    assert (options.vendors, options.files, options.remote_hosts) == (("payt",), (), ("one.example",))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0", "[::ffff:127.0.0.1]"])  # noqa: S104
def test_calls_are_not_forwarded_to_this_server_itself(host: str) -> None:
    with create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    result = run("payt", "--forward", f"http://{host}:{port}/xero", "--port", str(port))

    assert (result.exit_code, result.stdout) == (2, "")
    assert "is this server itself, at " in result.stderr
    assert "try: give the address of another server" in result.stderr


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ((), "all calls go to http://127.0.0.1:1"),
        (("--mock", "b,a"), "all other calls go to http://127.0.0.1:1, the mock answers a, b"),
        (("--forward-only", "b,a"), "calls of a, b go to http://127.0.0.1:1, the mock answers all others"),
        (("--shadow",), "all calls go to http://127.0.0.1:1; the mock answers them too, to compare"),
    ],
)
def test_it_is_said_which_calls_go_where(
    served: list[tuple[Options, Serving]], options: tuple[str, ...], says: str
) -> None:
    run("payt", *FORWARD, *options)

    rules = served[0][0].forward
    assert rules is not None
    assert rules.says == says


def test_without_forward_no_call_is_passed_on(served: list[tuple[Options, Serving]]) -> None:
    run("payt")

    assert served[0][0].forward is None


@pytest.mark.parametrize("option", ["--mock", "--forward-only"])
def test_operations_without_an_address_are_refused(
    served: list[tuple[Options, Serving]], option: str
) -> None:
    result = run("payt", option, "createInvoices")

    assert (result.exit_code, served) == (2, [])
    assert "no call is passed on without --forward" in result.stderr
    assert f"at: {option}" in result.stderr


FORWARD = ("--forward", "http://127.0.0.1:1")


def test_operations_are_named_by_one_option(served: list[tuple[Options, Serving]]) -> None:
    result = run("payt", *FORWARD, "--mock", "a", "--forward-only", "postV1Invoices")

    assert (result.exit_code, served) == (2, [])
    assert "--mock changes nothing" in result.stderr


def test_a_shadow_without_an_address_is_refused(served: list[tuple[Options, Serving]]) -> None:
    result = run("payt", "--shadow")

    assert (result.exit_code, served) == (2, [])
    assert "at: --shadow" in result.stderr


def test_a_shadow_is_not_shared_by_workers(served: list[tuple[Options, Serving]]) -> None:
    result = run("payt", *FORWARD, "--shadow", "--workers", "2", "--store", "redis://localhost:1/0")

    assert (result.exit_code, served) == (2, [])
    assert "each worker would have a shadow of its own" in result.stderr


def test_a_shadow_can_be_asked_for(served: list[tuple[Options, Serving]]) -> None:
    run("payt", *FORWARD, "--shadow")

    assert served[0][0].forward == ForwardRules("http://127.0.0.1:1", is_shadowed=True)


@pytest.mark.parametrize(
    ("options", "what", "cure"),
    [
        (("--forward", "http://api.example"), "api.example is neither loopback", "--allow-remote api"),
        (("--forward", "127.0.0.1:9000"), "expected http:// or https:// and a host", "http://127.0.0.1:9000/vendor"),
        ((*FORWARD, "--mock", "postInvoice"), "payt has no operation postInvoice", "--mock "),
        ((*FORWARD, "--forward-only", "x"), "payt has no operation x", "--forward-only "),
        (("vba", *FORWARD), "for one vendor or FILE; 2 are named", "--vendor"),
    ],
    ids=["host", "address", "--mock", "--forward-only", "two vendors"],
)  # fmt: skip
def test_what_cannot_be_forwarded_is_refused_with_a_cure(
    options: tuple[str, ...], what: str, cure: str
) -> None:
    result = run("payt", *options, "--port", "0")

    assert result.exit_code == 2
    assert what in result.stderr
    assert cure in result.stderr.partition("try: ")[2]
