from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest

from mockserver.codec import yaml
from mockserver.console.scenario_screen import draft_scenario, met_by_call, met_by_item, select_item
from mockserver.server.transport_faults import ConnectionLostError
from tests.control.operators import create, order
from tests.support import sample_vendor
from tests.support.client import Client
from tests.support.console import CONSOLE, page, post_form, twin

OWN = "/_mock/sandboxes/new/scenarios"
YAML = """\
version: 1
name: flaky
rules:
  - id: r1
    items: [{select: {key: A}, effect: {fail: {code: internal}}}]
"""
HOSTILE = "</textarea><script>alert(1)</script>"


@pytest.fixture
def visitor() -> Iterator[Client]:
    with sample_vendor.shared_client(seed=3, freeze="2026-01-05T09:00:00Z") as client:
        create(client)
        yield client


def armed(visitor: Client) -> list[str]:
    return [one["name"] for one in visitor.get(OWN).json]


def statuses(visitor: Client, *keys: str) -> list[int]:
    return [one["status"] for one in order(visitor, *keys).json["results"]]


def test_the_page_shows_what_is_armed_with_its_counts(visitor: Client) -> None:
    visitor.put(f"{OWN}/flaky", content=YAML.encode(), headers={"content-type": "application/yaml"})
    order(visitor, "A")

    text = page(visitor, "/scenarios?sandbox=new")

    (count,) = twin(visitor, "/scenarios.json?sandbox=new")["scenarios"][0]["counts"]
    assert "flaky" in text
    assert (count["id"], count["calls"], count["hits"], count["left"]) == ("r1", 1, 1, None)


def test_the_page_says_what_a_rule_does_where_a_link_to_it_leads(visitor: Client) -> None:
    visitor.put(f"{OWN}/flaky", content=YAML.encode(), headers={"content-type": "application/yaml"})

    text = page(visitor, "/scenarios?sandbox=new")

    assert (
        '<td id="rule-flaky/r1"><strong>r1</strong><small class="below">all calls with such an item → '
        in text
    )


def test_a_scenario_that_is_gone_is_missed(visitor: Client) -> None:
    missed = "There is no scenario nightly in this sandbox any more."

    assert missed in page(visitor, "/scenarios?sandbox=new&name=nightly")
    assert missed not in page(visitor, "/scenarios?sandbox=new&name=flaky-third")


def test_the_page_shows_every_packaged_scenario_with_what_it_does(visitor: Client) -> None:
    text = page(visitor, "/scenarios?sandbox=new")

    shipped = visitor.get("/_mock/scenarios").json
    assert [one["name"] for one in shipped if f">{one['name']}</a>" not in text] == []


def test_packaged_scenarios_stand_below_their_group(visitor: Client) -> None:
    text = page(visitor, "/scenarios?sandbox=new")

    places = [text.index(mark) for mark in (">Items</h3>", ">flaky-third</a>", ">Quotas</h3>")]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("search=PAST+date", ["throttle-date-skewed"]),
        ("search=redirect+answers", ["redirect-302", "redirect-307", "redirect-308"]),
        ("search=redirect+items", []),
    ],
)
def test_packaged_scenarios_are_filtered_by_the_words_of_name_group_and_text(
    visitor: Client, query: str, found: list[str]
) -> None:
    shown = twin(visitor, f"/scenarios.json?sandbox=new&{query}")

    assert [one["name"] for one in shown["packaged"]] == found


def test_a_group_without_a_match_has_no_heading(visitor: Client) -> None:
    text = page(visitor, "/scenarios?sandbox=new&search=redirect")

    assert (">Answers</h3>" in text, ">Items</h3>" in text) == (True, False)


def test_a_packaged_scenario_is_armed_by_a_button(visitor: Client) -> None:
    moved = post_form(visitor, "/scenarios/arm?sandbox=new", name="internal-error")

    assert (moved.status, moved.headers["location"]) == (
        303,
        "/_console/scenarios?sandbox=new&name=internal-error",
    )
    assert armed(visitor) == ["internal-error"]


@pytest.mark.parametrize(
    ("path", "fields"),
    [("arm", {"name": "internal-error", "once": "1"}), ("edit", {"text": YAML, "do": "once"})],
    ids=["packaged", "text"],
)
def test_a_scenario_that_is_armed_once_takes_one_call(
    visitor: Client, path: str, fields: dict[str, str]
) -> None:
    post_form(visitor, f"/scenarios/{path}?sandbox=new", **fields)

    first, second = statuses(visitor, "A"), statuses(visitor, "A")

    assert (first[0] >= 400, second[0] < 400) == (True, True)


@pytest.mark.parametrize(("fields", "left"), [({"name": "reset"}, ["reordered"]), ({}, [])])
def test_scenarios_are_disarmed(visitor: Client, fields: dict[str, str], left: list[str]) -> None:
    for name in ("reset", "reordered"):
        post_form(visitor, "/scenarios/arm?sandbox=new", name=name)

    assert post_form(visitor, "/scenarios/disarm?sandbox=new", **fields).status == 303
    assert armed(visitor) == left


@pytest.mark.parametrize(
    ("wish", "name", "said"),
    [
        ("arm", "<b>nope", "there is no packaged scenario &lt;b&gt;nope"),
        ("disarm", "reset", "the sandbox has no scenario reset"),
    ],
)
def test_a_scenario_that_is_not_there_is_refused_beside_the_form(
    visitor: Client, wish: str, name: str, said: str
) -> None:
    shown = post_form(visitor, f"/scenarios/{wish}?sandbox=new", name=name)

    assert (shown.status, said in shown.text) == (404, True)


def test_the_editor_is_filled_with_an_item_that_fails_at_the_next_call_alone(visitor: Client) -> None:
    order(visitor, "A", "B")
    draft = twin(visitor, "/scenarios/new.json?sandbox=new&call=1&item=B")["text"]

    moved = post_form(visitor, "/scenarios/edit?sandbox=new", text=draft, do="apply")
    without, first, second = statuses(visitor, "A"), statuses(visitor, "B", "A"), statuses(visitor, "B", "A")

    assert moved.headers["location"] == "/_console/scenarios?sandbox=new&name=fail-b"
    assert (without[0] < 400, first[0] >= 400, first[1] < 400, second[0] < 400) == (True, True, True, True)
    (count,) = visitor.get(f"{OWN}/fail-b").json["counts"]
    assert (count["id"], count["hits"], count["left"]) == ("once", 1, 0)


@pytest.mark.parametrize(
    ("address", "is_offered"), [("new?sandbox=new", False), ("edit?sandbox=new&name=reset", True)]
)
def test_rules_for_one_call_are_not_armed_for_the_next_call_too(
    visitor: Client, address: str, *, is_offered: bool
) -> None:
    text = visitor.get(f"/_console/scenarios/{address}").text

    assert ("Arm for the next call" in text) is is_offered


def test_an_item_is_chosen_by_its_index_and_its_key(visitor: Client) -> None:
    order(visitor, "1", "0")

    draft = twin(visitor, "/scenarios/new.json?sandbox=new&call=1&item=1&key=0")["text"]

    assert "key: '0'" in draft


def test_the_editor_without_a_choice_refuses_the_next_call(visitor: Client) -> None:
    draft = twin(visitor, "/scenarios/new.json?sandbox=new")["text"]

    post_form(visitor, "/scenarios/edit?sandbox=new", text=draft)

    assert [order(visitor, "A").status, order(visitor, "A").status] == [503, 207]


@pytest.mark.parametrize("asked", ["new?sandbox=new&call=9&item=A", "edit?sandbox=new&name=nope"])
def test_what_is_nowhere_is_not_edited(visitor: Client, asked: str) -> None:
    assert visitor.get(f"{CONSOLE}/scenarios/{asked}").status == 404


@pytest.mark.parametrize("name", ["flaky", "reset"])
def test_the_editor_shows_a_scenario_of_the_sandbox_or_a_packaged_one(visitor: Client, name: str) -> None:
    visitor.put(f"{OWN}/flaky", content=YAML.encode(), headers={"content-type": "application/yaml"})

    found = twin(visitor, f"/scenarios/edit.json?sandbox=new&name={name}")

    assert (f"name: {name}\n" in found["text"], found["check"]["valid"]) == (True, True)


def test_a_text_is_armed_as_it_is_with_the_line_ends_of_a_form(visitor: Client) -> None:
    post_form(visitor, "/scenarios/edit?sandbox=new", text=YAML.replace("\n", "\r\n"), do="apply")

    assert armed(visitor) == ["flaky"]


@pytest.mark.parametrize("wish", ["apply", "check"])
def test_the_problems_of_a_text_stand_beside_it(visitor: Client, wish: str) -> None:
    broken = YAML.replace("fail:", "fial:")

    shown = post_form(visitor, "/scenarios/edit?sandbox=new", text=broken, do=wish)

    assert shown.status == (422 if wish == "apply" else 200)
    assert 'data-line="5"' in shown.text
    assert "/rules/0/items/0/effect/fial" in shown.text
    assert "{fial: {code: internal}}" in shown.text
    assert armed(visitor) == []


def test_a_text_is_checked_without_scripting(visitor: Client) -> None:
    shown = post_form(visitor, "/scenarios/edit?sandbox=new", text=YAML, do="check")

    assert ("No problem: flaky, 1 rule" in shown.text, armed(visitor)) == (True, [])


@pytest.mark.parametrize(("text", "said"), [("version: 2", "Line 1, column"), ("", "1 problem")])
def test_a_text_is_checked_while_one_types(visitor: Client, text: str, said: str) -> None:
    part = post_form(visitor, "/scenarios/check?sandbox=new", text=text)

    assert (part.status, "<html" in part.text, said in part.text) == (200, False, True)


def test_a_hostile_text_stays_text(visitor: Client) -> None:
    shown = post_form(visitor, "/scenarios/edit?sandbox=new", text=f"{HOSTILE}: {HOSTILE}", do="apply")

    assert (shown.status, "<script>alert" in shown.text) == (422, False)


def test_a_hostile_description_stays_text(visitor: Client) -> None:
    document = {"version": 1, "name": "x", "description": HOSTILE, "rules": [{"id": "r", "commit": "none"}]}
    visitor.put(
        f"{OWN}/x", content=json.dumps(document).encode(), headers={"content-type": "application/json"}
    )

    pages = page(visitor, "/scenarios?sandbox=new") + page(visitor, "/scenarios/edit?sandbox=new&name=x")

    assert "<script>alert" not in pages


def arm(visitor: Client, **rule: Any) -> None:
    document = {"version": 1, "name": "s", "rules": [{"id": "r", "times": {"count": 1}, **rule}]}
    assert visitor.put(f"{OWN}/s", json=document).status == 200


def drafted(visitor: Client, **query: str) -> Any:
    """The rule of the draft for call 1."""
    asked = urlencode({"sandbox": "new", "call": "1", **query})
    return yaml.load(twin(visitor, f"/scenarios/new.json?{asked}")["text"])["rules"][0]


ITEM_EFFECTS = [
    {"omit": True, "commit": False},
    {"omit": True},
    {"commit": False},
    {"duplicate": 2},
    {"fail": {"code": "locked"}, "commit": True},
    {"fail": {"code": "internal", "status": 503, "message": "try later"}},
    {"hang": 1},
    {"warn": {"code": "too-long", "message": "so"}},
]
LEFT_OUT = {"select": {"key": "B"}, "effect": {"omit": True, "commit": False}}
WHOLE_EFFECTS = [
    {"response": {"fault": "CONNECTION_RESET_BY_PEER"}},
    {"commit": "none", "response": {"fault": "EMPTY_RESPONSE"}},
    {"commit": {"partial": 1}, "response": {"status": 503}},
    {"response": {"delay": {"type": "fixed", "value": 3}}},
    {"envelope": {"phantom": 1}},
]


def met(visitor: Client, *keys: str) -> Any:
    """Send orders into the emptied sandbox; return what the journal tells of the call, without rules."""
    with suppress(ConnectionLostError, AssertionError):
        order(visitor, *keys)
    entry = visitor.get("/_mock/sandboxes/new/journal/1").json
    whole = [
        entry[name] for name in ("status", "items", "outcomes", "lost", "warned", "fault", "delayMillis")
    ]
    each = [(one["action"], one["effect"] and one["effect"]["did"]) for one in entry["decided"]]
    return whole, each, entry["reply"]["body"]


@pytest.mark.parametrize(
    ("rule", "query"),
    [
        ({"items": [{"select": {"key": "B"}, "effect": one}]}, {"item": "1", "key": "B"})
        for one in ITEM_EFFECTS
    ]
    + [(rule, {}) for rule in WHOLE_EFFECTS]
    + [(rule, {"item": "1", "key": "B"}) for rule in WHOLE_EFFECTS],
)
def test_an_armed_fault_meets_the_same_call_again(
    visitor: Client, rule: dict[str, Any], query: dict[str, str]
) -> None:
    arm(visitor, **rule)
    first = met(visitor, "A", "B")
    draft = twin(visitor, f"/scenarios/new.json?{urlencode({'sandbox': 'new', 'call': '1', **query})}")[
        "text"
    ]
    visitor.post("/_mock/sandboxes/new/reset")
    visitor.delete(OWN)

    post_form(visitor, "/scenarios/edit?sandbox=new", text=draft, do="apply")

    assert met(visitor, "A", "B") == first


def test_a_lost_answer_is_armed_before_what_the_vendor_refused(visitor: Client) -> None:
    reset = {"response": {"fault": "CONNECTION_RESET_BY_PEER"}}
    arm(visitor, **reset)
    met(visitor, "A", "")

    draft = drafted(visitor, item="1")

    assert draft == {"id": "once", "match": draft["match"], "times": {"count": 1}, **reset}


def test_the_status_of_the_whole_call_is_armed_before_an_item_that_another_rule_left_out(
    visitor: Client,
) -> None:
    busy = {"commit": "none", "response": {"status": 503}}
    rules = [{"id": "left-out", "items": [LEFT_OUT]}, {"id": "slow-down", **busy}]
    visitor.put(f"{OWN}/s", json={"version": 1, "name": "s", "rules": rules})
    order(visitor, "A", "B")

    draft = drafted(visitor, item="1", key="B")

    assert draft == {"id": "once", "match": draft["match"], "times": {"count": 1}, **busy}


def test_faults_of_two_calls_are_armed_side_by_side(visitor: Client) -> None:
    arm(visitor, response={"status": 503}, times={"count": 2})
    for _ in range(2):
        order(visitor, "A")
    for number in ("1", "2"):
        draft = twin(visitor, f"/scenarios/new.json?sandbox=new&call={number}")["text"]
        post_form(visitor, "/scenarios/edit?sandbox=new", text=draft, do="apply")

    assert sorted(armed(visitor)) == ["fail-call-1", "fail-call-2", "s"]


def test_of_a_rule_with_several_effects_the_one_of_the_item_is_armed(visitor: Client) -> None:
    busy = {"fail": {"code": "internal", "status": 503}}
    effects = {"A": {"omit": True}, "B": busy}
    arm(visitor, items=[{"select": {"key": key}, "effect": effect} for key, effect in effects.items()])
    order(visitor, "A", "B")

    assert drafted(visitor, item="1", key="B")["items"] == [{"select": {"key": "B"}, "effect": busy}]


def test_a_refusal_of_the_vendor_is_met_again_by_a_good_item(client: Client, sandbox: str) -> None:
    headers = {"authorization": "Bearer any", "mock-sandbox": sandbox}
    invoice = {
        "invoice_number": "R-20",
        "invoice_date": "2026-06-01",
        "due_date": "2026-07-01",
        "description": "Work",
        "amount_total": "2",
        "book_amount_total": "2",
        "book_amount_open": "2",
        "amount_open": "2",
        "currency_code": "EUR",
        "debtor_number": "nobody",
    }
    refused, again = (
        {"administration_id": "81", "invoices": [{**invoice, "debtor_number": debtor}]}
        for debtor in ("nobody", "D-1")
    )
    first = client.post("/payt/v1/invoices", json=refused, headers=headers)
    draft = twin(client, f"/scenarios/new.json?sandbox={sandbox}&call=1&item=0&key=R-20")["text"]

    post_form(client, f"/scenarios/edit?sandbox={sandbox}", text=draft, do="apply")

    assert first.json["errors"] == {"R-20": ["Debtor must exist"]}
    assert client.post("/payt/v1/invoices", json=again, headers=headers).json == first.json


@pytest.mark.parametrize(
    ("rules", "fault"),
    [
        ([{"items": [{"select": {"key": "B"}, "effect": {"omit": True}}]}], {"omit": True}),
        ([{"response": {"fault": "EMPTY_RESPONSE"}}], {"fault": "EMPTY_RESPONSE"}),
    ],
)
def test_the_page_of_an_item_arms_the_fault_of_its_last_failed_attempt(
    visitor: Client, rules: list[dict[str, Any]], fault: dict[str, Any]
) -> None:
    arm(visitor, **rules[0])
    with suppress(ConnectionLostError):
        order(visitor, "A", "B")
    order(visitor, "B")

    (link,) = re.findall('href="([^"]+)">Arm a fault', page(visitor, "/item?sandbox=new&item=B"))
    rule = yaml.load(
        twin(visitor, unescape(link).removeprefix(CONSOLE).replace("new?", "new.json?"))["text"]
    )["rules"][0]

    assert fault in (
        rule["items"][0]["effect"] if "items" in rule else rule["response"],
        rule.get("response"),
    )


def test_the_fault_that_a_token_in_an_item_asked_for_is_armed_again() -> None:
    rule = {"rule": "sbx/sbx.omit", "document": None}
    item = {
        "index": 0,
        "key": "A",
        "effect": {"rule": "sbx/sbx.omit", "did": ["omitted", "not-stored"]},
        "problems": [],
        "warnings": [],
    }

    assert met_by_item(item, [rule]) == {"omit": True, "commit": False}


TOLD = {"rules": [], "applied": [], "items": 2, "status": 207, "fault": None, "delayMillis": 0, "decided": []}


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ({}, {}),
        (
            {"applied": ["sbx/sbx.slow.3"], "delayMillis": 3000.0},
            {"response": {"delay": {"type": "fixed", "value": 3000}}},
        ),
        ({"applied": ["sbx/sbx.503"], "status": 503}, {"response": {"status": 503}}),
        (
            {"applied": ["s/gone"], "fault": "NO_RESPONSE", "status": None},
            {"response": {"fault": "NO_RESPONSE"}},
        ),
        ({"applied": ["s/r"], "status": 400, "decided": [{"effect": {"rule": "s/r"}}]}, {}),
        ({"items": 0, "status": 429}, {"commit": "none", "response": {"status": 429}}),
    ],
    ids=["nothing", "delay", "status", "fault", "of an item", "refused"],
)
def test_what_a_call_met_is_known_without_its_rule(told: dict[str, Any], found: dict[str, Any]) -> None:
    assert met_by_call({**TOLD, **told}) == found


def test_a_refusal_without_a_code_of_the_language_is_armed_with_its_words(visitor: Client) -> None:
    order(visitor, "A", "")
    (problem,) = visitor.get("/_mock/sandboxes/new/journal/1").json["decided"][1]["problems"]

    (found,) = drafted(visitor, item="1")["items"]

    assert problem["code"] == "too-short"
    assert found["effect"] == {"fail": {"code": "unknown-reference", "message": problem["detail"]}}


@pytest.mark.parametrize("rule", WHOLE_EFFECTS)
def test_what_a_call_met_as_a_whole_is_armed_before_its_bad_item(visitor: Client, rule: Any) -> None:
    arm(visitor, **rule)
    met(visitor, "A", "")

    draft = drafted(visitor)

    assert draft == {"id": "once", "match": draft["match"], "times": {"count": 1}, **rule}
    arming = re.search('id="arm" href="([^"]+)"', page(visitor, "/x/1?sandbox=new"))
    assert arming
    assert arming[1].endswith("operation=putOrders&amp;call=1")


def test_a_call_that_was_refused_is_refused_again(visitor: Client) -> None:
    visitor.put("/acme/orders", content=b"{", headers={"mock-sandbox": "new", "content-type": "text/plain"})

    draft = drafted(visitor)

    assert (draft["commit"], draft["response"]) == ("none", {"status": 415})


def items(*keys: str) -> list[dict[str, Any]]:
    return [{"index": index, "key": key} for index, key in enumerate(keys)]


def test_a_draft_makes_an_item_fail_once() -> None:
    draft = draft_scenario({"vendor": "acme", "operation": "putOrders"}, "A 7", {"key": "A 7"}, "18")

    assert draft == {
        "version": 1,
        "name": "fail-a-7",
        "description": "The item A 7 of call #18 fails at the next call that has it, and works after that.",
        "rules": [
            {
                "id": "once",
                "match": {"vendor": "acme", "operation": "putOrders"},
                "times": {"count": 1},
                "items": [{"select": {"key": "A 7"}, "effect": {"fail": {"code": "internal"}}}],
            }
        ],
    }


def test_a_draft_without_an_item_refuses_the_next_call() -> None:
    (rule,) = draft_scenario({}, "")["rules"]

    assert rule == {"id": "once", "times": {"count": 1}, "commit": "none", "response": {"status": 503}}


@pytest.mark.parametrize(
    ("item", "name"),
    [("<b>", "fail-b"), ("ß", "fail"), ("x" * 200, f"fail-{'x' * 59}"), ("a-" * 100, f"fail-{'a-' * 29}a")],
)
def test_a_draft_has_a_name_that_scenarios_may_have(item: str, name: str) -> None:
    assert draft_scenario({}, item)["name"] == name


@pytest.mark.parametrize(
    ("keys", "item", "found"),
    [
        (("A", "B"), "B", ("B", {"key": "B"})),
        (("A", "B"), "1", ("B", {"key": "B"})),
        (("3", "1"), "1", ("1", {"key": "1"})),
        (("A", "A"), "A", ("A", {"index": 0})),
        (("A", "A"), "1", ("A", {"index": 1})),
        (("", "B"), "0", ("at index 0", {"index": 0})),
        (("tok…", "B"), "tok…", ("tok…", {"index": 0})),
        (("A", "B"), "C", ("C", None)),
        (("A", "B"), "2", ("2", None)),
    ],
)
def test_an_item_of_a_call_is_selected_by_its_key_if_that_is_its_own(
    keys: tuple[str, ...], item: str, found: tuple[str, Any]
) -> None:
    assert select_item(items(*keys), item) == found


@pytest.mark.parametrize(
    ("keys", "item", "key", "found"),
    [
        (("1", "0"), "1", "0", ("0", {"key": "0"})),
        (("A", "A"), "1", "A", ("A", {"index": 1})),
        (("A", "B"), "9", "B", ("B", {"key": "B"})),
        (("A", "B"), "", "B", ("B", {"key": "B"})),
        (("A", "B"), "9", "C", ("C", None)),
    ],
)
def test_an_item_that_is_named_with_its_key_is_at_that_index(
    keys: tuple[str, ...], item: str, key: str, found: tuple[str, Any]
) -> None:
    assert select_item(items(*keys), item, key) == found
