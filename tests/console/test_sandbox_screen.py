from __future__ import annotations

import re
from typing import Any

import pytest

from mockserver.control.sandboxes import SandboxOperations
from mockserver.sandbox.memory_store import MemoryState
from tests.control.operators import NEW, SANDBOXES, create, listed, order, orders
from tests.support.client import Client
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


def test_the_first_snapshot_has_none_before_it(browser: Client) -> None:
    create(browser)
    take(browser)

    assert "to=s1" not in page(browser, HERE)
