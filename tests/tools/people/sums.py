"""Points 51 to 56: what became of the items of a run, where, and the fault of a lost item again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from tests.tools.people.console import browsing
from tests.tools.people.point import point
from tests.tools.people.stage import Server, Stage

SENT, BAD, LOST = 500, range(20, 496, 28), ("R-123", "R-200")
AMOUNTS = ("amount_total", "amount_open", "book_amount_total", "book_amount_open")
PAYT = {"Authorization": "Bearer any", "Content-Type": "application/json"}
NIGHT = {
    "version": 1,
    "name": "night",
    "rules": [
        {
            "id": "gone",
            "items": [{"select": {"key": key}, "effect": {"omit": True, "commit": False}} for key in LOST],
        }
    ],
}


def send(server: Server, numbers: list[int]) -> None:
    """Send invoices of 250.50 to Payt; those of BAD have a debtor that does not exist."""
    invoices = [
        {
            "invoice_number": f"R-{number}",
            "debtor_number": "NOBODY" if number in BAD else "D-1",
            "currency_code": "EUR",
            "invoice_date": "2026-06-01",
            "due_date": "2026-07-01",
            **dict.fromkeys(AMOUNTS, "250.50"),
        }
        for number in numbers
    ]
    body = json.dumps({"administration_id": "81", "invoices": invoices})
    server.call("POST", "/payt/v1/invoices", headers=PAYT, content=body).raise_for_status()


@contextmanager
def night(stage: Stage) -> Iterator[Server]:
    """A server that was sent 500 invoices: 17 were refused, 2 were left out of the answer and not stored."""
    with stage.server() as server:
        server.call("PUT", "/_mock/sandboxes/default/scenarios/night", json=NIGHT).raise_for_status()
        send(server, list(range(1, SENT + 1)))
        yield server


@point(51, "The sum of a run in the terminal: sent, stored, refused, lost, doubled, with money")
def summed_up(stage: Stage) -> str:
    with night(stage) as server:
        said = stage.done("mockserver journal summary", {"MOCKSERVER_URL": server.url})
        lost = stage.done("mockserver journal list --lost", {"MOCKSERVER_URL": server.url})
    headline = said.splitlines()[0]
    assert headline == "sent 500 · stored 481 · refused 17 · lost 2 · doubled 0 · never answered 0", said
    assert "120,490.50" in said, said
    assert [key for key in LOST if key in lost] == list(LOST), lost
    return f"{headline}; EUR 120,490.50 stored; {' and '.join(LOST)} by name"


@point(52, "CI fails if an item was lost or created twice, and says which")
def checked(stage: Stage) -> str:
    with night(stage) as server:
        ran = stage.run("mockserver journal check --none-lost --none-doubled", {"MOCKSERVER_URL": server.url})
        passed = stage.run("mockserver journal check --none-doubled", {"MOCKSERVER_URL": server.url})
    assert (ran.returncode, passed.returncode) == (1, 0), (ran, passed)
    assert all(key in ran.stdout + ran.stderr for key in LOST), ran
    return f"exit 1 for two lost items, exit 0 for none doubled: {(ran.stdout + ran.stderr).splitlines()[0]}"


@point(53, "The Overview begins with lost items, their money and the reason")
def lost_first(stage: Stage) -> str:
    with night(stage) as server, browsing(server.url) as visitor:
        text = visitor.open("/_console/overview").locator("main").inner_text()
    seen = [text.index(word) for word in ("lost", "501.00", "R-123", "left out of the answer")]
    assert max(seen) < len(text) / 2, (seen, len(text))
    return "2 lost, 501.00, R-123 and R-200 with the reason above the charts"


@point(54, "Find in a call searches all of both bodies")
def finds(stage: Stage) -> str:
    with night(stage) as server, browsing(server.url) as visitor:
        page = visitor.open("/_console/x/1?find=R-123")
        said = page.locator("#find-count").inner_text()
        shown = page.get_by_role("region", name="Request").first.inner_text()
    assert "R-123" in shown, said
    return f"R-123, item 123 of 500: {said}"


@point(55, "The fault of a lost item is armed again by a click, and the item is lost again")
def again(stage: Stage) -> str:
    with night(stage) as server, browsing(server.url) as visitor:
        server.call("DELETE", "/_mock/sandboxes/default/scenarios").raise_for_status()
        page = visitor.open("/_console/x/1?item=122")
        page.get_by_role("link", name="Arm").first.click()
        page.get_by_role("button", name="Arm", exact=True).click()
        page.wait_for_load_state()
        send(server, [122, 123, 124])
        path = "/_mock/sandboxes/default/journal/items?item=R-123"
        (item,) = server.call("GET", path).json()
    assert (item["end"], len(item["attempts"])) == ("lost", 2), item
    return f"R-123 is lost in both calls: {item['why']}"


@point(56, "A run over time: lanes, waits and faults, a call by a click")
def over_time(stage: Stage) -> str:
    with night(stage) as server, browsing(server.url) as visitor:
        send(server, [123])
        page = visitor.open("/_console/timeline")
        bars = page.locator("svg a").count()
        page.locator('svg a[href*="/x/1"]').first.click()
        page.wait_for_url("**/_console/x/1*")
    assert bars >= 2, bars
    return f"{bars} marks, the first leads to call #1"
