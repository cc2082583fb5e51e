"""Lies about an API of one's own, whose spec alone says what is right: `--quick` finds each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mockserver.contract.exchange import Finding
from mockserver.contract.loading import load_api
from mockserver.contract.run_state import RunConfig
from mockserver.server.application import Options, create_app
from tests.contract.planted_faults.rollback import undoes
from tests.contract.planted_faults.wrappers import (
    Json,
    Planted,
    Route,
    SendOn,
    WrappedRequest,
    WrappedResponse,
    at,
    both,
    changes_document,
    changes_response,
    with_fault,
)
from tests.contract.suite import SEED, held, told

METERS = Path(__file__).parent / "specs" / "meters.yaml"
QUICK = RunConfig(SEED, 2, shrinks=False)
BATCH = Route("POST", "/meters/readings/batch")
AT_LIST, AT_ONE = (Route("PATCH OPTIONS", path) for path in ("/meters/readings", "/meters/readings/{}"))
DELETION = Route("DELETE", "/meters/readings/{}")


def of_the_next(_sent: Json, told: Json) -> Json:
    """Each line with the number of the line after it."""
    lines = [one["line"] for one in told["results"]]
    rows = zip(told["results"], [*lines[1:], lines[0]], strict=True)
    return {**told, "results": [{**one, "line": line} for one, line in rows]}


def reversed_lines(_sent: Json, told: Json) -> Json:
    return {**told, "results": told["results"][::-1]}


async def not_there(_ask: SendOn, _call: WrappedRequest) -> WrappedResponse:
    headers = {"content-type": "application/problem+json"}
    return WrappedResponse(404, headers, b'{"title": "no such reading"}')


async def not_built(_ask: SendOn, _call: WrappedRequest) -> WrappedResponse:
    headers = {"content-type": "application/problem+json", "allow": "GET"}
    return WrappedResponse(405, headers, b'{"title": "no such method"}')


def allows(change: Callable[[str], str], route: Route) -> Planted:
    """Another `Allow` at a path, whose OPTIONS is answered well."""

    def changed(call: WrappedRequest, received: WrappedResponse) -> WrappedResponse:
        headers = {**received.headers, "allow": change(received.headers["allow"])}
        return replace(received, headers=headers, status=204 if call.method == "OPTIONS" else received.status)

    return changes_response(route, changed)


def findings(planted: Planted | None, *phases: str) -> list[Finding]:
    app = create_app(Options(files=(METERS,)))
    api = load_api(METERS)
    return held(api, with_fault(app, planted) if planted else app, "meters", QUICK, *phases).findings


LIES: dict[str, tuple[Planted, str]] = {
    "a line has the number of another": (changes_document(BATCH, of_the_next), "order-is-kept"),
    "a deletion deletes nothing": (undoes(DELETION), "steps-do-what-they-say"),
    "Allow names a method too many": (allows("{}, PATCH".format, AT_LIST), "unsupported-method"),
    "Allow lacks a method": (allows(lambda text: text.replace("GET", "HEAD"), AT_LIST), "unsupported-method"),
}


@pytest.mark.parametrize(("planted", "check"), LIES.values(), ids=LIES)
def test_a_lie_is_found_by_a_quick_run(planted: Planted, check: str) -> None:
    assert check in {one.check for one in findings(planted)}


RIGHT: dict[str, tuple[Planted | None, tuple[str, ...]]] = {
    "as it is": (None, ()),
    "lines in another order": (changes_document(BATCH, reversed_lines), ()),
    "Allow lacks a method that is not built": (
        both(allows(lambda text: text.replace(", DELETE", ""), AT_ONE), lambda: at(DELETION, not_there)),
        ("fuzzing",),
    ),
    # What generated calls make of an operation that is not built is a session's to say.
    "no deletion is built": (lambda: at(DELETION, not_built), ("stateful",)),
}


@pytest.mark.parametrize(("planted", "phases"), RIGHT.values(), ids=RIGHT)
def test_a_right_server_has_no_finding(planted: Planted | None, phases: tuple[str, ...]) -> None:
    assert told(findings(planted, *phases)) == []
