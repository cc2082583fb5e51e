from __future__ import annotations

import json
import os
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from mockserver.control import reports
from tests.support import sample_vendor
from tests.support.client import Client, Response

JUNIT = '<testsuites><testsuite tests="5" failures="1" skipped="1" errors="0"/></testsuites>'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "report"
    found.mkdir()
    return found


@pytest.fixture
def operator(tmp_path: Path, folder: Path) -> Client:
    return sample_vendor.create_client(tmp_path, reports=folder)


def listed(operator: Client) -> list[Any]:
    found: list[Any] = operator.get("/_mock/reports").json["reports"]
    return found


def read(operator: Client, path: str) -> Response:
    return operator.get(f"/_mock/reports/file?path={quote(path, safe='')}")


def test_a_folder_that_is_not_there_has_no_reports(tmp_path: Path) -> None:
    operator = sample_vendor.create_client(tmp_path, reports=tmp_path / "nowhere")

    assert operator.get("/_mock/reports").json == {"folder": str(tmp_path / "nowhere"), "reports": []}


def test_a_server_without_a_folder_shows_no_reports(tmp_path: Path) -> None:
    operator = sample_vendor.create_client(tmp_path)

    assert operator.get("/_mock/reports").json == {"folder": None, "reports": []}
    assert read(operator, "junit.xml").status == 404


def test_reports_are_listed_newest_first_with_kind_time_and_size(operator: Client, folder: Path) -> None:
    for age, name in enumerate(("a.html", "sub/b.har", "c.sh")):
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("x" * age)
        os.utime(file, (1_000_000 + age, 1_000_000 + age))

    assert listed(operator) == [
        {
            "path": "c.sh",
            "kind": "script",
            "modified": "1970-01-12T13:46:42Z",
            "bytes": 2,
            "verdict": None,
            "run": None,
        },
        {
            "path": "sub/b.har",
            "kind": "har",
            "modified": "1970-01-12T13:46:41Z",
            "bytes": 1,
            "verdict": None,
            "run": None,
        },
        {
            "path": "a.html",
            "kind": "page",
            "modified": "1970-01-12T13:46:40Z",
            "bytes": 0,
            "verdict": None,
            "run": None,
        },
    ]


@pytest.mark.parametrize(
    ("name", "content", "verdict"),
    [
        ("report.json", '{"version": 1, "passed": 7, "failed": 2, "known": 1}', (7, 2, 1)),
        ("cases.json", '[{"name": "a", "passed": true}, {"name": "b", "passed": false}]', (1, 1, 0)),
        ("other.json", '{"passed": "many"}', None),
        ("broken.json", '{"passed": ', None),
        ("deep.json", "[" * 5000, None),
        ("junit.xml", JUNIT, (3, 1, 1)),
        ("one.xml", '<testsuite tests="2" failures="0" errors="1"/>', (1, 1, 0)),
        ("other.xml", "<html/>", None),
        ("bomb.xml", '<!DOCTYPE a [<!ENTITY b "c">]><testsuite tests="2">&b;</testsuite>', None),
        ("huge.xml", f'<testsuite tests="{"9" * 5000}"/>', (0, 0, 0)),
        ("index.html", "<!doctype html><title>2 failed, 31 passed · x</title>", (31, 2, 0)),
        ("other.html", "<title>Hello</title>", None),
    ],
)
def test_a_report_is_listed_with_what_it_says(
    operator: Client, folder: Path, name: str, content: str, verdict: tuple[int, int, int] | None
) -> None:
    (folder / name).write_text(content)

    found = listed(operator)[0]["verdict"]

    assert found == (verdict and dict(zip(("passed", "failed", "known"), verdict, strict=True)))


RUN = {"command": "drill", "vendor": "payt", "result": "3 silent", "line": "mockserver drill 'a \"b\"'"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("report.json", json.dumps({"run": RUN})),
        ("index.html", f'<meta name="mockserver-run" content="{escape(json.dumps(RUN))}">'),
    ],
)
def test_a_report_names_the_run_that_wrote_it(
    operator: Client, folder: Path, name: str, content: str
) -> None:
    (folder / name).write_text(content)

    assert listed(operator)[0]["run"] == RUN


@pytest.mark.parametrize("run", ["x", {**RUN, "line": 5}, {"vendor": "payt"}, {**RUN, "line": "x" * 1001}])
def test_a_run_that_is_told_otherwise_is_none(operator: Client, folder: Path, run: object) -> None:
    (folder / "report.json").write_text(json.dumps({"run": run}))

    assert listed(operator)[0]["run"] is None


def test_a_file_that_is_very_long_is_listed_unread(
    operator: Client, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mockserver.control.reports.MAX_READ_BYTES", 10)
    (folder / "junit.xml").write_text(JUNIT)

    assert listed(operator)[0]["verdict"] is None


def test_files_that_are_no_reports_are_neither_listed_nor_read(operator: Client, folder: Path) -> None:
    names = ("key.pem", ".hidden.json", ".git/config.json", "a/b/c/d/deep.json")
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("secret")

    assert listed(operator) == []
    assert [read(operator, name).status for name in names[:3]] == [404, 404, 404]


def test_a_report_is_read_byte_for_byte_and_not_run_by_a_browser(operator: Client, folder: Path) -> None:
    (folder / "index.html").write_bytes(b"<script>\xff</script>")

    response = read(operator, "index.html")

    assert (response.status, response.body) == (200, b"<script>\xff</script>")
    assert response.media_type == "application/octet-stream"
    assert response.headers["content-disposition"] == "attachment"
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "../acme.yaml",
        "sub/../../acme.yaml",
        "/etc/hosts.txt",
        "..\\acme.yaml",
        "a\x00.json",
        "sub",
        "none.json",
        ".",
    ],
)
def test_nothing_outside_the_folder_is_read(operator: Client, folder: Path, path: str) -> None:
    (folder / "sub").mkdir()

    response = read(operator, path)

    assert (response.status, response.json["code"]) == (404, "unknown-report")


def test_an_absolute_path_is_not_read(operator: Client, tmp_path: Path) -> None:
    assert read(operator, str(tmp_path / "acme.yaml")).status == 404


def test_a_link_out_of_the_folder_is_not_followed(operator: Client, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text("{}")
    (folder / "link.json").symlink_to(tmp_path / "secret.json")
    (folder / "out").symlink_to(tmp_path)

    assert listed(operator) == []
    assert read(operator, "link.json").status == 404
    assert read(operator, "out/secret.json").status == 404


def test_a_link_to_another_report_is_that_report(operator: Client, folder: Path) -> None:
    (folder / "run-1.json").write_text("{}")
    (folder / "latest.json").symlink_to("run-1.json")

    assert {one["path"] for one in listed(operator)} == {"run-1.json", "latest.json"}
    assert read(operator, "latest.json").body == b"{}"


def test_a_link_to_itself_is_no_report(operator: Client, folder: Path) -> None:
    (folder / "loop.json").symlink_to("loop.json")

    assert (listed(operator), read(operator, "loop.json").status) == ([], 404)


def test_a_report_that_is_too_large_is_refused(
    operator: Client, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "MAX_FILE_BYTES", 1)
    (folder / "report.json").write_text(json.dumps({}))

    assert read(operator, "report.json").json["code"] == "report-too-large"
