from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.server.access import host_name
from mockserver.server.application import Options, create_app
from tests.support import sample_vendor
from tests.support.client import Client, Response

SANDBOXES = "/_mock/sandboxes"
HOST = "127.0.0.1:8080"
OURS = f"http://{HOST}"
PAGES = ("/_mock/vendors", "/_mock/nope", "/", "/_console/", "/acme/ui/", "/acme/openapi.yaml", "/nope")


@pytest.fixture
def guarded() -> Iterator[Client]:
    """A client of a server that listens on loopback and accepts one more Host."""
    with sample_vendor.shared_client(hosts=("127.0.0.1", "mock.test")) as client:
        yield client.within(host=HOST)


@pytest.fixture
def secured() -> Iterator[Client]:
    """A client without a token, of a server that requires one."""
    with sample_vendor.shared_client(control_token="sesame-1") as client:
        yield client.without("authorization")


def write(client: Client, **headers: str) -> Response:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return client.post(SANDBOXES, json={"name": "new"}, headers=named)


def names(client: Client) -> list[str]:
    return [one["name"] for one in client.get(SANDBOXES).json]


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:8080",
        "127.0.0.1",
        "127.9.9.9",
        "localhost:8080",
        "LocalHost.",
        "acme.localhost:8080",
        "[::1]:8080",
        "[::1]",
        "mock.test",
        "Mock.Test:9",
    ],
)
def test_the_control_plane_answers_to_loopback_and_to_names_that_are_let_in(
    guarded: Client, host: str
) -> None:
    assert guarded.get("/_mock/vendors", headers={"host": host}).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8080",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "notlocalhost",
        "mock.test.evil.example",
        "192.0.2.1",
        "[2001:db8::1]:8080",
        "127.0.0.1, evil.example",
        "",
        "[",
        ":8080",
        "[::1]evil.example",
        "[::1]evil.example:8080",
        "[localhost]",
        "localhost:8080.evil.example",
        "user@localhost",
    ],
)
def test_control_plane_and_pages_refuse_a_foreign_host(guarded: Client, host: str) -> None:
    response = [guarded.get(path, headers={"host": host}) for path in PAGES]

    assert {(one.status, one.media_type, one.json["code"]) for one in response} == {
        (403, "application/problem+json", "foreign-host")
    }


EVIL = "evil.example"


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/_mock/vendors", {"host": None}, 403),
        ("GET", "/_mock/vendors", {"sec-fetch-site": "cross-site"}, 200),
        ("GET", "/_mock/health", {"host": None}, 200),
        ("GET", "/_mock/health", {"host": "10.1.2.3:8080"}, 200),
        ("GET", "/_mock/health", {"host": "mockserver:8080"}, 200),
        ("GET", "/_mock/health", {"host": EVIL}, 200),
        ("POST", "/_mock/health", {"host": EVIL}, 403),
        ("GET", "/_mock/health/", {"host": EVIL}, 403),
        ("GET", "/_mock//health", {"host": EVIL}, 403),
        ("GET", "/_mock/health/x", {"host": EVIL}, 403),
        ("GET", "/acme/orders", {"host": "api.vendor.example"}, 200),
    ],
)
def test_health_and_vendors_answer_to_any_host_and_nothing_else_does(
    guarded: Client, method: str, path: str, headers: dict[str, str | None], status: int
) -> None:
    caller = guarded.without(*(name for name, text in headers.items() if text is None))
    given = {name: text for name, text in headers.items() if text is not None}

    assert caller.request(method, path, headers=given).status == status


def test_a_host_that_is_refused_is_told_how_to_let_it_in(guarded: Client) -> None:
    result = guarded.get("/_mock/vendors", headers={"host": "evil.example"}).json["detail"]

    assert result == "expected a Host of this server, found evil.example; allow it with --allow-host"


def test_an_application_that_listens_nowhere_answers_to_any_host(tmp_path: Path) -> None:
    assert (
        sample_vendor.create_client(tmp_path).get("/_mock/vendors", headers={"host": "anything"}).status
        == 200
    )


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": OURS},
        {"origin": OURS, "sec_fetch_site": "same-origin"},
        {"sec_fetch_site": "none"},
    ],
    ids=["no-browser", "origin", "own-page", "typed"],
)
def test_a_write_of_ours_is_let_in(guarded: Client, headers: Mapping[str, str]) -> None:
    assert write(guarded, **headers).status == 201


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "http://127.0.0.1:3000"},
        {"origin": "http://127.0.0.1"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"origin": OURS, "sec_fetch_site": "cross-site"},
    ],
)
def test_a_write_from_a_page_of_another_origin_is_refused(
    guarded: Client, headers: Mapping[str, str]
) -> None:
    response = write(guarded, **headers)

    assert (response.status, response.json["code"], names(guarded)) == (403, "cross-site", ["default"])


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_every_method_that_writes_is_refused_to_other_pages(guarded: Client, method: str) -> None:
    refused = guarded.request(method, f"{SANDBOXES}/default", headers={"sec-fetch-site": "cross-site"})

    assert (refused.status, refused.json["code"]) == (403, "cross-site")


@pytest.mark.parametrize("media_type", ["text/plain", "", "application/x-www-form-urlencoded", None])
def test_a_simple_request_of_another_page_makes_no_sandbox(guarded: Client, media_type: str | None) -> None:
    simple = {"origin": "http://evil.example", "sec-fetch-site": "cross-site"}
    typed = {} if media_type is None else {"content-type": media_type}

    guarded.post(SANDBOXES, content=b'{"name": "new"}', headers={**simple, **typed})
    guarded.put("/sandboxes/new/acme/orders", content=b'{"orders": []}', headers={**simple, **typed})
    refused = guarded.get("/sandboxes/new/acme/orders", headers={"sec-fetch-site": "cross-site"})

    assert (refused.status, names(guarded), refused.json["code"]) == (403, ["default"], "cross-site")


def test_a_page_that_may_call_may_make_a_sandbox() -> None:
    page = {"origin": "http://app.example", "sec-fetch-site": "cross-site"}
    for allowed in ("*", page["origin"]):
        with sample_vendor.shared_client(cors=(allowed,)) as client:
            client.get("/sandboxes/new/acme/orders", headers=page)

            assert names(client) == ["default", "new"]


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml"])
def test_a_program_writes_json_or_names_no_type(guarded: Client, media_type: str) -> None:
    content = b'{"name": "new"}'

    assert guarded.post(SANDBOXES, content=content, headers={"content-type": media_type}).status == 415
    assert guarded.post(f"{SANDBOXES}/default/reset").status == 200
    assert guarded.post(SANDBOXES, content=content).status == 201


def test_a_vendor_takes_writes_from_any_page(guarded: Client) -> None:
    body = {"orders": [{"id": "A", "amount": 1}]}

    response = guarded.put("/acme/orders", json=body, headers={"origin": "http://evil.example"})

    assert response.status == 207


@pytest.mark.parametrize(("path", "scheme"), [(SANDBOXES, "Bearer"), ("/_console/", "Basic")])
@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer other",
        "Bearer",
        "Bearer sesame-10",
        "Bearer sesame",
        "Basic sesame-1",
        "Basic",
        "sesame-1",
        "Bearer s\xe9same",
    ],
)
def test_control_plane_and_console_refuse_whoever_lacks_the_token(
    secured: Client, authorization: str, path: str, scheme: str
) -> None:
    response = secured.get(path, headers={"authorization": authorization})

    assert (response.status, response.json["code"]) == (401, "no-token")
    assert response.headers["www-authenticate"] == f'{scheme} realm="mockserver"'


def basic(user: str, password: str) -> str:
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"


@pytest.mark.parametrize(
    ("path", "authorization", "status"),
    [
        (SANDBOXES, "", 401),
        (SANDBOXES, "Bearer sesame-1", 200),
        (SANDBOXES, "bearer sesame-1", 200),
        (SANDBOXES, basic("any", "sesame-1"), 401),
        ("/_mock/nope", "", 401),
        ("/_mock/health", "", 200),
        ("/acme/orders", "Bearer any", 200),
        ("/", "", 200),
        ("/acme/ui/", "", 200),
        ("/_console/", basic("", "sesame-1"), 200),
        ("/_console/", basic("anybody", "sesame-1"), 200),
        ("/_console/", "Bearer sesame-1", 200),
        ("/_console/", basic("sesame-1", ""), 401),
        ("/_console/", basic("any", "sesame-10"), 401),
        ("/_console/", "Basic sesame-1", 401),
        ("/_console/", "Basic /w==", 401),
        ("/_console/", "Basic", 401),
    ],
)
def test_the_token_opens_the_control_plane_and_as_a_password_the_console(
    secured: Client, path: str, authorization: str, status: int
) -> None:
    headers = {"authorization": authorization} if authorization else {}

    assert secured.get(path, headers=headers).status == status


def of_peer(client: Client, peer: str | None) -> Client:
    """The same client, whose calls come from another address; None where the socket does not tell."""
    app: ASGIApp = client.app

    async def moved(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "client": peer and (peer, 50000)}, receive, send)

    return Client(moved, client.headers)


@pytest.fixture
def open_to_all() -> Iterator[Client]:
    """A client without a token, of a server that made one for other machines."""
    with sample_vendor.shared_client(hosts=("0.0.0.0",), foreign_token="made-1") as client:  # noqa: S104
        yield client.without("authorization").within(host="localhost")


@pytest.mark.parametrize("peer", ["192.0.2.7", "172.17.0.1", "2001:db8::7", "::ffff:192.0.2.7", None])
@pytest.mark.parametrize("path", [SANDBOXES, "/_console/"])
def test_a_peer_off_loopback_needs_the_token_whatever_host_it_names(
    open_to_all: Client, peer: str | None, path: str
) -> None:
    stranger = of_peer(open_to_all, peer)

    assert stranger.get(path).json["code"] == "no-token"
    assert stranger.get(path).json["detail"].endswith("; the server printed it when it started")
    assert stranger.get(path, headers={"authorization": "Bearer made-1"}).status == 200


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.3.2.1", "::1", "::ffff:127.0.0.1"])
def test_a_peer_on_loopback_needs_no_made_token(open_to_all: Client, peer: str) -> None:
    assert of_peer(open_to_all, peer).get(SANDBOXES).status == 200


@pytest.mark.parametrize("path", ["/_mock/health", "/acme/ui/"])
def test_health_and_pages_are_open_to_every_peer(open_to_all: Client, path: str) -> None:
    assert of_peer(open_to_all, "192.0.2.7").get(path).status == 200


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("mock.test", "mock.test"),
        ("MOCK.test.:80", "mock.test"),
        ("[::1]:80", "::1"),
        ("::1", "::1"),
        ("fe80::1", "fe80::1"),
        ("", ""),
        ("[::1]evil.example", ""),
        ("[localhost]", ""),
        ("mock.test:80x", ""),
    ],
)
def test_a_host_has_a_name_without_its_port(host: str, name: str) -> None:
    assert host_name(host) == name


PAGE = "http://localhost:3000"
ORDERS = "/acme/orders"


@pytest.fixture
def browser() -> Iterator[Client]:
    """A page of the one origin that is allowed."""
    with sample_vendor.shared_client(cors=(PAGE,), hosts=("127.0.0.1",)) as client:
        yield client.within(origin=PAGE, host="127.0.0.1")


@pytest.fixture
def any_page() -> Iterator[Client]:
    """A page, where every origin is allowed."""
    with sample_vendor.shared_client(cors=("*",)) as client:
        yield client.within(origin="https://anybody.example")


def preflight(client: Client, path: str = ORDERS, **headers: str) -> Response:
    asked = {
        "access-control-request-method": "PUT",
        "access-control-request-headers": "authorization,content-type,mock-scenario",
        **{name.replace("_", "-"): text for name, text in headers.items()},
    }
    return client.without("authorization").request("OPTIONS", path, headers=asked)


def allowed_origin(response: Response) -> str | None:
    return response.headers.get("access-control-allow-origin")


def journal(client: Client) -> list[dict[str, object]]:
    found: list[dict[str, object]] = client.get("/_mock/sandboxes/default/journal").json
    return found


def test_a_preflight_is_answered_with_what_it_asks_for(browser: Client) -> None:
    answer = preflight(browser)

    assert answer.status == 200
    assert allowed_origin(answer) == PAGE
    assert "PUT" in answer.headers["access-control-allow-methods"]
    assert answer.headers["access-control-allow-headers"] == "authorization,content-type,mock-scenario"


@pytest.mark.parametrize("path", [ORDERS, f"/sandboxes/default{ORDERS}", "/acme/nowhere"])
def test_a_preflight_is_not_in_the_journal(browser: Client, path: str) -> None:
    assert preflight(browser, path).status == 200
    assert journal(browser) == []


def test_a_public_page_may_call_this_machine(browser: Client) -> None:
    answer = preflight(browser, access_control_request_private_network="true")

    assert answer.headers["access-control-allow-private-network"] == "true"


def test_a_preflight_of_another_origin_is_refused_with_the_option_to_use(browser: Client) -> None:
    answer = preflight(browser.within(origin="http://localhost:4000"))

    assert (answer.status, allowed_origin(answer)) == (400, None)
    assert answer.headers["mock-reason"] == (
        "pages of origin http://localhost:4000 may not call; add --cors http://localhost:4000"
    )


@pytest.mark.parametrize(
    ("origin", "noted"),
    [
        (PAGE, []),
        (
            "http://localhost:4000",
            [
                "OPTIONS 400  pages of origin http://localhost:4000 may not call; add --cors http://localhost:4000"
            ],
        ),
    ],
)
def test_only_a_preflight_that_is_refused_is_noted_in_the_log(origin: str, noted: list[str]) -> None:
    found: list[str] = []
    app = create_app(Options(vendors=("vba",), cors=(PAGE,)), note=found.append)

    preflight(Client(app, {"host": "127.0.0.1", "origin": origin}), "/vba/claim-invoice")

    assert found == noted
    assert app.journal.kept.size() == 0


@pytest.mark.parametrize(
    ("path", "headers", "status", "exposed"),
    [
        (ORDERS, {}, 200, "mock-journal"),
        (ORDERS, {"mock-scenario": "stale-keep-alive"}, 200, "mock-applied"),
        (ORDERS, {"authorization": None}, 401, "www-authenticate"),
        ("/acme/nowhere", {}, 404, ""),
        (ORDERS, {"mock-sandbox": "NOT A NAME"}, 400, ""),
        (ORDERS, {"mock-scenario": "no-such-scenario"}, 400, ""),
        ("/nowhere", {}, 404, ""),
    ],
)
def test_an_answer_can_be_read_by_the_page_with_its_headers(
    browser: Client, path: str, headers: dict[str, str | None], status: int, exposed: str
) -> None:
    caller = browser.without(*(name for name, text in headers.items() if text is None))

    answer = caller.get(path, headers={name: text for name, text in headers.items() if text is not None})

    assert (answer.status, allowed_origin(answer)) == (status, PAGE)
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert not exposed or exposed in answer.headers["access-control-expose-headers"].split(", ")


def test_an_answer_to_another_origin_allows_nobody(browser: Client) -> None:
    assert allowed_origin(browser.get(ORDERS, headers={"origin": "http://evil.example"})) is None


def test_every_origin_is_allowed_without_credentials(any_page: Client) -> None:
    answer = any_page.get(ORDERS)

    assert (allowed_origin(answer), "access-control-allow-credentials" in answer.headers) == ("*", False)


@pytest.mark.parametrize("path", ["/_mock/sandboxes", "/_mock/health", "/_console/"])
def test_the_control_plane_is_not_opened(any_page: Client, path: str) -> None:
    assert allowed_origin(any_page.get(path)) is None


def test_a_preflight_means_nothing_without_the_option() -> None:
    with sample_vendor.shared_client() as client:
        answer = preflight(client.within(origin=PAGE))

        [entry] = journal(client)
        assert (answer.status, allowed_origin(answer)) == (405, None)
        assert entry["reason"] == f"start with --cors {PAGE} to let pages of that origin call"
        assert answer.headers["mock-reason"] == entry["reason"]
