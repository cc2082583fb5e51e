from __future__ import annotations

import httpx
import pytest

from mockserver.server.application import Application, Options, create_app
from tests.support.client import Client
from tests.support.console import CONSOLE, page, post_form, twin
from tests.support.server_process import serve_process

ROW = "112-unsupported-media-type"
VENDOR = "guidewire"


@pytest.fixture
def visitor(app: Application) -> Client:
    return Client(app, {"host": "testserver"})


def test_every_row_of_the_catalogue_is_listed(visitor: Client) -> None:
    text = page(visitor, "/cases")

    rows = visitor.get("/_mock/cases").json
    assert [row["id"] for row in rows if f">{row['id']}</a>" not in text] == []
    assert f"{len(rows)} of {len(rows)} rows" in text


@pytest.mark.parametrize(
    "query",
    ["vendor=guidewire", "section=drift", "source=report", "search=twice%20key", "vendor=vba&section=upsert"],
)
def test_rows_are_filtered_as_the_control_plane_does(visitor: Client, query: str) -> None:
    shown = twin(visitor, f"/cases.json?{query}")

    assert shown["cases"] == visitor.get(f"/_mock/cases?{query}").json
    assert 0 < len(shown["cases"]) < shown["total"]


def test_no_row_is_said_in_words(visitor: Client) -> None:
    assert "No row has all of that" in page(visitor, "/cases?search=nothing-says-this")


def test_every_source_of_the_catalogue_has_a_meaning(visitor: Client) -> None:
    shown = twin(visitor, "/cases.json")

    assert {one for row in shown["cases"] for one in row["source"]} <= shown["labels"].keys()


def test_a_row_is_shown_with_its_requests_and_its_label(visitor: Client) -> None:
    text = page(visitor, f"/cases/{ROW}")

    assert "What the mock does" in text
    assert "when:" in text
    assert "documented: " in text or "assumed: " in text


def test_a_row_that_is_not_there_is_not_found(visitor: Client) -> None:
    assert visitor.get(f"{CONSOLE}/cases/999-nope").status == 404


def test_a_case_runs_by_one_click_in_a_new_sandbox(visitor: Client) -> None:
    moved = post_form(visitor, f"/cases/{ROW}/run", vendor=VENDOR)
    verdict = twin(visitor, moved.headers["location"].removeprefix(CONSOLE).replace("?", ".json?"))["run"]
    text = page(visitor, moved.headers["location"].removeprefix(CONSOLE))

    assert (moved.status, verdict["passed"], verdict["vendor"]) == (303, True, VENDOR)
    assert f"Passed: {ROW} for {VENDOR}" in text
    assert f"/_console/x/{verdict['calls'][0]}?sandbox={verdict['sandbox']}" in text
    assert page(visitor, f"/x/{verdict['calls'][0]}?sandbox={verdict['sandbox']}")


def test_each_run_has_a_sandbox_of_its_own(visitor: Client) -> None:
    runs = [post_form(visitor, f"/cases/{ROW}/run", vendor=VENDOR).headers["location"] for _ in range(2)]

    found = [
        twin(visitor, one.removeprefix(CONSOLE).replace("?", ".json?"))["run"]["sandbox"] for one in runs
    ]

    assert found[0] != found[1]


def test_a_run_that_fails_says_what_differs() -> None:
    visitor = Client(create_app(Options(scenarios=False)), {"host": "testserver"})

    moved = post_form(visitor, "/cases/101/run", vendor=VENDOR)
    text = page(visitor, moved.headers["location"].removeprefix(CONSOLE))

    assert ("Failed: 101-" in text, "expected status 429" in text) == (True, True)


def test_a_run_for_a_vendor_without_a_case_is_refused_beside_the_form(visitor: Client) -> None:
    before = visitor.get("/_mock/sandboxes").json

    shown = post_form(visitor, f"/cases/{ROW}/run", vendor="<b>")

    assert (shown.status, "has no case for &lt;b&gt;" in shown.text) == (422, True)
    assert len(visitor.get("/_mock/sandboxes").json) == len(before)


def test_a_verdict_that_is_no_longer_kept_is_said_on_the_page(visitor: Client) -> None:
    text = page(visitor, f"/cases/{ROW}?run=2147483647")

    assert "no verdict of a run 2147483647 is kept" in text


def test_a_verdict_of_another_row_is_not_shown(visitor: Client) -> None:
    moved = post_form(visitor, f"/cases/{ROW}/run", vendor=VENDOR)
    number = moved.headers["location"].rpartition("run=")[2]

    assert twin(visitor, f"/cases/101-retry-after-seconds.json?run={number}")["run"] is None


@pytest.mark.parametrize(("form", "said"), [("curl", "curl "), ("pytest", "def test_")])
def test_a_case_is_shown_in_a_form_to_copy_and_to_keep(visitor: Client, form: str, said: str) -> None:
    query = f"vendor={VENDOR}&format={form}"

    shown = twin(visitor, f"/cases/{ROW}/export.json?{query}")
    kept = visitor.get(f"{CONSOLE}/cases/{ROW}/file?{query}")

    assert said in shown["text"]
    assert kept.text == shown["text"]
    assert kept.headers["content-disposition"].startswith('attachment; filename="')
    assert "data-copy" in page(visitor, f"/cases/{ROW}/export?{query}")


def test_a_case_that_loses_its_answer_runs_over_a_socket() -> None:
    with serve_process("--vendor", VENDOR) as url, httpx.Client(base_url=url) as browser:
        moved = browser.post(f"{CONSOLE}/cases/148-reset/run", data={"vendor": VENDOR})
        text = browser.get(moved.headers["location"]).text

    assert "Passed: 148-reset" in text
