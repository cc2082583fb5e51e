from __future__ import annotations

import json
from decimal import Decimal

import pytest

from mockserver.testing import control_client


def test_a_decimal_keeps_its_value_and_its_scale_both_ways() -> None:
    content = b'{"a":[1,0.10,12345678901234567890.50,1E+2]}'

    document = control_client.decode(content)

    assert document["a"][1:3] == [Decimal("0.10"), Decimal("12345678901234567890.50")]
    assert control_client.encode(document) == content


def test_texts_are_utf_8_and_names_are_texts() -> None:
    assert control_client.encode({"ü": ("\n", None, True)}).decode() == '{"ü":["\\n",null,true]}'


@pytest.mark.parametrize("content", [b"", b"<html>", b"[NaN]", b"\xff", b"[" * 100_000])
def test_what_is_not_json_is_a_value_error(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        control_client.decode(content)


@pytest.mark.parametrize("number", [Decimal("NaN"), Decimal("Infinity"), float("inf")])
def test_a_number_that_is_not_finite_is_refused(number: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        control_client.encode([number])


def test_a_value_that_is_not_json_is_refused() -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        control_client.encode({"at": object()})


def test_plain_json_has_numbers_of_the_same_value_that_every_writer_accepts() -> None:
    plain = control_client.plain_json({"a": [Decimal("100.00"), Decimal("0.10")]})

    assert json.dumps(plain) == '{"a": [100, 0.1]}'
