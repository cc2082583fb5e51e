from __future__ import annotations

import json
from pathlib import Path

import pytest

from mockserver.server.application import Application, Options, create_app
from mockserver.spec.folder import specs_folder
from tests.support import sample_vendor
from tests.support.client import Client


@pytest.fixture
def reader(tmp_path: Path) -> Client:
    return sample_vendor.create_client(tmp_path).without("authorization")


def test_a_spec_is_served_byte_for_byte_as_the_file(reader: Client, tmp_path: Path) -> None:
    response = reader.get("/acme/openapi.yaml")

    assert (response.status, response.media_type) == (200, "application/yaml")
    assert response.body == (tmp_path / "acme.yaml").read_bytes()


def test_a_spec_with_other_line_ends_keeps_them(tmp_path: Path) -> None:
    file = sample_vendor.write_spec(tmp_path)
    content = file.read_bytes().replace(b"\n", b"\r\n")
    file.write_bytes(content)
    application = create_app(Options(specs=(tmp_path,), vendors=("acme",)))

    assert Client(application, {}).get("/acme/openapi.yaml").body == content


def test_every_spec_of_ours_is_served_as_its_file(app: Application) -> None:
    client = Client(app, {"host": "testserver"})
    names = [vendor.name for vendor in app.served]

    assert [client.get(f"/{name}/openapi.yaml").body for name in names] == [
        (specs_folder() / f"{name}.yaml").read_bytes() for name in names
    ]


def test_the_json_twin_says_the_same(reader: Client) -> None:
    response = reader.get("/acme/openapi.json")

    assert (response.media_type, json.loads(response.body)) == ("application/json", sample_vendor.document())


def test_the_ui_page_lists_every_operation(app: Application) -> None:
    client = Client(app, {"host": "testserver"})

    pages = {vendor.name: client.get(f"/{vendor.name}/ui/?plain=1").text for vendor in app.served}

    missing = [
        operation
        for vendor in app.served
        for operation in vendor.spec.operations
        if operation not in pages[vendor.name]
    ]
    assert missing == []


def test_the_ui_page_lists_every_assumption(app: Application) -> None:
    client = Client(app, {"host": "testserver"})

    pages = {vendor.name: client.get(f"/{vendor.name}/ui/").text for vendor in app.served}

    missing = [
        assumption.name
        for vendor in app.served
        for assumption in vendor.all_assumptions
        if f"{vendor.name}.{assumption.name}<" not in pages[vendor.name]
    ]
    assert missing == []


def test_a_page_is_html_under_a_policy(reader: Client) -> None:
    response = reader.get("/acme/ui/?plain=1")

    assert (response.status, response.media_type) == (200, "text/html")
    assert response.headers["content-security-policy"] == "default-src 'self'; frame-ancestors 'none'"
    assert response.headers["x-content-type-options"] == "nosniff"


def test_a_page_holds_nothing_that_its_policy_forbids(reader: Client) -> None:
    text = "".join(reader.get(path).text for path in ("/", "/acme/ui/?plain=1", "/_console/api/"))

    assert [word for word in ("<script>", "<style", " style=", " onclick=", "https://") if word in text] == []


def test_a_page_escapes_what_a_spec_says(tmp_path: Path) -> None:
    made = sample_vendor.changed_document("/info/title", "<b>Acme</b>")

    text = sample_vendor.create_client(tmp_path, made).get("/acme/ui/").text

    assert ("<b>Acme" in text, "&lt;b&gt;Acme" in text) == (False, True)


def test_a_page_without_its_slash_leads_to_the_one_with_it(reader: Client) -> None:
    response = reader.get("/acme/ui")

    assert (response.status, response.headers["location"]) == (307, "http://testserver/acme/ui/")


@pytest.mark.parametrize("path", ["/nope/ui/", "/nope/openapi.yaml", "/nope/openapi.json", "/_console/nope"])
def test_a_page_of_nobody_is_not_found(reader: Client, path: str) -> None:
    response = reader.get(path)

    assert (response.status, response.media_type) == (404, "application/problem+json")


def test_a_page_is_only_read(reader: Client) -> None:
    response = reader.post("/acme/ui/")

    assert (response.status, response.media_type) == (405, "application/problem+json")
    assert sorted(response.headers["allow"].split(", ")) == ["GET", "HEAD"]


def test_pages_are_not_in_the_journal(tmp_path: Path) -> None:
    application = sample_vendor.create_application(tmp_path)

    Client(application, {"host": "testserver"}).get("/acme/ui/")

    assert application.journal.entries("default") == []


def test_a_page_below_a_sandbox_stays_below_it(reader: Client) -> None:
    response = reader.get("/sandboxes/one/acme/ui")

    assert response.status == 307
    assert response.headers["location"].endswith("/sandboxes/one/acme/ui/")
    assert reader.get("/sandboxes/one/acme/ui/").status == 200
