from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.codec.json import (
    MAX_LENIENT_BYTES,
    check_depth,
    decode,
    decode_lenient,
    encode,
    find_nul,
    find_repeated_member,
    may_contain_nul,
)
from mockserver.errors import MalformedBody
from mockserver.model import Json

SUITE = Path(__file__).parents[3] / "shared" / "data" / "jsontestsuite" / "test_parsing"
CASES = sorted(SUITE.glob("*.json"))
NONE_HERE = pytest.mark.skipif(not CASES, reason="a clone holds no copy of JSONTestSuite")

MALFORMED = {
    "nothing": b"",
    "blank": b" \n",
    "nan": b"[NaN]",
    "infinity": b"[Infinity]",
    "minus-infinity": b"[-Infinity]",
    "5000-digit-integer": b"[" + b"7" * 5000 + b"]",
    "exponent-400": b"[1e400]",
    "exponent-minus-400": b"[1e-400]",
    "exponent-of-twenty-digits": b"[1e99999999999999999999]",
    "lone-high-surrogate": rb'["\ud83d"]',
    "lone-low-surrogate": rb'["\ude00"]',
    "surrogates-the-wrong-way-round": rb'["\ude00\ud83d"]',
    "bad-utf-8-in-text": b'["\xc3\x28"]',
    "bad-utf-8-in-name": b'{"\xff": 1}',
    "overlong-utf-8": b'["\xc0\xaf"]',
    "100000-open-brackets": b"[" * 100_000,
    "100000-brackets": b"[" * 100_000 + b"]" * 100_000,
    "100000-open-braces": b'{"a":' * 100_000,
    "trailing-word": b"{} true",
    "two-documents": b"[1][2]",
    "trailing-comma": b"[1,]",
    "comment": b"[1 /* one */]",
    "single-quotes": b"['a']",
    "bare-name": b"{a: 1}",
    "leading-zero": b"[012]",
    "plus": b"[+1]",
    "bare-point": b"[1.]",
    "tab-in-text": b'["\t"]',
    "nul": b"[1]\x00",
    "utf-16-not-named": '{"a": 1}'.encode("utf-16"),
    "latin-1": '["é"]'.encode("latin-1"),
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_no_json_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedBody):
        decode(body)


@pytest.mark.parametrize("body", [b"[1e309]", b"[-1.5e-325]", b"[0e400]", b"[" + b"9" * 5000 + b"]"])
def test_a_number_that_is_out_of_range_is_told_so(body: bytes) -> None:
    with pytest.raises(MalformedBody, match="a number is out of range"):
        decode(body)


def test_text_that_is_no_utf_8_is_told_in_words_of_its_own() -> None:
    with pytest.raises(MalformedBody, match="the body is not valid UTF-8"):
        decode(b'["\xff"]')


@pytest.mark.parametrize(
    ("body", "document"),
    [
        pytest.param(b"null", None, id="null"),
        pytest.param(b" [ ] ", [], id="blanks"),
        pytest.param(b'{"a": 1, "a": 2}', {"a": 2}, id="last-name-wins"),
        pytest.param(b'\xef\xbb\xbf{"a": 1}', {"a": 1}, id="bom"),
        pytest.param(b"[18446744073709551617]", [18446744073709551617], id="over-64-bits"),
        pytest.param(rb'["\ud83d\ude00"]', ["😀"], id="surrogate-pair"),
        pytest.param(b"-0", 0, id="minus-zero"),
        pytest.param(b'{"": 1}', {"": 1}, id="no-name"),
    ],
)
def test_json_is_read_as_its_value(body: bytes, document: Json) -> None:
    assert decode(body) == document


@pytest.mark.parametrize(
    "text", ["0.10", "1.00", "123456789012345678901234567890.12", "1E+2", "0.1", "-7.5E-30"]
)
def test_fractions_are_exact_decimals(text: str) -> None:
    assert str(decode(text.encode())) == text


def test_an_integer_of_4000_digits_stays_whole() -> None:
    assert decode(b"9" * 4000) == 10**4000 - 1


@pytest.mark.parametrize(
    ("body", "charset"),
    [
        ('["é"]'.encode("utf-16"), "utf-16"),
        (b"\xfe\xff" + '["é"]'.encode("utf-16-be"), "utf-16"),
        ('["é"]'.encode("utf-16-le"), "utf-16le"),
        ('["é"]'.encode("utf-16-le"), "utf-16"),
        ('["é"]'.encode("utf-16-be"), "utf-16be"),
    ],
    ids=["little-marked", "big-marked", "little", "unmarked", "big"],
)
def test_utf_16_is_read_when_it_is_named(body: bytes, charset: str) -> None:
    assert decode(body, charset) == ["é"]


def test_half_a_utf_16_character_is_malformed() -> None:
    with pytest.raises(MalformedBody, match="UTF-16"):
        decode(b"[\x001\x00]", "utf-16")


def test_64_levels_pass() -> None:
    check_depth(decode(b"[" * 64 + b"]" * 64))


def test_65_levels_are_malformed() -> None:
    with pytest.raises(MalformedBody, match="deeper than 64"):
        check_depth(decode(b'{"a":' * 65 + b"1" + b"}" * 65))


def test_depth_counts_lists_and_objects_alike() -> None:
    with pytest.raises(MalformedBody):
        check_depth([{"a": [1]}], limit=2)


def test_a_scalar_has_no_depth() -> None:
    check_depth("text", limit=0)


@pytest.mark.parametrize(
    ("body", "document"),
    [
        (b"{'a': 1}", {"a": 1}),
        (b"{a: 1}", {"a": 1}),
        (b"[1, 2,]", [1, 2]),
        (b"[1, // one\n 2]", [1, 2]),
        (b"[0x10]", [16]),
        (b"[.5,]", [Decimal("0.5")]),
        (b"[12.50,]", [Decimal("12.50")]),
    ],
    ids=["single-quotes", "bare-name", "trailing-comma", "comment", "hexadecimal", "bare-point", "exact"],
)
def test_lenient_reading_takes_json5(body: bytes, document: Json) -> None:
    assert decode_lenient(body) == document


@pytest.mark.parametrize(
    ("body", "document"),
    [
        (b"[1] and so on", [1]),
        (b"{} true", {}),
        (b"[1]\x00", [1]),
        (b"[1]x", [1]),
        (b"[1] // one", [1]),
        (b"['a',] and so on", ["a"]),
        (b"[1]" + b" x" * MAX_LENIENT_BYTES, [1]),
    ],
    ids=["words", "value", "nul", "at-once", "comment", "json5", "long"],
)
def test_lenient_reading_does_not_look_behind_the_document(body: bytes, document: Json) -> None:
    assert decode_lenient(body) == document


@pytest.mark.parametrize(
    ("body", "position"),
    [
        (b"hello", 0),
        (b'[{"a": ', 7),
        (b'[{"a": 1 "b": 2}]', 9),
        (b"[{'a': 1 'b': 2}]", 9),
        ("[{'é': 1 'b': 2}]".encode(), 10),
        (b'[{"a": NaN}]', 7),
    ],
    ids=["at-once", "end", "strict", "json5", "bytes", "nan"],
)
def test_lenient_reading_tells_where_it_stopped(body: bytes, position: int) -> None:
    with pytest.raises(MalformedBody) as malformed:
        decode_lenient(body)

    assert malformed.value.position == position


def test_strict_reading_tells_where_text_behind_the_document_begins() -> None:
    with pytest.raises(MalformedBody) as malformed:
        decode(b"[1] and so on")

    assert malformed.value.position == 4


def test_lenient_reading_takes_strict_json_first() -> None:
    assert str(decode_lenient(b"[1.10]")[0]) == "1.10"


@pytest.mark.parametrize(
    "body",
    [
        b"[NaN,]",
        b"[Infinity]",
        b"[1e400,]",
        b"['\\ud800']",
        b"['\xff']",
        b"[" + b"7" * 5000 + b",]",
        b"[" * 100_000,
        b"{'a':" * 2_000,
        b"['" + b"a" * MAX_LENIENT_BYTES + b"']",
    ],
    ids=["nan", "infinity", "1e400", "surrogate", "utf-8", "5000-digits", "brackets", "braces", "long"],
)
def test_lenient_reading_has_the_same_limits(body: bytes) -> None:
    with pytest.raises(MalformedBody):
        decode_lenient(body)


def test_encoded_json_is_compact_utf_8_in_the_order_given() -> None:
    assert encode({"b": "é", "a": [1, None, True]}) == '{"b":"é","a":[1,null,true]}'.encode()


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(10**30), 10**30)
        | st.decimals(allow_nan=False, allow_infinity=False, places=4)
        | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=12,
    )
)
def test_what_is_encoded_is_read_back_the_same(document: Json) -> None:
    assert decode(encode(document)) == document


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_malformed(body: bytes) -> None:
    assert _verdict(body) in ("read", "malformed")


@NONE_HERE
@pytest.mark.parametrize("case", [file for file in CASES if file.name[0] == "y"], ids=lambda file: file.stem)
def test_suite_file_that_must_be_accepted_is_read(case: Path) -> None:
    assert _verdict(case.read_bytes()) == "read"


@NONE_HERE
@pytest.mark.parametrize("case", [file for file in CASES if file.name[0] == "n"], ids=lambda file: file.stem)
def test_suite_file_that_must_be_refused_is_malformed(case: Path) -> None:
    assert _verdict(case.read_bytes()) == "malformed"


@NONE_HERE
@pytest.mark.parametrize("case", [file for file in CASES if file.name[0] == "i"], ids=lambda file: file.stem)
def test_suite_file_that_may_go_either_way_breaks_nothing(case: Path) -> None:
    assert _verdict(case.read_bytes()) in ("read", "malformed")


def _verdict(body: bytes) -> str:
    try:
        check_depth(decode(body))
    except MalformedBody:
        return "malformed"
    return "read"


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b'{"a": 1, "b": {"a": 2}}', None),
        (b"[]", None),
        (b"{", None),
        (b"[" * 10_000, None),
        (b"\xff", None),
        (b'{"a": 1e999}', None),
        (b'{"a": 1, "a": 1}', "a"),
        (rb'[{"b": {"\u0061": 1, "a": 2}}]', "a"),
    ],
)
def test_a_member_that_is_named_twice_is_found(body: bytes, name: str | None) -> None:
    assert find_repeated_member(body) == name


def test_texts_with_nul_are_found_by_their_places() -> None:
    document = {"a": "\0", "b": [1, "x\0y", {"c": "x"}], "d": None, "e\0": "x"}

    assert list(find_nul(document, ("items", 0))) == [("items", 0, "a"), ("items", 0, "b", 1)]


@pytest.mark.parametrize("charset", ["utf-8", "utf-16"])
def test_the_bytes_of_a_body_tell_whether_nul_may_be_in_it(charset: str) -> None:
    assert may_contain_nul(r'{"a": "\u0000"}'.encode(charset))
    assert not may_contain_nul(r'{"a": "\u0009"}'.encode(charset))
