from __future__ import annotations

import re
from typing import Any

import pytest

from mockserver.codec.masking import Masks, Redaction, declared_names

IBAN = "NL91ABNA0417164300"


def mask(*texts: str, persons: bool = False) -> list[str]:
    """Mask the texts of one recording."""
    masks = Masks(persons=persons)
    for text in texts:
        masks.text(text)
    masks.seal()
    return [masks.text(text) for text in texts]


def header(name: str, text: str) -> str:
    return Masks().header(name, text)


def is_right(iban: str) -> bool:
    signs = iban.replace(" ", "")
    return int("".join(str(int(sign, 36)) for sign in signs[4:] + signs[:4])) % 97 == 1


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ('{"password": "Welkom-01"}', '{"password": "Xxxxxx-89"}'),
        ('{"pin": 4711, "amount": 4711}', '{"pin": 8889, "amount": 4711}'),
        (
            '{"api_key": "6f9619ff-8b86-4d11-b42d-00cf4fc964ff"}',
            '{"api_key": "8a8888aa-8a88-8a88-a88a-88aa8aa888ab"}',
        ),
        ('{"token": ""}', '{"token": ""}'),
        (
            '{"tokens": ["abc-1", "d\\n2"], "keys": ["abc-2"]}',
            '{"tokens": ["xxx-9", "xx0"], "keys": ["abc-2"]}',
        ),
        ('{"grant_type": "authorization_code", "code": "abc12"}', None),
        ('{"Authorization": "Bearer abc-12"}', '{"Authorization": "Bearer xxx-89"}'),
        ('{"password": "a\\"b-1"}', '{"password": "xxx-9"}'),
        ('{"code": "BANK1", "ticket": 12}', '{"code": "BANK1", "ticket": 12}'),
        ("a=1&password=a%26b1&b=2", "a=1&password=xxx9&b=2"),
        ("<a><Password>Welkom-01</Password></a>", "<a><Password>Xxxxxx-89</Password></a>"),
        ("https://h.example/cb?code=abc12&state=x", "https://h.example/cb?code=xxx89&state=x"),
        ("at session:12 the total: 17", "at session:89 the total: 17"),
    ],
)
def test_a_credential_is_masked_in_its_own_form(text: str, masked: str | None) -> None:
    assert mask(text) == [masked or '{"grant_type": "authorization_code", "code": "xxx89"}']


@pytest.mark.parametrize(
    ("name", "text", "masked"),
    [
        ("Authorization", "Bearer abc-12", "Bearer xxx-89"),
        ("authorization", "abc-12", "xxx-89"),
        ("authorization", "Basic dXNlcjpzZWNyZXQ=", "Basic bWFza2VkOjE="),
        ("authorization", 'Digest username="u", response="r1"', "Digest xxxxxxxx=xxxxxxxxxxxxx=xx9x"),
        ("x-api-key", "my key 1", "xxxxxxx9"),
        ("cookie", "sid=abc12; theme=dark", "sid=xxx89; theme=xxxb"),
        ("cookie", "abc12", "xxx89"),
        ("set-cookie", "sid=abc12; Path=/; Max-Age=60", "sid=xxx89; Path=/; Max-Age=60"),
        ("location", "https://h.example/cb?code=abc12", "https://h.example/cb?code=xxx89"),
        ("content-type", "application/json; charset=utf-8", "application/json; charset=utf-8"),
    ],
)
def test_a_header_is_masked_behind_its_scheme(name: str, text: str, masked: str) -> None:
    assert header(name, text) == masked


def test_an_equal_value_has_an_equal_mask_in_each_text() -> None:
    first, second, third = mask(
        '{"password": "Welkom-01"}', "password Welkom-01 is wrong", '{"other": "Welkom-01"}'
    )

    assert first == '{"password": "Xxxxxx-89"}'
    assert (second, third) == ("password Xxxxxx-89 is wrong", '{"other": "Xxxxxx-89"}')


def test_values_of_one_form_have_masks_of_their_own() -> None:
    masked = mask(*[f'{{"password": "Welkom-{number:03}"}}' for number in range(300)])

    assert len(set(masked)) == 300


def test_a_value_that_begins_like_another_one_has_a_mask_of_its_own() -> None:
    told = mask('{"password": "Welkom-01", "pin": "Welkom-012"}', "Welkom-012, Welkom-01, Welkom-013")[1]

    assert told == "Xxxxxx-880, Xxxxxx-89, Welkom-013"


@pytest.mark.parametrize("word", ["invoice", "17"])
def test_a_credential_that_is_a_word_or_a_small_number_is_masked_only_where_it_has_a_name(word: str) -> None:
    assert mask(f'{{"password": "{word}"}}', f'{{"type": "{word}"}}')[1] == f'{{"type": "{word}"}}'


@pytest.mark.parametrize(
    "text",
    [
        '{"mail": "jan.jansen@bedrijf.nl"}',
        "to=jan.jansen%40bedrijf.nl",
        "<To>jan.jansen@bedrijf.nl</To>",
        r'{"note": "a\njan.jansen@bedrijf.nl"}',
        "filter=mail%20eq%20%27jan.jansen%40bedrijf.nl%27",
    ],
)
def test_an_e_mail_address_is_an_e_mail_address_when_it_is_masked(text: str) -> None:
    (masked,) = mask(text)

    assert re.search(r"xxx\.xxxxxa(@|%40)example\.com", masked)
    assert "jan" not in masked


def test_what_is_no_e_mail_address_does_not_become_one() -> None:
    assert mask('{"mail": "jan@", "other": "jan@@x"}') == ['{"mail": "jan@", "other": "jan@@x"}']


@pytest.mark.parametrize("iban", [IBAN, "NL91 ABNA 0417 1643 00", "BE68 5390 0754 7034"])
def test_a_masked_iban_has_right_check_digits(iban: str) -> None:
    (masked,) = mask(f"paid from {iban} EUR 5")

    found = re.fullmatch("paid from (.+) EUR 5", masked)
    assert found is not None
    assert (is_right(found[1]), found[1] != iban, len(found[1])) == (True, True, len(iban))


def test_a_wrong_iban_stays_wrong() -> None:
    (masked,) = mask('{"iban": "NL92ABNA0417164300"}')

    assert not is_right(masked[10:-2])
    assert "0417164300" not in masked


def test_a_key_that_looks_like_an_iban_is_kept() -> None:
    assert mask('{"number": "IN2026000012345678"}') == ['{"number": "IN2026000012345678"}']


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ('{"mobile": "06-12345678"}', '{"mobile": "06-88888889"}'),
        ('{"workPhone": 31612345678}', '{"workPhone": 31688888889}'),
        ('{"note": "call +31 6 12345678."}', '{"note": "call +31 8 88888889."}'),
        ('{"phone": "12"}', '{"phone": "12"}'),
        ('{"at": "2026-01-05T09:00:00+01:00", "n": +12345678.90}', None),
    ],
)
def test_a_phone_number_keeps_its_form_and_its_country(text: str, masked: str | None) -> None:
    assert mask(text) == [masked or text]


def test_every_iban_of_a_list_is_masked() -> None:
    assert mask(f"IN26 {IBAN} BE68539007547034") == ["IN26 NL35XXXX8888888889 BE64888888888880"]


@pytest.mark.parametrize(("persons", "shown"), [(True, "Xxxxxa"), (False, "Jansen")])
def test_names_of_persons_are_masked_if_asked(persons: bool, shown: str) -> None:  # noqa: FBT001
    texts = '{"lastName": "Jansen"}', "Debtor Jansen must exist", '{"productName": "Jansen"}'

    assert mask(*texts, persons=persons)[1:] == [
        f"Debtor {shown} must exist",
        f'{{"productName": "{shown}"}}',
    ]


@pytest.mark.parametrize(
    ("scheme", "names"),
    [
        ({"type": "apiKey", "in": "header", "name": "X-Odd"}, {"header x-odd", "member x-odd"}),
        ({"type": "apiKey", "in": "header", "name": "Key"}, {"header key"}),
        ({"type": "apiKey", "in": "query", "name": "odd"}, {"query odd"}),
        ({"type": "apiKey", "in": "cookie", "name": "odd"}, set()),
        ({"type": "http", "scheme": "hawk"}, set()),
        ({"type": "oauth2", "flows": {}}, set()),
    ],
)
def test_a_file_declares_the_names_of_its_keys(scheme: dict[str, Any], names: set[str]) -> None:
    assert declared_names({"s": scheme}) == names


def test_a_declared_name_counts_only_in_its_place() -> None:
    redaction = Redaction(frozenset({"header key", "query odd"}))

    assert redaction.headers({"key": "abcdef", "odd": "abcdef"}) == {"key": "ab…", "odd": "abcdef"}
    assert redaction.text('{"key": "abcdef", "odd": "abcdef"}') == '{"key": "abcdef", "odd": "abcdef"}'
    assert redaction.query("odd=abcdef") == "odd=ab…"
