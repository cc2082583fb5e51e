"""The ways to a server: in process, over HTTP, and through proxies with the habits of real ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, TypeAlias

from mockserver.contract.target import Address
from tests.support.asgi_server import listen
from tests.support.reverse_proxy import Habits, proxied

Transport: TypeAlias = Callable[[Any, str], AbstractContextManager[Address]]
"""Leads to a vendor of an application."""

BUSY = Habits("/gateway/site", says_via=True, chunks=True, compresses=True, closes=True, retries=True)
STRICT = Habits(strips=(b"mock-",))
HALF_STRICT = Habits(keeps_back=(b"mock-",))


def in_process(app: Any, vendor: str) -> AbstractContextManager[Address]:
    """Call the application without a server."""
    return nullcontext(Address(f"http://127.0.0.1:8080/{vendor}", app))


@contextmanager
def over_http(app: Any, vendor: str) -> Iterator[Address]:
    """Call it at a port of its own."""
    with listen(app) as url:
        yield Address(f"{url}/{vendor}")


def through(habits: Habits) -> Transport:
    """Call it through a proxy with these habits."""

    @contextmanager
    def lead(app: Any, vendor: str) -> Iterator[Address]:
        with listen(app) as server, proxied(server, habits) as url:
            yield Address(f"{url}/{vendor}")

    return lead


REMOTE: Mapping[str, Transport] = {"http": over_http, "proxy": through(BUSY)}
"""Those that must show what is shown in process, to the letter."""

STRIPPING: Mapping[str, Transport] = {"strict": through(STRICT), "half strict": through(HALF_STRICT)}
"""Those on whose way headers of ours are lost."""
