from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import Route, expect

from tests.browser.rows import numbers, wait_for
from tests.browser.sending import Sender
from tests.browser.visitor import Visiting, Visitor

TABS = 14


def calls(sender: Sender) -> str:
    return f"/_console/?sandbox={sender.name}"


def test_a_call_shows_in_an_open_page(visitor: Visitor, sender: Sender) -> None:
    page = visitor.open(calls(sender))

    sender.batch(3, bad=1)

    wait_for(page, 1)
    expect(page.locator("#live-state")).to_have_text("Live: 1 new")
    assert page.locator("#empty").count() == 0


def test_a_call_that_came_while_the_page_was_drawn_is_shown(visitor: Visitor, sender: Sender) -> None:
    def send_first(route: Route) -> None:
        sender.batch()
        route.continue_()

    visitor.open(calls(sender))  # holds the stream, so that the next tab opens none
    visitor.context.route("**/journal.js?*", send_first)

    page = visitor.open(calls(sender))
    wait_for(page, 1)

    assert numbers(page) == [1]


def test_calls_that_come_all_at_once_leave_no_gap(visitor: Visitor, sender: Sender) -> None:
    page = visitor.open(calls(sender))
    page.locator("#pause").click()
    for _ in range(230):
        last = sender.batch()

    expect(page.locator("#live-state")).to_have_text(f"Paused: {last} new")
    page.locator("#pause").click()
    wait_for(page, 1)

    assert numbers(page) == list(range(last, 0, -1))


def test_pause_holds_rows_back_and_says_how_many(visitor: Visitor, sender: Sender) -> None:
    sender.batch()
    page = visitor.open(calls(sender))

    page.locator("#pause").click()
    sender.batch()
    sender.batch()

    expect(page.locator("#live-state")).to_have_text("Paused: 2 new")
    assert numbers(page) == [1]
    page.locator("#pause").click()
    wait_for(page, 3)
    assert numbers(page) == [3, 2, 1]
    expect(page.locator("#live-state")).to_have_text("Live: 2 new")


def test_only_calls_that_the_filter_passes_arrive(visitor: Visitor, sender: Sender) -> None:
    page = visitor.open(f"{calls(sender)}&outcome=rejected")

    sender.batch()
    sender.batch(2, bad=1)

    wait_for(page, 2)
    assert numbers(page) == [2]


def test_a_page_of_older_calls_stays_as_it_is(visitor: Visitor, sender: Sender) -> None:
    for _ in range(3):
        sender.batch()
    page, live = visitor.open(f"{calls(sender)}&before=3"), visitor.open(calls(sender))

    sender.batch()

    wait_for(live, 4)
    assert numbers(page) == [2, 1]


@pytest.mark.parametrize("items", [0, 1, 60, 61, 10_000])
def test_strip_and_words_agree(visitor: Visitor, sender: Sender, items: int) -> None:
    number = sender.batch(items, bad=min(items, 1))
    page = visitor.open(calls(sender))
    decided = sender.control("GET", f"/journal/{number}").json()["decided"]
    actions = [one["action"] for one in decided]

    cell = page.locator(f'tr[data-number="{number}"] td').nth(1)
    squares = cell.locator("use").evaluate_all("all => all.map(one => one.getAttribute('href').slice(3))")
    if items > 60:
        squares = cell.locator("rect").evaluate_all("all => all.map(one => one.classList[0].slice(6))")
    words = cell.inner_text().strip()

    assert len(squares) == (items if items <= 60 else len(set(actions)))
    assert set(squares) <= set(actions)
    assert ("rejected" in squares) == ("rejected" in actions)
    counts = ", ".join(f"{actions.count(one):,} {one}" for one in dict.fromkeys(actions))
    assert words == (f"{items:,} {'item' if items == 1 else 'items'}: {counts}" if items else "")
    if items:
        assert cell.get_by_role("img").get_attribute("aria-label") == words


def test_many_tabs_stay_live_with_one_stream(visitor: Visitor, sender: Sender) -> None:
    tabs = [visitor.open(calls(sender)) for _ in range(TABS)]

    sender.batch()

    for tab in tabs:
        wait_for(tab, 1)
    assert len(visitor.streams) == 1


def test_another_tab_takes_over_the_stream(visitor: Visitor, sender: Sender) -> None:
    tabs = [visitor.open(calls(sender)) for _ in range(3)]
    with visitor.context.expect_event("request", lambda request: request.resource_type == "eventsource"):
        tabs[0].close()

    sender.batch()

    for tab in tabs[1:]:
        wait_for(tab, 1)
        assert numbers(tab) == [1]
    assert len(visitor.streams) == 2


def test_browsers_without_locks_ask_now_and_then(window: Visiting, sender: Sender) -> None:
    visitor = window()
    visitor.context.add_init_script("delete Navigator.prototype.locks")
    page = visitor.open(calls(sender))

    sender.batch()

    wait_for(page, 1)
    assert visitor.streams == []


def test_two_browsers_with_two_sandboxes_do_not_mix(window: Visiting, sender: Sender, url: str) -> None:
    with Sender.into(url, f"{sender.name}-other") as other:
        pages = [window().open(calls(one)) for one in (sender, other)]
        sender.batch(1)
        other.batch(2)
        other.batch(2)
        wait_for(pages[0], 1)
        wait_for(pages[1], 2)
        sender.batch(1)
        wait_for(pages[0], 2)

        assert [numbers(page) for page in pages] == [[2, 1], [2, 1]]
        assert [
            re.findall("([0-9]+) items?:", page.locator("#calls tbody").inner_text()) for page in pages
        ] == [
            ["1", "1"],
            ["2", "2"],
        ]
        other.leave()


def test_two_tabs_of_one_browser_show_their_own_sandbox(visitor: Visitor, sender: Sender, url: str) -> None:
    with Sender.into(url, f"{sender.name}-other") as other:
        pages = [visitor.open(calls(one)) for one in (sender, other)]
        sender.batch()
        other.batch()
        other.batch()
        wait_for(pages[0], 1)
        wait_for(pages[1], 2)

        assert [numbers(page) for page in pages] == [[1], [2, 1]]
        other.leave()


def test_a_call_of_ten_thousand_items_opens_at_its_first_bad_one(visitor: Visitor, sender: Sender) -> None:
    sender.batch(10_000, bad=1)
    page = visitor.open(f"/_console/x/1?sandbox={sender.name}")

    expect(page.get_by_role("heading", level=1)).to_contain_text("Call #1")
    expect(page.locator("[data-problem]").first).to_contain_text("NOPE")


def test_an_item_is_chosen_by_keys_and_its_value_copied(window: Visiting, sender: Sender) -> None:
    sender.batch(3)
    visitor = window(permissions=["clipboard-read", "clipboard-write"])
    page = visitor.open(f"/_console/x/1?sandbox={sender.name}")

    page.locator("#pick-0").focus()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#item-title")).to_contain_text("index 1")
    expect(page.locator("#pick-1")).to_be_focused()
    page.get_by_role("button", name="Copy the value of /1/invoice_Key").click()

    expect(page.locator("#announcements")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "2"


def test_a_body_and_a_found_value_are_copied(window: Visiting, sender: Sender) -> None:
    sender.batch(3)
    visitor = window(permissions=["clipboard-read", "clipboard-write"])
    page = visitor.open(f"/_console/x/1?sandbox={sender.name}&find=invoice_Key")

    page.get_by_role("button", name="Copy the value of /0/invoice_Key").click()
    expect(page.locator("#announcements")).to_have_text("Copied")
    value = page.evaluate("navigator.clipboard.readText()")
    page.get_by_role("region", name="Request").get_by_role("link", name="Copy").click()

    expect(page.get_by_role("link", name="Copied")).to_be_visible()
    sent = sender.control("GET", "/journal/1").json()["request"]["body"]
    assert (value, page.evaluate("navigator.clipboard.readText()")) == ("1", sent)


def test_the_head_of_the_list_of_items_covers_the_rows_below(visitor: Visitor, sender: Sender) -> None:
    sender.batch(100)
    page = visitor.open(f"/_console/x/1?sandbox={sender.name}&item=90")

    head = page.locator(".call-items thead th").nth(1)

    assert head.evaluate(
        """head => {
            const { left, top, width, height } = head.getBoundingClientRect();
            return document.elementFromPoint(left + width / 2, top + height / 2) === head;
        }"""
    )


def test_a_value_has_one_button_to_fold_it_after_an_item_was_picked(visitor: Visitor, sender: Sender) -> None:
    sender.batch(2, bad=1)
    page = visitor.open(f"/_console/x/1?sandbox={sender.name}")

    page.locator("#pick-1").click()
    expect(page.locator("#item-1")).to_have_attribute("aria-current", "true")
    expect(page.locator(".json-line:has(> .fold)")).not_to_have_count(0)

    assert page.locator(".json-line > .fold + .fold").count() == 0


def test_the_key_of_the_shown_item_leads_to_its_page(visitor: Visitor, sender: Sender) -> None:
    sender.batch(2)
    page = visitor.open(f"/_console/x/1?sandbox={sender.name}")

    page.locator("#item-title").get_by_role("link", name="1", exact=True).click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Item 1")


def test_a_text_is_found_in_lines_of_both_bodies_that_are_not_drawn(visitor: Visitor, sender: Sender) -> None:
    sender.batch(10_000)
    page = visitor.open(f"/_console/x/1?sandbox={sender.name}")

    page.locator("#find-text").fill("8765")
    page.locator("#find-text").press("Enter")

    expect(page.locator("#find-count")).to_have_text("1 of 2 lines: 1 of the request, 1 of the reply")
    expect(page.locator(".body .now")).to_have_text(re.compile('"invoice_Key": 8765'))
    expect(page.locator("#request .now")).to_be_in_viewport()
    page.locator("#find-text").press("Enter")
    expect(page.locator("#find-count")).to_contain_text("2 of 2 lines")
    expect(page.locator("#reply .now")).to_be_in_viewport()
    page.get_by_role("button", name="Previous").click()
    expect(page.locator("#find-count")).to_contain_text("1 of 2 lines")


def test_a_text_that_no_line_has_is_in_no_line(visitor: Visitor, sender: Sender) -> None:
    sender.batch(1_000)
    page = visitor.open(f"/_console/x/1?sandbox={sender.name}")

    page.locator("#find-text").fill("nowhere")
    page.locator("#find-text").press("Enter")

    expect(page.locator("#find-count")).to_have_text("0 lines")
    assert page.locator(".body .hit").count() == 0


def test_good_items_fold_and_the_messages_of_bad_ones_stay(visitor: Visitor, sender: Sender) -> None:
    sender.batch(3, bad=1)
    page = visitor.open(f"/_console/x/1?sandbox={sender.name}&tab=bodies")

    page.get_by_role("button", name="Fold good items").click()

    expect(page.locator("#reply .row", has_text="INSERT statement")).to_be_visible()
    expect(page.locator("#reply .fold[aria-expanded=false]")).to_have_count(2)
    expect(page.locator("#request .fold[aria-expanded=false]")).to_have_count(2)
    page.get_by_role("button", name="Unfold good items").click()
    expect(page.locator(".fold[aria-expanded=false]")).to_have_count(0)


def test_a_lost_answer_is_armed_and_met_again(visitor: Visitor, sender: Sender) -> None:
    lost = {"response": {"fault": "CONNECTION_RESET_BY_PEER"}}
    rule = {"id": "r", "times": {"count": 1}, **lost}
    sender.control("PUT", "/scenarios/s", json={"version": 1, "name": "s", "rules": [rule]})
    with pytest.raises(httpx.TransportError):
        sender.batch(2, bad=1)
    page = visitor.open(f"/_console/x/1?sandbox={sender.name}")

    page.get_by_role("link", name="Arm a fault", exact=True).click()
    expect(page.locator("textarea")).to_have_value(re.compile("fault: CONNECTION_RESET_BY_PEER"))
    page.get_by_role("button", name="Arm", exact=True).click()
    page.wait_for_url("**/_console/scenarios?*")

    with pytest.raises(httpx.TransportError):
        sender.batch(1)
    assert sender.batch(1) == 3


def test_the_title_counts_calls_until_the_page_is_seen_again(visitor: Visitor, sender: Sender) -> None:
    page = visitor.open(calls(sender))
    sender.batch()
    sender.batch()
    wait_for(page, 2)
    assert page.title() == f"(2) Calls · {sender.name} · mockserver"

    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    assert page.title() == f"Calls · {sender.name} · mockserver"


def test_the_choice_of_sandboxes_counts_the_calls(visitor: Visitor, sender: Sender) -> None:
    page = visitor.open(calls(sender))

    sender.batch()

    expect(page.locator("#sandbox option:checked")).to_have_text(f"{sender.name} (1)")


def test_filters_are_applied_inside_their_menu(window: Visiting, sender: Sender) -> None:
    sender.batch(2, bad=1)
    sender.batch()
    page = window(viewport={"width": 390, "height": 844}).open(calls(sender))

    page.locator("summary", has_text="Filters").click()
    page.get_by_label("Outcome").select_option("rejected")
    page.get_by_role("button", name="Apply").click()

    page.wait_for_url("**outcome=rejected*")
    assert numbers(page) == [1]


def test_every_screen_can_be_reached_on_a_phone(window: Visiting, sender: Sender) -> None:
    page = window(viewport={"width": 390, "height": 844}).open(calls(sender))

    for link in page.get_by_role("navigation", name="Screens").get_by_role("link").all():
        expect(link).to_be_in_viewport(ratio=1)
