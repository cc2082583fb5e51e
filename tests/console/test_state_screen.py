from __future__ import annotations

import json
import re
from typing import Any

import pytest

from mockserver.console.data_views import MAX_RECORDS, WHOLE_RECORDS
from tests.control.operators import NEW, create, order, orders
from tests.support.client import Client, Response
from tests.support.console import CONSOLE, page, post_form

HERE = "sandbox=new"
HOSTILE = "<script>alert(1)</script>"


def put_order(browser: Client, **members: Any) -> None:
    browser.put("/acme/orders", json={"orders": [members]}, headers={"mock-sandbox": "new"})


def twin(browser: Client, path: str) -> Any:
    return browser.get(CONSOLE + path).json


def load(browser: Client, *, file: str = "", text: str = "", vendor: str = "") -> Response:
    """Send the form of a dump as a browser does, with a file in it."""
    parts = [("vendor", "", vendor), ("file", '; filename="dump.json"', file), ("text", "", text)]
    body = "".join(
        f'--limit\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n{value}\r\n'
        for name, more, value in parts
    )
    return browser.post(
        f"{CONSOLE}/state/load?{HERE}",
        content=f"{body}--limit--\r\n".encode(),
        headers={"content-type": "multipart/form-data; boundary=limit"},
    )


def test_the_state_leads_to_collections_with_their_counts(browser: Client) -> None:
    order(browser, "A", "B")

    text = page(browser, f"/state?{HERE}")

    assert "/_console/state/acme/orders?sandbox=new&amp;scope=acme%2F" in text
    (vendor,) = twin(browser, f"/state.json?{HERE}")["vendors"]
    assert (vendor["name"], vendor["records"]) == ("acme", 2)


def test_a_vendor_shows_what_the_server_keeps_apart(browser: Client) -> None:
    create(browser, assumptions={"acme.duplicate_members": "refused"})
    order(browser, "A")

    text = page(browser, f"/state/acme?{HERE}")

    assert text.index(">orders</a>") < text.index("What the server keeps for itself: assumptions")


def test_the_settings_of_the_sandbox_itself_are_shown(browser: Client) -> None:
    create(browser)

    assert ">settings</a>" in page(browser, f"/state/sandbox?{HERE}")


def test_a_vendor_of_which_nothing_is_held_is_not_found(browser: Client) -> None:
    create(browser)

    response = browser.get(f"{CONSOLE}/state/nobody?{HERE}")

    assert (response.status, "This sandbox holds nothing of nobody." in response.text) == (404, True)


def test_records_are_rows_with_their_key_as_header(browser: Client) -> None:
    put_order(browser, id="A", amount=12.75, note="first")

    text = page(browser, f"/state/acme/orders?{HERE}")

    assert re.search(r'<th scope="row"><a href="[^"]+">A</a></th><td>12\.75</td><td>first</td>', text)
    assert '<a href="/_console/x/1?sandbox=new">#1</a>' in text


def test_records_are_searched(browser: Client) -> None:
    put_order(browser, id="A", amount=1, note="apple")
    put_order(browser, id="B", amount=1, note="pear")

    found = twin(browser, f"/state/acme/orders.json?{HERE}&text=PEAR")

    assert ([row["key"] for row in found["rows"]], found["total"]) == (["B"], 1)


def test_records_come_in_pages_of_a_hundred(browser: Client) -> None:
    order(browser, *(f"k{number:03}" for number in range(205)))

    first = twin(browser, f"/state/acme/orders.json?{HERE}")
    last = twin(browser, f"/state/acme/orders.json?{HERE}&offset=200")

    assert (len(first["rows"]), first["next"], first["previous"]) == (100, 100, None)
    assert (len(last["rows"]), last["next"], last["previous"]) == (5, None, 100)
    assert "offset=100" in page(browser, f"/state/acme/orders?{HERE}")


@pytest.mark.parametrize("offset", ["-1", "x", "99999999999999"])
def test_a_page_that_cannot_be_is_the_first_one(browser: Client, offset: str) -> None:
    order(browser, "A")

    assert twin(browser, f"/state/acme/orders.json?{HERE}&offset={offset}")["offset"] == 0


def test_the_tenant_is_chosen(browser: Client) -> None:
    create(browser)
    state = {"acme/one": {"orders": {"A": {"id": "A"}}}, "acme/two": {"orders": {"B": {"id": "B"}}}}
    browser.patch(f"{NEW}/state", json=state)

    text = page(browser, f"/state/acme/orders?{HERE}&scope=acme/two")

    assert '<option value="acme/two" selected>two</option>' in text
    assert ('">B</a>' in text, '">A</a>' in text) == (True, False)


def test_a_document_has_a_line_and_a_pointer_for_each_value(browser: Client) -> None:
    create(browser)
    document = {"id": "A", "lines": [{"amount": 1.10}, []], "a/b": None}
    browser.patch(f"{NEW}/state", json={"acme/": {"orders": {"A": document}}})

    lines = twin(browser, f"/state/acme/orders/A.json?{HERE}")["lines"]

    assert [(line["text"], line["pointer"]) for line in lines] == [
        ("{", ""),
        ('  "id": "A",', "/id"),
        ('  "lines": [', "/lines"),
        ("    {", "/lines/0"),
        ('      "amount": 1.1', "/lines/0/amount"),
        ("    },", ""),
        ("    []", "/lines/1"),
        ("  ],", ""),
        ('  "a/b": null', "/a~1b"),
        ("}", ""),
    ]


def test_a_document_tells_the_call_that_wrote_it_last(browser: Client) -> None:
    order(browser, "A")
    order(browser, "B")

    text = page(browser, f"/state/acme/orders/B?{HERE}")

    assert '<a href="/_console/x/2?sandbox=new">#2</a>' in text
    assert '<a href="/_console/state/diff?sandbox=new&amp;call=2">see what #2 changed</a>' in text


@pytest.mark.parametrize("key", ["a/b", "a b", "ä?#%", HOSTILE, "x&y=z"])
def test_a_record_of_any_key_has_its_page(browser: Client, key: str) -> None:
    order(browser, key)
    listed = page(browser, f"/state/acme/orders?{HERE}")
    (address,) = re.findall(r'<th scope="row"><a href="([^"]+)">', listed)

    text = browser.get(address.replace("&amp;", "&")).text

    assert (
        f"<h1>{key}</h1>".replace(HOSTILE, "&lt;script&gt;alert(1)&lt;/script&gt;").replace("x&y", "x&amp;y")
        in text
    )
    assert HOSTILE not in text + listed


def test_a_record_that_is_not_there_is_not_found(browser: Client) -> None:
    order(browser, "A")

    assert browser.get(f"{CONSOLE}/state/acme/orders/B?{HERE}").status == 404


def test_no_key_is_the_collection(browser: Client) -> None:
    order(browser, "A")
    collection, no_key = (browser.get(f"{CONSOLE}/state/acme/orders{end}?{HERE}") for end in ("", "/"))

    assert (no_key.status, "<h1>" in no_key.text) == (200, True)
    assert no_key.text.count("acme/orders") == collection.text.count("acme/orders")


def test_hostile_values_are_shown_as_text(browser: Client) -> None:
    create(browser)
    document = {"id": HOSTILE, f"name{HOSTILE}": HOSTILE}
    browser.patch(f"{NEW}/state", json={"acme/": {"orders": {"A": document}}})

    shown = [page(browser, f"/state/acme/orders{path}?{HERE}") for path in ("", "/A")]

    assert [HOSTILE in text for text in shown] == [False, False]


def test_a_snapshot_is_taken_by_a_form(browser: Client) -> None:
    order(browser, "A")

    response = post_form(browser, f"/state?{HERE}", label="before the retry")

    assert (response.status, response.headers["location"]) == (
        303,
        "/_console/sandboxes?sandbox=new&taken=s1#snapshots",
    )
    assert browser.get(f"{NEW}/snapshots").json[0]["label"] == "before the retry"


def test_the_dump_is_a_file(browser: Client) -> None:
    order(browser, "A")

    response = browser.get(f"{CONSOLE}/state/dump?{HERE}&vendor=acme")

    assert response.headers["content-disposition"] == 'attachment; filename="new-acme.json"'
    assert list(response.json["acme/"]["orders"]) == ["A"]


@pytest.mark.parametrize("by", ["file", "text"])
def test_a_dump_is_loaded(browser: Client, by: str) -> None:
    order(browser, "A")
    dump = json.dumps({"acme/": {"orders": {"B": {"id": "B", "amount": 1}}}})

    response = load(browser, vendor="acme", **{by: dump})

    assert (response.status, response.headers["location"]) == (303, "/_console/state/acme?sandbox=new")
    assert orders(browser) == ["B"]


def test_a_large_dump_may_be_pasted(browser: Client) -> None:
    create(browser)
    document = {"id": "B", "note": "x" * 2_000_000}

    assert load(browser, text=json.dumps({"acme/": {"orders": {"B": document}}})).status == 303


def test_a_dump_that_is_refused_says_why_beside_its_text(browser: Client) -> None:
    order(browser, "A")

    response = load(browser, text='{"nobody/": {}}')

    assert (response.status, orders(browser)) == (422, ["A"])
    assert "<code>/nobody~1</code>" in response.text
    assert "{&#34;nobody/&#34;: {}}</textarea>" in response.text


def test_no_dump_is_refused(browser: Client) -> None:
    create(browser)

    assert "No dump was given." in load(browser).text


@pytest.mark.parametrize(
    "path", ["/state", "/state/load", "/state/acme", "/state/acme/orders", "/state/diff"]
)
def test_a_sandbox_that_is_not_there_can_be_created(browser: Client, path: str) -> None:
    response = browser.get(f"{CONSOLE}{path}?sandbox=nope")

    assert (response.status, "Create the sandbox nope" in response.text) == (404, True)


DIFF = "/state/diff?sandbox=new"


def shown(browser: Client, query: str = "") -> list[tuple[str, str]]:
    found = browser.get(f"{CONSOLE}/state/diff.json?sandbox=new{query}").json["difference"]
    return [(one["sign"], one["key"]) for group in found["groups"] for one in group["records"]]


def change_amount(browser: Client, key: str, amount: Any) -> None:
    body = {"orders": [{"id": key, "amount": amount}]}
    browser.put("/acme/orders", json=body, headers={"mock-sandbox": "new"})


def test_what_one_call_changed_is_shown(browser: Client) -> None:
    order(browser, "A")
    order(browser, "B")
    order(browser, "C")

    assert shown(browser, "&call=2") == [("+", "B")]
    assert "<h1>What call #2 changed</h1>" in page(browser, f"{DIFF}&call=2")


def test_a_partly_refused_batch_changes_only_the_accepted_items(browser: Client) -> None:
    order(browser, "A", "", "C")

    assert shown(browser, "&call=1") == [("+", "A"), ("+", "C")]


def test_a_member_is_shown_before_and_after(browser: Client) -> None:
    order(browser, "A")
    change_amount(browser, "A", 2.50)

    text = page(browser, f"{DIFF}&call=2")

    assert re.search(
        r"<code>/amount</code></th>\s*<td><code>1</code></td>\s*<td><code>2\.5\d*</code></td>", text
    )


@pytest.mark.parametrize(
    ("states", "where"), [("from=sandbox:default&to=now", "new"), ("from=now&to=sandbox:default", "default")]
)
def test_a_record_of_two_sandboxes_is_linked_where_it_is(browser: Client, states: str, where: str) -> None:
    order(browser, "A", sandbox=where)
    create(browser)

    assert f"/_console/state/acme/orders/A?sandbox={where}&amp;scope=acme%2F" in page(
        browser, f"{DIFF}&{states}"
    )


def test_a_record_that_is_gone_is_shown_whole(browser: Client) -> None:
    order(browser, "A", "B")
    browser.post(f"{NEW}/snapshots", json={})
    browser.patch(f"{NEW}/state", json={"acme/": {"orders": {"A": None}}})

    assert shown(browser, "&from=s1") == [("-", "A")]
    assert "&#34;id&#34;: &#34;A&#34;" in page(browser, f"{DIFF}&from=s1")


def test_without_a_choice_the_fixtures_are_compared(browser: Client) -> None:
    order(browser, "A")

    assert shown(browser) == [("+", "A")]
    assert "<h1>From the fixtures to now</h1>" in page(browser, DIFF)


def test_signs_and_words_say_what_colours_say(browser: Client) -> None:
    order(browser, "A")

    text = page(browser, DIFF)

    assert '<span class="sign" aria-hidden="true">+</span> <span class="kind">added</span>' in text


def test_what_the_server_keeps_for_itself_is_apart(browser: Client) -> None:
    create(browser)
    browser.patch(f"{NEW}/assumptions", json={"acme.duplicate_members": "refused"})

    found = browser.get(f"{CONSOLE}/state/diff.json?sandbox=new").json["difference"]

    assert ([one["collection"] for one in found["own"]], found["groups"]) == (["assumptions"], [])
    assert "No record differs." in page(browser, DIFF)


def test_the_form_offers_what_can_be_compared(browser: Client) -> None:
    order(browser, "A")
    browser.post(f"{NEW}/snapshots", json={"label": "first"})

    text = page(browser, DIFF)

    offered = re.findall('<option value="([^"]+)"', text[text.index("<label>From") :])
    assert offered == ["fixtures", "now", "s1", "before:1", "after:1", "sandbox:default"] * 2
    assert ">snapshot s1 (first)</option>" in text


def test_a_choice_that_is_not_offered_stays_chosen(browser: Client) -> None:
    for key in "ABCDEFGHIJKLM":
        order(browser, key)

    assert '<option value="before:1" selected>before call #1</option>' in page(browser, f"{DIFF}&call=1")


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ("&call=9", 404, "the states before and after call 9 are no longer kept"),
        ("&call=<b>", 400, "&#34;before:&lt;b&gt;&#34;"),
        ("&from=s7", 404, "the sandbox has no snapshot s7"),
    ],
)
def test_what_cannot_be_compared_says_so_beside_the_form(
    browser: Client, query: str, status: int, says: str
) -> None:
    order(browser, "A")

    response = browser.get(f"{CONSOLE}{DIFF}{query}")

    assert (response.status, "<h1>" in response.text) == (status, True)
    assert says in response.text


def test_of_many_records_the_first_are_drawn(browser: Client) -> None:
    order(browser, *(str(number) for number in range(MAX_RECORDS + 7)))

    found = browser.get(f"{CONSOLE}/state/diff.json?sandbox=new").json["difference"]

    assert (len(found["groups"][0]["records"]), found["more"], found["counts"]["added"]) == (
        MAX_RECORDS,
        7,
        MAX_RECORDS + 7,
    )
    assert "7 more entries differ" in page(browser, DIFF)


def test_of_many_added_records_most_only_have_a_link(browser: Client) -> None:
    order(browser, *(f"k{number:03}" for number in range(MAX_RECORDS)))

    text = page(browser, DIFF)

    assert (text.count('class="difference'), text.count("Record k")) == (MAX_RECORDS, 2 * WHOLE_RECORDS)
    assert text.count("The record as it is now") == MAX_RECORDS


def test_what_is_no_addition_is_drawn_even_of_many(browser: Client) -> None:
    order(browser, "A", "B")
    browser.post(f"{NEW}/snapshots", json={})
    order(browser, *(f"x{number}" for number in range(MAX_RECORDS)))
    browser.patch(f"{NEW}/state", json={"acme/": {"orders": {"A": None}}})
    change_amount(browser, "B", 9)

    assert shown(browser, "&from=s1")[:2] == [("-", "A"), ("~", "B")]


def test_a_record_is_named_beside_its_key(browser: Client) -> None:
    create(browser)
    document = {"id": "INV-7", "amount": 150, "currencyCode": "eur"}
    browser.patch(f"{NEW}/state", json={"acme/": {"orders": {"2603746": document}}})

    assert '<strong>INV-7 · EUR 150</strong> <span class="muted">2603746</span>' in page(browser, DIFF)
