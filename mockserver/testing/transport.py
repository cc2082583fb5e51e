"""HTTP with the standard library alone: httpx would bring a pytest plugin of its own into every run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

_SUCCESS = range(200, 300)
_SCHEMES = ("http", "https")


class NoResponseError(Exception):
    """There is no complete response; the text says why."""


@dataclass(frozen=True, slots=True)
class Response:
    """A response; `reason` is the phrase of its status."""

    status: int
    reason: str
    content: bytes

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return self.status in _SUCCESS


class _NoRedirects(HTTPRedirectHandler):
    """Returns a redirect as it is."""

    def redirect_request(self, *_: object) -> None:
        return None


# Proxies in the environment are for remote hosts.
_OPENER = build_opener(ProxyHandler({}), _NoRedirects)


def send(
    method: str, url: str, headers: Mapping[str, str], content: bytes | None, timeout_s: float
) -> Response:
    """Send a request on a connection of its own, and return the response, whatever its status.

    Raises:
        NoResponseError: the address cannot be read, nothing answers there, or not in time.
    """
    try:
        if urlsplit(url).scheme not in _SCHEMES:
            raise NoResponseError("write an address such as http://127.0.0.1:8080")
        request = Request(url, content, dict(headers), method=method)  # noqa: S310 - http alone, see above
        with _OPENER.open(request, timeout=timeout_s) as response:
            return Response(response.status, response.reason, response.read())
    except HTTPError as error:
        with error:
            return Response(error.code, str(error.reason), error.read())
    except URLError as error:
        raise NoResponseError(_describe(error.reason)) from None
    except (HTTPException, OSError, ValueError) as error:
        raise NoResponseError(_describe(error)) from None


def _describe(reason: object) -> str:
    if isinstance(reason, OSError) and reason.strerror:
        return reason.strerror
    return str(reason) or type(reason).__name__
