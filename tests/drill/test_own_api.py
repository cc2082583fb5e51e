"""Verdicts on clients of an own API over HTTP: batch, single calls, deletions, equal items."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from mockserver.server.application import Options, create_app
from mockserver.testing.control_client import ControlClient
from mockserver.testing.drill import Drill, DrillTarget, Result, call_function
from mockserver.testing.threaded_server import run_in_thread

SHOP = Path(__file__).parents[2] / "examples" / "shop" / "shop.yaml"
ORDERS = [{"customer": name, "amount": total} for name, total in (("ann", 10), ("bob", 20), ("cy", 30))]
EQUAL = [{"customer": "ann", "amount": 10}] * 3

Does = Callable[[DrillTarget], object]


@pytest.fixture(scope="module")
def control() -> Iterator[ControlClient]:
    app = create_app(Options(vendors=("shop",), files=(SHOP,), hosts=("127.0.0.1",), max_sandboxes=200))
    with run_in_thread(app) as url:
        yield ControlClient(url)


def verdict(control: ControlClient, does: Does, case: str) -> Result:
    drill = Drill(control, "shop", call_function(does))
    plan = drill.learn()
    assert plan.obstacle == ""
    return drill.run(next(one for one in plan.cases if one.id == case), plan.clean)


def call(target: DrillTarget, method: str, path: str, document: Any = None) -> Any:
    answer = httpx.request(method, f"{target.url}{path}", json=document, headers=target.headers, timeout=5)
    return answer.json() if answer.content else None


def bulk(target: DrillTarget, orders: Sequence[Mapping[str, Any]] = ORDERS) -> list[Mapping[str, Any]]:
    """Send orders in one call and return the rows of the answer."""
    rows: list[Mapping[str, Any]] = call(target, "POST", "/orders/bulk", {"orders": orders})["results"]
    return rows


def singly_again(target: DrillTarget) -> None:
    """Create each order that failed by a call of its own."""
    for row in bulk(target):
        if row["status"] >= 400:
            call(target, "POST", "/orders", ORDERS[row["index"]])


def deletes_all(target: DrillTarget) -> None:
    rows = bulk(target)
    if any(row["status"] >= 400 for row in rows):
        for row in rows:
            if row["status"] < 400:
                call(target, "DELETE", f"/orders/{row['order']['id']}")


def deletes_and_sends_again(target: DrillTarget) -> None:
    deletes_all(target)
    if len(call(target, "GET", "/orders")["data"]) < len(ORDERS):
        bulk(target)


def ignores(target: DrillTarget) -> None:
    bulk(target)


def ignores_equal(target: DrillTarget) -> None:
    bulk(target, EQUAL)


def one_by_one(target: DrillTarget) -> None:
    for order in EQUAL:
        with suppress(httpx.TransportError):
            call(target, "POST", "/orders", order)


@pytest.mark.parametrize(
    ("does", "case", "said"),
    [
        (singly_again, "transient-item", "survived: 3 of 3 stored, only the failed one sent again"),
        (deletes_and_sends_again, "last-call-fails-once", "survived: 3 of 3 stored"),
        (
            deletes_all,
            "transient-item",
            "DROPPED: items 2 of #1 and 3 of #1 were stored and then deleted or changed",
        ),
        (ignores, "transient-item", "DROPPED: item 1 of #1 was refused once (internal) and never sent again"),
        (ignores_equal, "transient-item", "DROPPED: item 1 of #1: 1 of 3 equal items are not stored"),
        (one_by_one, "drop-before-commit", "DROPPED: item 1 of #1: 1 of 3 equal items are not stored"),
    ],
)
def test_a_client_of_an_own_api_is_judged_by_what_is_there_in_the_end(
    control: ControlClient, does: Does, case: str, said: str
) -> None:
    result = verdict(control, does, case)

    found = [f"{one.kind}: {one.message}" for one in result.findings] or [f"{result.word}: {result.message}"]
    assert [one for one in found if one.startswith(said)], found
