"""`mockserver contract` with a suite that finds what a test tells it to find."""

from __future__ import annotations

import contextlib
import gc
import json
import runpy
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mockserver.cli import contract_run
from mockserver.cli.main import main
from mockserver.contract import runner, session
from mockserver.contract.api import ApiUnderTest
from mockserver.contract.exchange import BrokenRule, Finding, Request, TargetUnreachableError
from mockserver.contract.loading import load_vendor_api
from mockserver.contract.report import files
from mockserver.contract.run_state import FindingLedger, RunConfig, RunPart
from mockserver.contract.session import QUICK_EXAMPLES
from mockserver.contract.target import Target
from mockserver.engine.registry import vendor_packages
from mockserver.server.application import Options, create_app
from tests.any_files.support import write_files
from tests.support import sample_vendor
from tests.support.asgi_server import listen
from tests.support.contract_sessions import exchange
from tests.support.server_process import serve_process

OPERATION = "postV1Invoices"
CHECK = "count-is-processed"
Suite = Callable[[ApiUnderTest, Target, RunConfig, FindingLedger], None]


def holds(api: ApiUnderTest, _target: Target, run_config: RunConfig, ledger: FindingLedger) -> None:
    ledger.count_call(exchange())
    if run_config.wants(CHECK):
        ledger.count_check(next(iter(api.spec.operations)), CHECK, 3)


def fails(_contracted: ApiUnderTest, target: Target, run_config: RunConfig, ledger: FindingLedger) -> None:
    made = target.send(Request("POST", "/v1/invoices", {"authorization": "Bearer sesame-open-1"}), OPERATION)
    ledger.count_check(OPERATION, CHECK, 3)
    if run_config.wants(CHECK):
        ledger.record([Finding(CHECK, OPERATION, "count is 3, expected 2", "/count", exchanges=(made,))])


def is_lost(_contracted: ApiUnderTest, _target: Target, _effort: RunConfig, _ledger: FindingLedger) -> None:
    raise TargetUnreachableError("POST /x: connection reset")


def is_stopped(api: ApiUnderTest, target: Target, run_config: RunConfig, ledger: FindingLedger) -> None:
    fails(api, target, run_config, ledger)
    raise KeyboardInterrupt


def breaks(api: ApiUnderTest, target: Target, run_config: RunConfig, ledger: FindingLedger) -> None:
    fails(api, target, run_config, ledger)
    raise ZeroDivisionError("a secret")


@pytest.fixture
def suite(monkeypatch: pytest.MonkeyPatch) -> Callable[[Suite], list[tuple[str, RunConfig, tuple[str, ...]]]]:
    """Replaces the suite; tells what it was asked to do."""

    def replaced(one: Suite) -> list[tuple[str, RunConfig, tuple[str, ...]]]:
        asked: list[tuple[str, RunConfig, tuple[str, ...]]] = []

        def run(
            api: ApiUnderTest,
            target: Target,
            run_config: RunConfig,
            ledger: FindingLedger,
            phases: tuple[str, ...],
        ) -> None:
            asked.append((api.name, run_config, phases))
            one(api, target, run_config, ledger)

        monkeypatch.setattr(runner, "run_phases", run)
        return asked

    return replaced


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tmp_path.joinpath("faults").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "faults"))
    # Runs that are this short need no copies of the process.
    monkeypatch.setenv("MOCKSERVER_CONTRACT_WORKERS", "1")
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)


@pytest.fixture(scope="module")
def payt() -> Iterator[str]:
    """Where a server of ours has Payt."""
    with serve_process("--vendor", "payt") as url:
        yield f"{url}/payt"


@pytest.fixture(scope="module")
def stranger() -> Iterator[str]:
    """Payt without a word that it is ours."""
    app = create_app(Options(vendors=("payt",), mock_headers=False))

    async def without_control_plane(scope: Any, receive: Any, send: Any) -> None:
        hidden = scope["path"].startswith("/_mock")
        await app({**scope, "path": "/nowhere", "raw_path": b"/nowhere"} if hidden else scope, receive, send)

    with listen(without_control_plane) as url:
        yield f"{url}/payt"


def contract(*arguments: str, **environment: str | None) -> Result:
    return CliRunner().invoke(main, ["contract", *arguments], env=environment)


def test_a_contract_that_holds_is_exit_0(suite: Callable[[Suite], object]) -> None:
    suite(holds)

    result = contract("payt")

    assert (result.exit_code, result.output.splitlines()[-1]) == (0, "0 failed, 1 passed")


def test_something_that_was_found_is_exit_1_with_its_sentence(suite: Callable[[Suite], object]) -> None:
    suite(fails)

    result = contract("payt")

    assert result.exit_code == 1
    assert "        count is 3, expected 2      /count\n" in result.output
    assert result.output.splitlines()[-1] == "1 failed, 0 passed: payt count-is-processed"


def test_without_a_vendor_all_of_them_are_called(
    suite: Callable[[Suite], list[tuple[str, RunConfig, object]]],
) -> None:
    asked = suite(holds)

    contract("--max-examples", "1")

    assert [name for name, _, _ in asked] == list(vendor_packages())


def test_what_is_asked_for_reaches_the_suite(
    suite: Callable[[Suite], list[tuple[str, RunConfig, object]]],
) -> None:
    asked = suite(holds)

    contract(
        *("payt", "--seed", "7", "--max-examples", "500", "--checks", f"{CHECK},order-is-kept"),
        *("--operation", OPERATION, "--phase", "stateful"),
    )

    ((name, effort, phases),) = asked
    left_out = frozenset(load_vendor_api("payt").spec.operations) - {OPERATION}
    wanted = RunConfig(7, 500, frozenset({CHECK, "order-is-kept"}), frozenset({OPERATION}), left_out=left_out)
    assert (name, effort, phases) == ("payt", wanted, ("stateful",))


def test_a_quick_run_is_short_and_says_what_it_leaves_out(
    suite: Callable[[Suite], list[tuple[str, RunConfig, tuple[str, ...]]]],
) -> None:
    asked = suite(fails)

    result = contract("payt", "--quick", "--report", "junit,html,json")

    (_, effort, phases), note = asked[0], "note: payt: a quick run: "
    assert result.exit_code == 1
    assert (effort.max_examples, phases) == (QUICK_EXAMPLES, runner.PHASES)
    assert note in result.output
    assert "a quick run" in Path("report/contract/index.html").read_text(encoding="utf-8")
    assert "a quick run" in Path("report/contract/report.json").read_text(encoding="utf-8")


def test_what_is_given_beside_quick_counts(
    suite: Callable[[Suite], list[tuple[str, RunConfig, tuple[str, ...]]]],
) -> None:
    asked = suite(holds)

    contract("payt", "--quick", "--max-examples", "1", "--phase", "sizes")

    assert (asked[0][1].max_examples, asked[0][2]) == (1, ("sizes",))


def test_a_vendor_without_the_operation_is_not_called(
    suite: Callable[[Suite], list[tuple[str, RunConfig, object]]],
) -> None:
    asked = suite(holds)

    contract("--operation", OPERATION)

    assert [name for name, _, _ in asked] == ["payt"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nope"], "error: no vendor named nope; there are "),
        (["nope"], ", or --spec FILE for your own spec\n   at: VENDOR nope\n"),
        (["--only", "cuont-is-processed"], "  try: --only count-is-processed"),
        (["payt", "--operation", "nope"], "   at: --operation nope\n"),
        (["payt", "--part", "postV1Invoice"], "no part named postV1Invoice"),
        (["--profile", "facts.yaml"], "--profile needs exactly one vendor, or --spec"),
        (["payt", "vba", "--profile", "facts.yaml"], "--profile needs exactly one vendor, or --spec"),
        (
            ["--spec", "acme.yaml", "--profile", "fact.yaml"],
            "error: fact.yaml: fact: unknown; known are batches, credentials, fact-checks, facts",
        ),
        (["--spec", "acme.yaml", "--profile", "fact.yaml"], "   at: --profile fact.yaml\n"),
        (
            ["--spec", "twice/acme.yaml"],
            "putOrders: x-contract.twice: expected call or each or first or kept or last or none, found ",
        ),
        (["--spec", "later/acme.yaml"], "mockserver spec check later/acme.yaml"),
        *((["--spec", f"odd-{number}.yaml"], "") for number in range(4)),
        (["--target", "http://127.0.0.1:8080/payt"], "error: --target needs exactly one vendor"),
        (
            ["payt", "xero", "--target", "http://127.0.0.1:8080/payt"],
            "error: --target needs exactly one vendor",
        ),
        (["payt", "--rate", "fast"], "error: fast is not a rate; write 20/s"),
        (["payt", "--baseline", "nowhere.json"], "   at: --baseline nowhere.json\n"),
        (
            ["payt", "--report", "pdf"],
            "error: no report is called pdf; there are junit, html, har, pytest, json\n",
        ),
        (["payt", "--header", "x"], "error: expected 'Name: text', found x\n   at: --header x\n"),
        (["payt", "--fact", "x"], "error: expected name=text, found x\n   at: --fact x\n"),
        (["payt", "--phase", "third"], "error: --phase: expected fuzzing, stateful or sizes, found third\n"),
        (["payt", "--seed", "-1"], "error: --seed: expected a whole number of at least 0, found -1\n"),
        (["payt", "--target", "http://api.example.com/"], "  try: --allow-remote api.example.com "),
        (["payt", "--target", "http://u:p@127.0.0.1/"], "error: the target contains a user or a password\n"),
    ],
    ids=lambda one: "-".join(one)[:40] if isinstance(one, list) else "",
)
def test_wrong_usage_is_exit_2_and_says_what_would_do(
    arguments: list[str], said: str, tmp_path: Path
) -> None:
    Path("facts.yaml").write_text("facts: {}")
    Path("fact.yaml").write_text("fact: {payee: P100}\n")
    sample_vendor.write_spec(tmp_path)
    for folder, pointer, value in (
        ("twice", "/paths/~1orders/put/x-contract", {"twice": "both"}),
        ("later", "/info", {"version": "1"}),
    ):
        Path(folder).mkdir()
        sample_vendor.write_spec(tmp_path / folder, sample_vendor.changed_document(pointer, value))
    for number, text in enumerate(("{", "[]", "openapi: 3.0.3", "\xff")):
        Path(f"odd-{number}.yaml").write_text(text, "latin-1")

    result = contract(*arguments)

    assert result.exit_code == 2
    assert said in result.stderr


def test_no_server_is_exit_3() -> None:
    result = contract("payt", "--target", "http://127.0.0.1:1")

    assert (result.exit_code, "error: no server answers: " in result.stderr) == (3, True)


def test_a_server_that_is_lost_is_exit_3(suite: Callable[[Suite], object]) -> None:
    suite(is_lost)

    result = contract("payt")

    assert result.exit_code == 3
    assert "error: the server stopped answering: POST /x: connection reset" in result.stderr


EVERY_REPORT = ("--report", "junit,html,json,har,pytest")
FILES = {"junit.xml", "index.html", "report.json", "failures.har", "test_contract_payt.py", f"{CHECK}-1.sh"}


def assert_broken(result: Result, why: str, *missing: str) -> None:
    """The reports are there, and those that tell of the run say why it broke."""
    assert result.exit_code == 70
    written = {one.name for one in Path("report/contract").iterdir()}
    assert written == FILES - {*missing}
    told = [name for name in ("junit.xml", "index.html", "report.json") if name in written]
    assert [
        name for name in told if why not in Path("report/contract", name).read_text(encoding="utf-8")
    ] == []
    assert why in result.output


def test_a_run_that_breaks_writes_its_reports_and_says_where(suite: Callable[[Suite], object]) -> None:
    suite(breaks)

    result = contract("payt", *EVERY_REPORT)

    assert_broken(result, "an internal error in mockserver: ZeroDivisionError in the run")
    assert "a secret" not in result.output
    assert " in breaks" in next(Path("faults").iterdir()).read_text(encoding="utf-8")


def test_a_run_that_breaks_before_its_first_call_says_so_in_its_reports(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(session, "_application", lambda *_: 1 // 0)

    result = contract("payt", *EVERY_REPORT)

    assert_broken(
        result,
        "an internal error in mockserver: ZeroDivisionError in its start",
        "test_contract_payt.py",
        f"{CHECK}-1.sh",
    )


@pytest.mark.parametrize("kind", ["junit", "har"])
def test_a_report_that_cannot_be_made_keeps_none_of_the_others(
    suite: Callable[[Suite], object], monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    suite(fails)
    monkeypatch.setattr(files, "KINDS", {**files.KINDS, kind: lambda *_: 1 // 0})

    result = contract("payt", *EVERY_REPORT)

    assert result.exit_code == 70
    assert f"internal error in mockserver: ZeroDivisionError in the report {kind}" in result.stderr
    assert {one.name for one in Path("report/contract").iterdir()} == FILES - {
        "junit.xml",
        "failures.har",
    } | ({"junit.xml"} if kind == "har" else {"failures.har"})
    assert result.stdout.splitlines()[-1] == "1 failed, 0 passed: payt count-is-processed"


@pytest.mark.parametrize(("where", "name"), [(runner, "run_phases"), (session, "_application")])
def test_a_reader_who_leaves_is_no_fault(monkeypatch: pytest.MonkeyPatch, where: object, name: str) -> None:
    def closed(*_: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(where, name, closed)

    assert contract("payt").exit_code == 141


def test_an_interrupt_while_results_are_printed_leaves_the_reports(
    suite: Callable[[Suite], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    suite(fails)

    def interrupted(*_: object, **_more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(contract_run, "vendor_lines", interrupted)

    assert contract("payt", *EVERY_REPORT).exit_code == 130
    assert {one.name for one in Path("report/contract").iterdir()} == FILES


def test_an_interrupt_is_exit_130_after_what_was_found_until_then(suite: Callable[[Suite], object]) -> None:
    suite(is_stopped)

    result = contract("payt", "--report", "json")

    assert result.exit_code == 130
    assert (
        json.loads(Path("report/contract/report.json").read_text())["vendors"][0]["stopped"] == "interrupted"
    )


def test_a_termination_is_an_interrupt(suite: Callable[[Suite], object]) -> None:
    def terminated(api: ApiUnderTest, target: Target, run_config: RunConfig, ledger: FindingLedger) -> None:
        fails(api, target, run_config, ledger)
        signal.raise_signal(signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    suite(terminated)

    result = contract("payt", "--report", "json")

    assert result.exit_code == 130
    assert "count is 3, expected 2" in Path("report/contract/report.json").read_text()
    assert signal.getsignal(signal.SIGTERM) is before


def test_an_interrupt_that_is_swallowed_stops_the_next_call(suite: Callable[[Suite], object]) -> None:
    def swallows(api: ApiUnderTest, target: Target, run_config: RunConfig, ledger: FindingLedger) -> None:
        with suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        fails(api, target, run_config, ledger)

    before = signal.getsignal(signal.SIGINT)
    suite(swallows)

    assert contract("payt").exit_code == 130
    assert signal.getsignal(signal.SIGINT) is before


def test_an_interrupt_while_the_application_starts_is_told(
    suite: Callable[[Suite], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    suite(holds)
    monkeypatch.setattr(session, "_application", interrupt)

    result = contract("payt", "--report", "junit")

    assert (result.exit_code, Path("report/contract/junit.xml").exists()) == (130, True)
    assert "note: payt: interrupted before its first call\n" in result.stderr


def test_an_interrupt_within_the_garbage_collector_is_no_traceback(suite: Callable[[Suite], object]) -> None:
    def collects(api: ApiUnderTest, target: Target, run_config: RunConfig, ledger: FindingLedger) -> None:
        def interrupt(_phase: str, _info: dict[str, int]) -> None:
            gc.callbacks.remove(interrupt)
            signal.raise_signal(signal.SIGINT)

        gc.callbacks.append(interrupt)
        gc.collect()
        fails(api, target, run_config, ledger)

    before = sys.unraisablehook
    suite(collects)

    result = contract("payt")

    assert (result.exit_code, "Exception ignored" in result.output) == (130, False)
    assert sys.unraisablehook is before


def test_an_interrupt_before_the_first_call_reports_what_came_before(
    suite: Callable[[Suite], object],
) -> None:
    def stops_at_the_second(
        api: ApiUnderTest, target: Target, run_config: RunConfig, ledger: FindingLedger
    ) -> None:
        holds(api, target, run_config, ledger)
        if api.name != vendor_packages()[0]:
            raise KeyboardInterrupt

    suite(stops_at_the_second)

    result = contract(*vendor_packages()[:2])

    assert result.exit_code == 130
    assert result.stdout.splitlines()[-1] == "0 failed, 2 passed, stopped early"


def test_a_run_without_checks_is_exit_2_and_names_the_options(suite: Callable[[Suite], object]) -> None:
    suite(holds)

    result = contract("payt", "--only", "order-is-kept", "--phase", "stateful")

    assert result.exit_code == 2
    assert (
        "error: No checks ran: none applies to `--phase stateful` with `--only order-is-kept`."
        in result.stderr
    )


def test_a_spec_of_ones_own_is_served_in_this_process(
    suite: Callable[[Suite], list[tuple[str, RunConfig, object]]], tmp_path: Path
) -> None:
    asked = suite(holds)

    result = contract("--spec", str(sample_vendor.write_spec(tmp_path)))

    assert (result.exit_code, [name for name, _, _ in asked]) == (0, ["acme"]), result.stderr


def test_a_profile_in_a_file_is_that_of_the_spec(suite: Callable[[Suite], object], tmp_path: Path) -> None:
    batches: list[tuple[str, ...]] = []
    suite(
        lambda api, *_: batches.append(
            tuple(one.name for one in api.profile.batches(api.facts)[0].corruptions)
        )
    )
    profile = tmp_path / "profile.yaml"
    profile.write_text("batches: {putOrders: {bad: [{because: no amount, remove: /amount}]}}")

    contract("--spec", str(sample_vendor.write_spec(tmp_path)), "--profile", str(profile))

    assert batches == [("no amount",)]


def test_operations_that_cannot_be_read_are_a_note(tmp_path: Path, suite: Callable[[Suite], object]) -> None:
    suite(holds)

    result = contract("--spec", str(write_files("broken-one", tmp_path)))

    assert (
        "not called, as they could not be read: addProduct, getCarts, getStock, listBaskets" in result.output
    )
    assert result.exit_code == 0


def test_a_batch_that_is_not_recognised_is_a_note_with_the_way_to_its_checks(
    tmp_path: Path, suite: Callable[[Suite], object]
) -> None:
    suite(holds)
    whole = Path(__file__).parents[2] / "examples" / "batches" / "created-and-failed-elements.yaml"
    (tmp_path / "orders.yaml").write_text(whole.read_text().replace("x-batch:", "x-was:"))

    result = contract("--spec", "orders.yaml")

    assert (
        "note: orders: POST /tickets/bulk looks like a batch (80 %) and was tested as a single call; "
        "mockserver spec suggest orders.yaml > batches.yaml, then --overlay batches.yaml\n"
    ) in result.output


def test_a_batch_that_the_file_denies_is_no_note(tmp_path: Path, suite: Callable[[Suite], object]) -> None:
    suite(holds)
    whole = Path(__file__).parents[2] / "examples" / "batches" / "created-and-failed-elements.yaml"
    (tmp_path / "orders.yaml").write_text(
        whole.read_text().replace("x-batch:", "x-batch: false\n      x-was:")
    )

    assert "looks like a batch" not in contract("--spec", "orders.yaml").output


@pytest.mark.parametrize("name", ["crud-3-1", "swagger-2-yaml", "parts"])
def test_any_file_is_served_and_called_here(name: str, tmp_path: Path) -> None:
    result = contract("--spec", str(write_files(name, tmp_path)), "--max-examples", "1")

    assert (result.exit_code, "0 failed" in result.output) == (0, True)


def test_a_server_of_ours_gets_the_credentials_of_the_fixtures(
    suite: Callable[[Suite], object], payt: str
) -> None:
    given: list[object] = []
    suite(lambda api, *_: given.append(api.profile.credentials))

    result = contract("payt", "--target", payt)

    assert given[0]
    assert "is not a mockserver" not in result.stderr


def test_a_stranger_gets_no_credential_of_ours(stranger: str) -> None:
    result = contract("payt", "--target", stranger)

    assert result.exit_code == 2
    assert "error: no credential for MOCKSERVER_CREDENTIAL_BEARERAUTH, MOCKSERVER_CREDENTIAL_BASICAUTH\n" in (
        result.stderr
    )
    assert (
        "  try: MOCKSERVER_CREDENTIAL_BEARERAUTH=… MOCKSERVER_CREDENTIAL_BASICAUTH=… mockserver"
        in result.stderr
    )


def test_an_address_that_is_all_of_a_server_of_ours_is_told_where_the_vendor_is(payt: str) -> None:
    result = contract("payt", "--target", payt.removesuffix("/payt"))

    assert (result.exit_code, f"  try: --target {payt}\n" in result.stderr) == (2, True)


def test_a_stranger_is_told_what_will_be_written(suite: Callable[[Suite], object], stranger: str) -> None:
    suite(holds)

    result = contract(
        *("payt", "--target", stranger, "--rate", "50/s"),
        MOCKSERVER_CREDENTIAL_BEARERAUTH="sesame-open-1",
        MOCKSERVER_CREDENTIAL_BASICAUTH="jo:sesame-open-2",
    )

    assert result.exit_code == 0
    assert (
        f"{stranger} is not a mockserver: what this run creates, changes and deletes there stays that way\n"
        in result.stderr
    )
    assert "  writes by  POST /" in result.stderr
    assert "  speed      at most 50/s\n" in result.stderr
    assert "sesame" not in result.output


def test_what_is_known_by_the_environment_alone_is_sent_and_never_shown(
    suite: Callable[[Suite], object], stranger: str
) -> None:
    suite(fails)

    result = contract(
        *("payt", "--target", stranger, "--report", "junit,html,har,pytest,json"),
        MOCKSERVER_CREDENTIAL_BEARERAUTH="sesame-open-1",
        MOCKSERVER_CREDENTIAL_BASICAUTH="jo:sesame-open-2",
    )

    assert result.exit_code == 1
    assert "sesame" not in result.output
    assert [file.name for file in Path("report/contract").iterdir() if b"sesame" in file.read_bytes()] == []
    assert "$MOCKSERVER_CREDENTIAL_BEARERAUTH" in Path("report/contract/count-is-processed-1.sh").read_text()


def test_an_empty_credential_leaves_the_operations_that_need_it_out(
    suite: Callable[[Suite], list[tuple[str, RunConfig, object]]], stranger: str
) -> None:
    asked = suite(holds)

    result = contract(
        *("payt", "--target", stranger),
        MOCKSERVER_CREDENTIAL_BEARERAUTH="sesame-open-1",
        MOCKSERVER_CREDENTIAL_BASICAUTH="",
    )

    assert asked[0][1].calls(OPERATION)
    assert "operations were not called, as MOCKSERVER_CREDENTIAL_BASICAUTH is empty\n" in result.stdout


def test_a_credential_may_be_a_header(suite: Callable[[Suite], object], stranger: str) -> None:
    suite(fails)

    result = contract("payt", "--target", stranger, "--header", "Authorization: Bearer sesame-open-1")

    assert result.exit_code == 1, result.stderr
    assert '--header "Authorization: $MOCKSERVER_HEADER_AUTHORIZATION"' in result.output


def test_as_json_it_is_one_document_and_stderr_is_empty(suite: Callable[[Suite], object]) -> None:
    suite(fails)

    result = contract("payt", "--json")

    document = json.loads(result.stdout)
    assert (result.exit_code, document["failed"], document["vendors"][0]["name"]) == (1, 1, "payt")
    assert result.stderr == ""


@pytest.mark.parametrize(
    ("flags", "is_quiet", "lists_passed"), [("-q", True, False), ("-v", False, True), ("", False, False)]
)
def test_an_output_is_as_long_as_is_asked_for(
    suite: Callable[[Suite], object], flags: str, *, is_quiet: bool, lists_passed: bool
) -> None:
    suite(holds)

    output = contract("payt", *flags.split()).output

    assert (output == "0 failed, 1 passed\n") == is_quiet
    assert ("  ok    count = processed               3 calls\n" in output) == lists_passed


def test_an_old_id_of_a_check_works_with_a_hint(
    suite: Callable[[Suite], list[tuple[str, RunConfig, object]]],
) -> None:
    asked = suite(holds)

    result = contract("payt", "--only", "not-a-server-error")

    assert "note: --only not-a-server-error is called no-server-error now\n" in result.stderr
    assert [effort.only for _, effort, _ in asked] == [frozenset({"no-server-error"})]


def test_a_failure_is_told_where_it_is_found_and_whole_at_the_end(suite: Callable[[Suite], object]) -> None:
    def finds_in_a_part(
        api: ApiUnderTest, target: Target, run_config: RunConfig, ledger: FindingLedger
    ) -> None:
        with ledger.part(RunPart("fuzzing", OPERATION, 1, 1)):
            fails(api, target, run_config, ledger)
            ledger.count_call(exchange())

    suite(finds_in_a_part)

    result = contract("payt")

    loading, short, line = result.stderr.splitlines()
    assert loading == "loading payt…"
    assert short == "FAILED  payt POST /v1/invoices  count = processed: count is 3, expected 2"
    assert line.startswith("payt POST /v1/invoices  1 of 1 check FAILED  1 call  ")
    assert "FAILED  payt POST /v1/invoices  count = processed\n        count is 3, expected 2" in (
        result.stdout
    )


@pytest.mark.parametrize(
    ("arguments", "annotations"), [([], 1), (["--summary", "off"], 0)], ids=["auto", "off"]
)
def test_a_job_gets_annotations(
    suite: Callable[[Suite], object], arguments: list[str], annotations: int
) -> None:
    suite(fails)

    result = contract("payt", *arguments, GITHUB_ACTIONS="true")

    assert result.stderr.count("::error ") == annotations


def test_reports_are_named_before_the_last_line(suite: Callable[[Suite], object]) -> None:
    suite(fails)

    result = contract("payt", "--report", "junit,html", "--report", "har", "--report-dir", "out")

    assert result.output.splitlines()[-2] == "reports: out/junit.xml  out/index.html  out/failures.har"
    assert "curl:     out/count-is-processed-1.sh\n" in result.output


def test_the_written_tests_can_be_run(suite: Callable[[Suite], object]) -> None:
    suite(fails)
    contract("payt", "--report", "pytest")
    module = runpy.run_path("report/contract/test_contract_payt.py")

    (test,) = [value for name, value in module.items() if name.startswith("test_")]
    with pytest.raises(BrokenRule, match="count is 3, expected 2"):
        test()


def test_reports_that_cannot_be_written_are_exit_2(suite: Callable[[Suite], object]) -> None:
    suite(fails)
    Path("out").write_text("")

    assert contract("payt", "--report", "junit", "--report-dir", "out/x").exit_code == 2


@pytest.mark.parametrize(("summary", "written"), [("auto", True), ("off", False)])
def test_a_job_gets_its_summary(suite: Callable[[Suite], object], summary: str, written: bool) -> None:  # noqa: FBT001
    suite(fails)
    Path("summary.md").write_text("before\n")

    contract("payt", "--summary", summary, GITHUB_STEP_SUMMARY="summary.md")

    assert Path("summary.md").read_text().startswith("before\n### mockserver contract: 1 failed") is written


@pytest.mark.parametrize("name", ["known.json", "known.yaml"])
def test_what_is_written_down_as_known_fails_no_more(suite: Callable[[Suite], object], name: str) -> None:
    suite(fails)
    first = contract("payt", "--write-baseline", name)

    second = contract("payt", "--baseline", name)

    assert (first.exit_code, second.exit_code) == (1, 0)
    assert "1 known difference written to " in first.stderr
    assert "  known count = processed" in second.output


def test_a_baseline_that_is_written_anew_keeps_reasons_and_loses_what_holds(
    suite: Callable[[Suite], object],
) -> None:
    suite(fails)
    contract("payt", "--write-baseline", "known.json")
    written = json.loads(Path("known.json").read_text())
    written["known"][0]["reason"] = "they know"
    Path("known.json").write_text(json.dumps(written))
    again = ("payt", "--baseline", "known.json", "--write-baseline", "known.json")

    contract(*again)
    assert json.loads(Path("known.json").read_text()) == written

    suite(lambda *given: given[3].count_check(OPERATION, CHECK, 3))
    assert "gone: count-is-processed at postV1Invoices" in contract(*again).output
    assert json.loads(Path("known.json").read_text())["known"] == []


@pytest.mark.parametrize(
    ("options", "workers"),
    [
        (("--workers", "2"), 2),
        ((), 3),  # as many as there are cores
        (("--target", "{url}"), 1),
        (("--rate", "5/s"), 1),
    ],
)
def test_an_application_of_this_process_is_tested_by_several_workers(
    options: tuple[str, ...],
    workers: int,
    suite: Callable[[Suite], list[tuple[str, RunConfig, tuple[str, ...]]]],
    payt: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = suite(holds)
    monkeypatch.setattr("os.sched_getaffinity", lambda _process: {0, 1, 5}, raising=False)

    contract("payt", *(text.format(url=payt) for text in options), MOCKSERVER_CONTRACT_WORKERS=None)

    assert [run_config.workers for _, run_config, _ in asked] == [workers]


@pytest.mark.parametrize("phase", ["fuzzing", "stateful"])
def test_a_run_leaves_nothing_in_the_working_folder(tmp_path: Path, phase: str) -> None:
    (tmp_path / "work").mkdir()
    spec = sample_vendor.write_spec(tmp_path)
    with contextlib.chdir(tmp_path / "work"):
        contract(
            *("--spec", str(spec), "--operation", "putOrders", "--phase", phase),
            *("--max-examples", "1", "--workers", "2"),
        )

        assert list(Path().iterdir()) == []


def test_an_overlay_changes_what_is_called(tmp_path: Path) -> None:
    changes = tmp_path / "changes.yaml"
    changes.write_text("{overlay: 1.0.0, actions: [{target: $.paths.*.get, remove: true}]}")
    file = str(write_files("crud-3-0", tmp_path))

    result = contract("--spec", file, "--overlay", str(changes), "--max-examples", "1", "--verbose")

    assert result.exit_code == 0
    assert "POST /orders " in result.output
    assert "GET /orders " not in result.output
    assert contract("--overlay", str(changes)).exit_code == 2
