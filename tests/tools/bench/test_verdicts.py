"""What is measured is judged by the right goals, and by nothing that a noisy machine did."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mockserver.journal.journal import Journal
from mockserver.server.application import Options, create_app
from tests.support.client import Client
from tests.tools.bench import against_floor, bare_server, store_size
from tests.tools.bench.batches import LEDGER, ORDERS, VBA, Bad
from tests.tools.bench.connections import FRESH, Load, Throughput
from tests.tools.bench.peers import installation
from tests.tools.bench.peers.peers import Comparison
from tests.tools.bench.rounds import Measured, Pace, Times, Work
from tests.tools.bench.steadiness import Steadiness
from tests.tools.bench.store_size import Cost
from tests.tools.bench.wire import body_of


def measured(items: int, bad: Bad, *, floor: float, ours: float) -> Measured:
    times = {name: Times([[time] * 100] * 5) for name, time in (("floor", floor), ("ours", ours))}
    return Measured(Work(VBA, items, bad), times)


def test_a_ratio_is_the_median_of_the_rounds() -> None:
    times = {"floor": Times([[1.0], [2.0], [1.0]]), "ours": Times([[2.0], [4.0], [9.0]])}

    assert Measured(Work(VBA, 1), times).ratio == 2.0


@pytest.mark.parametrize(
    ("items", "bad", "limit"),
    [
        (1, "none", 2.0),
        (1, "one", None),
        (100, "none", 1.6),
        (100, "tenth", 1.8),
        (1000, "tenth", 1.6),
        (10_000, "none", 1.6),
    ],
)
def test_the_limit_of_a_batch_is_that_of_its_size_and_its_bad_items(
    items: int, bad: Bad, limit: float | None
) -> None:
    assert against_floor.limit_of(Work(VBA, items, bad)) == limit


def test_a_thousand_with_one_bad_item_are_judged_by_a_thousand_good_ones() -> None:
    pieces = [measured(1000, "none", floor=1, ours=2), measured(1000, "one", floor=1, ours=3)]

    goals = {goal.what: goal for goal in against_floor.goals(pieces)}

    assert goals["vba: 1,000 items with one bad, against all good"].figure == 1.5


def test_a_tail_is_judged_by_the_median() -> None:
    goals = {goal.what: goal for goal in against_floor.goals([measured(1, "none", floor=1, ours=2)])}

    assert goals["vba: one item, fresh, p99 / p50"].figure == 1.0


def test_costs_that_differ_by_40_in_a_hundred_are_20_from_their_middle() -> None:
    costs = [Cost(100, Times([[1.0]])), Cost(1000, Times([[1.4]]))]

    assert next(store_size.goals(costs)).figure == pytest.approx(0.2)


def test_a_slow_batch_is_sent_less_often_but_twice_at_least() -> None:
    pace = Pace()

    assert pace.calls(1000, 1.0) > pace.calls(1000, 100.0) > pace.calls(1000, 5000.0) == 2


def test_few_samples_say_nothing_of_the_machine() -> None:
    steadiness = Steadiness()
    steadiness.sample()

    assert steadiness.swing == 0.0


def test_a_machine_that_others_use_all_the_time_is_noisy() -> None:
    steadiness = Steadiness()
    for _ in range(5):
        steadiness.add(0.020, 0.010)

    assert steadiness.swing == pytest.approx(1.0)


def test_a_machine_whose_speed_never_changes_is_quiet() -> None:
    steadiness = Steadiness()
    for _ in range(5):
        steadiness.add(0.010, 0.010)

    assert steadiness.swing == pytest.approx(0.0)


def test_the_share_of_a_peer_is_the_median_over_the_rounds() -> None:
    figures = {
        "Prism": (100.0, 200.0, 100.0),
        "openapi-backend": (200.0, 200.0, 200.0),
        "ours": (80.0, 100.0, 70.0),
    }
    throughputs = tuple(
        Throughput(name, Load(LEDGER, items), tuple({"calls_s": one} for one in speeds))
        for items in (1, 100)
        for name, speeds in figures.items()
    )

    goals = list(Comparison(throughputs, {}, {}).goals())

    assert [(goal.figure, goal.limit, goal.at_least) for goal in goals] == [
        (0.7, 1.3, True),
        (0.4, 0.6, True),
        (0.7, 1.2, True),
        (0.4, 0.45, True),
    ]


@pytest.mark.parametrize(("prefix", "path"), [("", "/invoices"), ("/ledger", "/ledger/invoices")])
def test_peers_serve_the_contract_at_their_root(prefix: str, path: str) -> None:
    assert Load(LEDGER, 1).calls(prefix)[0].startswith(f"PUT {path} ".encode())


def test_fresh_batches_have_no_key_twice() -> None:
    calls = Load(ORDERS, 100, is_fresh=True).calls("")
    keys = [order["id"] for call in calls for order in json.loads(body_of(call))["orders"]]

    assert (len(calls), len(set(keys))) == (FRESH[100], 100 * FRESH[100])


def test_the_lock_file_names_no_registry() -> None:
    text = Path(installation.HERE, "package-lock.json").read_text(encoding="utf-8")

    assert '"resolved"' not in text
    assert text.count('"integrity"') == text.count('"node_modules/') > 0


def test_the_bare_server_keeps_no_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Journal, "append", Journal.append)
    bare_server.without_journal()
    app = create_app(Options(vendors=("vba",), scenarios=False, mock_headers=False))
    headers = {name.lower(): text for name, text in VBA.headers.items()}
    client = Client(app, {"user-agent": "bench", **headers})

    answer = client.request(VBA.method, VBA.path, content=VBA.encode(VBA.items(1, 0)))

    assert (answer.status, app.journal.kept.size()) == (207, 0)
