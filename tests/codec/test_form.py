from __future__ import annotations

import pytest

from mockserver.codec.form import FlatForm, IndexedForm
from mockserver.errors import MalformedBody
from mockserver.model import Json

FORM = IndexedForm()


@pytest.mark.parametrize(
    ("body", "items"),
    [
        (b"", []),
        (b"[0].Id=A-1&[0].Amount=2", [{"Id": "A-1", "Amount": "2"}]),
        (b"[0][Id]=A-1", [{"Id": "A-1"}]),
        (b"%5B0%5D.Id=A%2D1", [{"Id": "A-1"}]),
        (b"[0].Note=a+b", [{"Note": "a b"}]),
        (b"[0].Note=", [{"Note": None}]),
        (b"[1].Id=B&[0].Id=A", [{"Id": "A"}, {"Id": "B"}]),
        (b"[0].Id=A&[2].Id=C", [{"Id": "A"}]),
        (b"[1].Id=B", []),
        (b"[0].Id=A&[0].Id=B", [{"Id": "A"}]),
        (b"Id=A&[0].=B&[x].Id=C&[0].a.b=D", []),
        (b"[9999999999].Id=A", []),
    ],
    ids=[
        "nothing",
        "dotted",
        "bracketed",
        "escaped",
        "plus",
        "empty",
        "out-of-order",
        "up-to-the-gap",
        "no-first",
        "first-wins",
        "other-keys",
        "huge-index",
    ],
)
def test_form_keys_spell_a_list(body: bytes, items: Json) -> None:
    assert FORM.decode(body, "utf-8") == items


@pytest.mark.parametrize("body", [b"[0].Id=\xff", b"[0].Id=%ff"], ids=["bare", "escaped"])
def test_bad_utf_8_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedBody):
        FORM.decode(body, "utf-8")


def test_a_form_of_1000_keys_is_read() -> None:
    body = "&".join(f"[{number}].Id={number}" for number in range(1000))

    assert len(FORM.decode(body.encode(), "utf-8")) == 1000


def test_a_form_of_1001_keys_is_malformed() -> None:
    body = "&".join(f"[{number}].Id={number}" for number in range(1001))

    with pytest.raises(MalformedBody):
        FORM.decode(body.encode(), "utf-8")


def test_the_number_of_keys_can_be_set() -> None:
    with pytest.raises(MalformedBody):
        IndexedForm(max_keys=1).decode(b"[0].A=1&[0].B=2", "utf-8")


def test_a_flat_form_is_an_object_of_texts() -> None:
    assert FlatForm().decode(b"grant_type=refresh_token&code=a%2Fb+c&empty=", "utf-8") == {
        "grant_type": "refresh_token",
        "code": "a/b c",
        "empty": "",
    }


def test_of_a_repeated_key_of_a_flat_form_the_last_one_counts() -> None:
    assert FlatForm().decode(b"a=1&a=2", "utf-8") == {"a": "2"}


def test_a_flat_form_that_is_no_text_is_refused() -> None:
    with pytest.raises(MalformedBody):
        FlatForm().decode(b"a=%ff", "utf-8")


def test_a_list_of_a_flat_form_holds_every_text_of_its_key() -> None:
    assert FlatForm(frozenset({"names"})).decode(b"names=a&names[]=b&other[]=c", "utf-8") == {
        "names": ["a", "b"],
        "other[]": "c",
    }


def test_a_flat_form_of_too_many_keys_is_refused() -> None:
    with pytest.raises(MalformedBody):
        FlatForm(max_keys=2).decode(b"a=1&b=2&c=3", "utf-8")
