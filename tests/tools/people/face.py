"""Points 42 to 50: what the console says at a glance, its search, and the first ten minutes."""

from __future__ import annotations

import json
import re
from time import perf_counter

from playwright.sync_api import expect

from tests.console.test_search import QUESTIONS
from tests.tools.people.console import BAD, browsing
from tests.tools.people.point import point
from tests.tools.people.stage import Stage
from tests.tools.people.vba_calls import VBA, put

RUN_MS = 120_000
TONES: dict[str, list[dict[str, object]]] = {"good": [{}, {}], "mixed": [{}, BAD], "bad": [BAD, BAD]}


@point(
    42, "The lost item is found, told, made to fail again and handed over in under a minute, by the browser"
)
def lost_item(stage: Stage) -> str:
    with stage.server() as server, browsing(server.url) as visitor:
        rows: list[dict[str, object]] = [
            {"invoice_Key": at + 1, **(BAD if at == 316 else {})} for at in range(500)
        ]
        put(server, rows)
        put(server, [rows[0]])
        began = perf_counter()
        page = visitor.open("/_console/")
        page.locator('tr[data-number="1"] a').first.click()
        row = page.locator(".call-items tbody tr").first
        shown = row.inner_text()
        page.locator("#item-title").get_by_role("link", name="317").click()
        story = page.locator("h2 + p").first.inner_text()
        page.go_back()
        page.get_by_role("link", name=re.compile("Arm a fault for item 317")).click()
        page.get_by_role("button", name="Arm", exact=True).click()  # the rule takes one call
        hit = [put(server, [{"invoice_Key": 317}]).json()["data"][0]["status"] for _ in range(2)]
        page = visitor.open("/_console/x/1")
        page.get_by_text("More", exact=True).click()
        with page.expect_download() as download:
            page.locator("#downloads a").first.click()
        name = download.value.suggested_filename
        took = perf_counter() - began
    assert "NOPE" in shown or "payee" in shown.lower(), shown
    assert story.startswith("Refused"), story
    assert hit == [500, 201], hit
    assert took < 60, took
    return f"{story} Then {hit}; {name} after {took:.1f} s"


@point(43, "A status has the colour of its outcomes: all refused red, some amber")
def tones(stage: Stage) -> str:
    with stage.server() as server, browsing(server.url) as visitor:
        for rows in TONES.values():
            put(server, [{"invoice_Key": at + 1, **row} for at, row in enumerate(rows)])
        page = visitor.open("/_console/")
        found = page.locator("td .status").evaluate_all("all => all.map(one => one.className)")
    assert [one.split()[-1] for one in reversed(found)] == list(TONES), found
    return ", ".join(reversed(found))


@point(44, "The empty page of a sandbox shows that sandbox's addresses, and calls there appear in it")
def addresses(stage: Stage) -> str:
    with stage.server() as server, browsing(server.url) as visitor:
        server.call("POST", "/_mock/sandboxes", json={"name": "live2"})
        page = visitor.open("/_console/?sandbox=live2")
        shown = page.locator("#base-vba").inner_text()
        server.call("PUT", f"{shown.removeprefix(server.url)}/claim-invoice-batch", headers=VBA, content="[]")
        page.locator('tr[data-number="1"]').wait_for()
    assert shown.endswith("/sandboxes/live2/vba"), shown
    return shown


@point(45, "The head has the sandboxes with their calls, and the clock's offset")
def head(stage: Stage) -> str:
    with stage.server() as server, browsing(server.url) as visitor:
        put(server, [{"invoice_Key": 1}])
        server.call("POST", "/_mock/sandboxes/default/clock/advance", json={"seconds": 360})
        page = visitor.open("/_console/vendors")
        names = page.locator("#sandbox option").all_inner_texts()
        offset = page.locator(".now strong").inner_text()
    assert (names, offset) == (["default (1)"], "+6 min"), (names, offset)
    return f"{names[0]}, {offset}"


@point(46, "The overview adds up, and two calls are compared side by side")
def overview(stage: Stage) -> str:
    with stage.server() as server, browsing(server.url) as visitor:
        put(server, [{"invoice_Key": 1}, {"invoice_Key": 2, **BAD}])
        put(server, [{"invoice_Key": 2}])
        found = server.call("GET", "/_mock/sandboxes/default/overview").json()
        page = visitor.open("/_console/overview")
        counts = page.locator(".ledger a").all_inner_texts()
        page.locator("#repeated + .scroll a", has_text="#1 and #2").click()
        compared = page.locator("main").inner_text()
    assert (found["calls"], found["outcomes"]) == (2, {"created": 2, "rejected": 1}), found
    assert counts[0].split()[:2] == ["2", "sent"], counts
    assert "rejected" in compared
    assert "created" in compared
    return ", ".join(counts)


@point(47, "Reports have a button that runs the contract and shows its progress")
def runs(stage: Stage) -> str:
    with stage.server() as server, browsing(server.url) as visitor:
        page = visitor.open("/_console/reports")
        page.locator("select[name=vendor]").select_option("payt")
        page.get_by_role("button", name="Run").click()
        expect(page.locator("#run-lines")).to_contain_text("POST", timeout=RUN_MS)
        expect(page.locator("#run")).to_contain_text("passed", timeout=RUN_MS)
        lines = page.locator("#run-lines").inner_text().strip().splitlines()
        page.locator("#run a").click()
        title = page.locator("h1").inner_text()
    return f"{lines[-1]}; {title}"


@point(48, "Twenty questions of a stranger: the page among the first three, nineteen times")
def finds(stage: Stage) -> str:
    missed = []
    for question, wanted in QUESTIONS.items():
        found = json.loads(stage.done(f"mockserver docs {question} --json"))
        pages = [one["address"].split("#")[0] for one in found[:3]]
        if not any(page.endswith(f"/{name}") for page in pages for name in wanted):
            missed.append(question)
    assert len(missed) <= 1, missed
    return f"{len(QUESTIONS) - len(missed)} of {len(QUESTIONS)}; missed: {', '.join(missed) or 'none'}"


@point(49, "A filter is a chip, an address to share, and the title counts new calls")
def filters(stage: Stage) -> str:
    with stage.server() as server, browsing(server.url) as visitor:
        page = visitor.open("/_console/?method=PUT&since=10m&text=invoice_Key")
        chips = [" ".join(one.split()) for one in page.locator("a.chip").all_inner_texts()]
        put(server, [{"invoice_Key": 1}])
        page.locator('tr[data-number="1"]').wait_for()
        page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
        put(server, [{"invoice_Key": 2}])
        page.locator('tr[data-number="2"]').wait_for()
        title = page.title()
    assert len(chips) == 3, chips
    assert re.match(r"\(\d+\) ", title), title
    return f"{'; '.join(chips)}; {title}"


@point(50, "The example scenario makes its sandbox, and assumptions set changes one value")
def first_commands(stage: Stage) -> str:
    with stage.server() as server:
        at = {"MOCKSERVER_URL": server.url}
        stage.done("mockserver scenario apply examples/scenarios/flaky.yaml -s fresh-one", at)
        batch, rows = "/sandboxes/fresh-one/vba/claim-invoice-batch", '[{"invoice_Key": 3}]'
        answers = [server.call("PUT", batch, headers=VBA, content=rows).json() for _ in range(3)]
        found = [one["data"][0]["status"] for one in answers]
        changed = stage.done("mockserver assumptions set payt.quotas on -s fresh-one", at)
    assert found == [500, 500, 201], answers
    return f"item 3: {found}; {changed.strip()}"
