from __future__ import annotations

import asyncio

import pytest

from mockserver.control.cases.catalogue import rows
from mockserver.control.cases.language import CaseDefaults, read_case
from mockserver.control.http_client import HttpRequest, HttpResponse
from mockserver.server.application import Application, Options, create_app
from mockserver.server.in_process import InProcessClient
from tests.support.client import Client

ROW = "112-unsupported-media-type"


def test_the_rows_are_listed_with_the_vendors_that_have_a_case(client: Client) -> None:
    listed = client.get("/_mock/cases").json

    assert [row["row"] for row in listed] == list(range(1, len(listed) + 1))
    assert listed[111]["id"] == ROW
    assert "vba" in listed[111]["vendors"]
    assert "vba" not in listed[6]["vendors"]


def test_the_rows_of_one_vendor_one_section_or_one_source_are_listed(client: Client) -> None:
    def numbers(query: str) -> list[int]:
        return [row["row"] for row in client.get(f"/_mock/cases?{query}").json]

    assert numbers("section=drift") == [144, 145, 146, 147]
    assert numbers("source=report") == [56, 62, 77, 127]
    assert numbers("vendor=guidewire&section=envelope") == [3, 5, 7, 8, 11, 12]


@pytest.mark.parametrize(("query", "status"), [("vendor=acme", 422), ("section=x", 400), ("source=x", 400)])
def test_what_no_row_has_is_not_asked_for(client: Client, query: str, status: int) -> None:
    assert client.get(f"/_mock/cases?{query}").status == status


@pytest.mark.parametrize("case", ["148-reset", "148", "reset"])
def test_a_row_is_shown_by_id_number_or_name(client: Client, case: str) -> None:
    shown = client.get(f"/_mock/cases/{case}").json

    assert (shown["id"], shown["trigger"]) == ("148-reset", rows()[148].trigger)
    assert {one["vendor"] for one in shown["cases"]} == set(shown["vendors"])


def test_a_case_is_shown_as_a_file_that_can_be_read(client: Client) -> None:
    for shown in client.get(f"/_mock/cases/{ROW}").json["cases"]:
        case = read_case(shown["document"], "shown", shown["vendor"], CaseDefaults())

        assert case.names["call"]
        assert case.when


def test_a_row_that_is_not_there_is_told_with_the_nearest(client: Client) -> None:
    shown = client.get("/_mock/cases/148-rest")

    assert (shown.status, shown.json["code"]) == (404, "unknown-case")
    assert "148-reset" in shown.json["detail"]


def test_a_case_runs_and_leaves_the_sandbox_as_it_was(client: Client, sandbox: str) -> None:
    client.patch(f"/_mock/sandboxes/{sandbox}/assumptions", json={"xero.history": "off"})
    client.post(f"/_mock/sandboxes/{sandbox}/clock/advance", json={"seconds": 60})
    before = client.get(f"/_mock/sandboxes/{sandbox}/dump").body

    ran = client.post(f"/_mock/sandboxes/{sandbox}/cases/101/run", json={"vendor": "guidewire"})

    assert ran.status == 200
    verdict = ran.json
    assert (verdict["id"], verdict["vendor"]) == ("101-retry-after-seconds", "guidewire")
    assert (verdict["passed"], verdict["says"]) == (True, [])
    assert client.get(f"/_mock/sandboxes/{sandbox}/dump").body == before


def test_the_calls_of_a_case_stay_in_the_journal(client: Client, sandbox: str) -> None:
    ran = client.post(f"/_mock/sandboxes/{sandbox}/cases/{ROW}/run", json={"vendor": "guidewire"}).json

    listed = client.get(f"/_mock/sandboxes/{sandbox}/journal").json
    assert [entry["number"] for entry in listed] == ran["calls"]
    assert listed[0]["status"] == 415


def test_a_case_of_one_vendor_alone_needs_no_name(client: Client, sandbox: str) -> None:
    ran = client.post(f"/_mock/sandboxes/{sandbox}/cases/91/run").json

    assert (ran["vendor"], ran["passed"]) == ("guidewire", True)


@pytest.mark.parametrize("body", [{}, {"vendor": "acme"}])
def test_a_case_that_is_for_several_vendors_wants_one_of_them(
    client: Client, sandbox: str, body: dict[str, str]
) -> None:
    ran = client.post(f"/_mock/sandboxes/{sandbox}/cases/{ROW}/run", json=body)

    assert ran.status == 422
    assert "guidewire" in ran.json["errors"][0]["try"]


def test_a_case_in_a_sandbox_that_is_not_there_makes_none(client: Client) -> None:
    ran = client.post("/_mock/sandboxes/nowhere/cases/91/run")

    assert (ran.status, ran.json["code"]) == (404, "unknown-sandbox")
    assert client.get("/_mock/sandboxes/nowhere").status == 404


def test_a_case_that_is_not_as_expected_says_where() -> None:
    client = Client(create_app(Options(scenarios=False)), {"host": "testserver"})

    ran = client.post("/_mock/sandboxes/default/cases/101/run", json={"vendor": "guidewire"}).json

    assert not ran["passed"]
    assert "row 101: when, step 1" in ran["says"][0]
    assert "expected status 429" in ran["says"]


def test_a_case_runs_where_the_control_plane_asks_for_a_token() -> None:
    headers = {"host": "testserver", "authorization": "Bearer t"}
    client = Client(create_app(Options(control_token="t")), headers)

    ran = client.post("/_mock/sandboxes/default/cases/101/run", json={"vendor": "guidewire"}).json

    assert (ran["passed"], ran["says"]) == (True, [])


def test_one_case_at_a_time_runs_in_a_sandbox(app: Application, sandbox: str) -> None:
    async def both() -> list[HttpResponse]:
        run = HttpRequest(
            "POST",
            f"/_mock/sandboxes/{sandbox}/cases/87/run",
            (("content-type", "application/json"),),
            b'{"vendor": "xero"}',
        )
        received = await asyncio.gather(InProcessClient(app).send(run), InProcessClient(app).send(run))
        return [one for one in received if isinstance(one, HttpResponse)]

    ran, refused = sorted(asyncio.run(both()), key=lambda response: response.status)

    assert (ran.status, refused.status) == (200, 409)
    assert refused.json["code"] == "case-running"


def test_rows_are_found_by_words_in_any_order_and_case(client: Client) -> None:
    found = client.get("/_mock/cases?search=RESET%20connection").json

    assert "148-reset" in [row["id"] for row in found]
    assert client.get("/_mock/cases?search=nothing-says-this").json == []


def test_the_verdict_of_a_run_is_kept(client: Client, sandbox: str) -> None:
    ran = client.post(f"/_mock/sandboxes/{sandbox}/cases/91/run").json

    assert ran["sandbox"] == sandbox
    assert client.get(f"/_mock/case-runs/{ran['run']}").json == ran


def test_a_run_that_never_was_is_not_found(client: Client) -> None:
    shown = client.get("/_mock/case-runs/2147483647")

    assert (shown.status, shown.json["code"]) == (404, "unknown-run")


@pytest.mark.parametrize(
    ("form", "media_type", "said"),
    [("curl", "text/x-shellscript", "curl "), ("pytest", "text/x-python", "def test_")],
)
def test_a_case_is_exported_from_a_sandbox_of_its_own(
    client: Client, form: str, media_type: str, said: str
) -> None:
    before = client.get("/_mock/sandboxes").json

    exported = client.get(f"/_mock/cases/{ROW}/export?vendor=guidewire&format={form}")

    assert (exported.status, exported.media_type) == (200, media_type)
    assert said in exported.text
    assert len(client.get("/_mock/sandboxes").json) == len(before)


def test_a_case_that_fails_here_is_not_exported() -> None:
    client = Client(create_app(Options(scenarios=False)), {"host": "testserver"})

    refused = client.get("/_mock/cases/101/export?vendor=guidewire&format=curl")

    assert (refused.status, refused.json["code"]) == (409, "not-exportable")
    assert "expected status 429" in refused.json["detail"]


def test_a_case_is_not_exported_for_a_vendor_that_has_none(client: Client) -> None:
    assert client.get(f"/_mock/cases/{ROW}/export?vendor=acme&format=curl").status == 422
