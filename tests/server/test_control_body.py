from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support import sample_vendor
from tests.support.client import Client

SANDBOXES = "/_mock/sandboxes"


@pytest.fixture
def operator() -> Iterator[Client]:
    """A client of a server with only the sample vendor, and a body limit of 8 KiB."""
    with sample_vendor.shared_client(max_body_bytes=8192) as client:
        yield client


def listed(operator: Client) -> list[str]:
    return [sandbox["name"] for sandbox in operator.get(SANDBOXES).json]


BAD_BODIES: dict[str, tuple[bytes, int]] = {
    "nothing": (b"", 400),
    "no-json": (b"{", 400),
    "null": (b"null", 400),
    "list": (b"[]", 400),
    "no-name": (b"{}", 400),
    "unknown-member": (b'{"name": "new", "colour": "red"}', 400),
    "capital": (b'{"name": "New"}', 400),
    "long-name": (b'{"name": "' + b"a" * 65 + b'"}', 400),
    "newline-in-name": (b'{"name": "new\\n"}', 400),
    "seed-text": (b'{"name": "new", "seed": "7"}', 400),
    "seed-fraction": (b'{"name": "new", "seed": 1.5}', 400),
    "seed-below": (b'{"name": "new", "seed": -1}', 400),
    "seed-nan": (b'{"name": "new", "seed": NaN}', 400),
    "seed-of-5000-digits": (b'{"name": "new", "seed": ' + b"9" * 5000 + b"}", 400),
    "freeze-word": (b'{"name": "new", "freeze": "yesterday"}', 400),
    "freeze-day": (b'{"name": "new", "freeze": "2026-01-05"}', 400),
    "freeze-before-time": (b'{"name": "new", "freeze": "0001-01-01T00:00:00+14:00"}', 422),
    "empty-text": (b'{"name": "new", "empty": "yes"}', 400),
    "bad-utf-8": (b'{"name": "\xff"}', 400),
    "brackets": (b"[" * 4_000, 400),
    "deep": (b'{"name": ' + b"[" * 65 + b"]" * 65 + b"}", 400),
    "over-the-limit": (b'{"name": "' + b"a" * 8192 + b'"}', 413),
}


@pytest.mark.parametrize(("body", "status"), BAD_BODIES.values(), ids=BAD_BODIES.keys())
@pytest.mark.parametrize("chunks", [1, 3], ids=["whole", "chunked"])
def test_a_bad_body_makes_no_sandbox(operator: Client, body: bytes, status: int, chunks: int) -> None:
    response = operator.post(
        SANDBOXES, content=body, headers={"content-type": "application/json"}, chunks=chunks
    )

    assert (response.status, response.media_type) == (status, "application/problem+json")
    assert listed(operator) == ["default"]


@pytest.mark.parametrize(
    "media_type",
    ["", " ; charset=utf-8", "text/plain", "application/xml", "application/x-www-form-urlencoded"],
)
def test_another_media_type_is_unsupported(operator: Client, media_type: str) -> None:
    response = operator.post(SANDBOXES, content=b'{"name": "new"}', headers={"content-type": media_type})

    assert (response.status, response.media_type) == (415, "application/problem+json")
    assert listed(operator) == ["default"]


@pytest.mark.parametrize(
    "headers", [{}, {"content-type": "Application/JSON ; charset=utf-8"}], ids=["no", "odd"]
)
def test_a_body_may_come_with_an_odd_media_type_or_none(operator: Client, headers: dict[str, str]) -> None:
    assert operator.post(SANDBOXES, content=b'{"name": "new"}', headers=headers).status == 201


def test_a_body_may_come_in_chunks(operator: Client) -> None:
    assert operator.post(SANDBOXES, json={"name": "new"}, chunks=4).status == 201


ODD_TYPES = (
    "json",
    "a/b/c",
    "/",
    "a/",
    "multipart/form-data",
    "text/plain",
    ";;=",
    "\xff",
    ",",
    "application/json/x",
)


@pytest.mark.parametrize("media_type", ODD_TYPES)
def test_a_call_without_a_body_may_name_any_type(operator: Client, media_type: str) -> None:
    headers = {"content-type": media_type}

    assert operator.post(f"{SANDBOXES}/default/reset", headers=headers).status == 200
    assert operator.get(SANDBOXES, headers=headers).status == 200
    assert operator.post(SANDBOXES, headers=headers).status == 400


@pytest.mark.parametrize("media_type", [one for one in ODD_TYPES if one != ";;="])
def test_a_body_of_another_type_is_refused_even_where_none_is_read(operator: Client, media_type: str) -> None:
    response = operator.post(
        f"{SANDBOXES}/default/reset", content=b'{"name": "new"}', headers={"content-type": media_type}
    )

    assert (response.status, response.json["code"]) == (415, "http-415")
    assert "expected application/json, or application/yaml" in response.json["detail"]


def test_a_document_of_very_many_values_is_refused_as_too_large() -> None:
    with sample_vendor.shared_client() as operator:
        refused = operator.post(SANDBOXES, content=b"[" + b"1," * 600_000 + b"1]")
    assert (refused.status, "349,525 values" in refused.json["detail"]) == (413, True)
