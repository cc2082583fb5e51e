"""The page of one call, asked for like a browser does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest

from mockserver.console.call_screen import MOST_MARKED, PAGE_ITEMS, TABS, ItemChoice, bodies, item_page
from mockserver.sandbox import memory_store
from mockserver.server.transport_faults import ConnectionLostError
from tests.control.operators import create, order
from tests.support import sample_vendor
from tests.support.client import Client, Response

FORM = {"content-type": "application/x-www-form-urlencoded"}
FAIL_B = {"select": {"key": "B"}, "effect": {"fail": {"code": "locked"}}}
SCENARIO = {"version": 1, "name": "locked-b", "rules": [{"id": "r1", "items": [FAIL_B]}]}
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'"


@pytest.fixture
def reader() -> Iterator[Client]:
    with sample_vendor.shared_client(seed=3) as client:
        yield client


def page(reader: Client, number: int = 1, /, **query: object) -> Response:
    """The page of a call in the sandbox `new`."""
    return reader.get(f"/_console/x/{number}?{urlencode({'sandbox': 'new', **query})}")


def twin(reader: Client, number: int = 1, /, **query: object) -> Any:
    """What the page of a call shows, as JSON."""
    answered = reader.get(f"/_console/x/{number}.json?{urlencode({'sandbox': 'new', **query})}")
    assert answered.status == 200, answered.text
    return answered.json


def replay(reader: Client, **form: str) -> Response:
    """The page after the form to replay was sent."""
    return reader.post("/_console/x/1?sandbox=new", content=urlencode(form).encode(), headers=FORM)


def links(text: str) -> list[str]:
    return [unescape(found) for found in re.findall('href="([^"]+)"', text)]


def test_the_head_tells_line_status_and_times(reader: Client) -> None:
    create(reader, freeze="2026-01-05T09:00:00Z")
    order(reader, "A", "")

    text = page(reader).text

    assert '<span class="line-of-call">PUT /orders</span>' in text
    assert '<span class="status mixed">207 · mixed: 1 created, 1 rejected</span>' in text
    assert '<time datetime="2026-01-05T09:00:00' in text
    assert 'aria-label="2 items: 1 created, 1 rejected"' in text


def test_a_call_that_fails_halfway_counts_what_it_stored_and_shows_the_rest_first(reader: Client) -> None:
    rule = {"id": "r", "commit": {"partial": 1}, "response": {"status": 500}}
    create(reader, scenarios=[{**SCENARIO, "rules": [rule]}])
    with suppress(AssertionError):
        order(reader, "A", "B", "C")

    text = page(reader).text

    assert '<span class="status bad">500 · bad: 1 created, 2 skipped</span>' in text
    assert re.findall(r'<td class="outcome \w+">.*?(\w+)</td>', text)[:3] == ["skipped", "skipped", "created"]
    assert "1 to 3 of 3, the bad ones first, then the skipped ones" in text


@pytest.mark.parametrize(
    ("calls", "said"),
    [
        (2, "stored by attempts 1, 2 of 2, created by #1 and #2"),
        (3, "stored by attempts 1, 2, 3 of 3, created 3 times by #1, #2 and #3"),
    ],
)
def test_a_doubled_item_says_by_which_calls_it_was_created(reader: Client, calls: int, said: str) -> None:
    create(reader)
    for _ in range(calls):
        order(reader, "A")
        reader.patch("/_mock/sandboxes/new/state", json={"acme/": {"orders": {"A": None}}})

    assert f"<h3>In all calls: {said}</h3>" in page(reader).text


def test_the_calls_before_and_after_are_a_step_away(reader: Client) -> None:
    for key in "ABC":
        order(reader, key)

    found = [(one["previous"], one["next"]) for one in (twin(reader, number) for number in (1, 2, 3))]

    assert found == [(None, 2), (1, 3), (2, None)]
    assert {"/_console/x/1?sandbox=new", "/_console/x/3?sandbox=new"} <= set(links(page(reader, 2).text))


def test_a_rule_that_hit_leads_to_its_scenario(reader: Client) -> None:
    create(reader, scenarios=[SCENARIO])
    order(reader, "A", "B")

    text = page(reader).text

    assert "/_console/scenarios?sandbox=new&name=locked-b#rule-locked-b/r1" in links(text)
    assert "because of" in text


def test_a_magic_token_that_hit_leads_to_the_page_about_tokens(client: Client, sandbox: str) -> None:
    row = {"invoice_Key": 1, "payee_ID": "P100", "description": "sbx.omit"}
    credentials = {"authorization": "Bearer any", "x-api-key": "any", "vbasoftware-database": "sandbox"}
    client.put("/vba/claim-invoice-batch", json=[row], headers=credentials)

    text = client.get(f"/_console/x/1?sandbox={sandbox}").text

    assert "an item with the magic token sbx.omit" in text
    assert "/_console/docs/scenarios#three-ways-to-turn-one-on" in links(text)


def test_a_problem_is_marked_with_its_message_and_reached_by_one_key(reader: Client) -> None:
    order(reader, "A", "")

    text = page(reader).text

    (mark,) = re.findall("<mark [^>]+>", text)
    assert 'tabindex="0" data-problem data-pointer="/orders/1/id"' in mark
    assert 'id="at/orders/1/id"' in mark
    assert "documented in the contract: minLength" in text
    assert any(link.endswith("#at/orders/1/id") for link in links(text))


def test_a_picked_item_is_lit_in_both_bodies(reader: Client) -> None:
    order(reader, "A", "B", "C")

    text = page(reader, item=1, tab="bodies").text

    assert '<span class="row lit" data-pointer="/orders/1">' in text
    assert '<span class="row lit" data-pointer="/results/1">' in text
    assert '<span class="row" data-pointer="/orders/0">' in text


def part(side: Any) -> list[str]:
    """Lines of an item in a body."""
    return [row["text"] for row in side["rows"]]


def test_the_picked_item_stands_alone_beside_the_list(reader: Client) -> None:
    order(reader, "A", "B", "C")

    parts = twin(reader, item=1)["shown"]["parts"]

    assert part(parts["request"]) == ["{", '  "id": "B",', '  "amount": 1', "}"]
    assert part(parts["reply"])[:2] == ["{", '  "status": 201,']
    assert '<tr id="item-1" class="lit" aria-current="true">' in page(reader, item=1).text


def test_an_item_that_the_reply_leaves_out_has_no_part_there(reader: Client) -> None:
    lose_b = {"select": {"key": "B"}, "effect": {"omit": True, "commit": False}}
    create(reader, scenarios=[{**SCENARIO, "rules": [{"id": "r1", "items": [lose_b]}]}])
    order(reader, "A", "B")

    assert twin(reader, item=1)["shown"]["parts"]["reply"] is None
    assert "No part of the reply is known to be about this item." in page(reader, item=1).text


def test_an_item_tells_its_attempts_in_all_calls(reader: Client) -> None:
    order(reader, "A", "B")
    order(reader, "B")

    assert [(one["call"], one["index"]) for one in twin(reader, item=1)["shown"]["story"]["attempts"]] == [
        (1, 1),
        (2, 0),
    ]
    assert "/_console/x/2?sandbox=new&item=0#item-title" in links(page(reader, item=1).text)


def test_a_picked_item_is_shown_whatever_the_list_is_filtered_by(reader: Client) -> None:
    order(reader, "A", "", "C")

    assert "Item <a href" in page(reader, item=2, outcome="rejected").text


@pytest.mark.parametrize(("keys", "shown"), [(("A", "", "C", ""), 1), (("A", "B"), 0)])
def test_the_first_bad_item_is_shown_first(reader: Client, keys: tuple[str, ...], shown: int) -> None:
    order(reader, *keys)

    assert twin(reader)["items"]["item"]["index"] == shown


def test_a_call_without_items_begins_with_its_bodies(reader: Client) -> None:
    create(reader)
    reader.get("/acme/orders", headers={"mock-sandbox": "new"})

    found = twin(reader)

    assert (found["tab"], [one["name"] for one in found["tabs"]].count("items")) == ("bodies", 0)


def test_names_and_values_of_json_have_classes_and_no_markup(reader: Client) -> None:
    order(reader, "<b>")

    text = page(reader, item=0).text

    assert '<span class="j-name">"id"</span>: <span class="j-text">"&lt;b&gt;"</span>,' in text
    assert '<span class="j-name">"amount"</span>: <span class="j-number">1</span>' in text


def test_a_picked_item_can_be_made_to_fail(reader: Client) -> None:
    order(reader, "A", "B")

    found = [link for link in links(page(reader, item=1).text) if "/scenarios/new?" in link]

    assert found == [
        "/_console/scenarios/new?sandbox=new&vendor=acme&operation=putOrders&item=1&key=B&call=1"
    ]


def test_without_a_picked_item_the_first_bad_one_can_be_made_to_fail(reader: Client) -> None:
    order(reader, "A", "", "C")

    assert re.search("Arm a fault for item (#[0-9a-f]+)<", page(reader).text)
    assert "Arm a fault for item C<" in page(reader, item=2).text


def test_items_are_filtered_by_a_form_of_the_page(reader: Client) -> None:
    order(reader, "A", "", "C")

    assert [row["index"] for row in twin(reader, outcome="rejected")["items"]["rows"]] == [1]
    assert "No item is skipped." in page(reader, outcome="skipped").text


def test_items_are_filtered_by_a_part_of_their_key(reader: Client) -> None:
    order(reader, "R-1", "R-2", "Q-1")

    assert [row["key"] for row in twin(reader, key="r-")["items"]["rows"]] == ["R-1", "R-2"]


@pytest.mark.parametrize("tab", ["items", "bodies", "raw", "headers"])
def test_a_reply_that_was_never_sent_says_so(reader: Client, tab: str) -> None:
    rule = {"id": "r", "response": {"fault": "CONNECTION_RESET_BY_PEER"}}
    create(reader, scenarios=[{"version": 1, "name": "s", "rules": [rule]}])
    with suppress(ConnectionLostError):
        order(reader, "A")

    assert "Reply (made, never sent)" in page(reader, tab=tab).text


def test_bodies_are_shown_as_text(reader: Client) -> None:
    reader.put(
        "/acme/orders",
        json={"orders": [{"id": HOSTILE, "amount": 1, HOSTILE: HOSTILE}]},
        headers={"mock-sandbox": "new", "x-hostile": HOSTILE},
    )

    for query in (
        {"item": 0},
        {"tab": "bodies"},
        {"tab": "headers"},
        {"tab": "raw"},
        {"tab": "state"},
        {"as": "curl"},
    ):
        text = page(reader, 1, **query).text
        assert ("<script>alert" in text, "<img" in text) == (False, False), query
        assert "&lt;script&gt;" in text, query


@pytest.mark.parametrize(
    "body",
    [b"\xff\xfe\x00", b"{", b"[" * 3_000, b'"\\ud800"', b"<a>&lt;</a>", b"a=1&b", b" ", b'{"": {"": 1}}'],
)
def test_any_body_has_a_page(reader: Client, body: bytes) -> None:
    sent = {"mock-sandbox": "new", "content-type": "text/odd"}
    reader.put("/acme/orders", content=body, headers=sent)

    for tab in dict(TABS):
        assert page(reader, tab=tab).status == 200


def test_headers_are_shown_with_credentials_cut(reader: Client) -> None:
    order(reader.within(authorization="Bearer swordfish"), "A")

    text = page(reader, tab="headers").text

    assert "Bearer sw…" in text
    assert "swordfish" not in "".join(page(reader, tab=tab).text for tab in ("items", "bodies", "raw", "why"))


def test_the_state_tells_what_the_call_added_and_nothing_of_rejected_items(reader: Client) -> None:
    order(reader, "A")
    order(reader, "B", "")

    difference = twin(reader, 2, tab="state")["changes"]["difference"]

    assert [one["key"] for group in difference["groups"] for one in group["records"]] == ["B"]
    assert difference["counts"] == {"added": 1, "removed": 0, "changed": 0}
    assert "<strong>B · 1</strong>" in page(reader, 2, tab="state").text


def test_a_changed_record_is_told_before_and_after(reader: Client) -> None:
    order(reader, "A")
    changed = {"orders": [{"id": "A", "amount": 2}]}
    reader.put("/acme/orders", json=changed, headers={"mock-sandbox": "new"})

    (group,) = twin(reader, 2, tab="state")["changes"]["difference"]["groups"]

    (change,) = group["records"][0]["changes"]
    assert (change["pointer"], change["old"], change["new"]) == ("/amount", "1", "2")
    assert re.search(r"<td><code>1</code></td>\s*<td><code>2</code></td>", page(reader, 2, tab="state").text)


BOTH = "2 lines: 1 of the request, 1 of the reply"


def found_lines(text: str) -> tuple[list[str], list[str]]:
    """Return what the page says of a search, and the line that it jumps to."""
    count = re.findall('<span id="find-count" role="status">(.*?)</span>', text)
    lines = re.findall('<span class="row[^"]* now"[^>]*>(.*)</span>', text)
    return count, [re.sub("<[^>]+>", "", one).strip() for one in lines]


@pytest.mark.parametrize(
    ("asked", "count", "line"),
    [
        ({"find": "R-777"}, f"1 of {BOTH}", '"id": "r-777",'),
        ({"find": "R-777", "found": "R-777", "hit": "3"}, f"2 of {BOTH}", '"id": "r-777"'),
        ({"find": "R-777", "found": "r", "hit": "1"}, f"1 of {BOTH}", '"id": "r-777",'),
        ({"find": '"ID":"R-777'}, f"1 of {BOTH}", '"id": "r-777",'),
        ({"find": "R-7777"}, "0 lines", None),
        ({"find": ""}, "", None),
    ],
)
def test_a_text_is_looked_for_in_all_of_both_bodies(
    reader: Client, asked: dict[str, str], count: str, line: str | None
) -> None:
    order(reader, *(f"r-{number}" for number in range(1_000)))

    assert found_lines(page(reader, **asked).text) == ([count], [line] if line else [])


def test_each_hit_is_shown_in_its_own_lines(reader: Client) -> None:
    order(reader, *(f"r-{number}" for number in range(1_000)))

    shown = twin(reader, find="r-77")["bodies"]["request"]["rows"]

    assert len([row for row in shown if row.get("hit")]) == 11
    assert [row["text"].strip() for row in shown if row.get("pointer") == "/orders/778/amount"] == [
        '"amount": 1'
    ]


def test_a_text_to_find_is_no_markup(reader: Client) -> None:
    order(reader, "A")

    assert "<script>alert" not in page(reader, find='"><script>alert(1)</script>').text


def test_an_item_that_a_rule_lost_says_why(reader: Client) -> None:
    create(reader)
    lose_b = {"select": {"key": "B"}, "effect": {"omit": True, "commit": False}}
    document = {"version": 1, "name": "nightly", "rules": [{"id": "lose", "items": [lose_b]}]}
    reader.put("/_mock/sandboxes/new/scenarios/nightly", json=document)
    order(reader, "A", "B")

    text = page(reader).text

    assert "<span>left out of the answer and not stored by rule nightly/lose</span>" in text
    assert re.search(r'class="outcome lost"><svg[^>]+><use href="#o-lost"/></svg> lost<', text)
    assert "2 items: 1 created, 1 lost" in text
    assert "/_console/scenarios?sandbox=new&name=nightly#rule-nightly/lose" in links(text)
    assert "Item, and why" in text


def test_a_file_to_hand_on_is_one_click_away(reader: Client) -> None:
    order(reader, "A")
    address = next(link for link in links(page(reader).text) if link.endswith("as=case"))

    file = reader.get(address)

    assert 'filename="call-1.yaml"' in file.headers["content-disposition"]
    assert file.text.startswith("# mockserver cases run FILE")


EXPORTS = {
    "curl": "curl -sS",
    "pytest": '"""The answers are those of call 1',
    "case": "# mockserver cases run FILE",
    "script": "#!/bin/sh",
    "har": '{"log":',
    "postman": '{"info":',
}


@pytest.mark.parametrize("form", EXPORTS)
def test_each_form_is_a_part_of_the_page_to_copy_and_a_file(reader: Client, form: str) -> None:
    order(reader, "A")

    shown = twin(reader, **{"as": form})["export"]
    file = reader.get(f"/_console/x/1/export?sandbox=new&as={form}")

    assert shown["text"].startswith(EXPORTS[form])
    assert 'data-copy="export-text"' in page(reader, **{"as": form}).text
    assert file.headers["content-disposition"].startswith("attachment; filename=")
    assert file.text.startswith(EXPORTS[form])


def test_every_form_is_offered(reader: Client) -> None:
    order(reader, "A")

    text = page(reader).text

    assert [form for form in EXPORTS if f'id="copy-{form}"' not in text] == []


def test_a_call_whose_states_are_gone_says_so_in_the_page(
    reader: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_store, "MAX_CHANGES", 3)
    for key in "ABCDEF":
        order(reader, key)

    assert "the states before and after call 1 are no longer kept" in page(reader, tab="state").text
    assert "the state before call 1 is no longer kept" in page(reader, **{"as": "case"}).text


def test_credentials_are_cut_in_a_form_unless_asked_for(reader: Client) -> None:
    order(reader.within(authorization="Bearer swordfish"), "A")

    assert "swordfish" not in page(reader, **{"as": "curl"}).text
    assert "Bearer swordfish" in page(reader, **{"as": "curl", "secrets": "shown"}).text


def test_a_form_of_nobody_is_left_out(reader: Client) -> None:
    order(reader, "A")

    assert twin(reader, **{"as": "nothing"})["export"] is None


def test_a_replay_tells_what_differs_and_leads_to_the_new_call(reader: Client) -> None:
    order(reader, "A", "")
    order(reader, "B")

    text = replay(reader, into="here").text

    assert "same status, 1 of 2 outcomes differs." in text
    assert re.search(
        '<th scope="row">A</th>\\s*<td class="outcome created">created</td>'
        '<td class="outcome updated">updated</td>',
        text,
    )
    assert "/_console/x/3?sandbox=new" in links(text)


def test_a_replay_into_a_fresh_sandbox_comes_out_the_same(reader: Client) -> None:
    order(reader, "A", "")

    text = replay(reader, into="fresh").text

    assert "The same:" in text
    assert {"/_console/x/1?sandbox=replay-1", "/_console/?sandbox=replay-1"} <= set(links(text))


def test_a_replay_goes_to_a_fresh_sandbox_unless_another_place_is_chosen(reader: Client) -> None:
    order(reader, "A")

    assert '<button id="replay" name="into" value="fresh"' in page(reader).text
    assert "/_console/x/1?sandbox=replay-1" in links(replay(reader).text)


@pytest.mark.parametrize(
    "said",
    [
        "<dd>all calls with such an item</dd>",
        "<dd>the item B: rejected (locked)</dd>",
        '<a href="/_console/scenarios?',
    ],
)
def test_what_was_decided_has_the_rules_in_words(reader: Client, said: str) -> None:
    create(reader, scenarios=[SCENARIO])
    order(reader, "A", "B")

    assert said in page(reader, tab="why").text


def test_a_file_to_hand_on_is_named_otherwise_than_a_copy(reader: Client) -> None:
    order(reader, "A")

    exports = twin(reader)["exports"]

    assert [one["name"] for one in exports if one["file"]] == ["script", "pytest", "case", "har", "postman"]
    assert not {one["file"] for one in exports} & {one["title"] for one in exports}


def test_a_replay_that_is_refused_says_why_in_the_page(reader: Client) -> None:
    order(reader, "A")

    answered = replay(reader, into="address", to="http://example.com/acme")

    assert answered.status == 422
    assert "example.com is neither loopback nor allowed" in answered.text
    assert 'value="http://example.com/acme"' in answered.text


def test_a_replay_to_an_address_takes_a_credential_for_it(reader: Client) -> None:
    order(reader, "A")

    answered = replay(reader, into="address", to="http://127.0.0.1:1/acme", authorization="Bearer other")

    assert (answered.status, "The answer was lost" in answered.text) == (200, True)
    assert ("Not sent to another address" in answered.text, "Bearer other" in answered.text) == (False, False)
    assert (
        "Not sent to another address: authorization"
        in replay(reader, into="address", to="http://127.0.0.1:1/acme").text
    )


@pytest.mark.parametrize(
    ("side", "body"), [("request", b'{"orders": [{"id": "A", "amount": 1}]}'), ("reply", None)]
)
def test_a_body_is_a_file_that_no_browser_opens(reader: Client, side: str, body: bytes | None) -> None:
    order(reader, "A")

    file = reader.get(f"/_console/x/1/{side}?sandbox=new")

    assert file.media_type == "application/octet-stream"
    assert file.headers["content-disposition"] == f'attachment; filename="call-1-{side}.txt"'
    assert body is None or file.body == body


def test_a_large_batch_is_shown_in_parts(reader: Client) -> None:
    keys = ["" if at == 7_000 else f"K{at}" for at in range(10_000)]
    order(reader, *keys)

    answered = page(reader, item=7_000, tab="bodies")

    assert page(reader, item=7_000).text.count('<tr id="item-') == 200
    assert 'id="at/orders/7000/id"' in answered.text
    assert re.search("… Show [0-9]+,[0-9]{3} more lines …", answered.text)
    assert len(answered.body) < 300_000


def test_lines_that_are_left_out_are_opened_by_a_link(reader: Client) -> None:
    order(reader, *(f"K{at}" for at in range(1_000)))
    text = page(reader, tab="bodies", find="nowhere").text
    (link, *_) = [one for one in links(text) if "lines=request" in one]

    shown = reader.get(link.partition("#")[0]).text

    assert re.search(r'class="row[^"]* now" data-pointer="/orders/14/', shown), link
    assert 'data-pointer="/orders/400"' in shown


def test_the_next_bad_item_of_a_large_batch_is_one_click_away(reader: Client) -> None:
    keys = ["" if at in (300, 700) else f"K{at}" for at in range(1_000)]
    order(reader, *keys)

    assert twin(reader)["items"]["nextBad"] == 700
    assert "/_console/x/1?sandbox=new&item=700#item-title" in links(page(reader, item=300).text)


@pytest.mark.parametrize(
    "path", ["/x/9", "/x/9.json", "/x/9/request", "/x/9/export?as=curl", "/x/99999999999"]
)
def test_a_call_that_is_not_there_has_no_page(reader: Client, path: str) -> None:
    create(reader)
    query = "&sandbox=new" if "?" in path else "?sandbox=new"

    assert reader.get(f"/_console{path}{query}").status in (400, 404)


FAULT = {"code": "too-short", "pointer": "/orders/1/id", "detail": "too short", "rule": "minLength"}


def decided(*problems: list[dict[str, str]]) -> list[dict[str, Any]]:
    """One item for each list of problems."""
    return [
        {
            "index": at,
            "key": f"k{at}",
            "action": "rejected" if found else "created",
            "problems": found,
            "warnings": [],
            "sent": f"/orders/{at}",
            "reported": f"/results/{at}",
            "effect": None,
        }
        for at, found in enumerate(problems)
    ]


def call(items: int, request: str | None = None) -> dict[str, Any]:
    """A call of that many items."""
    sent = json.dumps({"orders": [{"id": f"k{at}"} for at in range(items)]})
    told = json.dumps({"results": [{"status": 200} for _ in range(items)]})
    return {
        "reason": None,
        "request": {"headers": {"content-type": "application/json"}, "body": request or sent},
        "reply": {"mediaType": "application/json", "body": told},
    }


def marked(side: Any) -> list[tuple[str | None, list[str]]]:
    """Pointers of the lines with problems, and what these say."""
    return [
        (row["pointer"], [one["detail"] for one in row["problems"]])
        for row in side["rows"]
        if row.get("problems")
    ]


def lit(side: Any) -> list[str]:
    return [row["text"].strip() for row in side["rows"] if row.get("lit")]


@pytest.mark.parametrize(
    ("pointer", "line"), [("/orders/1/id", "/orders/1/id"), ("/orders/1/amount", "/orders/1")]
)
def test_a_problem_is_marked_in_the_request_at_its_member_or_at_its_item(pointer: str, line: str) -> None:
    items = decided([], [{**FAULT, "pointer": pointer}])

    shown = bodies(call(2), items, items, None)

    assert (marked(shown["request"]), marked(shown["reply"])) == ([(line, ["too short"])], [])


@pytest.mark.parametrize(
    ("reason", "marks"),
    [
        (
            "/orders/0/id is missing; /orders/1/id expected a text; and 3 more",
            [("/orders/0/id", ["is missing"]), ("/orders/1/id", ["expected a text"])],
        ),
        ('no credentials; any "Authorization: Bearer ..." works', []),
    ],
)
def test_the_places_that_a_reason_names_are_marked(reason: str, marks: list[Any]) -> None:
    assert marked(bodies({**call(2), "reason": reason}, [], [], None)["request"]) == marks


@pytest.mark.parametrize(
    ("body", "marks", "lines"),
    [(None, [("/orders/1/id", ["too short"])], ["{", '"id": "k1"', "}"]), ("<a/>", [], [])],
)
def test_a_picked_item_is_lit_in_both_bodies_where_they_have_pointers(
    body: str | None, marks: list[Any], lines: list[str]
) -> None:
    items = decided([], [FAULT])

    shown = bodies(call(2, body), items, items, 1)

    assert (marked(shown["request"]), lit(shown["request"])) == (marks, lines)
    assert lit(shown["reply"]) == ["{", '"status": 200', "}"]


def test_the_first_line_of_an_item_names_it() -> None:
    items = decided([], [FAULT])

    rows = bodies(call(2), items, items, None)["request"]["rows"]

    assert {row["pointer"]: row["item"] for row in rows if row["item"] is not None} == {
        "/orders/0": 0,
        "/orders/1": 1,
    }


def test_no_body_has_no_lines() -> None:
    empty = {
        "reason": None,
        "request": {"headers": {}, "body": ""},
        "reply": {"mediaType": None, "body": ""},
    }

    assert bodies(empty, [], [], None)["reply"] == {
        "mediaType": "",
        "characters": 0,
        "lines": 0,
        "rows": [],
    }


def test_what_is_left_out_is_counted() -> None:
    items = decided(*([] for _ in range(3_000)))

    rows = bodies(call(3_000), items, items[:200], 2_000)["request"]["rows"]

    left_out = [row["leftOut"] for row in rows if "leftOut" in row]
    shown = [row for row in rows if "leftOut" not in row]
    assert len(left_out) == 2
    assert sum(left_out) + len(shown) == 9_004


def test_of_a_long_batch_the_problems_of_the_page_are_marked_and_those_of_the_picked_item() -> None:
    count = MOST_MARKED + 1
    items = decided(*([{**FAULT, "pointer": f"/orders/{at}/id"}] for at in range(count)))

    shown = bodies(call(count), items, items[:2], 900)

    assert [pointer for pointer, _ in marked(shown["request"])] == [
        "/orders/0/id",
        "/orders/1/id",
        "/orders/900/id",
    ]


WHY = {"applied": ["qa/r1"], "switches": ["ids_disagree"]}


def decided_items(count: int, *bad: int, warned: int | None = None) -> list[dict[str, Any]]:
    """Items of which those `bad` are rejected, and one has a warning."""
    fault = {"code": "too-short", "pointer": "/0", "detail": "short", "rule": "minLength"}
    return [
        {
            "index": at,
            "key": f"k{at}",
            "action": "rejected" if at in bad else "created",
            "problems": [fault] if at in bad else [],
            "warnings": [fault] if at == warned else [],
            "effect": None,
        }
        for at in range(count)
    ]


def test_lost_items_come_before_other_bad_items() -> None:
    items = decided_items(4, 1)
    items[3] = {**items[3], "action": "skipped", "problems": [{**items[1]["problems"][0], "code": "lost"}]}

    assert indexes(item_page(items, ItemChoice(), WHY)) == [3, 1, 0, 2]


def indexes(page: Any) -> list[int]:
    return [row["index"] for row in page["rows"]]


def source(**members: str) -> Any:
    """Where the rule of a problem with these members comes from."""
    (item,) = decided_items(1, 0)
    problem = {**item["problems"][0], **members}
    page = item_page([{**item, "problems": [problem]}], ItemChoice(), WHY)
    return page["rows"][0]["problems"][0]["source"]


@pytest.mark.parametrize(
    ("items", "choice", "rows", "first", "pages"),
    [
        (decided_items(450), ItemChoice(), [*range(PAGE_ITEMS)], 0, (None, 200)),
        (decided_items(450), ItemChoice(first=400), [*range(400, 450)], 400, (200, None)),
        (decided_items(450), ItemChoice(picked=217), [*range(200, 400)], 200, (0, 400)),
        (decided_items(450, 430), ItemChoice("rejected", picked=430), [430], 0, (None, None)),
        (decided_items(5, 3, 1), ItemChoice(), [1, 3, 0, 2, 4], 0, (None, None)),
        (decided_items(9, 3, 5), ItemChoice("rejected"), [3, 5], 0, (None, None)),
        (decided_items(9, 3, warned=4), ItemChoice("warned"), [4], 0, (None, None)),
        (decided_items(9), ItemChoice("rejected", first=400), [], 0, (None, None)),
    ],
)
def test_a_page_has_the_chosen_items_bad_ones_first(
    items: list[Any], choice: ItemChoice, rows: list[int], first: int, pages: tuple[int | None, int | None]
) -> None:
    page = item_page(items, choice, WHY)

    assert (indexes(page), page["first"]) == (rows, first)
    assert (page["previousPage"], page["nextPage"], page["total"]) == (*pages, len(items))


@pytest.mark.parametrize(
    ("bad", "picked", "following"),
    [((3, 7), None, 7), ((3, 7), 3, 7), ((3, 7), 5, 7), ((3, 7), 7, 3), ((), None, None)],
)
def test_the_next_bad_item_is_behind_the_picked_one_or_the_first(
    bad: tuple[int, ...], picked: int | None, following: int | None
) -> None:
    assert item_page(decided_items(9, *bad), ItemChoice(picked=picked), WHY)["nextBad"] == following


@pytest.mark.parametrize("item", ["-1", "9", "x", "", "1.5", "²"])
def test_an_item_that_is_not_there_is_not_picked(item: str) -> None:
    assert ItemChoice.of({"item": item}, 9).picked is None


def test_a_choice_is_read_from_a_query() -> None:
    query = {"item": "3", "outcome": "rejected", "first": "200"}

    assert ItemChoice.of(query, 9) == ItemChoice("rejected", 200, 3)


@pytest.mark.parametrize(
    ("members", "kind", "name", "rules"),
    [
        ({"rule": "minLength"}, "contract", "minLength", []),
        ({"rule": "format:date-time"}, "contract", "format:date-time", []),
        ({"rule": "required"}, "contract", "required", []),
        ({"rule": "fault"}, "scenario", "fault", ["qa/r1"]),
        ({"rule": "ids-disagree"}, "assumed", "ids_disagree", []),
        ({"code": "ids-disagree"}, "assumed", "ids_disagree", []),
        ({"rule": "foreign-key"}, "vendor", "foreign-key", []),
        ({"rule": "", "code": "debtor-missing"}, "vendor", "debtor-missing", []),
    ],
)
def test_a_problem_tells_where_its_rule_comes_from(
    members: dict[str, str], kind: str, name: str, rules: list[str]
) -> None:
    assert source(**members) == {"kind": kind, "name": name, "rules": rules}


def test_a_fault_of_an_item_is_asked_for_by_its_own_rule() -> None:
    (item,) = decided_items(1, 0)
    fault = {**item["problems"][0], "rule": "fault"}
    effect = {"rule": "qa/r2", "did": ["failed"], "detail": "made to fail"}

    page = item_page([{**item, "problems": [fault], "effect": effect}], ItemChoice(), WHY)

    assert page["rows"][0]["problems"][0]["source"]["rules"] == ["qa/r2"]


def test_an_item_that_a_rule_changed_is_a_bad_one() -> None:
    good, lost, bad = decided_items(3, 2)
    effect = {"rule": "qa/r2", "did": ["omitted"], "detail": "left out of the answer"}

    page = item_page([good, {**lost, "effect": effect}, bad], ItemChoice(), WHY)

    assert [row["index"] for row in page["rows"]] == [1, 2, 0]
