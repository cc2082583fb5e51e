from __future__ import annotations

import json

import pytest

from tests.support.client import Client
from tests.vendors.pvex.samples import BATCH, FORM, less

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "sent", "answered"),
    [
        (None, "application/json", "application/json"),
        (None, "text/json", "text/json"),
        (None, "text/xml", "text/xml"),
        ("*/*", "application/xml", "application/json"),
        ("application/xml", "application/json", "application/xml"),
        ("text/xml", "application/json", "text/xml"),
        ("application/xml, application/json", "application/json", "application/json"),
        ("application/json;q=0.5, application/xml;q=0.9", "application/json", "application/xml"),
        (BROWSER, "application/json", "application/xml"),
        ("text/*", "application/xml", "text/json"),
        ("application/*", "text/xml", "application/json"),
        ("application/xml, */*", "application/json", "application/xml"),
        ("image/png", "application/xml", "application/xml"),
        ("image/png", "application/x-www-form-urlencoded", "application/json"),
        ("application/xml;q=0", "application/xml", "application/xml"),
        ("application/xml;q=0, text/json;q=0.1", "application/xml", "text/json"),
        ("", "application/json", "application/json"),
        (";;,q=,/", "application/xml", "application/xml"),
    ],
)
def test_the_media_type_follows_accept_then_the_body(
    pvex: Client, accept: str | None, sent: str, answered: str
) -> None:
    headers = {"content-type": sent, **({} if accept is None else {"accept": accept})}

    answer = pvex.post(BATCH, content=b"[0].Number=%ff", headers=headers)

    assert answer.headers["content-type"] == f"{answered}; charset=utf-8"


@pytest.mark.parametrize("accept", [{}, {"accept": "*/*"}])
def test_a_script_that_asks_for_anything_gets_json(pvex: Client, accept: dict[str, str]) -> None:
    headers = {"content-type": "application/xml", "x-requested-with": "XMLHttpRequest", **accept}

    assert pvex.post(BATCH, content=b"<broken", headers=headers).media_type == "application/json"


def test_without_a_body_it_is_json(pvex: Client) -> None:
    assert pvex.get("/api/Invoice").headers["content-type"] == "application/json; charset=utf-8"


def test_utf16_in_is_utf16_out(pvex: Client) -> None:
    body = json.dumps([less("Number")]).encode("utf-16-le")

    answer = pvex.post(BATCH, content=body, headers={"content-type": "application/json; charset=utf-16"})

    assert answer.headers["content-type"] == "application/json; charset=utf-16"
    assert answer.body[:2] == b"\xff\xfe"
    assert "invoices[0].Number" in answer.body.decode("utf-16")


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("utf-16", "utf-16"),
        ("UTF-16, utf-8;q=0.5", "utf-16"),
        ("utf-8;q=0.5, utf-16;q=0.2", "utf-8"),
        ("*", "utf-8"),
        ("utf-16;q=0", "utf-8"),
        ("iso-8859-1", "utf-8"),
    ],
)
def test_accept_charset_goes_first(pvex: Client, asked: str, answered: str) -> None:
    answer = pvex.get("/api/Invoice/INV-1", headers={"accept-charset": asked, "accept": "text/xml"})

    assert answer.headers["content-type"] == f"text/xml; charset={answered}"
    assert answer.body.decode(answered).lstrip("\ufeff").startswith("<Invoice ")


def test_a_charset_that_is_not_known_is_read_as_utf8(pvex: Client) -> None:
    headers = {"content-type": "application/json; charset=klingon"}

    answer = pvex.post(BATCH, content=b"[]", headers=headers)

    assert answer.status == 200


def test_a_form_in_utf16_is_answered_in_utf16(pvex: Client) -> None:
    headers = {"content-type": FORM["content-type"] + '; charset="utf-16"'}

    answer = pvex.post(BATCH, content="[0].Number=%ff".encode("utf-16"), headers=headers)

    assert answer.headers["content-type"] == "application/json; charset=utf-16"
