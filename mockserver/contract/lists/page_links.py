"""Where a link of a page leads: it is followed at the target, whatever address it names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class PageLink:
    """The path and query below the target that a link stands for.

    `elsewhere` is the address that it names, without its query, if that is not below the target; else "".
    """

    path: str
    elsewhere: str = ""


def read_link(link: str, url: str, own: str, is_known: Callable[[str], bool]) -> PageLink:
    """Return where a link leads that an answer to the path `own` below the target at `url` has.

    A link may begin at the target, at its host, or at the vendor's own paths, which `is_known` knows. A proxy
    that does not rewrite links leaves the server's own host or path in them: then the query names the page,
    and the list is the one that was asked.
    """
    try:
        here, there = urlsplit(url), urlsplit(urljoin(f"{url}{own}", link))
        is_here = _origin(here) == _origin(there)
    except ValueError:
        return PageLink(own, link)
    query = f"?{there.query}" if there.query else ""
    elsewhere = f"{there.scheme}://{there.netloc}{there.path}"
    below = there.path.removeprefix(here.path) if there.path.startswith(f"{here.path}/") else ""
    for path in filter(None, (below, there.path)):
        if is_known(path):
            return PageLink(f"{path}{query}", "" if is_here else elsewhere)
    if not is_here or there.path.endswith(own):
        return PageLink(f"{own}{query}", elsewhere)
    return PageLink(f"{below or there.path}{query}")


def _origin(address: SplitResult) -> tuple[str, str, int]:
    return address.scheme, address.hostname or "", address.port or _PORTS.get(address.scheme, 0)
