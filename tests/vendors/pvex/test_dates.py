from __future__ import annotations

import pytest

from mockserver.vendors.pvex.media_types import BodyReader
from mockserver.vendors.pvex.replies import encode_name
from mockserver.vendors.pvex.rules import normalize_date


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("2025-12-16T00:51:54.4190046+00:00", "2025-12-16T00:51:54.4190046+00:00"),
        ("2025-12-16T00:00:00Z", "2025-12-16T00:00:00Z"),
        ("2025-12-16T00:00:00.500z", "2025-12-16T00:00:00.5Z"),
        ("2025-12-16T10:00:00-06:00", "2025-12-16T16:00:00+00:00"),
        ("2025-12-16T10:00:00.12345678+0530", "2025-12-16T04:30:00.1234567+00:00"),
        ("2025-12-16T10:00", "2025-12-16T10:00:00"),
        ("2025-12-16 10:00:00", "2025-12-16T10:00:00"),
        ("2025-12-16", "2025-12-16T00:00:00"),
        (" 2025-12-16 ", "2025-12-16T00:00:00"),
        ("12/16/2025", "2025-12-16T00:00:00"),
        ("1/2/2025 3:04:05 PM", "2025-01-02T15:04:05"),
        ("1/2/2025 12:04 AM", "2025-01-02T00:04:00"),
        ("1/2/2025 13:04", "2025-01-02T13:04:00"),
        ("/Date(1700000000000)/", "2023-11-14T22:13:20Z"),
        ("/Date(-1)/", "1969-12-31T23:59:59.999Z"),
        ("/Date(1700000000000-0600)/", "2023-11-14T22:13:20+00:00"),
        ("2024-02-29", "2024-02-29T00:00:00"),
        ("0001-01-01T00:00:00+05:00", "0001-01-01T00:00:00+00:00"),
        ("9999-12-31T23:59:59-05:00", "9999-12-31T23:59:59+00:00"),
    ],
)
def test_json_reads_a_date_in_several_forms(sent: str, kept: str) -> None:
    assert normalize_date(sent) == kept


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nope",
        "2025-02-29",
        "2025-13-01",
        "2025-12-16T25:00:00",
        "2025-12-16T10:00:60",
        "2025-12-16T10:00:00+24:00",
        "0000-01-01",
        "16/12/2025",
        "1/2/2025 13:00 PM",
        "/Date(999999999999999)/",
        "\u0662\u0660\u0662\u0665-12-16",
        "1700000000000",
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert normalize_date(text) is None


@pytest.mark.parametrize(
    "text", ["12/16/2025", "/Date(0)/", "2025-12-16 10:00:00", "2025-12-16T10:00:00+0100"]
)
def test_xml_reads_its_own_forms_only(text: str) -> None:
    assert normalize_date(text, BodyReader.XML) is None


def test_a_form_reads_no_milliseconds() -> None:
    assert normalize_date("/Date(0)/", BodyReader.FORM) is None


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("invoices", "invoices"),
        ("invoices[0].Number", "invoices_x005B_0_x005D_.Number"),
        ("1a", "_x0031_a"),
        ("-a", "_x002D_a"),
        ("a b", "a_x0020_b"),
        ("a_x0041_", "a_x005F_x0041_"),
        ("a\x00", "a_x0000_"),
        ("\N{DOG FACE}", "_x0001F436_"),
    ],
)
def test_a_place_is_encoded_into_a_name(place: str, name: str) -> None:
    assert encode_name(place) == name
