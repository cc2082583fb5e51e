from __future__ import annotations

from collections.abc import Callable

import pytest

from mockserver.codec.form import decode_flat, decode_indexed, decode_nested
from mockserver.errors import MalformedBody
from mockserver.model import Json


@pytest.mark.parametrize(
    ("body", "items"),
    [
        pytest.param(b"", [], id="nothing"),
        pytest.param(b"[0].Id=A-1&[0].Amount=2", [{"Id": "A-1", "Amount": "2"}], id="dotted"),
        pytest.param(b"[0][Id]=A-1", [{"Id": "A-1"}], id="bracketed"),
        pytest.param(b"%5B0%5D.Id=A%2D1", [{"Id": "A-1"}], id="escaped"),
        pytest.param(b"[0].Note=a+b", [{"Note": "a b"}], id="plus"),
        pytest.param(b"[0].Note=", [{"Note": None}], id="empty"),
        pytest.param(b"[1].Id=B&[0].Id=A", [{"Id": "A"}, {"Id": "B"}], id="out-of-order"),
        pytest.param(b"[0].Id=A&[2].Id=C", [{"Id": "A"}], id="up-to-the-gap"),
        pytest.param(b"[1].Id=B", [], id="no-first"),
        pytest.param(b"[0].Id=A&[0].Id=B", [{"Id": "A"}], id="first-wins"),
        pytest.param(b"Id=A&[0].=B&[x].Id=C&[0].a.b=D", [], id="other-keys"),
        pytest.param(b"[9999999999].Id=A", [], id="huge-index"),
    ],
)
def test_form_keys_spell_a_list(body: bytes, items: Json) -> None:
    assert decode_indexed(body, "utf-8") == items


@pytest.mark.parametrize("body", [b"[0].Id=\xff", b"[0].Id=%ff"], ids=["bare", "escaped"])
@pytest.mark.parametrize("decode", [decode_indexed, decode_flat])
def test_bad_utf_8_is_malformed(decode: Callable[[bytes, str], Json], body: bytes) -> None:
    with pytest.raises(MalformedBody):
        decode(body, "utf-8")


def keys(number: int) -> bytes:
    return "&".join(f"[{key}].Id={key}" for key in range(number)).encode()


def test_a_form_of_1000_keys_is_read() -> None:
    assert len(decode_indexed(keys(1000), "utf-8")) == 1000


@pytest.mark.parametrize(("number", "most"), [(1001, {}), (2, {"max_keys": 1})])
@pytest.mark.parametrize("decode", [decode_indexed, decode_flat])
def test_a_form_of_too_many_keys_is_malformed(
    decode: Callable[..., Json], number: int, most: dict[str, int]
) -> None:
    with pytest.raises(MalformedBody):
        decode(keys(number), "utf-8", **most)


@pytest.mark.parametrize(
    ("body", "document"),
    [
        (b"type=refresh_token&code=a%2Fb+c&empty=", {"type": "refresh_token", "code": "a/b c", "empty": ""}),
        (b"a=1&a=2", {"a": "2"}),
        (b"names=a&names[]=b&other[]=c", {"names": ["a", "b"], "other[]": "c"}),
    ],
    ids=["texts", "last-wins", "list"],
)
def test_a_flat_form_is_an_object(body: bytes, document: Json) -> None:
    assert decode_flat(body, "utf-8", {"names"}) == document


@pytest.mark.parametrize(
    ("body", "document"),
    [
        (b"", {}),
        (b"a=1&a=2", {"a": "2"}),
        (b"a[1][b]=2&a[0][b]=1&a[0][c][]=x&a[0][c][]=y", {"a": [{"b": "1", "c": ["x", "y"]}, {"b": "2"}]}),
        (b"a[][b]=1&d[e]=2", {"a": [{"b": "1"}], "d": {"e": "2"}}),
        (b"a[10]=x&a[9]=y", {"a": ["y", "x"]}),
        (b"a[99999999999999999999]=x", {"a": {"99999999999999999999": "x"}}),
        (b"a=1&a[b]=2", {"a": {"b": "2"}}),
    ],
)
def test_a_nested_form_has_lists_by_index_or_by_empty_brackets(body: bytes, document: object) -> None:
    assert decode_nested(body, "utf-8") == document
