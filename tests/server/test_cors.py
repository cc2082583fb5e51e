from __future__ import annotations

from collections.abc import Iterator

import pytest

from mockserver.server.application import Options, create_app
from tests.support import sample_vendor
from tests.support.client import Client, Response

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
    assert app.journal.size() == 0


def test_an_answer_can_be_read_by_the_page_with_its_headers(browser: Client) -> None:
    answer = browser.get(ORDERS)

    assert (answer.status, allowed_origin(answer)) == (200, PAGE)
    assert "mock-journal" in answer.headers["access-control-expose-headers"].split(", ")
    assert answer.headers["access-control-allow-credentials"] == "true"


def test_a_refusal_can_be_read_by_the_page_with_its_headers(browser: Client) -> None:
    refused = browser.without("authorization").get(ORDERS)

    assert (refused.status, allowed_origin(refused)) == (401, PAGE)
    assert "www-authenticate" in refused.headers["access-control-expose-headers"].split(", ")


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/acme/nowhere", {}, 404),
        (ORDERS, {"mock-sandbox": "NOT A NAME"}, 400),
        (ORDERS, {"mock-scenario": "no-such-scenario"}, 400),
        ("/nowhere", {}, 404),
    ],
)
def test_the_servers_own_refusals_can_be_read_by_the_page(
    browser: Client, path: str, headers: dict[str, str], status: int
) -> None:
    refused = browser.get(path, headers=headers)

    assert (refused.status, allowed_origin(refused)) == (status, PAGE)


def test_the_rules_that_hit_can_be_read_by_the_page(browser: Client) -> None:
    answer = browser.get(ORDERS, headers={"mock-scenario": "stale-keep-alive"})

    assert "mock-applied" in answer.headers["access-control-expose-headers"].split(", ")


def test_an_answer_to_another_origin_allows_nobody(browser: Client) -> None:
    assert allowed_origin(browser.get(ORDERS, headers={"origin": "http://evil.example"})) is None


def test_every_origin_is_allowed_without_credentials(any_page: Client) -> None:
    answer = any_page.get(ORDERS)

    assert (allowed_origin(answer), "access-control-allow-credentials" in answer.headers) == ("*", False)


@pytest.mark.parametrize("path", ["/_mock/sandboxes", "/_mock/health", "/_console/"])
def test_the_control_plane_is_not_opened(any_page: Client, path: str) -> None:
    assert allowed_origin(any_page.get(path)) is None


def test_a_page_may_not_write_to_the_control_plane(browser: Client) -> None:
    refused = browser.post("/_mock/sandboxes", json={"name": "new"})

    assert (refused.status, refused.json["code"]) == (403, "cross-site")


def test_a_preflight_means_nothing_without_the_option() -> None:
    with sample_vendor.shared_client() as client:
        answer = preflight(client.within(origin=PAGE))

        [entry] = journal(client)
        assert (answer.status, allowed_origin(answer)) == (405, None)
        assert entry["reason"] == f"start with --cors {PAGE} to let pages of that origin call"
        assert answer.headers["mock-reason"] == entry["reason"]
