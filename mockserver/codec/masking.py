"""Mask credentials and personal data, so that equal values have equal masks in a whole recording."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Sequence
from html import escape, unescape
from itertools import groupby
from urllib.parse import quote, unquote_plus

from msgspec import Struct, field

from mockserver.codec.redaction import (
    FIELD,
    WHOLE_FORM,
    is_credential_field,
    is_credential_header,
    replace_values,
    split_scheme,
)

_LETTERS, _HEX_LETTERS, _DIGITS = "xabcdefghijklmnopqrstuvw", "abcdef", "8901234567"
"""Signs of masks; the first fills the mask. With 8 in place of its digits, a UUID is still a UUID."""

_KEPT_SIGNS = "-_.+/=:"
_SHORTEST_LOCAL, _SHORTEST_PHONE, _SHORTEST_IBAN, _KEPT_OF_PHONE = 4, 6, 15, 3
_GRANT_TYPE = "grant_type"
_HARMLESS = ("code", "ticket")
"""Names of credentials in queries that name keys in records."""

_HEX = re.compile(r"(?=[a-f-]*\d)[0-9a-f-]{16,}", re.IGNORECASE)
_IBAN_MEMBER = re.compile(r"\w*iban(?:_?code|_?number)?", re.IGNORECASE)
_PHONE_MEMBER = re.compile(
    r"\w*(?:phone|mobile|telefoon|gsm|fax)_?(?:no|nr|number|nummer)?|tel", re.IGNORECASE
)
_PERSON_MEMBER = re.compile(
    r"\w*(?:first|last|middle|given|family|maiden|full|person|contact|holder|debtor|customer|employee|patient"
    r"|payee|payer|recipient|beneficiary|insured|owner)_?name|\w*surname|\w*contact_?person|initials",
    re.IGNORECASE,
)
_EMAIL = re.compile(
    r"(?:(?<=%[0-9A-F]{2})|(?<=\\[nrt])|(?<![\w.+%\\-]))(\w[\w.+'-]*+)(@|%40)([\w-]++(?:\.[\w-]++)++)"
)
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]){11,30}(?![A-Za-z0-9])")
_NAMED_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9 ]{8,36}", re.IGNORECASE)
_PHONE = re.compile(r"(?<![\w.+-])\+[1-9](?:[ ().-]{0,2}[0-9]){7,14}(?!\w|[.,][0-9])")
_NAMED_PHONE = re.compile(r"[\s+()./-]*(?:[0-9][\s+()./-]*){6,}")
_COOKIE = re.compile(
    r"((?:^|[;,])\s*(?!(?:path|domain|expires|max-age|samesite)=)[^=;,\s]+=)([^;,]+)", re.IGNORECASE
)
_LITERAL = re.compile(r'"((?:[^"\\]|\\.)*+)"(\s*+:)?', re.DOTALL)
_LIST = re.compile(r'("([\w.-]{1,64}+)"\s*+:\s*+\[)([^\[\]{}]++)')
_HAS_NAMES = re.compile(r"[=:<]|bearer|basic|eyJ", re.IGNORECASE)
_TELLING = re.compile(r"(?![a-z]{1,7}\Z|[0-9]{1,7}\Z).{4,}", re.DOTALL)
"""Values that are masked wherever they stand. A shorter word or number may have another meaning elsewhere."""


def _shape(value: str, number: int, kept: int = 0, signs: str = _KEPT_SIGNS) -> str:
    """Return a text of the same length with `number` in its end: letters for letters, digits for digits."""
    masked, letters = list(value), _HEX_LETTERS if _HEX.fullmatch(value) else _LETTERS
    for at in reversed(range(kept, len(value))):
        sign = value[at]
        choices = _DIGITS if sign.isdigit() else letters if sign.isalpha() else ""
        if choices:
            number, rest = divmod(number, len(choices))
            masked[at] = choices[rest].upper() if sign.isupper() else choices[rest]
        elif sign not in signs:
            masked[at] = "x"
    return "".join(masked)


def _shape_login(_value: str, number: int) -> str:
    return b64encode(f"masked:{number}".encode()).decode()


def _shape_phone(value: str, number: int) -> str:
    return _shape(value, number, _KEPT_OF_PHONE, value)


def _shape_email(value: str, number: int) -> str:
    return f"{_shape(value.partition('@')[0].ljust(_SHORTEST_LOCAL, 'x'), number)}@example.com"


def _shape_iban(value: str, number: int) -> str:
    """Return an IBAN whose check digits are right if those of `value` are right, and else wrong."""
    masked = _shape(value, number, 4, " ")
    check = _check_digits(masked) + (not _has_right_digits(value))
    return f"{masked[:2]}{check:02d}{masked[4:]}"


def _has_right_digits(iban: str) -> bool:
    return _check_digits(iban) == int(iban[2:4])


def _check_digits(iban: str) -> int:
    """Return the right check digits of an IBAN (ISO 13616), whatever check digits it has."""
    signs = iban.replace(" ", "")
    return 98 - int("".join(str(int(sign, 36)) for sign in f"{signs[4:]}{signs[:2]}00")) % 97


def _one_of(values: Sequence[str], depth: int = 8) -> str:
    """Return a pattern of values as a tree: a list would be compared one by one at each place of a text."""
    if len(values) == 1 or not depth:
        return "|".join(map(re.escape, values))
    groups = ((first, [one[1:] for one in ones]) for first, ones in groupby(values, lambda one: one[:1]))
    return "|".join(
        f"{re.escape(first)}(?:{_one_of(rest, depth - 1)})" if first else "" for first, rest in groups
    )


def _unescape_json(raw: str) -> str:
    try:
        return str(json.loads(f'"{raw}"', strict=False)) if "\\" in raw else raw
    except ValueError:
        return raw


class Masks(Struct):
    """Masks of one recording.

    Mask all its texts, call `seal`, and mask all texts again: the second time, a value that has a name in one
    text, such as a password, is also found where no name tells it.
    """

    persons: bool = False
    """Whether to mask names of persons."""
    _numbers: dict[str, int] = field(default_factory=dict)
    _issued: set[str] = field(default_factory=set)
    _named: dict[str, str] = field(default_factory=dict)
    """Mask of each telling value that has a name somewhere."""
    _anywhere: re.Pattern[str] = re.compile(r"(?!)")

    def seal(self) -> None:
        for form in (lambda value: quote(value, safe=""), escape):
            self._named |= {form(value): mask for value, mask in self._named.items()}
        if self._named:
            found = _one_of(sorted(self._named, reverse=True))
            self._anywhere = re.compile(rf"(?<![^\W_])(?:{found})(?![^\W_])")

    def header(self, name: str, text: str) -> str:
        name = name.lower()
        if "cookie" in name and "=" in text:
            return _COOKIE.sub(lambda found: found[1] + self._mask(found[2]), text)
        if not (is_credential_header(name) or is_credential_field(name)):
            return self.body(text)
        scheme, secret = split_scheme(name, text)
        return f"{scheme}{self._mask(secret, _shape_login if scheme.lower() == 'basic ' else _shape)}"

    def body(self, text: str) -> str:
        """Mask a text of any form: JSON, XML, a form, an address with a query, parts, lines, words."""
        if text in self._named:
            return self._named[text]
        if _HAS_NAMES.search(text):
            if WHOLE_FORM.fullmatch(text):
                return self.query(text)
            text = replace_values(_LIST.sub(self._list, text), self._value)
            if _GRANT_TYPE in text:
                text = replace_values(
                    text, lambda name, value: self._mask(value) if name == "code" else value
                )
            if text.lstrip()[:1] in ('"', "{", "["):
                return _LITERAL.sub(self._literal, text)
        return self._nameless(text)

    def query(self, text: str) -> str:
        return self._nameless(FIELD.sub(self._field, text))

    def _nameless(self, text: str) -> str:
        text = self._anywhere.sub(lambda found: self._named[found[0]], text)
        text = _EMAIL.sub(self._email, text)
        text = _IBAN.sub(self._iban, text)
        return _PHONE.sub(lambda found: self._mask(found[0], _shape_phone, is_named=False), text)

    def _list(self, found: re.Match[str]) -> str:
        name = found[2].removesuffix("s")
        return found[1] + _LITERAL.sub(lambda one: f'"{self._value(name, one[1])}"', found[3])

    def _literal(self, found: re.Match[str]) -> str:
        text = _unescape_json(found[1])
        masked = text if found[2] and text.isalpha() else self.body(text)
        return found[0] if masked == text else f"{json.dumps(masked)}{found[2] or ''}"

    def _field(self, found: re.Match[str]) -> str:
        name, value = found[1], unquote_plus(found[2])
        masked = self._mask(value) if is_credential_field(name) else self._value(name, value)
        masked = self.body(value) if masked == value else masked
        return found[0] if masked == value else f"{name}={quote(masked, safe='')}"

    def _value(self, name: str, value: str) -> str:
        plain = unescape(_unescape_json(value))
        if is_credential_field(name) and name.lower() not in _HARMLESS:
            return self.header(name, plain)
        if _IBAN_MEMBER.fullmatch(name) and _NAMED_IBAN.fullmatch(plain):
            return self._mask(plain, _shape_iban)
        if _PHONE_MEMBER.fullmatch(name) and _NAMED_PHONE.fullmatch(plain):
            return self._mask(plain, _shape_phone)
        return self._mask(plain) if self.persons and _PERSON_MEMBER.fullmatch(name) else value

    def _mask(self, value: str, shape: Callable[[str, int], str] = _shape, *, is_named: bool = True) -> str:
        if value in self._issued:
            return value
        key = "".join(filter(str.isalnum, value.lower()))
        masked = shape(value, self._numbers.setdefault(key, len(self._numbers) + 1))
        self._issued.add(masked)
        if is_named and _TELLING.fullmatch(value):
            self._named[value] = masked
        return masked

    def _email(self, found: re.Match[str]) -> str:
        return self._mask(f"{found[1]}@{found[3]}", _shape_email, is_named=False).replace("@", found[2])

    def _iban(self, found: re.Match[str]) -> str:
        """Mask the IBANs of a match, which may have other words before, between and after them."""
        text = part = found[0]
        while len(part) >= _SHORTEST_IBAN and not _has_right_digits(part):
            part = part.rpartition(" ")[0]
        is_iban = len(part) >= _SHORTEST_IBAN
        part = part if is_iban else text.partition(" ")[0]
        masked = self._mask(part, _shape_iban, is_named=False) if is_iban else part
        return masked + _IBAN.sub(self._iban, text[len(part) :])
