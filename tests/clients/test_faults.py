"""Ten faults of the transport at five vendors meet four real clients: each has an error for it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any, NamedTuple

import httpx
import pytest

from tests.clients.real_clients import ASKED, CLIENTS, Errand, seen

_numbers = count(1)

ANSWERED = "answered"
AT_EASE_S = 10.0

ERRORS: Mapping[str, tuple[str, str, str, str]] = {
    # httpx, requests, aiohttp, curl
    "reset": ("httpx.ReadError", "requests.ConnectionError", "aiohttp.ClientOSError", "curl 56"),
    "reset-after-headers": (
        "httpx.ReadError",
        "requests.ChunkedEncodingError",
        "aiohttp.ClientPayloadError",
        "curl 56",
    ),
    "empty-response": (
        "httpx.RemoteProtocolError",
        "requests.ConnectionError",
        "aiohttp.ServerDisconnectedError",
        "curl 52",
    ),
    # The message is in order: only who reads the JSON can tell. curl reads none and is content.
    "truncated-body": (
        "json.JSONDecodeError",
        "requests.JSONDecodeError",
        "json.JSONDecodeError",
        "curl 0",
    ),
    "wrong-length": (
        "httpx.RemoteProtocolError",
        "requests.ChunkedEncodingError",
        "aiohttp.ClientPayloadError",
        "curl 18",
    ),
    "wrong-length-short": (
        "json.JSONDecodeError",
        "requests.JSONDecodeError",
        "aiohttp.ClientResponseError",
        "curl 0",
    ),
    "malformed-chunk": (
        "httpx.RemoteProtocolError",
        "requests.ChunkedEncodingError",
        "aiohttp.ClientResponseError",
        "curl 56",
    ),
    # httpx and requests limit the time of each read, aiohttp and curl that of the whole call.
    "slow-drip": (ANSWERED, ANSWERED, "builtins.TimeoutError", "curl 28"),
    "no-response": ("httpx.ReadTimeout", "requests.ReadTimeout", "builtins.TimeoutError", "curl 28"),
    "html-from-proxy": (
        "httpx.HTTPStatusError",
        "requests.HTTPError",
        "aiohttp.ClientResponseError",
        "curl 22",
    ),
}
PATIENCE_S = {"slow-drip": 0.9, "no-response": 0.3}
"""Of clients that are to give up; of the drops the last comes after 1 s."""


STALE = "stale-keep-alive"
PROXY = "html-from-proxy"
REDIRECTS = ("redirect-302", "redirect-307", "redirect-308")
ROWS: Mapping[int, tuple[str, ...]] = {
    148: ("reset", "reset-after-headers"),
    149: ("empty-response",),
    150: ("truncated-body",),
    151: ("wrong-length", "wrong-length-short"),
    152: ("malformed-chunk",),
    153: ("slow-drip",),
    154: ("no-response",),
    155: (STALE,),
    156: (PROXY,),
    157: REDIRECTS,
}
"""The catalogue's rows on the transport, each with the scenarios that show it."""


class Met(NamedTuple):
    """What the client saw, and by which methods the server was asked."""

    seen: str | int
    asked: list[str]


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    if name == "curl" and shutil.which(name) is None:
        pytest.skip("this machine has no curl")
    return name


def met(url: str, client: str, scenario: str, times: int = 1) -> dict[str, Met]:
    """What becomes of each vendor's call under the scenario; they are made at once."""
    with ThreadPoolExecutor(len(ASKED)) as pool:
        found = pool.map(lambda vendor: _met(url, client, scenario, times, vendor), ASKED)
        return dict(zip(ASKED, found, strict=True))


def _met(url: str, client: str, scenario: str, times: int, vendor: str) -> Met:
    asked, sandbox = ASKED[vendor], f"fault-{next(_numbers)}"
    headers = {**asked.headers, "content-type": "application/json", "mock-scenario": scenario}
    base = f"{url}/sandboxes/{sandbox}/{vendor}"
    gives_up = error_of(client, scenario) != ANSWERED
    patience_s = PATIENCE_S.get(scenario, AT_EASE_S) if gives_up else AT_EASE_S
    strict = scenario == PROXY
    errand = Errand(asked.method, base + asked.path, headers, asked.content, times, patience_s, strict)
    result = seen(CLIENTS[client], errand)
    control = f"{url}/_mock/sandboxes/{sandbox}"
    journal: list[Any] = httpx.get(f"{control}/journal").json()
    httpx.delete(control).raise_for_status()
    return Met(result, [entry["method"] for entry in journal])


def error_of(client: str, scenario: str) -> str:
    """The client's error for the scenario; "" if it is tested elsewhere."""
    return dict(zip(CLIENTS, ERRORS[scenario], strict=True))[client] if scenario in ERRORS else ""


def insists(client: str, method: str) -> bool:
    """Whether the client sends it again by itself when the connection ends without an answer."""
    return client == "aiohttp" and method == "PUT"


def test_ten_faults_at_five_vendors_meet_four_clients() -> None:
    shown = [scenario for scenarios in ROWS.values() for scenario in scenarios]

    assert len(ROWS) * len(ASKED) * len(CLIENTS) == 200
    assert sorted(shown) == sorted([*ERRORS, STALE, *REDIRECTS])


@pytest.mark.parametrize("scenario", ERRORS)
def test_a_fault_is_the_error_that_the_client_has_for_it(url: str, client: str, scenario: str) -> None:
    error = error_of(client, scenario)

    found = {vendor: one.seen for vendor, one in met(url, client, scenario).items()}

    assert found == {vendor: asked.usual if error == ANSWERED else error for vendor, asked in ASKED.items()}


@pytest.mark.parametrize("scenario", ["reset", "empty-response"])
def test_what_got_no_answer_is_sent_again_by_aiohttp_if_it_is_a_put(
    url: str, client: str, scenario: str
) -> None:
    found = {vendor: one.asked for vendor, one in met(url, client, scenario).items()}

    assert found == {
        vendor: [asked.method] * (2 if insists(client, asked.method) else 1)
        for vendor, asked in ASKED.items()
    }


def test_a_connection_that_died_idle_is_an_error_to_those_that_do_not_try_again(
    url: str, client: str
) -> None:
    errors = {
        "httpx": "httpx.RemoteProtocolError",
        "requests": "requests.ConnectionError",
        "aiohttp": "aiohttp.ServerDisconnectedError",
    }

    found = met(url, client, STALE, times=2)

    assert found == {
        vendor: Met(asked.usual, [asked.method] * 2)
        if client == "curl" or insists(client, asked.method)
        else Met(errors[client], [asked.method])
        for vendor, asked in ASKED.items()
    }


@pytest.mark.parametrize("scenario", ["redirect-307", "redirect-308"])
def test_a_307_or_308_keeps_method_and_body(url: str, client: str, scenario: str) -> None:
    assert met(url, client, scenario) == {
        vendor: Met(asked.usual, [asked.method] * 2) for vendor, asked in ASKED.items()
    }


def test_a_302_makes_a_get_of_what_the_client_thinks_fit(url: str, client: str) -> None:
    # curl keeps the method that --request gives, aiohttp all but a POST, the others none.
    kept = {"curl": ("PATCH", "POST", "PUT"), "aiohttp": ("PATCH", "PUT")}.get(client, ())

    found = {vendor: one.asked for vendor, one in met(url, client, "redirect-302").items()}

    assert found == {
        vendor: [asked.method, asked.method if asked.method in kept else "GET"]
        for vendor, asked in ASKED.items()
    }
