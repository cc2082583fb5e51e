from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from mockserver.console.sandbox_screen import said_duration
from mockserver.control.sandboxes import SandboxOperations
from mockserver.sandbox.memory_store import MemoryState
from tests.control.operators import NEW, SANDBOXES, create, listed, order, orders
from tests.support.client import Client, Response
from tests.support.console import CONSOLE, page, post_form

HERE = "/sandboxes?sandbox=new"


def found(browser: Client, name: str) -> dict[str, Any]:
    answer: dict[str, Any] = browser.get(f"{SANDBOXES}/{name}").json
    return answer


def take(browser: Client, label: str = "") -> None:
    assert browser.post(f"{NEW}/snapshots", json={"label": label}).status == 201


def test_every_sandbox_is_a_row_with_its_numbers(browser: Client) -> None:
    order(browser, "A", "B")

    text = page(browser, "/sandboxes")

    assert re.findall(r'<th scope="row"><a href="[^"]+"[^>]*>([a-z]+)</a></th>', text) == ["default", "new"]
    assert 'aria-label="2 records of new"' in text
    assert 'aria-label="1 calls of new"' in text


def test_a_page_asks_for_the_sandboxes_once_and_copies_none(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(browser)
    asked: list[str] = []
    show = SandboxOperations.show_sandbox

    def noted(own: SandboxOperations, name: str) -> Any:
        asked.append(name)
        return show(own, name)

    monkeypatch.setattr(SandboxOperations, "show_sandbox", noted)
    monkeypatch.delattr(MemoryState, "tables")
    page(browser, "/sandboxes")
    assert sorted(asked) == ["default", "new"]


def test_a_sandbox_is_created_by_a_form(browser: Client) -> None:
    response = post_form(
        browser, "/sandboxes", name="new", seed="7", freeze="2030-01-01T00:00:00Z", begin="empty"
    )

    made = found(browser, "new")
    assert (response.status, response.headers["location"]) == (303, "/_console/sandboxes?sandbox=new")
    assert (made["seed"], made["clock"]["at"], made["empty"]) == (7, "2030-01-01T00:00:00Z", True)


@pytest.mark.parametrize("begin", ["copy:now", "copy:s1"])
def test_a_sandbox_is_created_as_a_copy(browser: Client, begin: str) -> None:
    order(browser, "A")
    take(browser)
    order(browser, "B")

    post_form(browser, HERE, name="other", begin=begin)

    assert orders(browser, "other") == (["A", "B"] if begin == "copy:now" else ["A"])
    assert orders(browser) == ["A", "B"]


def test_a_copy_has_the_seed_and_the_clock_that_were_asked_for(browser: Client) -> None:
    create(browser, seed=1)

    post_form(browser, HERE, name="other", begin="copy:now", seed="9", freeze="2030-01-01T00:00:00Z")

    seed = browser.get(f"{SANDBOXES}/other/dump").json["sandbox/"]["settings"]["seed"]
    assert (seed, found(browser, "other")["clock"]["at"]) == ({"value": 9}, "2030-01-01T00:00:00Z")


def test_a_copy_of_what_is_not_there_creates_nothing(browser: Client) -> None:
    create(browser)

    response = post_form(browser, HERE, name="other", begin="copy:s9")

    assert (response.status, listed(browser)) == (404, ["default", "new"])
    assert "the sandbox has no snapshot s9" in response.text


@pytest.mark.parametrize(
    ("fields", "status", "says"),
    [
        ({"name": "new"}, 409, "a sandbox named new exists already"),
        ({"name": "No!"}, 400, "/name"),
        ({"name": "b", "freeze": "1969-01-01T00:00:00Z"}, 422, "use a year from 1970 to 9998"),
        ({"name": "b", "seed": "many"}, 422, "The seed is not a whole number."),
    ],
)
def test_a_refused_sandbox_says_why_and_keeps_what_was_typed(
    browser: Client, fields: dict[str, str], status: int, says: str
) -> None:
    create(browser)

    response = post_form(browser, "/sandboxes", **fields)

    assert (response.status, says in response.text) == (status, True)
    assert f'name="name" value="{fields["name"]}"' in response.text


def test_a_sandbox_that_is_not_there_is_offered_by_name(browser: Client) -> None:
    text = page(browser, "/sandboxes?sandbox=later")

    assert "There is no sandbox later yet." in text
    assert 'name="name" value="later"' in text


def test_a_reset_is_asked_for_on_its_own_page(browser: Client) -> None:
    order(browser, "A")

    text = page(browser, "/sandboxes/reset?sandbox=new")

    assert '<form class="line" method="post" action="/_console/sandboxes/reset?sandbox=new">' in text
    assert orders(browser) == ["A"]


def test_a_sandbox_is_reset(browser: Client) -> None:
    order(browser, "A")

    response = post_form(browser, "/sandboxes/reset?sandbox=new")

    assert (response.status, found(browser, "new")["records"], found(browser, "new")["calls"]) == (303, 0, 0)


def test_a_sandbox_is_deleted_after_a_question(browser: Client) -> None:
    order(browser, "A")
    question = page(browser, "/sandboxes/delete?sandbox=new")

    response = post_form(browser, "/sandboxes/delete?sandbox=new")

    assert "It holds 1 record and 1 call." in question
    assert response.headers["location"] == "/_console/sandboxes?sandbox=default"
    assert listed(browser) == ["default"]


def test_the_default_sandbox_is_never_deleted(browser: Client) -> None:
    order(browser, "A", sandbox="default")

    refused = [
        browser.get(f"{CONSOLE}/sandboxes/delete").status,
        post_form(browser, "/sandboxes/delete").status,
    ]

    assert (refused, orders(browser, "default")) == ([409, 409], ["A"])
    assert "/_console/sandboxes/delete" not in page(browser, "/sandboxes")


def test_a_snapshot_is_restored_after_a_question(browser: Client) -> None:
    order(browser, "A")
    take(browser, "first")
    order(browser, "B")
    path = "/sandboxes/snapshots/s1/restore?sandbox=new"
    question = page(browser, path)
    asked = orders(browser)

    response = post_form(browser, path)

    assert ("Restore snapshot s1 of new?" in question, asked) == (True, ["A", "B"])
    assert (response.headers["location"], orders(browser)) == ("/_console/state?sandbox=new", ["A"])


def test_a_snapshot_is_deleted_after_a_question(browser: Client) -> None:
    create(browser)
    take(browser)
    path = "/sandboxes/snapshots/s1/delete?sandbox=new"

    asked = (browser.get(CONSOLE + path).status, len(browser.get(f"{NEW}/snapshots").json))
    post_form(browser, path)

    assert (asked, browser.get(f"{NEW}/snapshots").json) == ((200, 1), [])


@pytest.mark.parametrize("what", ["restore", "delete"])
@pytest.mark.parametrize("snapshot", ["s9", "..", "<b>"])
def test_a_snapshot_that_is_not_there_is_refused(browser: Client, what: str, snapshot: str) -> None:
    create(browser)
    path = f"/sandboxes/snapshots/{snapshot}/{what}?sandbox=new"

    assert browser.get(CONSOLE + path).status == 404
    assert post_form(browser, path).status in (400, 404)


def test_snapshots_are_compared_with_now_and_with_each_other(browser: Client) -> None:
    create(browser)
    take(browser, "first")
    take(browser, "<b>second")

    text = page(browser, HERE)

    assert "/_console/state/diff?sandbox=new&amp;from=s2" in text
    assert "/_console/state/diff?sandbox=new&amp;from=s1&amp;to=s2" in text
    assert ("<b>second" in text, "&lt;b&gt;second" in text) == (False, True)


def test_other_sandboxes_are_compared_with_this_one(browser: Client) -> None:
    create(browser)
    order(browser, "A", sandbox="default")

    text = page(browser, HERE)

    link = "/_console/state/diff?sandbox=new&amp;from=sandbox%3A"
    assert (f'href="{link}default"' in text, f'href="{link}new"' in text) == (True, False)


def test_the_first_snapshot_has_none_before_it(browser: Client) -> None:
    create(browser)
    take(browser)

    assert "to=s1" not in page(browser, HERE)


CLOCK_PAGE = "/clock?sandbox=new"
NINE = "2026-01-05T09:00:00Z"


@pytest.fixture
def visitor(browser: Client) -> Client:
    """A browser with a sandbox whose clock stands at nine."""
    create(
        browser, freeze=NINE, assumptions={"acme.idempotency_keys": "on", "acme.idempotency_lifetime": "360"}
    )
    return browser


def clock(visitor: Client) -> dict[str, Any]:
    answer: dict[str, Any] = visitor.get(f"{NEW}/clock").json
    return answer


def send_with_key(visitor: Client, key: str) -> None:
    headers = {"mock-sandbox": "new", "idempotency-key": f'"{key}"'}
    visitor.put("/acme/orders", json={"orders": [{"id": key, "amount": 1}]}, headers=headers)


def followed(visitor: Client, response: Response) -> str:
    assert response.status == 303
    return visitor.get(response.headers["location"]).text


def test_the_time_is_shown(visitor: Client) -> None:
    text = page(visitor, CLOCK_PAGE)

    assert f'<time datetime="{NINE}">2026-01-05T09:00:00Z</time> <strong>frozen</strong>' in text


@pytest.mark.parametrize(
    ("by", "now"),
    [
        ("1s", "2026-01-05T09:00:01Z"),
        ("1m", "2026-01-05T09:01:00Z"),
        ("1h", "2026-01-05T10:00:00Z"),
        ("1d", "2026-01-06T09:00:00Z"),
        ("1h30m", "2026-01-05T10:30:00Z"),
    ],
)
def test_the_clock_is_moved_on(visitor: Client, by: str, now: str) -> None:
    response = post_form(visitor, CLOCK_PAGE, do="step", by=by)

    assert (response.headers["location"], clock(visitor)["now"]) == (
        "/_console/clock?sandbox=new&since=2026-01-05T09%3A00%3A00Z",
        now,
    )


def test_six_minutes_expire_idempotency_keys_visibly(visitor: Client) -> None:
    send_with_key(visitor, "k1")
    send_with_key(visitor, "k2")
    before = page(visitor, CLOCK_PAGE)

    text = followed(visitor, post_form(visitor, CLOCK_PAGE, do="step", by="6m"))

    assert ("6 min" in before, "2 idempotency keys expired" in before) == (True, False)
    assert "2 idempotency keys expired" in text
    assert ("putOrders/k1</a>" in text, "putOrders/k2</a>" in text) == (True, True)


def test_a_step_that_ends_nothing_says_so(visitor: Client) -> None:
    send_with_key(visitor, "k1")

    assert "Nothing expired" in followed(visitor, post_form(visitor, CLOCK_PAGE, do="step", by="1m"))


def test_the_kinds_are_counted_in_one_sentence(visitor: Client) -> None:
    tokens = {"a": {"expires": "2026-01-05T09:01:00Z"}}
    quotas = {"q": {"window": 29460060, "used": 1, "limit": 4, "seconds": 60}}
    visitor.patch(f"{NEW}/state", json={"acme/": {"credentials": tokens, "quotas": quotas}})
    send_with_key(visitor, "k1")

    text = followed(visitor, post_form(visitor, CLOCK_PAGE, do="step", by="6m"))

    assert "1 idempotency key, 1 quota window and 1 token expired" in text


def test_the_clock_is_frozen_at_an_instant_and_thawed(visitor: Client) -> None:
    post_form(visitor, CLOCK_PAGE, do="freeze", at="2027-01-01T00:00:00Z")
    frozen = clock(visitor)["at"]
    post_form(visitor, CLOCK_PAGE, do="thaw")

    assert (frozen, clock(visitor)["mode"]) == ("2027-01-01T00:00:00Z", "system")


def test_the_clock_is_frozen_where_it_is(visitor: Client) -> None:
    post_form(visitor, CLOCK_PAGE, do="thaw")

    post_form(visitor, CLOCK_PAGE, do="freeze", at="")

    assert clock(visitor)["mode"] == "frozen"


def test_a_clock_that_is_set_back_says_so(visitor: Client) -> None:
    text = followed(visitor, post_form(visitor, CLOCK_PAGE, do="freeze", at="2025-01-01T00:00:00Z"))

    assert "The clock went back" in text


@pytest.mark.parametrize("at", ["yesterday", "1969-01-01T00:00:00Z", "<script>"])
def test_an_instant_that_is_none_is_refused_beside_its_field(visitor: Client, at: str) -> None:
    response = post_form(visitor, CLOCK_PAGE, do="freeze", at=at)

    assert (response.status, clock(visitor)["now"]) == (422, NINE)
    assert 'class="refused" role="alert"' in response.text
    assert ("<script>" + "alert" in response.text, 'aria-invalid="true"' in response.text) == (False, True)


@pytest.mark.parametrize("by", ["", "soon", "-1m", "99999d99999d99999d99999d"])
def test_a_step_that_is_none_is_refused(visitor: Client, by: str) -> None:
    response = post_form(visitor, CLOCK_PAGE, do="step", by=by)

    assert (response.status, clock(visitor)["now"]) == (422, NINE)


def test_the_twin_says_what_ends_next(visitor: Client) -> None:
    send_with_key(visitor, "k1")

    (ends,) = visitor.get(f"{CONSOLE}/clock.json?sandbox=new").json["next"]

    assert (ends["kind"], ends["at"], ends["distance"]) == (
        "idempotency-key",
        "2026-01-05T09:06:00Z",
        "6 min",
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (61, "1 min 1 s"), (86_400, "1 day"), (180_005, "2 days 2 h"), (3_600, "1 h")],
)
def test_a_duration_is_said_in_its_two_largest_units(seconds: int, text: str) -> None:
    assert said_duration(timedelta(seconds=seconds)) == text
