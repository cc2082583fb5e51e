"""Redact credentials in headers, query strings and bodies before they are shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from urllib.parse import unquote_plus

MASK = "…"
ASCII_MASK = "***"
"""Mask in a request that a client will send again; a client can send only ASCII in headers."""

_URL_HEADERS = ("location", "referer")
"""Headers with a URL whose query may contain the code of an OAuth grant."""

_CREDENTIAL_HEADER = re.compile(r"authorization|cookie|token|secret|password|api-?key", re.IGNORECASE)
_CREDENTIAL_MEMBER = re.compile(
    r".*(password|passwd|secret|assertion|apikey|authorization|cookie|codeverifier"
    r"|(access|refresh|id|auth|bearer|session|security)token)|token|session|pwd"
)
_IN_QUERY = re.compile(
    r"(?:auth|authorization|device|user|mfa)?code|sig|.*signature|hmac|jwt|auth|bearer|credentials?|otp|pin|ticket"
    r"|.*(?:access|auth|private|subscription)key|pass(?:code|phrase)?|sid|sessionid|oauthverifier|idtokenhint|csrftoken"
)
"""Names of credentials in queries and forms, but not in records, where such members may be harmless."""

_GRANT_TYPE = "grant_type"
_CREDENTIAL_WORDS = (
    *("code=", "passw", "secret", "token", "session", "assertion", "authorization", "cookie"),
    *("apikey", "api_key", "api-key", "verifier", "pwd", _GRANT_TYPE),
)
"""Words near credentials, in lower case. A body is searched if it has one of the words."""

_VISIBLE_LENGTH = 2

_QUOTED_TEXT = r""""(?:[^"\\]|\\.)*+\\?+(?:"|\Z)|'(?:[^'\\]|\\.)*+\\?+(?:'|\Z)"""
_IN_JSON = re.compile(
    rf"""(?P<head>(?<![\w.-])(?P<quote>["']?)(?P<name>[\w.-]{{1,64}}+)(?P=quote)\s*+:\s*+)"""
    rf"""(?P<value>{_QUOTED_TEXT}|-?[0-9][0-9.eE+-]*+)""",
    re.DOTALL,
)
_IN_NAME_VALUE = re.compile(
    rf"""(?P<head>["']name["']\s*+:\s*+(?P<name>{_QUOTED_TEXT})\s*+,\s*+["']value["']\s*+:\s*+)(?P<value>{_QUOTED_TEXT})""",
    re.DOTALL,
)
_IN_VALUE_NAME = re.compile(
    rf"""(?P<head>["']value["']\s*+:\s*+)(?P<value>{_QUOTED_TEXT})(?P<tail>\s*+,\s*+["']name["']\s*+:\s*+(?P<name>{_QUOTED_TEXT}))""",
    re.DOTALL,
)
_IN_XML = re.compile(r"(?P<head><(?:[\w.-]++:)?(?P<name>[\w.-]++)(?:\s[^<>]*+)?>)(?P<value>[^<]++)(?=</)")
_IN_URL = re.compile(r"""(?P<head>[?&](?P<name>[\w.-]{1,64}+)=)(?P<value>[^\s&#"'<>\\]++)""")
_IN_MULTIPART = re.compile(
    r"""(?P<head>\bname="(?P<name>[^"\r\n]{1,64}+)"[^\r\n]*+\r?\n(?:[^\r\n]++\r?\n)*+\r?\n)(?P<value>[^\r\n]++)"""
)
_IN_LINE = re.compile(
    r"""(?P<head>(?<![\w.-])(?P<name>[\w.-]{1,64}+)["']?[ \t]*+[:=][ \t]*+["']?(?:(?:Bearer|Basic)[ ]++)?+)"""
    r"""(?P<value>[^\s"'&;,<>(){}\[\]\\]++)""",
    re.IGNORECASE,
)
_AFTER_SCHEME = re.compile(
    r"(?P<head>\b(?:Bearer|Basic)[ ]++)(?P<value>(?=\S*[0-9=])[\w.~+/=-]{8,}+)", re.IGNORECASE
)
_IN_ADDRESS = re.compile(r"(?P<head>://[^\s/:@]*+:)(?P<value>[^\s/@]++)(?=@)")
_WEB_TOKEN = re.compile(r"(?P<head>\b)(?P<value>eyJ[\w-]{8,}+\.[\w-]++(?:\.[\w-]*+)?)")
_IN_WORDS = (_IN_LINE, _AFTER_SCHEME, _IN_ADDRESS, _WEB_TOKEN)
_IN_ALL = (_IN_JSON, _IN_NAME_VALUE, _IN_VALUE_NAME, _IN_XML, _IN_MULTIPART, _IN_URL, *_IN_WORDS)
_NAME_PARTS = re.compile(r"[^.\[\]\s]+")
FIELD = re.compile(r"(?<![^&=;?])([^&=;?]++)=([^&]+)")
"""Name and value of a field in a query or form."""

WHOLE_FORM = re.compile(r"""[^\s{}<>"']*=[^\s{}<>"']*""")


def redact_headers(headers: Mapping[str, str], mask: str = MASK) -> dict[str, str]:
    """Return the headers, with each credential cut to its scheme, its first letters and the mask."""
    return {name: _redact_header(name, text, mask) for name, text in headers.items()}


def is_credential_header(header: str) -> bool:
    return _CREDENTIAL_HEADER.search(header) is not None


def is_credential_member(name: str, *, granting: bool = True) -> bool:
    """Return whether the name of a member names a credential; if `granting`, also if it is `code`."""
    plain = name.lower().replace("_", "").replace("-", "")
    return _CREDENTIAL_MEMBER.fullmatch(plain) is not None or (granting and plain == "code")


def is_credential_field(name: str) -> bool:
    """Return whether the last part of a name (`password` in `filter[password]`) names a credential."""
    last = _NAME_PARTS.findall(unquote_plus(name).replace("\0", ""))[-1:]
    plain = "".join(last).lower().replace("_", "").replace("-", "")
    return bool(_IN_QUERY.fullmatch(plain) or _CREDENTIAL_MEMBER.fullmatch(plain))


def replace_values(
    text: str, replaced: Callable[[str, str], str], patterns: Iterable[re.Pattern[str]] = _IN_ALL
) -> str:
    """Return the text with `replaced(name, value)` in place of each text or number that has a name.

    A value that is a credential by its form, such as a web token, has the name `token`.
    """

    def change(found: re.Match[str]) -> str:
        value, parts = found["value"], found.groupdict()
        mark = value[0] if value[0] in "\"'" else ""
        bare = value[1:-1] if mark else value
        name = (parts.get("name") or "token").strip("\"'")
        may_be_member = mark or parts.get("quote") != ""  # else a number, perhaps of a sentence
        new = replaced(name, bare) if bare and may_be_member else bare
        if new == bare:
            return found[0]
        mark = mark or ('"' if parts.get("quote") and not new.isdigit() else "")
        return f"{found['head']}{mark}{new}{mark}{parts.get('tail') or ''}"

    for pattern in patterns:
        text = pattern.sub(change, text)
    return text


def redact_credential(text: str, mask: str = MASK) -> str:
    return f"{_visible_prefix(text)}{mask}"


def redact_query(query: str, mask: str = MASK) -> str:
    """Return the query string, or form, with each credential cut to its first letters and the mask."""
    fields = partial(_redact_named, is_credential_field, mask)
    return FIELD.sub(lambda found: f"{found[1]}={fields(found[1], found[2])}", query)


def redact_url(url: str, mask: str = MASK) -> str:
    address, mark, query = url.partition("?")
    return f"{address}{mark}{redact_query(query, mask)}"


def redact_body(text: str, mask: str = MASK) -> str:
    """Return a body (JSON, XML or a form), with each credential cut to its first letters and the mask.

    In an object with the members `name` and `value`, `value` is masked if `name` is a header of credentials.
    The query of a URL in the body is masked like a form.
    """
    lower = text.lower()
    if not any(word in lower for word in _CREDENTIAL_WORDS):
        return text
    if WHOLE_FORM.fullmatch(text):
        return redact_query(text, mask)
    for is_secret, patterns in (
        (partial(is_credential_member, granting=_GRANT_TYPE in text), (_IN_JSON, _IN_XML, _IN_MULTIPART)),
        (is_credential_header, (_IN_NAME_VALUE, _IN_VALUE_NAME)),
        (is_credential_field, (_IN_URL,)),
    ):
        text = replace_values(text, partial(_redact_named, is_secret, mask), patterns)
    return text


def redact_log(text: str, mask: str = MASK) -> str:
    """Return the output of a program, with each credential cut to its first letters and the mask.

    Credentials are those that `redact_body` finds, those in headers and in `NAME=value`, those after a scheme
    such as `Bearer`, web tokens (`eyJ…`), and passwords in URLs (`://user:password@`).
    """

    def is_secret(name: str) -> bool:
        return is_credential_header(name) or is_credential_member(name, granting=False)

    return replace_values(redact_body(text, mask), partial(_redact_named, is_secret, mask), _IN_WORDS)


def redact_words(words: Iterable[str], mask: str = MASK) -> list[str]:
    """Return the words of a command line with each credential masked, such as the word after `--token`."""
    shown: list[str] = []
    option = ""
    for word in words:
        is_value = option.startswith("-") and "=" not in option and not word.startswith(("-", "{", "$"))
        is_secret = is_value and is_credential_header(option)
        shown.append(redact_credential(word, mask) if is_secret else redact_log(word, mask))
        option = word
    return shown


def split_scheme(name: str, text: str) -> tuple[str, str]:
    """Return scheme and space ("" if there is none), and credential, of a header `Authorization`."""
    scheme, space, secret = text.partition(" ") if name.lower().endswith("authorization") else ("", "", text)
    return (f"{scheme}{space}", secret) if secret else ("", text)


def _redact_header(name: str, text: str, mask: str) -> str:
    if name.lower() in _URL_HEADERS:
        return redact_url(text, mask)
    return _redact_named(is_credential_header, mask, name, text)


def _redact_named(is_secret: Callable[[str], bool], mask: str, name: str, text: str) -> str:
    scheme, secret = split_scheme(name, text)
    return f"{scheme}{redact_credential(secret, mask)}" if secret and is_secret(name) else text


def _visible_prefix(secret: str) -> str:
    """Return the first letters of a text, or "" if it is short, a number, or cut within an escape."""
    shown = secret[:_VISIBLE_LENGTH] if len(secret) > _VISIBLE_LENGTH and not secret.isdigit() else ""
    return shown if not set("\\&%").intersection(shown) else ""
