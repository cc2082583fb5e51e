from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from mockserver.contract.fuzzing import run
from mockserver.contract.loading import load_api
from mockserver.contract.oracle.checks import ExchangeJudge
from mockserver.contract.profile import FixturePins
from mockserver.contract.run_state import FindingLedger, PlannedPart, RunConfig, run_parts
from mockserver.contract.target import Address, Target
from mockserver.contract.trial import Trial

Send = Callable[[dict[str, Any]], Awaitable[None]]

PINS = FixturePins(headers={"X-Tenant": "ours"})
THING = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}


def spec(folder: Path, version: str, **operation: Any) -> Path:
    document = {
        "openapi": version,
        "info": {"title": "Things", "version": "1"},
        "paths": {
            "/things": {
                "get": {
                    "operationId": "listThings",
                    "responses": {
                        "200": {"description": "ok", "content": {"application/json": {"schema": THING}}},
                        "405": {"description": "no"},
                    },
                    **operation,
                }
            }
        },
        "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}},
    }
    file = folder / "things.json"
    file.write_text(json.dumps(document))
    return file


def answering(body: str, status: int = 200) -> Any:
    async def app(scope: dict[str, Any], _receive: Any, send: Send) -> None:
        good = scope["method"] == "GET"
        headers = [(b"content-type", b"application/json"), (b"allow", b"GET")]
        await send({"type": "http.response.start", "status": status if good else 405, "headers": headers})
        await send({"type": "http.response.body", "body": body.encode() if good else b""})

    return app


def planned(
    file: Path, target: Target, ledger: FindingLedger, examples: int, **profile: Any
) -> list[PlannedPart]:
    api, config = load_api(file), RunConfig(0, examples)
    known = replace(api, profile=replace(api.profile, **{"credentials": {}, **profile}))
    return list(run.plan_fuzzing(Trial(known, target, config, ledger, ExchangeJudge(known, config))))


def found(file: Path, body: str, status: int = 200, **credentials: dict[str, str]) -> list[tuple[str, str]]:
    ledger = FindingLedger()
    with Target(Address("http://127.0.0.1:8080", answering(body, status))) as target:
        run_parts(planned(file, target, ledger, 5, credentials=credentials), ledger)
    assert ledger.calls.total() > 0
    return [(one.operation, one.check) for one in ledger.findings]


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_a_server_that_keeps_its_spec_is_left_in_peace(version: str, tmp_path: Path) -> None:
    assert found(spec(tmp_path, version), '{"id": 1}') == []


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_an_answer_that_breaks_its_schema_is_found(version: str, tmp_path: Path) -> None:
    assert {check for _, check in found(spec(tmp_path, version), "{}")} == {"answers-match-the-spec"}


def test_a_server_that_lets_anybody_in_is_found(tmp_path: Path) -> None:
    file = spec(tmp_path, "3.0.3", security=[{"key": []}])

    assert ("listThings", "ignored-auth") in found(file, '{"id": 1}', key={"api_key": "good"})


def test_a_certificate_of_the_connection_is_no_credential_to_leave_out(tmp_path: Path) -> None:
    file = spec(tmp_path, "3.1.0", security=[{"cert": []}, {"key": []}])
    document = json.loads(file.read_text())
    document["components"]["securitySchemes"]["cert"] = {"type": "mutualTLS"}
    file.write_text(json.dumps(document))

    assert "ignored-auth" not in {check for _, check in found(file, '{"id": 1}', key={"api_key": "good"})}


SCHEMES = {
    "bearer": ({"type": "http", "scheme": "bearer"}, {"bearer": "good"}),
    "basic": ({"type": "http", "scheme": "basic"}, {"username": "good", "password": "good"}),
    "header": ({"type": "apiKey", "in": "header", "name": "X-Key"}, {"api_key": "good"}),
    "query": ({"type": "apiKey", "in": "query", "name": "key"}, {"api_key": "good"}),
    "cookie": ({"type": "apiKey", "in": "cookie", "name": "sid"}, {"api_key": "good"}),
}


def asking(allowed: str) -> Any:
    """Return a server that answers 401 in plain text, unless it finds what is `allowed` in the call."""

    async def app(scope: dict[str, Any], _receive: Any, send: Send) -> None:
        headers = {name.lower(): text.decode() for name, text in scope["headers"]}
        given = [headers.get(name, "") for name in (b"authorization", b"x-key", b"cookie")]
        is_known = allowed in (*given, *scope["query_string"].decode().split("&"))
        status = 401 if not is_known else 200 if scope["method"] == "GET" else 405
        kind = b"text/plain" if status == 401 else b"application/json"
        headers_sent = [(b"content-type", kind), (b"allow", b"GET"), (b"www-authenticate", b"Bearer")]
        await send({"type": "http.response.start", "status": status, "headers": headers_sent})
        await send({"type": "http.response.body", "body": b'{"id": 1}' if status == 200 else b"who?"})

    return app


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("bearer", "Bearer good"),
        ("basic", "Basic Z29vZDpnb29k"),
        ("header", "good"),
        ("query", "key=good"),
        ("cookie", "sid=good"),
    ],
)
@pytest.mark.parametrize("stated", [{}, {"default": {"description": "an error", "content": {}}}])
def test_a_401_to_a_call_without_its_credentials_needs_no_line_in_the_spec(
    kind: str, text: str, stated: dict[str, Any], tmp_path: Path
) -> None:
    scheme, given = SCHEMES[kind]
    file = spec(tmp_path, "3.0.3", security=[{"key": []}])
    document = json.loads(file.read_text())
    document["components"]["securitySchemes"]["key"] = scheme
    document["paths"]["/things"]["get"]["responses"] |= stated
    file.write_text(json.dumps(document))
    ledger = FindingLedger(keeps_exchanges=True)

    with Target(Address("http://127.0.0.1:8080", asking(text))) as target:
        run_parts(planned(file, target, ledger, 5, credentials={"key": given}), ledger)

    assert [one.message for one in ledger.findings] == []
    assert {one.response.status for one in ledger.exchanges} >= {200, 401}


def test_a_401_to_the_credentials_of_the_run_is_found(tmp_path: Path) -> None:
    file = spec(tmp_path, "3.0.3", security=[{"key": []}])

    assert ("listThings", "answers-match-the-spec") in found(file, "{}", 401, key={"api_key": "good"})


def test_a_server_error_is_found_under_the_same_id_as_everywhere(tmp_path: Path) -> None:
    assert ("listThings", "no-server-error") in found(spec(tmp_path, "3.0.3"), "{}", 500)


def test_a_405_without_allow_is_told_as_that(tmp_path: Path) -> None:
    async def app(scope: dict[str, Any], _receive: Any, send: Send) -> None:
        good = scope["method"] == "GET"
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200 if good else 405, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"id": 1}' if good else b""})

    ledger = FindingLedger()
    with Target(Address("http://127.0.0.1:8080", app)) as target:
        run_parts(planned(spec(tmp_path, "3.0.3"), target, ledger, 5), ledger)

    (found,) = [one for one in ledger.findings if one.check == "unsupported-method"]
    assert found.message.endswith(
        " /things is answered 405 without an Allow header that lists the methods that are there"
    )


def test_an_operation_that_is_a_reference_is_called(tmp_path: Path) -> None:
    file = spec(tmp_path, "3.0.3")
    document = json.loads(file.read_text())
    shared = {"get": document["paths"]["/things"]["get"]}
    document["x-shared"] = {"list": {**shared["get"], "operationId": "listOthers"}}
    document["paths"]["/others"] = {"get": {"$ref": "#/x-shared/list"}}
    file.write_text(json.dumps(document))

    ledger = FindingLedger()

    with Target(Address("http://127.0.0.1:8080", answering('{"id": 1}'))) as target:
        run_parts(planned(file, target, ledger, 1), ledger)

    assert ledger.calls["listOthers"] > 0
    assert ledger.findings == []


def test_a_required_header_that_is_sent_empty_may_be_accepted(tmp_path: Path) -> None:
    empty: list[bytes] = []

    async def app(scope: dict[str, Any], _receive: Any, send: Send) -> None:
        tenants = [text for name, text in scope["headers"] if name == b"x-tenant"]
        empty.extend(text for text in tenants if not text)
        status = 405 if scope["method"] != "GET" else 200 if tenants else 400
        headers = [(b"content-type", b"application/json"), (b"allow", b"GET")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"id": 1}'})

    schema = {"type": "string", "minLength": 1}
    tenant = {"name": "X-Tenant", "in": "header", "required": True, "schema": schema}
    ledger = FindingLedger()
    with Target(Address("http://127.0.0.1:8080", app)) as target:
        file = spec(tmp_path, "3.0.3", parameters=[tenant])
        run_parts(planned(file, target, ledger, 5), ledger)

    assert empty
    assert "negative-data-rejection" not in {one.check for one in ledger.findings}


ANSWER = {"description": "an answer", "content": {"application/json": {"schema": {"type": "object"}}}}


def stating(file: Path, responses: dict[str, Any]) -> None:
    """Add these responses to the operation."""
    document = json.loads(file.read_text())
    document["paths"]["/things"]["get"]["responses"] |= responses
    file.write_text(json.dumps(document))


def header(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "header", "schema": {"type": "string"}, **more}


def test_the_tenant_of_the_run_is_named_beside_a_bad_header(tmp_path: Path) -> None:
    async def app(scope: dict[str, Any], _receive: Any, send: Send) -> None:
        headers = {name.decode(): text.decode() for name, text in scope["headers"]}
        is_bad = not re.fullmatch(r"\d+ of \d+", headers.get("x-part", "1 of 1"))
        status = 405 if scope["method"] != "GET" else 400 if is_bad else 200
        status = 403 if headers.get("x-tenant") == "fixtures" else status
        sent = [(b"content-type", b"application/json"), (b"allow", b"GET")]
        await send({"type": "http.response.start", "status": status, "headers": sent})
        body = {200: b'{"id": 1}', 400: b'{"message": "no part"}'}.get(status, b"")
        await send({"type": "http.response.body", "body": body})

    part = header("X-Part", schema={"type": "string", "pattern": r"^\d+ of \d+$"}, example="0")
    tenant = header("X-Tenant", required=True, example="fixtures", schema={"type": "string", "minLength": 1})
    file = spec(tmp_path, "3.0.3", parameters=[tenant, part])
    stating(file, {"400": ANSWER})
    ledger = FindingLedger(keeps_exchanges=True)
    with Target(Address("http://127.0.0.1:8080", app)) as target:
        run_parts(planned(file, target, ledger, 5, pins=PINS), ledger)

    assert [one.message for one in ledger.findings] == []
    assert "0" in {one.request.headers.get("x-part") for one in ledger.exchanges}


@pytest.mark.parametrize(
    "stated", [{}, {"304": {"description": "nothing newer"}}], ids=["unstated", "stated"]
)
def test_a_304_that_a_conditional_call_asks_for_is_no_finding(stated: dict[str, Any], tmp_path: Path) -> None:
    async def app(scope: dict[str, Any], _receive: Any, send: Send) -> None:
        is_known = any(name == b"if-none-match" and text for name, text in scope["headers"])
        status = 405 if scope["method"] != "GET" else 304 if is_known else 200
        sent = [(b"content-type", b"application/json"), (b"allow", b"GET")]
        await send({"type": "http.response.start", "status": status, "headers": sent})
        await send({"type": "http.response.body", "body": b"" if status == 304 else b'{"id": 1}'})

    file = spec(tmp_path, "3.0.3", parameters=[header("If-None-Match")])
    stating(file, stated)
    ledger = FindingLedger(keeps_exchanges=True)
    with Target(Address("http://127.0.0.1:8080", app)) as target:
        run_parts(planned(file, target, ledger, 5, pins=PINS), ledger)

    assert [one.message for one in ledger.findings] == []
    assert 304 in {one.response.status for one in ledger.exchanges}


def test_a_304_that_nothing_asks_for_is_found(tmp_path: Path) -> None:
    assert ("listThings", "answers-match-the-spec") in found(spec(tmp_path, "3.0.3"), "", 304)
