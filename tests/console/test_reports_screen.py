from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import pytest

from mockserver.engine.registry import vendor_packages
from mockserver.server.application import Application, Options, create_app
from tests.support import sample_vendor
from tests.support.client import Client, Response
from tests.support.console import CONSOLE, page, post_form, twin

HOSTILE = "<script>alert(1)</script>"
SUMMARY = {
    "version": 1,
    "passed": 1,
    "failed": 1,
    "known": 0,
    "vendors": [
        {
            "name": HOSTILE,
            "operations": [
                {
                    "operation": "put",
                    "label": HOSTILE,
                    "checks": [
                        {"check": "a", "verdict": "ok"},
                        {
                            "check": HOSTILE,
                            "verdict": "FAIL",
                            "finding": {"name": "n", "said": HOSTILE, "again": HOSTILE},
                        },
                        {"check": "odd", "verdict": HOSTILE},
                    ],
                }
            ],
        }
    ],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "report"
    found.mkdir()
    return found


@pytest.fixture
def visitor(tmp_path: Path, folder: Path) -> Client:
    return sample_vendor.create_client(tmp_path, reports=folder)


def test_reports_are_listed_with_their_verdicts_in_words(visitor: Client, folder: Path) -> None:
    (folder / "report.json").write_text(json.dumps(SUMMARY))
    (folder / "calls.har").write_text("{}")

    text = page(visitor, "/reports")

    assert ("1 failed</strong>" in text, "1 passed" in text, "not told" in text) == (True, True, True)


RUN = {"command": "drill", "vendor": "payt", "result": "91 cases · 3 silent", "line": "mockserver drill payt"}


def test_a_run_is_listed_once_by_its_page(visitor: Client, folder: Path) -> None:
    (folder / "drill").mkdir()
    (folder / "drill" / "report.json").write_text(json.dumps({"run": RUN}))
    (folder / "drill" / "index.html").write_text(as_page(RUN))

    assert [one["path"] for one in twin(visitor, "/reports.json")["runs"]] == ["drill/index.html"]


def test_two_runs_of_a_folder_are_two(visitor: Client, folder: Path) -> None:
    (folder / "a.html").write_text(as_page(RUN))
    (folder / "b.html").write_text(as_page({**RUN, "vendor": "xero"}))

    assert len(twin(visitor, "/reports.json")["runs"]) == 2


@pytest.mark.parametrize("address", ["/reports", "/reports/view?path=index.html"])
def test_a_run_has_its_vendor_command_and_result_for_a_name(
    visitor: Client, folder: Path, address: str
) -> None:
    (folder / "index.html").write_text(as_page(RUN))

    text = page(visitor, address)

    assert ("payt drill" in text, "91 cases · 3 silent" in text) == (True, True)


def test_a_skipped_case_of_junit_is_not_called_known(visitor: Client, folder: Path) -> None:
    (folder / "junit.xml").write_text('<testsuite tests="3" failures="1" skipped="1"/>')

    assert "1 failed</strong></span>, 1 passed, 1 skipped" in page(visitor, "/reports")


def test_the_badge_of_a_drill_is_listed(visitor: Client, folder: Path) -> None:
    (folder / "badge.svg").write_text("<svg/>")

    assert [one["kind"] for one in twin(visitor, "/reports.json")["reports"]] == ["badge"]


def test_the_command_of_a_run_can_be_copied(visitor: Client, folder: Path) -> None:
    (folder / "index.html").write_text(as_page(RUN))

    assert 'data-copy="line-1"' in page(visitor, "/reports")


def test_the_page_says_how_to_start_a_drill(visitor: Client) -> None:
    assert "mockserver drill VENDOR --env API_URL={url}" in page(visitor, "/reports")


def as_page(run: object) -> str:
    return f'<meta name="mockserver-run" content="{escape(json.dumps(run))}">'


def test_an_empty_folder_says_how_to_fill_it(visitor: Client) -> None:
    assert "mockserver contract --report" in page(visitor, "/reports")


def test_a_server_without_a_folder_says_how_to_have_one(tmp_path: Path) -> None:
    assert "mockserver run --reports DIR" in page(sample_vendor.create_client(tmp_path), "/reports")


def test_a_page_is_shown_in_a_frame_that_runs_nothing(visitor: Client, folder: Path) -> None:
    (folder / "index.html").write_text(HOSTILE)

    text = page(visitor, "/reports/view?path=index.html")

    frame = "/_console/reports/page?sandbox=default&amp;path=index.html#framed"
    assert f'<iframe class="foreign" sandbox src="{frame}"' in text
    assert HOSTILE not in text


def test_a_page_of_others_may_run_and_load_nothing(visitor: Client, folder: Path) -> None:
    (folder / "index.html").write_text(HOSTILE)

    response = visitor.get(f"{CONSOLE}/reports/page?path=index.html")

    policy = {part.strip() for part in response.headers["content-security-policy"].split(";")}
    assert (response.status, response.media_type, response.text) == (200, "text/html", HOSTILE)
    assert {"default-src 'none'", "style-src 'unsafe-inline'", "sandbox", "frame-ancestors 'self'"} <= policy
    assert not any(part.startswith("script-src") for part in policy)
    assert response.headers["x-content-type-options"] == "nosniff"


def test_only_a_page_is_served_as_a_page(visitor: Client, folder: Path) -> None:
    (folder / "report.json").write_text(HOSTILE)

    assert visitor.get(f"{CONSOLE}/reports/page?path=report.json").status == 404


@pytest.mark.parametrize("content", ['{"calls": 3}', "{broken", "[" * 3000, '{"vendors": []}'])
def test_json_is_shown_as_text(visitor: Client, folder: Path, content: str) -> None:
    (folder / "other.json").write_text(content)

    assert twin(visitor, "/reports/view.json?path=other.json")["text"] == content


def test_a_file_of_another_kind_is_shown_as_text(visitor: Client, folder: Path) -> None:
    (folder / "run.log").write_bytes(b"<b>\xff" + HOSTILE.encode())

    text = page(visitor, "/reports/view?path=run.log")

    assert ("&lt;b&gt;\ufffd" in text, HOSTILE in text) == (True, False)


def test_a_long_file_is_cut(visitor: Client, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockserver.console.reports_screen.MAX_SHOWN", 5)
    (folder / "run.log").write_text("123456")

    shown = twin(visitor, "/reports/view.json?path=run.log")

    assert (shown["text"], shown["is_cut"]) == ("12345", True)


def test_a_report_is_kept_as_a_file(visitor: Client, folder: Path) -> None:
    (folder / 'a"b\u00e9.html').write_text(HOSTILE)

    response = visitor.get(f"{CONSOLE}/reports/file?path=a%22b%C3%A9.html")

    assert (response.status, response.media_type) == (200, "application/octet-stream")
    assert response.headers["content-disposition"] == 'attachment; filename="a_b_.html"'


@pytest.mark.parametrize("screen", ["view", "page", "file", "view.json"])
@pytest.mark.parametrize("path", ["", "none.html", "../acme.yaml", "%2Fetc%2Fpasswd"])
def test_what_is_not_listed_is_not_shown(visitor: Client, screen: str, path: str) -> None:
    assert visitor.get(f"{CONSOLE}/reports/{screen}?path={path}").status == 404


def test_a_name_that_is_hostile_stays_text(visitor: Client, folder: Path) -> None:
    (folder / "<img src=x onerror=alert(1)>.txt").write_text("x")

    text = page(visitor, "/reports") + page(
        visitor, "/reports/view?path=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E.txt"
    )

    assert "<img src=x" not in text


VENDOR = vendor_packages()[0]


def start_run(visitor: Client, vendor: str = VENDOR) -> Response:
    return post_form(visitor, "/reports/run", vendor=vendor)


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """A server whose run of the suite waits for its end."""
    folder = tmp_path_factory.mktemp("report")
    app = create_app(Options(vendors=(VENDOR,), reports=folder))
    contract = app.lasting.contract
    contract._command = (sys.executable, "-c", "import threading; threading.Event().wait(60)")  # noqa: SLF001 - no suite is run
    yield app
    contract.close()


def test_the_suite_is_run_for_a_vendor_that_is_served_and_one_at_a_time(waiting: Application) -> None:
    visitor = Client(waiting, {"host": "127.0.0.1"})

    moved, second = start_run(visitor), start_run(visitor)

    assert (moved.status, moved.headers["location"]) == (303, "/_console/reports?sandbox=default")
    assert (second.status, "a run goes on" in second.text) == (409, True)
    assert twin(visitor, "/reports.json")["run"]["vendor"] == VENDOR
    assert 'hx-trigger="every 1s"' in page(visitor, "/reports")


def test_an_unknown_vendor_is_refused(waiting: Application) -> None:
    shown = start_run(Client(waiting, {"host": "127.0.0.1"}), "../../etc; rm -rf <b>")

    assert (shown.status, "the suite has no such vendor" in shown.text) == (409, True)


def test_a_page_of_another_origin_starts_no_run(tmp_path: Path) -> None:
    guarded = create_app(Options(vendors=(VENDOR,), reports=tmp_path, hosts=()))
    visitor = Client(guarded, {"host": "127.0.0.1:8080", "origin": "http://evil.example"})

    assert (start_run(visitor).status, guarded.lasting.contract.document()) == (403, None)


def test_a_page_that_was_opened_from_another_machine_has_no_button(
    waiting: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mockserver.console.reports_screen.is_loopback", lambda _host: False)
    visitor = Client(waiting, {"host": "127.0.0.1"})

    assert "this page at http://127.0.0.1" in twin(visitor, "/reports.json")["obstacle"]
    assert "<button>Run</button>" not in page(visitor, "/reports")
    assert start_run(visitor).status == 409


@pytest.mark.parametrize("options", [{"reports": None}, {"control_token": "secret"}])
def test_a_server_that_cannot_be_tested_has_no_button(tmp_path: Path, options: dict[str, Any]) -> None:
    app = sample_vendor.create_application(tmp_path, **{"reports": tmp_path, **options})
    visitor = Client(app, {"host": "127.0.0.1", "authorization": "Bearer secret"})

    assert "without --tls, --store and control token" in twin(visitor, "/reports.json")["obstacle"]
    assert start_run(visitor).status == 409


def test_without_the_packages_of_the_suite_there_is_no_button(
    visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mockserver.console.reports_screen.find_spec", lambda _name: None)

    assert "the extra contract is not installed" in page(visitor, "/reports")


def test_a_folder_that_cannot_be_written_is_refused_beside_the_form(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    app = create_app(Options(vendors=(VENDOR,), reports=tmp_path / "file"))

    shown = start_run(Client(app, {"host": "127.0.0.1"}))

    assert (shown.status, "the run cannot be started: Not a directory" in shown.text) == (409, True)


def test_a_server_without_vendors_of_the_suite_has_no_button(visitor: Client) -> None:
    assert "<button>Run</button>" not in page(visitor, "/reports")
    assert "the suite has no such vendor" in start_run(visitor, "acme").text
