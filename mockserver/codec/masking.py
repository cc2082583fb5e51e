"""Find credentials in headers, queries and texts of any form, and mask them: the one module that does.

`Redaction` cuts credentials to their first letters, for what is shown. `Masks` is for recordings: equal
values have equal masks of their own form, and personal data is masked too.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from html import escape, unescape
from itertools import groupby
from typing import NamedTuple
from urllib.parse import quote, unquote_plus

from msgspec import Struct, field

from mockserver.model import Call, Document

MASK = "…"
ASCII_MASK = "***"
"""Mask in a request that a client will send again; a client can send only ASCII in headers."""

HEADER, FIELD, MEMBER = "header", "query", "member"
"""Places of names: headers; queries and forms; members, elements, attributes and lines of any text."""

_ANYWHERE = re.compile(
    r"(?!.*(?:page|next|prev(?:ious)?|continuation|sync|cursor|change|delta|skip|start|resume)tokens?$)"
    r".*(?:passw(?:or)?d|passphrase|passwort|wachtwoord|kennwort|pwd|secret|secretkey|assertion|authorization|cookie"
    r"|codeverifier|oauthverifier|idtokenhint|credential|sessionid|token|tokenvalue|signature|signaturevalue"
    r"|(?:api|access|auth|encryption|hmac|private|secret|security|session|shared|signing|ssh|subscription)key|accesskeyid)"
    r"s?[0-9]{0,3}"
    r"|session|pass|passcode|pin|t?otp|jwt|hmac|sig|sid|auth|bearer|(?:auth|authorization|device|user|mfa)code"
)
"""Names of credentials wherever they stand, in lower case, without `-` and `_`."""

_IN_FIELDS = re.compile(
    r"code|key|ticket|.*(?:account|app|application|client|consumer|function|host|license|master|storage)key"
)
"""Names of credentials in queries, forms and connection strings; in records, such names are harmless."""

_IN_HEADERS = re.compile(
    r"(?!accesscontrol).*(?:authorization|cookie|token|secret|password|apikey|credential|signature|sessionid).*"
    r"|(?:x?auth|x?key)|.*(?:account|admin|app|application|client|consumer|developer|functions?|host|integration"
    r"|license|master|merchant|partner|project|service|storage|user|webhook)key"
)
_LETTERS, _HEX_LETTERS, _DIGITS = "xabcdefghijklmnopqrstuvw", "abcdef", "8901234567"
"""Signs of `Masks`; the first fills the mask. With 8 in place of its digits, a UUID is still a UUID."""

_KEPT_SIGNS = "-_.+/=:"
_SHORTEST_LOCAL, _SHORTEST_PHONE, _SHORTEST_IBAN, _KEPT_OF_PHONE = 4, 6, 15, 3
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
_NAME_PARTS = re.compile(r"[^.\[\]\s]+")
_GRANT_TYPE, _CODE = "grant_type", "code"
_VISIBLE_LENGTH, _DEPTH = 2, 4
_TELLING = re.compile(r"(?![a-z]{1,7}\Z|[0-9]{1,7}\Z).{4,}", re.DOTALL)
"""Values that are masked wherever they stand. A shorter word or number may have another meaning elsewhere."""

_QUOTED_TEXT = r""""(?:[^"\\]|\\.)*+\\?+(?:"|\Z)|'(?:[^'\\]|\\.)*+\\?+(?:'|\Z)"""
_ESCAPED_QUOTE = r"""(?:\\+["']|&quot;|&#0?34;|%22)"""
_ATTRIBUTE = r"""\s*+=\s*+["'](?P<name>[^"'<>]{1,64}+)["']"""
_HEADER_NAME = r"(?P<name>(?:proxy-)?authorization|(?:set-)?cookie|x-[\w-]{1,64}+)[ \t]*+"
_HARMLESS_WORD = (
    r"(?!(?:is|was|has|had|must|may|can|cannot|should|not|no|the|a|an|null|none|true|false|undefined|missing|required"
    r"|invalid|expired|unknown|wrong|gone|empty)\b)"
)
"""Words after `token:` in a message of an error."""


class _Form(NamedTuple):
    """A form in which texts have named values."""

    sign: str
    """Text in lower case that every text of the form has."""
    place: str
    pattern: re.Pattern[str]


def _form(sign: str, place: str, pattern: str) -> _Form:
    return _Form(sign, place, re.compile(pattern, re.DOTALL | re.IGNORECASE | re.MULTILINE))


_FORMS = (
    # JSON, Python and GraphQL; as members that have a name and a value; and JSON within another text
    _form(
        ":",
        MEMBER,
        rf"""(?P<head>(?<![\w.-])(?P<quote>["']?)(?:@|\$|[\w.-]{{1,32}}+:)?+(?P<name>[\w.-]{{1,64}}+)(?P=quote)\s*+:\s*+"""
        rf"""(?:\{{\s*+"value"\s*+:\s*+)?+)(?P<value>{_QUOTED_TEXT}|-?[0-9][0-9.e+-]*+)""",
    ),
    _form(
        "value",
        MEMBER,
        rf"""(?P<head>["'](?:name|key|field|header)["']\s*+:\s*+(?P<name>{_QUOTED_TEXT})\s*+,\s*+"""
        rf"""(?:["'](?!value)\w{{1,32}}["']\s*+:\s*+(?:{_QUOTED_TEXT}|[\w.+-]++)\s*+,\s*+)*+"""
        rf"""["']value["']\s*+:\s*+)(?P<value>{_QUOTED_TEXT}|-?[0-9][0-9.e+-]*+)""",
    ),
    _form(
        "value",
        MEMBER,
        rf"""(?P<head>["']value["']\s*+:\s*+)(?P<value>{_QUOTED_TEXT})"""
        rf"""(?P<tail>\s*+,\s*+["'](?:name|key|field|header)["']\s*+:\s*+(?P<name>{_QUOTED_TEXT}))""",
    ),
    *[
        _form(
            sign,
            MEMBER,
            rf"""(?P<head>{_ESCAPED_QUOTE}(?P<name>[\w.-]{{1,64}}+){_ESCAPED_QUOTE}(?:\s|%20|\+)*+(?::|%3A)(?:\s|%20|\+)*+"""
            rf"""{_ESCAPED_QUOTE})(?P<value>[^"'\\&%]++)""",
        )
        for sign in ("\\", "&quot;", "&#", "%22")
    ],
    # XML and HTML: elements, CDATA, attributes, and elements or attributes that a name or key describes
    _form("</", MEMBER, r"(?P<head><(?:[\w.-]++:)?(?P<name>[\w.-]++)(?:\s[^<>]*+)?>)(?P<value>[^<]++)(?=</)"),
    _form(
        "<![cdata[",
        MEMBER,
        r"(?P<head><(?:[\w.-]++:)?(?P<name>[\w.-]++)(?:\s[^<>]*+)?>\s*+<!\[CDATA\[)"
        r"(?P<value>(?:[^\]]|\](?!\]>))++)",
    ),
    _form(
        "=",
        MEMBER,
        r"""(?P<head>(?<![\w.-])(?P<name>[\w.-]{1,64}+)\s*+=\s*+)(?P<value>"[^"<>\r\n]*+"|'[^'<>\r\n]*+')""",
    ),
    *[
        _form(
            "<",
            MEMBER,
            rf"""(?P<head><[\w:.-]++(?=[^<>]*?\s(?:name|id|key){_ATTRIBUTE})[^<>]*?\s{value}\s*+=\s*+)"""
            r"""(?P<value>"[^"<>]*+"|'[^'<>]*+')""",
        )
        for value in ("value", "content")
    ],
    _form(
        "</",
        MEMBER,
        rf"""(?P<head><[\w:.-]++\s(?:[^<>]*?\s)?(?:name|key){_ATTRIBUTE}[^<>]*+>)(?P<value>[^<]++)(?=</)""",
    ),
    _form(
        'name="',
        MEMBER,
        r"""(?P<head>\bname="(?P<name>[^"\r\n]{1,64}+)"[^\r\n]{0,256}+\r?\n(?:[^\r\n]{1,256}+\r?\n){0,8}+\r?\n)(?P<value>[^\r\n]++)""",
    ),
    # addresses, connection strings, headers, lines
    _form(
        "=", FIELD, r"""(?P<head>(?:[?&;]|&amp;)(?P<name>[\w.\[\]-]{1,64}+)=)(?P<value>[^\s&#;"'<>\\]++)"""
    ),
    _form(":", HEADER, rf"(?P<head>^[<>]?[ \t]*+{_HEADER_NAME}:[ \t]*+)(?P<value>[^\r\n]++)"),
    _form(
        ":",
        HEADER,
        rf"""(?P<head>(?P<open>["']){_HEADER_NAME}:[ \t]*+)(?P<value>(?:(?!(?P=open))[^\r\n])++)""",
    ),
    _form(
        "",
        MEMBER,
        r"""(?P<head>(?<![\w.-])(?P<name>[\w.-]{1,64}+(?<=[a-z0-9]))["']?[ \t]*+[:=][ \t]*+["']?"""
        r"""(?:(?:Bearer|Basic)[ ]++)?+)"""
        rf"""{_HARMLESS_WORD}(?P<value>[^\s"'&;,<>(){{}}\[\]\\]++)""",
    ),
    # values that are credentials by their form
    _form(
        " ",
        "",
        r"(?P<head>\b(?:Bearer|Basic)[ ]++)(?P<value>(?=\S*[0-9=])[\w.~+/-]{8,}+={0,2}+(?!=|(?<==)\"))",
    ),
    _form(
        "-u",
        "",
        r"""(?P<head>(?<!\S)(?:-u|--user|--proxy-user)[ =]["']?[^\s:"']{1,64}:)(?P<value>[^\s"']++)""",
    ),
    _form("://", "", r"(?P<head>://[^\s/:@]*+:)(?P<value>[^\s/@]++)(?=@)"),
    _form("://", "", r"(?P<head>://)(?P<value>(?=[^\s/:@]*[0-9])[\w-]{16,}+)(?=@)"),
    _form("eyj", "", r"(?-i:(?P<head>\b)(?P<value>eyJ[\w-]{8,}+\.[\w-]++(?:\.[\w-]*+){0,3}+))"),
    _form(
        "private key-----",
        "",
        r"(?P<head>-----BEGIN [A-Z ]{0,24}PRIVATE KEY-----)(?P<value>.+?)(?=-----END|\Z)",
    ),
    _form(
        "",
        "",
        r"(?-i:(?P<head>(?<![\w-]))(?P<value>(?:gh[oprsu]_|github_pat_|glpat-|npm_|xox[abeprs]-|shpat_|whsec_|AIza"
        r"|(?:sk|rk)[-_](?:live|test|proj)[-_]|A[KS]IA[A-Z0-9]{4})[\w-]{12,}+))",
    ),
)
_GRANT = re.compile(rf"""\{{[^{{}}]*?["']{_GRANT_TYPE}["'][^{{}}]*+""")
_LIST = re.compile(r'("([\w.-]{1,64}+)"\s*+:\s*+\[)([^\[\]{}]++)')
_LISTED = re.compile(r'"(?P<text>(?:[^"\\]|\\.)*+)"|(?P<number>(?<![\w.])[0-9]++(?![\w.]))', re.DOTALL)
_LITERAL = re.compile(r'"((?:[^"\\]|\\.)*+)"(\s*+:)?', re.DOTALL)
_FIELD = re.compile(r"(?<![^&=;?])([^&=;?]++)=([^&]+)")
_WHOLE_FORM = re.compile(r"""[^\s{}<>"'=]*+=[^\s{}<>"']*+""")
_COOKIE = re.compile(
    r"((?:^|[;,])\s*(?!(?:path|domain|expires|max-age|samesite)=)[^=;,\s]+=)([^;,]+)", re.IGNORECASE
)
_MAY_HAVE_CREDENTIALS = re.compile(r"[=:<%]|(?i:bearer|basic)|eyJ|-u|[-_]\w{8}|A[KSI][IKz]|-----B")
_ROOT = re.compile(
    "pass|pwd|secret|assertion|auth|cookie|verifier|credential|session|token|sig|key|pin|otp|jwt|hmac|sid|bearer|code"
    "|ticket|wachtwoord|kennwort"
)
"""Parts of names in lower case: each name of a credential has one of them."""

_SIGN = re.compile(
    "bearer |basic |grant_type|eyj|-u[ =]|-user|://|gh[oprsu]_|github_pat_|glpat-|npm_|xox|shpat_|whsec_|aiza|a[ks]ia"
    "|[sr]k[-_](?:live|test|proj)"
)
"""Text in lower case that stands near each credential without a name."""

_WORD = re.compile(r"[\w.-]+")


def declared_names(schemes: Mapping[str, Document]) -> frozenset[str]:
    """Return the names of the API keys that a file declares, each with its place, such as `header x-key`.

    The credentials of other schemes stand in `Authorization`, and all cookies are credentials. The name of a
    header that has `-` or `_` also counts in texts.
    """
    keys = [(str(one.get("in")), str(one.get("name")).lower()) for one in schemes.values()]
    found = {f"{place} {name}" for place, name in keys if place in (HEADER, FIELD)}
    return frozenset(
        found | {f"{MEMBER} {name}" for place, name in keys if place == HEADER and re.search("[-_]", name)}
    )


@lru_cache(4096)
def is_credential(name: str, place: str = MEMBER, declared: frozenset[str] = frozenset()) -> bool:
    """Return whether the last part of a name (`password` in `filter[password]`) names a credential."""
    if f"{place} {name.lower()}" in declared:
        return True
    last = _NAME_PARTS.findall(unquote_plus(name).replace("\0", ""))[-1:]
    plain = "".join(last).lower().replace("_", "").replace("-", "")
    is_header = place == HEADER or (place == MEMBER and "-" in name)
    return bool(
        _ANYWHERE.fullmatch(plain)
        or (place == FIELD and _IN_FIELDS.fullmatch(plain))
        or (is_header and _IN_HEADERS.fullmatch(plain))
    )


def _is_suspect(text: str, declared: frozenset[str]) -> bool:
    """Return whether a text may have a credential: a test that is many times as quick as a search."""
    lower = text.lower()
    if _SIGN.search(lower) or any(one.partition(" ")[2] in lower for one in declared):
        return True
    sent = unquote_plus(lower) if "%" in lower else lower
    words = filter(_ROOT.search, set(_WORD.findall(sent)))
    return any(
        is_credential(one, HEADER if "-" in one else MEMBER)
        or (f"{one}=" in sent and is_credential(one, FIELD))
        for one in words
    )


def split_scheme(name: str, text: str) -> tuple[str, str]:
    """Return scheme and space ("" if there is none), and credential, of a header `Authorization`."""
    is_named = name.lower().endswith("authorization") or text[:7].lower().startswith(("bearer ", "basic "))
    scheme, space, secret = text.partition(" ") if is_named else ("", "", text)
    return (f"{scheme}{space}", secret) if secret else ("", text)


class Masker(Struct):
    """Walk through headers, queries and texts; a subclass says what is masked, and how."""

    declared: frozenset[str] = frozenset()
    """Names of `declared_names`."""

    def credential(self, value: str, scheme: str = "") -> str:
        """Return the mask of a credential; "" has no mask."""
        raise NotImplementedError

    def _other(self, _name: str, value: str) -> str:
        """Return the value of a name that names no credential."""
        return value

    def _nameless(self, text: str) -> str:
        """Return a text in which values are masked that no name tells."""
        return text

    def _restored(self, text: str) -> str:
        """Return an escaped text in which the mask is not escaped."""
        return text

    def header(self, name: str, text: str) -> str:
        if not is_credential(name, HEADER, self.declared):
            return self.text(text)
        return self._credential(name, text)

    def _credential(self, name: str, text: str) -> str:
        scheme, secret = split_scheme(name, text)
        return f"{scheme}{self.credential(secret, scheme.strip().lower())}" if secret else text

    def query(self, query: str) -> str:
        return self._nameless(_FIELD.sub(partial(self._field, _DEPTH), query))

    def text(self, text: str, depth: int = _DEPTH) -> str:
        """Mask a text of any form: JSON, XML, a form, an address with a query, parts, lines, words.

        Also mask the texts in its strings and fields, and the texts in these, `depth` times.
        """
        if _MAY_HAVE_CREDENTIALS.search(text):
            if _WHOLE_FORM.fullmatch(text):
                text = _FIELD.sub(partial(self._field, depth), text)
            text = _LIST.sub(self._list, text)
            lower = text.lower()
            for form in _FORMS:
                if form.sign in lower:
                    text = form.pattern.sub(partial(self._found, form.place), text)
            if _GRANT_TYPE in lower:
                text = _GRANT.sub(self._grant, text)
            if text.lstrip()[:1] in ('"', "{", "["):
                return _LITERAL.sub(partial(self._literal, depth), text)
        return self._nameless(text)

    def _value(self, place: str, name: str, value: str) -> str:
        """Return the value of a name; a value without a place is a credential by its form."""
        is_code = place == _GRANT_TYPE and name.lower() == _CODE
        if is_code or not place or is_credential(name, place, self.declared):
            return self._credential(name, value)
        return self._other(name, value)

    def _found(self, place: str, found: re.Match[str]) -> str:
        value, parts = found["value"], found.groupdict()
        mark = value[0] if value[0] in "\"'" else ""
        bare = value[1:-1] if mark else value
        name = (parts.get("name") or "").strip("\"'")
        may_be_member = mark or parts.get("quote") != ""  # else a number, perhaps of a sentence
        new = self._value(place, name, bare) if bare.strip() and may_be_member else bare
        if new == bare:
            return found[0]
        mark = mark or ('"' if parts.get("quote") and not new.isdigit() else "")
        return f"{found['head']}{mark}{new}{mark}{parts.get('tail') or ''}"

    def _grant(self, found: re.Match[str]) -> str:
        return _FORMS[0].pattern.sub(partial(self._found, _GRANT_TYPE), found[0])

    def _list(self, found: re.Match[str]) -> str:
        def change(one: re.Match[str]) -> str:
            value = one["text"] or one["number"]
            new = self._value(MEMBER, found[2].removesuffix("s"), value) if value else value
            return one[0] if new == value else new if one["number"] and new.isdigit() else f'"{new}"'

        return found[1] + _LISTED.sub(change, found[3])

    def _inner(self, text: str, depth: int) -> str:
        return self.text(text, depth - 1) if depth else self._nameless(text)

    def _literal(self, depth: int, found: re.Match[str]) -> str:
        text = _unescape_json(found[1])
        masked = text if found[2] and text.isalpha() else self._inner(text, depth)
        return found[0] if masked == text else f"{self._restored(json.dumps(masked))}{found[2] or ''}"

    def _field(self, depth: int, found: re.Match[str]) -> str:
        name, value = found[1], unquote_plus(found[2])
        masked = self._value(FIELD, name, value)
        masked = self._inner(value, depth) if masked == value else masked
        return found[0] if masked == value else f"{name}={self._restored(quote(masked, safe=ASCII_MASK))}"


class Redaction(Masker):
    """Cut credentials to their scheme, their first letters and a mask."""

    mask: str = MASK
    values: frozenset[str] = frozenset()
    """Credentials that are masked wherever they stand."""

    @classmethod
    def of(cls, call: Call, mask: str = MASK) -> Redaction:
        """Return what masks the texts of a call, also where they repeat a credential that the call sent."""
        declared = call.credential_names
        return cls(declared, mask, sent_credentials(call.headers, call.query, declared))

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        return {name: self.header(name, text) for name, text in headers.items()}

    def words(self, words: Iterable[str]) -> list[str]:
        """Return the words of a command line with masked credentials, such as the word after `--token`."""
        shown: list[str] = []
        option = ""
        for word in words:
            is_value = option.startswith("-") and "=" not in option and not word.startswith(("-", "{", "$"))
            is_secret = is_value and is_credential(option.lstrip("-"), HEADER, self.declared)
            is_login = is_value and option in ("-u", "--user", "--proxy-user")
            masked = self.credential(word) if is_secret else self.text(word)
            shown.append(self.text(f"-u {word}")[3:] if is_login else masked)
            option = word
        return shown

    def text(self, text: str, depth: int = _DEPTH) -> str:
        return Masker.text(self, text, depth) if _is_suspect(text, self.declared) else self._nameless(text)

    def credential(self, value: str, _scheme: str = "") -> str:
        if not value.strip(".") or (
            value.endswith(self.mask) and len(value) <= _VISIBLE_LENGTH + len(self.mask)
        ):
            return value
        shown = value[:_VISIBLE_LENGTH] if len(value) > _VISIBLE_LENGTH and not value.isdigit() else ""
        return self.mask if set("\\&%").intersection(shown) else f"{shown}{self.mask}"

    def _restored(self, text: str) -> str:
        return text.replace("\\u2026", MASK).replace("%E2%80%A6", MASK)

    def _nameless(self, text: str) -> str:
        if self.values and any(value in text for value in self.values):
            return _anywhere(self.values).sub(lambda found: self.credential(found[0]), text)
        return text


def sent_credentials(headers: Mapping[str, str], query: str, declared: frozenset[str]) -> frozenset[str]:
    """Return the telling credentials of a call, without their schemes; of a login, also the password."""
    return frozenset(filter(_TELLING.fullmatch, _sent(headers, query, declared)))


def _sent(headers: Mapping[str, str], query: str, declared: frozenset[str]) -> Iterator[str]:
    named = [(name, text) for name, text in headers.items() if is_credential(name, HEADER, declared)]
    for name, text in named:
        found = [one[2].strip() for one in _COOKIE.finditer(text)] if "cookie" in name else []
        scheme, secret = split_scheme(name, text)
        yield from found or [secret, *_password(scheme.strip().lower(), secret)]
    for one in _FIELD.finditer(query):
        if is_credential(one[1], FIELD, declared):
            yield from (one[2], unquote_plus(one[2]))


def _password(scheme: str, secret: str) -> list[str]:
    if scheme != "basic":
        return []
    try:
        return [b64decode(secret, validate=True).decode().partition(":")[2]]
    except ValueError:  # base64 and the UTF-8 decoder raise subclasses of it
        return []


@lru_cache(64)
def _anywhere(values: frozenset[str]) -> re.Pattern[str]:
    """Return a pattern that finds the values as whole words."""
    return re.compile(rf"(?<![^\W_])(?:{_one_of(sorted(values, reverse=True))})(?![^\W_])")


def _plain(value: str) -> str:
    return unescape(_unescape_json(value))


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


class Masks(Masker):
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
    _everywhere: re.Pattern[str] = re.compile(r"(?!)")

    def seal(self) -> None:
        for form in (lambda value: quote(value, safe=""), escape):
            self._named |= {form(value): mask for value, mask in self._named.items()}
        if self._named:
            self._everywhere = _anywhere(frozenset(self._named))

    def text(self, text: str, depth: int = _DEPTH) -> str:
        return self._named.get(text) or Masker.text(self, text, depth)

    def _credential(self, name: str, text: str) -> str:
        if "cookie" in name.lower() and "=" in text:
            return _COOKIE.sub(lambda found: found[1] + self._mask(found[2]), text)
        return Masker._credential(self, name, _plain(text))  # noqa: SLF001 - that of the base

    def credential(self, value: str, scheme: str = "") -> str:
        masked = self._mask(value, _shape_login if scheme == "basic" else _shape)
        for password in filter(None, _password(scheme, value)):
            self._mask(password)
        return masked

    def _other(self, name: str, value: str) -> str:
        plain = _plain(value)
        if _IBAN_MEMBER.fullmatch(name) and _NAMED_IBAN.fullmatch(plain):
            return self._mask(plain, _shape_iban)
        if _PHONE_MEMBER.fullmatch(name) and _NAMED_PHONE.fullmatch(plain):
            return self._mask(plain, _shape_phone)
        return self._mask(plain) if self.persons and _PERSON_MEMBER.fullmatch(name) else value

    def _nameless(self, text: str) -> str:
        text = self._everywhere.sub(lambda found: self._named[found[0]], text)
        text = _EMAIL.sub(self._email, text)
        text = _IBAN.sub(self._iban, text)
        return _PHONE.sub(lambda found: self._mask(found[0], _shape_phone, is_named=False), text)

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
