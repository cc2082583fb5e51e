from __future__ import annotations

import html
import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from mockserver.codec import yaml
from mockserver.console.api_pages import operation_groups
from mockserver.console.application import PagesApp, flask_app
from mockserver.console.assets import Assets
from mockserver.console.pages import Shared
from mockserver.console.screen import ConsoleControl
from mockserver.console.site import Site
from mockserver.contract.examples import ProfileExamples
from mockserver.engine.nearest import OperationDirectory
from mockserver.engine.registry import LoadedVendor
from mockserver.server.application import Application, Options, create_app
from mockserver.server.in_process import InProcessClient
from mockserver.spec.folder import specs_folder
from tests.support import sample_vendor
from tests.support.client import Client

ALL = ("swagger-ui.css", "swagger-ui-bundle.js")


def site(application: Application, assets: Assets) -> PagesApp:
    inside, live = InProcessClient(application), application.lasting.live
    control = ConsoleControl(inside)
    shared = Shared(control, inside, application.lasting.contract, (), OperationDirectory())
    return PagesApp(flask_app(shared, Site.of(application.served, control, assets), live.server), live)


def with_assets(folder: Path, *names: str) -> Assets:
    folder.mkdir(exist_ok=True)
    row = {"package": "x", "version": "1", "licence": "MIT", "sha256": sha256(b"").hexdigest()}
    for name in names:
        (folder / name).write_bytes(b"")
    (folder / "assets.json").write_text(json.dumps([{"name": name, **row} for name in names]))
    return Assets.find(folder)


@pytest.fixture
def document() -> dict[str, Any]:
    return sample_vendor.document()


@pytest.fixture
def application(tmp_path: Path) -> Application:
    sample_vendor.write_spec(tmp_path)
    options = Options(specs=(tmp_path,), vendors=(sample_vendor.NAME,), examples=ProfileExamples)
    return create_app(options)


@pytest.fixture
def plain(application: Application, tmp_path: Path) -> Client:
    """A reader of pages that go without assets."""
    return Client(site(application, Assets.find(tmp_path / "none")), {"host": "testserver"})


@pytest.fixture
def swagger(application: Application, tmp_path: Path) -> Client:
    """A reader of pages with Swagger UI."""
    return Client(site(application, with_assets(tmp_path / "assets", *ALL)), {"host": "testserver"})


def test_without_assets_or_if_asked_for_the_page_is_a_plain_list(plain: Client, swagger: Client) -> None:
    for text in (plain.get("/acme/ui/").text, swagger.get("/acme/ui/?plain=1").text):
        assert ('id="swagger"' in text, 'id="op-putOrders"' in text) == (False, True)


@pytest.mark.parametrize("name", ALL)
def test_half_of_swagger_ui_is_none(application: Application, tmp_path: Path, name: str) -> None:
    reader = Client(site(application, with_assets(tmp_path / "half", name)), {"host": "testserver"})

    assert 'id="swagger"' not in reader.get("/acme/ui/").text


def test_with_assets_the_page_has_swagger_ui(swagger: Client) -> None:
    text = swagger.get("/acme/ui/").text

    assert 'data-spec="/acme/openapi.json?sandbox=default"' in text
    assert "/_console/assets/swagger-ui-bundle.js?" in text
    assert 'href="?sandbox=default&amp;plain=1"' in text
    assert "&#34;authorization&#34;: &#34;Bearer " in text


def test_only_the_page_of_swagger_ui_allows_inline_styles(swagger: Client) -> None:
    allowed = [
        "unsafe-inline" in swagger.get(path).headers["content-security-policy"]
        for path in ("/acme/ui/", "/acme/ui/?plain=1", "/", "/_console/api/")
    ]

    assert allowed == [True, False, False, True]
    assert "script-src" not in swagger.get("/acme/ui/").headers["content-security-policy"]


def test_the_server_of_a_contract_is_the_sandbox_of_ones_choice(plain: Client) -> None:
    urls = [
        plain.get(f"/acme/openapi.json?sandbox={name}").json["servers"][0]["url"]
        for name in ("default", "one")
    ]

    assert urls == ["/acme", "/sandboxes/one/acme"]


@pytest.mark.parametrize("path", ["/acme/ui/?plain=1&sandbox=one", "/acme/ui/?sandbox=one"])
def test_a_page_of_a_sandbox_is_about_it_and_leads_to_it(plain: Client, path: str) -> None:
    text = plain.get(path).text

    assert "http://testserver/sandboxes/one/acme</code>" in text
    assert 'value="one"' in text
    assert "/_console/state/acme?sandbox=one" in text
    assert '<a href="/_console/overview?sandbox=one"' in text


def test_a_page_below_a_sandbox_is_about_that_sandbox(tmp_path: Path) -> None:
    text = sample_vendor.create_client(tmp_path).get("/sandboxes/two/acme/ui/").text

    assert "http://testserver/sandboxes/two/acme</code>" in text


def test_a_sandbox_that_cannot_be_is_said(plain: Client) -> None:
    text = plain.get("/acme/ui/?sandbox=No%20<b>").text

    assert "A sandbox name is 1 to 64" in text
    assert "http://testserver/acme</code>" in text
    assert "<b>" not in text


def test_operations_without_tags_are_one_group(document: dict[str, Any]) -> None:
    (group,) = operation_groups(document)

    assert [one["node"]["operationId"] for one in group.operations] == [
        "listOrders",
        "putOrders",
        "showOrder",
    ]


def test_groups_have_the_order_of_the_tags(document: dict[str, Any]) -> None:
    names = [{"name": "reading", "description": "To look"}, {"name": "nothing"}, {"name": "writing"}]
    document["tags"] = names
    document["paths"]["/orders"]["put"]["tags"] = ["writing"]
    document["paths"]["/orders"]["get"]["tags"] = ["reading"]

    assert [(group.name, group.description) for group in operation_groups(document)] == [
        ("reading", "To look"),
        ("writing", ""),
        ("Operations", ""),
    ]


def test_a_batch_says_how_its_items_are_judged(document: dict[str, Any]) -> None:
    document["paths"]["/orders"]["put"]["x-batch"]["atomicity"] = "all-or-nothing"
    (group,) = operation_groups(document)

    assert [operation["batch"] for operation in group.operations] == ["", "all or nothing", ""]


def texts_of(vendor: LoadedVendor) -> Iterator[str]:
    """What the page of a vendor must have: operations, assumptions with their values, fixtures."""
    yield from (f'id="op-{operation}"' for operation in vendor.spec.operations)
    for one in vendor.all_assumptions:
        yield f"{vendor.name}.{one.name}<"
        yield from (f"<code>{value}</code>" for value in (one.default, *one.alternatives))
    for collections in vendor.fixtures.values():
        for collection, documents in collections.items():
            yield f"{collection}</a> <small>{len(documents)}</small></dt>"


def test_the_page_lists_everything_of_a_vendor(app: Application) -> None:
    client = Client(app, {"host": "testserver"})
    pages = [(one, client.get(f"/{one.name}/ui/?plain=1").text) for one in app.served]

    assert [(one.name, said) for one, page in pages for said in texts_of(one) if said not in page] == []
    assert [one.name for one, page in pages if "`" in page] == []  # code is shown as code


def test_a_fixture_leads_to_its_record_in_the_sandbox(app: Application) -> None:
    client = Client(app, {"host": "testserver"})
    vendor = next(one for one in app.served if one.fixtures)
    page = client.get(f"/{vendor.name}/ui/?sandbox=default").text
    address = html.unescape(page.partition('class="keys"><a href="')[2].partition('"')[0])

    assert address.startswith(f"/_console/state/{vendor.name}/")
    assert client.get(address).status == 200


def test_the_contract_of_the_control_plane_is_served_as_its_file(plain: Client) -> None:
    content = (specs_folder() / "_control.yaml").read_bytes()

    assert plain.get("/_mock/openapi.yaml").body == content
    assert plain.get("/_mock/openapi.json").json == yaml.load(content.decode())


def test_the_control_plane_has_a_page(plain: Client) -> None:
    text = plain.get("/_console/api/").text

    assert ('id="op-list_vendors"' in text, "What is assumed" in text) == (True, False)
    assert "http://testserver/_mock</code>" in text


def test_the_address_of_a_vendor_s_page_leads_to_it_for_the_control_plane(plain: Client) -> None:
    assert plain.get("/_mock/ui/").headers["location"] == "/_console/api/"


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/_mock/openapi.yaml", "application/yaml"),
        ("/_mock/openapi.json", "application/json"),
        ("/_console/api/", "text/html"),
        ("/_console/static/site.css", "text/css"),
    ],
)
def test_the_contract_of_the_control_plane_and_styles_need_no_token(
    tmp_path: Path, path: str, media_type: str
) -> None:
    response = sample_vendor.create_client(tmp_path, control_token="secret").get(path)

    assert (response.status, response.media_type) == (200, media_type)


def test_without_a_console_no_page_leads_there(tmp_path: Path) -> None:
    reader = sample_vendor.create_client(tmp_path, console=False)

    texts = [reader.get(path).text for path in ("/", "/acme/ui/?plain=1")]

    assert ['href="/_console/' in text.replace("/_console/static/", "") for text in texts] == [False, False]


def test_the_icon_is_served_where_browsers_ask_for_it(plain: Client) -> None:
    assert plain.get("/favicon.ico").media_type == "image/svg+xml"
