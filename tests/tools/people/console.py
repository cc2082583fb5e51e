"""Points 25 to 32: what the console shows, seen with a browser."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.visitor import Visitor, find_browser, start_browser, visiting
from tests.tools.people.point import point
from tests.tools.people.stage import Server, Stage
from tests.tools.people.vba_calls import VBA, put

BAD: dict[str, object] = {"payee_ID": "NOPE"}
"""Makes an item of a batch one that is rejected."""

MOST_SYMBOLS = 60
SIZES = (0, 1, 60, 61, 10_000)
ROUNDS = 15

DRAWN = """async ({headers, rounds}) => {
  const rows = document.querySelector("#calls tbody"), took = [];
  for (let at = 0; at < rounds; at++) {
    const drawn = new Promise((done) => {
      const observer = new MutationObserver(() => {
        observer.disconnect();
        requestAnimationFrame(() => done(performance.now()));
      });
      observer.observe(rows, {childList: true});
    });
    const body = JSON.stringify([{invoice_Key: at + 1}]);
    await fetch("/vba/claim-invoice-batch", {method: "PUT", headers, body});
    const answered = performance.now();
    took.push(await drawn - answered);
  }
  return took;
}"""
"""Sends calls from an open page, and says how long after each answer its row is drawn, in milliseconds."""


@contextmanager
def browsers() -> Iterator[Browser]:
    """The machine's browser, which can open many windows."""
    path = find_browser()
    assert path, "no browser on this machine: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = start_browser(playwright, path)
        yield browser
        browser.close()


@contextmanager
def browsing(url: str, *may_say: str) -> Iterator[Visitor]:
    """A browser with one window; its pages must not have done what no page may do."""
    with browsers() as browser, window(browser, url, *may_say) as visitor:
        yield visitor


@contextmanager
def window(browser: Browser, url: str, *may_say: str) -> Iterator[Visitor]:
    """A window of a browser, likewise."""
    with visiting(browser, url) as visitor:
        visitor.may_say += may_say
        yield visitor
        assert visitor.problems == []


@point(25, "A call shows in the open page within 300 ms")
def live(stage: Stage) -> str:
    with stage.server() as server, browsing(server.url) as visitor:
        page = visitor.open("/_console/")
        page.get_by_text("Live").wait_for()
        took: list[float] = page.evaluate(DRAWN, {"headers": VBA, "rounds": ROUNDS})
    assert max(took) <= 300, took
    return (
        f"{ROUNDS} calls, drawn {median(took):.0f} ms after the answer as a rule, {max(took):.0f} ms at most"
    )


@point(26, "Strip and words agree for 0, 1, 60, 61 and 10,000 items")
def strips(stage: Stage) -> str:
    with stage.server() as server, browsing(server.url) as visitor:
        for size in SIZES:
            put(server, [{"invoice_Key": at + 1, **(BAD if at % 7 == 0 else {})} for at in range(size)])
        page = visitor.open("/_console/")
        said = [_strip(server, page, number, size) for number, size in enumerate(SIZES, 1)]
    return "; ".join(filter(None, said))


def _strip(server: Server, page: Page, number: int, size: int) -> str:
    """Check the strip of a call against what was decided, and return its words."""
    decided = server.call("GET", f"/_mock/sandboxes/default/journal/{number}").json()["decided"]
    actions = [one["action"] for one in decided]
    row = page.locator(f'tr[data-number="{number}"]')
    squares: list[str] = row.locator("use").evaluate_all(
        "all => all.map(one => one.getAttribute('href').slice(3))"
    )
    if size > MOST_SYMBOLS:
        widths: list[float] = row.locator("rect").evaluate_all(
            "all => all.map(one => one.width.baseVal.value)"
        )
        shares = [240 * actions.count(one) / size for one in dict.fromkeys(actions)]
        assert sorted(map(round, widths)) == sorted(max(1, round(one)) for one in shares), widths
    else:
        assert squares == actions, (number, squares)
    if not size:
        return ""
    counts = ", ".join(f"{actions.count(one):,} {one}" for one in sorted(set(actions)))
    words = row.get_by_role("img").get_attribute("aria-label") or ""
    total, _, rest = words.partition(": ")
    assert (total.split()[0], sorted(rest.split(", "))) == (f"{size:,}", sorted(counts.split(", "))), words
    assert words in row.inner_text()
    return words


@point(27, "A problem's place is marked in the JSON and reached by one key")
def marked(stage: Stage) -> str:
    with stage.server() as server, browsing(server.url) as visitor:
        put(server, [{"invoice_Key": 1}, {"invoice_Key": 2, **BAD}])
        page = visitor.open("/_console/x/1")
        page.keyboard.press("n")
        found: list[str] = page.evaluate(
            "[document.activeElement.dataset.pointer, document.activeElement.textContent]"
        )
    assert found[0] == "/1/payee_ID", found
    assert '"payee_ID"' in found[1], found
    return f"n leads to {found[0]}: {found[1].strip()}"


@point(28, "Copy as curl runs in bash, whatever the body")
def copies(stage: Stage) -> str:
    text = 'it\'s "so" é ü 😀 $HOME `id` \\ %PATH% !\n\tend'
    body = json.dumps([{"invoice_Key": 1, "description": text}], ensure_ascii=False, indent=1)
    with stage.server() as server, browsing(server.url) as visitor:
        server.call("PUT", "/vba/claim-invoice-batch", headers=VBA, content=body.encode())
        page = visitor.open("/_console/x/1?as=curl&secrets=shown")
        copied = page.locator("#export-text").text_content() or ""
        assert "claim-invoice-batch" in copied
        script = stage.folder / "copied-curl.sh"
        script.write_text(copied, encoding="utf-8")
        stage.done(f"bash '{script}'")
        again = server.call("GET", "/_mock/sandboxes/default/journal/2").json()
        assert again["request"]["body"] == body, again["request"]
    return f"bash sends the same {len(body.encode())} bytes"


@point(29, "Arm for the next call hits exactly one call")
def arms_once(stage: Stage) -> str:
    with stage.server() as server, browsing(server.url) as visitor:
        page = visitor.open("/_console/scenarios")
        page.get_by_role("button", name="Arm internal-error once").click()
        statuses = [put(server, [{"invoice_Key": at + 1}]).status_code for at in range(3)]
        page = visitor.open("/_console/?scenario=internal-error")
        hit: list[str] = page.locator("#calls tbody th").all_inner_texts()
    assert hit == ["#1"], (hit, statuses)
    return f"three calls were answered {', '.join(map(str, statuses))}; only {hit[0]} was hit"


@point(30, "Clock +6 min expires an idempotency key visibly")
def expires(stage: Stage) -> str:
    with stage.server() as server, browsing(server.url) as visitor:
        stage.done("mockserver send xero --key people-30", {"MOCKSERVER_URL": server.url})
        page = visitor.open("/_console/clock")
        page.get_by_role("region", name="What expires next").get_by_text("people-30").wait_for()
        page.get_by_label("Step", exact=True).fill("6m1s")
        page.get_by_role("button", name="Move", exact=True).click()
        row = page.get_by_role("region", name="What expired").get_by_role("row").filter(has_text="people-30")
        told = " ".join(row.inner_text().split())
        said = page.locator("#step").inner_text()
    return f"{said}: {told}"


@point(31, "State before and after a partly refused batch shows only accepted items")
def changes(stage: Stage) -> str:
    with stage.server() as server, browsing(server.url) as visitor:
        put(server, [{"invoice_Key": 7001}, {"invoice_Key": 7002, **BAD}, {"invoice_Key": 7003}])
        page = visitor.open("/_console/x/1?tab=state")
        state = page.get_by_role("region", name="What this call changed")
        added = state.locator(".counts").inner_text()
        shown = state.inner_text()
    assert [("7001" in shown), ("7002" in shown), ("7003" in shown)] == [True, False, True], shown
    return f"{added}: 7001 and 7003, not 7002"


@point(32, "A case run by one click gives verdict and exchange")
def runs_case(stage: Stage) -> str:
    with stage.server() as server, browsing(server.url) as visitor:
        page = visitor.open("/_console/cases/1-empty-batch")
        page.get_by_role("button", name="Run for vba").click()
        verdict = page.locator("#verdict-title").inner_text()
        page.locator(".verdict").get_by_role("link", name=re.compile("^#")).first.click()
        call = page.locator("h1").inner_text()
    assert verdict.startswith("Passed"), verdict
    assert call.startswith("Call #"), call
    return f"{verdict}; {call}"
