"""Send an HTTP request on its own connection with the standard library, without proxies or redirects."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

_SUCCESS = range(200, 300)
_UNKNOWN_AUTHORITY = frozenset({18, 19, 20, 21})
"""OpenSSL's codes for certificates that are self-signed, or whose issuer is not trusted."""


class NoResponseError(Exception):
    """There was no complete response from `url`, for the reason in the text."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(reason)
        self.url = url


class UntrustedCertificateError(NoResponseError):
    """This machine does not trust the certificate authority that signed the server's certificate."""


class InvalidAddressError(NoResponseError):
    """`url` is not an http or https address."""

    def __init__(self, url: str) -> None:
        super().__init__(url, "write an address such as http://127.0.0.1:8080")


@dataclass(frozen=True, slots=True)
class HttpReply:
    status: int
    reason: str
    """Phrase after the status, such as "Not Found"."""
    headers: Mapping[str, str]
    """Headers by name in lower case."""
    body: bytes

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return self.status in _SUCCESS

    @property
    def media_type(self) -> str:
        """The media type in lower case, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


def send_request(
    method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeout_s: float
) -> HttpReply:
    """Send a request and return the response with any status; redirects are not followed.

    Raises InvalidAddressError: `url` is not an http or https address; NoResponseError: there is no response
    in time; UntrustedCertificateError.
    """
    from http.client import HTTPConnection, HTTPException, HTTPSConnection  # noqa: PLC0415 - a slow import

    try:
        parts = urlsplit(url)
        connect, port = {"http": HTTPConnection, "https": HTTPSConnection}[parts.scheme], parts.port
    except (ValueError, KeyError):
        raise InvalidAddressError(url) from None
    if not parts.hostname:
        raise InvalidAddressError(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        with closing(connect(parts.hostname, port, timeout=timeout_s)) as connection:
            connection.request(method, target, body, dict(headers))
            response = connection.getresponse()
            named = {name.lower(): text for name, text in response.getheaders()}
            return HttpReply(response.status, response.reason, named, response.read())
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        kind = UntrustedCertificateError if _is_untrusted(error) else NoResponseError
        raise kind(f"{parts.scheme}://{parts.netloc}", reason) from None


def _is_untrusted(error: Exception) -> bool:
    from ssl import SSLCertVerificationError  # noqa: PLC0415 - a slow import

    return isinstance(error, SSLCertVerificationError) and error.verify_code in _UNKNOWN_AUTHORITY


def query_string(query: Mapping[str, Any]) -> str:
    """Return "?" and the query, or "" for an empty query. Omit None, and write booleans in lower case."""
    texts = {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in query.items()
        if value is not None
    }
    return f"?{urlencode(texts)}" if texts else ""
