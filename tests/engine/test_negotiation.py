from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockserver.engine.negotiation import Preference, choose, parse_preference
from mockserver.server.application import Application
from tests.support import sample_vendor
from tests.support.client import Client, Response

OFFERED = ("application/json", "text/xml", "application/xml")


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/xml", "text/xml"),
        ("text/*", "text/xml"),
        ("application/xml, application/json", "application/xml"),
        ("application/json, application/xml", "application/json"),
        ("text/xml;q=0.5, application/json;q=0.9", "application/json"),
        ("*/*, text/xml", "text/xml"),
        ("text/html, application/xml;q=0.9, */*;q=0.8", "application/xml"),
        ("application/json;q=0, */*", "text/xml"),
        ("text/csv", None),
        ("application/json;q=0", None),
    ],
)
def test_the_media_type_is_the_one_that_is_wanted_most(accept: str, chosen: str | None) -> None:
    assert choose(accept, OFFERED) == chosen


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [("", "text/xml"), ("*/*", "text/xml"), ("application/json", "application/json"), ("text/csv", None)],
)
def test_what_is_left_open_may_be_xml(accept: str, chosen: str | None) -> None:
    assert choose(accept, OFFERED, prefers_xml=True) == chosen


DONE = {"results": [{"status": 201, "text": "Done", "order": {"id": "X"}}]}
NONE: dict[str, Any] = {"results": []}


@pytest.fixture
def acme(tmp_path: Path) -> Client:
    """A client of the made-up vendor: 207 has two examples by reference, 404 an unnamed one, others none."""
    made = sample_vendor.document()
    put = made["paths"]["/orders"]["put"]["responses"]
    done, none = ({"$ref": f"#/components/examples/{name}"} for name in ("Done", "None"))
    put["207"]["content"]["application/json"]["examples"] = {"done": done, "none": none}
    made["components"]["examples"] = {"Done": {"value": DONE}, "None": {"value": NONE}}
    put["202"] = {"description": "later"}
    put["404"] = {
        "description": "not there",
        "content": {
            "text/plain": {"schema": {"type": "string"}, "example": "nothing here"},
            "application/json": {"schema": {"type": "object"}, "example": {"gone": True}},
            "application/xml": {"schema": {"type": "object"}, "example": {"gone": True}},
        },
    }
    return sample_vendor.create_client(tmp_path, made)


def put(client: Client, prefer: str, **headers: str) -> Response:
    sent = {"content-type": "application/json", "prefer": prefer, **headers}
    return client.put("/acme/orders", content=b'{"orders": [{"id": "A", "amount": 1}]}', headers=sent)


def test_a_preferred_code_is_answered_by_its_first_example(acme: Client) -> None:
    answered = put(acme, "code=207")

    assert (answered.status, answered.json, answered.media_type) == (207, DONE, "application/json")
    assert answered.headers["preference-applied"] == "code=207"


@pytest.mark.parametrize("prefer", ["example=none", "code=207, example=none"])
def test_a_preferred_example_is_answered(acme: Client, prefer: str) -> None:
    answered = put(acme, prefer)

    assert (answered.status, answered.json, answered.headers["preference-applied"]) == (207, NONE, prefer)


def test_nothing_is_run(acme: Client) -> None:
    app = acme.app
    assert isinstance(app, Application)
    before = app.sandboxes.dump("default")

    for prefer in ("code=207", "code=404", "code=409", "code=599"):
        put(acme, prefer)

    assert app.sandboxes.dump("default") == before


@pytest.mark.parametrize(
    ("accept", "media_type", "body"),
    [
        ("", "text/plain", b"nothing here"),
        ("application/json", "application/json", b'{"gone":true}'),
        ("application/*;q=0.5, text/html", "application/json", b'{"gone":true}'),
        ("text/html", "text/plain", b"nothing here"),
    ],
)
def test_the_example_that_the_call_accepts_is_taken(
    acme: Client, accept: str, media_type: str, body: bytes
) -> None:
    answered = put(acme, "code=404", accept=accept)

    assert (answered.media_type, answered.body) == (media_type, body)


def test_a_refusal_without_an_example_is_said_in_the_vendors_words(acme: Client) -> None:
    answered = put(acme, "code=403")

    assert (answered.status, answered.json["title"], answered.json["instance"]) == (
        403,
        "Forbidden",
        "/orders",
    )
    assert answered.headers["preference-applied"] == "code=403"


@pytest.mark.parametrize(
    ("prefer", "title", "detail", "available"),
    [
        ("code=402", "Unknown code", "there are 207, 400, 401", "401"),
        ("code=202", "Unknown code", "the spec has no such code here", "207"),
        ("code=default", "Unknown code", "the spec has no such code here", "207"),
        ("example=don", "Unknown example", "; do you mean done?; there are done, none", "done"),
        ("code=404, example=done", "Unknown example", "there are none", None),
        ("code=207, example=nope", "Unknown example", "there are done, none", "done"),
    ],
)
def test_what_the_spec_does_not_have_is_refused_with_what_it_has(
    acme: Client, prefer: str, title: str, detail: str, available: str | None
) -> None:
    answered = put(acme, prefer)

    assert (answered.status, answered.media_type) == (400, "application/problem+json")
    assert answered.json["title"] == title
    assert detail in answered.json["detail"]
    assert (available in answered.json["available"]) if available else answered.json["available"] == []


@pytest.mark.parametrize(
    "prefer", ["respond-async", "wait=10", "code", "example=", "handling=lenient; code=404"]
)
def test_other_preferences_are_the_vendors(acme: Client, prefer: str) -> None:
    answered = put(acme, prefer)

    assert (answered.status, answered.json["results"][0]["text"]) == (207, "Created")
    assert "preference-applied" not in answered.headers


def test_who_shows_no_credential_is_answered_nothing(acme: Client) -> None:
    assert put(acme.without("authorization"), "code=207").status == 401


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("code=404", Preference("404")),
        ("CODE = 404", Preference("404")),
        ('example="two, words"', Preference("", "two, words")),
        (r'example="a \"b\""', Preference("", 'a "b"')),
        ("respond-async, code=404;x=1, wait=5", Preference("404")),
        ("code=404, code=500", Preference("404")),
        ('example="open, code=404', Preference("404")),
        ('"code=404"', None),
        ("x=code=404", None),
        ("", None),
    ],
)
def test_the_header_is_read_as_rfc_7240_has_it(header: str, wanted: Preference | None) -> None:
    assert parse_preference({"prefer": header}) == wanted


def test_without_the_header_nothing_is_preferred() -> None:
    assert parse_preference({}) is None


def test_a_preference_that_is_taken_is_said_as_it_was_read() -> None:
    assert Preference("404", "x").applied == "code=404, example=x"
