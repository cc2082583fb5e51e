"""Credentials are never shown whole: somebody will paste a real one.

Where a credential stands is told by its name: of a header, of a member or an element in a body, of a field
in a form or a query. What is masked keeps its form, so that it can be read and, mostly, sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, unquote_plus

SIGN = "…"
PLAIN_SIGN = "***"
"""The sign for what is to be sent again: headers of a client hold ASCII."""

_LINKS = ("location", "referer")
"""The headers that hold an address; where one is led back to, its query may hold a grant's code."""

_HEADER = re.compile(r"authorization|cookie|token|secret|password|api-?key", re.IGNORECASE)
_MEMBER = re.compile(
    r".*(password|passwd|secret|assertion|apikey|authorization|cookie|codeverifier"
    r"|(access|refresh|id|auth|bearer|session|security)token)|token|session|pwd"
)
_WORDS = (
    "passw",
    "secret",
    "token",
    "session",
    "assertion",
    "authorization",
    "cookie",
    "apikey",
    "api_key",
    "api-key",
    "verifier",
    "pwd",
)
"""Where none of these stands in a body, nothing in it is a credential: looking for them takes no time."""

_CODE = "code"
_GRANT = "grant_type"
_SHOWN = 2

_TEXT = r""""(?:[^"\\]|\\.)*+\\?+(?:"|\Z)|'(?:[^'\\]|\\.)*+\\?+(?:'|\Z)"""
_IN_JSON = re.compile(
    rf"""(?P<head>(?<![\w.-])(?P<quote>["']?)(?P<name>[\w.-]{{1,64}}+)(?P=quote)\s*+:\s*+)"""
    rf"""(?P<value>{_TEXT}|-?[0-9][0-9.eE+-]*+)""",
    re.DOTALL,
)
_PAIR = re.compile(
    rf"""(?P<head>["']name["']\s*+:\s*+(?P<name>{_TEXT})\s*+,\s*+["']value["']\s*+:\s*+)(?P<value>{_TEXT})""",
    re.DOTALL,
)
_TURNED = re.compile(
    rf"""(?P<head>["']value["']\s*+:\s*+)(?P<value>{_TEXT})(?P<tail>\s*+,\s*+["']name["']\s*+:\s*+(?P<name>{_TEXT}))""",
    re.DOTALL,
)
_IN_XML = re.compile(r"(?P<head><(?:[\w.-]++:)?(?P<name>[\w.-]++)(?:\s[^<>]*+)?>)(?P<value>[^<]++)(?=</)")
_IN_LINK = re.compile(r"""(?P<head>[?&](?P<name>[\w.-]{1,64}+)=)(?P<value>[^\s&#"'<>\\]++)""")
_IN_PART = re.compile(
    r"""(?P<head>\bname="(?P<name>[^"\r\n]{1,64}+)"[^\r\n]*+\r?\n(?:[^\r\n]++\r?\n)*+\r?\n)(?P<value>[^\r\n]++)"""
)
_FORM = re.compile(r"""[^\s{}<>"']*=[^\s{}<>"']*""")


def masked(headers: Mapping[str, str], sign: str = SIGN) -> dict[str, str]:
    """The headers with every credential cut to its scheme and first letters, then `sign`."""
    return {name: _masked_text(name, text, sign) for name, text in headers.items()}


def is_credential(header: str) -> bool:
    """Whether the header holds a credential, by its name."""
    return _HEADER.search(header) is not None


def masked_query(query: str, sign: str = SIGN) -> str:
    """The undecoded query string, or form, with every credential cut to its first letters, then `sign`."""
    fields = query.split("&")
    granting = any(field.startswith(f"{_GRANT}=") for field in fields)
    return "&".join([_masked_field(field, sign, granting=granting) for field in fields])


def masked_body(text: str, sign: str = SIGN) -> str:
    """The text of a body, JSON of any kind, XML or a form, with every credential in it cut likewise.

    A header that stands in it as an object with `name` and `value` is masked as one, an address by its query.
    """
    lower = text.lower()
    if _GRANT not in lower and not any(word in lower for word in _WORDS):
        return text
    if _FORM.fullmatch(text):
        return masked_query(text, sign)
    granting = _GRANT in text

    def member(found: re.Match[str]) -> str:
        quoted = found["value"][0] in "\"'"
        bare = not quoted and not found["quote"]
        if bare or not found["value"].strip("\"'") or not _is_secret(found["name"], granting=granting):
            return found[0]
        quote = found["value"][0] if quoted else '"'
        shown = _beginning(found["value"][1:-1]) if quoted else ""
        return f"{found['head']}{quote}{shown}{sign}{quote}"

    def element(found: re.Match[str]) -> str:
        if not _is_secret(found["name"], granting=granting):
            return found[0]
        return f"{found['head']}{_beginning(found['value'])}{sign}"

    def header(found: re.Match[str]) -> str:
        name = found["name"][1:-1]
        if not is_credential(name):
            return found[0]
        quote, shown = found["value"][0], _masked_header(name.lower(), found["value"][1:-1], sign)
        return f"{found['head']}{quote}{shown}{quote}{found.groupdict().get('tail') or ''}"

    for pattern, replaced in (
        *((_IN_JSON, member), (_PAIR, header), (_TURNED, header)),
        *((_IN_XML, element), (_IN_PART, element), (_IN_LINK, element)),
    ):
        text = pattern.sub(replaced, text)
    return text


def _is_secret(name: str, *, granting: bool) -> bool:
    plain = name.lower().replace("_", "").replace("-", "")
    return _MEMBER.fullmatch(plain) is not None or (granting and plain == _CODE)


def _masked_field(field: str, sign: str, *, granting: bool) -> str:
    name, equals, value = field.partition("=")
    if not value or not _is_secret(unquote_plus(name).rpartition(".")[2], granting=granting):
        return field
    return f"{name}{equals}{quote(_beginning(unquote_plus(value)))}{sign}"


def _masked_text(name: str, text: str, sign: str) -> str:
    if is_credential(name):
        return _masked_header(name, text, sign)
    if name.lower() not in _LINKS:
        return text
    address, mark, query = text.partition("?")
    fields = [_masked_field(field, sign, granting=True) for field in query.split("&")]
    return f"{address}{mark}{'&'.join(fields)}"


def _masked_header(name: str, text: str, sign: str) -> str:
    scheme, space, secret = text.partition(" ") if name.endswith("authorization") else ("", "", text)
    if not secret:
        scheme, space, secret = "", "", text
    return f"{scheme}{space}{_beginning(secret)}{sign}" if secret else text


def _beginning(secret: str) -> str:
    """The first letters, unless they are all of it; never half of an escape."""
    shown = secret[:_SHOWN] if len(secret) > _SHOWN else ""
    return shown if "\\" not in shown and "&" not in shown else ""
