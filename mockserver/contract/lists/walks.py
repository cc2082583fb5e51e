"""Walks along the pages of lists, and the calls that store records before a walk."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal
from urllib.parse import SplitResult, quote, urlencode, urljoin, urlsplit

from msgspec import field
from msgspec.structs import replace

from mockserver.contract.exchange import Exchange, Finding, Request, Response, to_json_text
from mockserver.contract.isolation import FIRST_OF_LISTS, IsolationScope
from mockserver.contract.list_discovery import (
    FoundList,
    complete,
    find_rows,
    link_in_header,
    next_position,
    value_at,
    value_in,
)
from mockserver.contract.oracle.expectations import count_noun
from mockserver.contract.oracle.responses import reader_for
from mockserver.contract.profile import UNREADABLE, BatchItem, BatchProfile, DrawnValues
from mockserver.contract.profile_reads import Link, ListProfile
from mockserver.contract.safety import DEFAULT_PORTS
from mockserver.contract.sequences import sentences
from mockserver.contract.sequences.sentences import cut_text, excerpt
from mockserver.contract.trial import Trial
from mockserver.model import Value, pointer_of
from mockserver.spec.openapi import plain

_OK = 200

End = Literal["empty", "told", "refused", "loop", "budget"]
"""Reason why a walk ended. empty: a page has no rows. told: a page names no next page. refused: a call is
refused. loop: a page has only rows of earlier pages. budget: the maximum number of pages is reached."""

_JUDGED = 3
_SHOWN_CALLS = 12
"""Maximum number of calls of a walk in a finding. If a walk has more calls, the last calls are shown."""

_IN_A_BATCH = 10
_CHECK = "filters-select"
_RECORDS = 8
"""Maximum number of records, from the beginning of a list, whose own lists are read."""

_WIDE = 8
"""Minimum length of ids whose equality is no coincidence."""


class Row(Value, frozen=True):
    id: str
    document: Any


class Page(Value, frozen=True):
    number: int
    exchange: Exchange
    rows: tuple[Row, ...]
    of: str = ""
    """The list and its query in words: "GET /orders with pageSize=3"."""

    @property
    def name(self) -> str:
        return f"page {self.number} of {self.of}"

    @property
    def response(self) -> Response:
        return self.exchange.response

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(row.id for row in self.rows)


class Walk(Value, frozen=True):
    """A walk along the pages of a list."""

    size: int | None
    """Page size that the calls ask for, None if they ask for no size."""
    pages: tuple[Page, ...]
    """The pages that have rows."""
    end: End
    beyond: Exchange | None = None
    """The call after the last page, if it had no rows or was refused."""
    says: str = ""
    """The query in words: "pageSize=3"."""
    name: str = ""
    """The list and its query in words: "GET /orders with pageSize=3"."""

    @property
    def rows(self) -> tuple[Row, ...]:
        return tuple(row for page in self.pages for row in page.rows)

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        return (*(page.exchange for page in self.pages), *((self.beyond,) if self.beyond else ()))

    @property
    def is_whole(self) -> bool:
        return self.end not in {"budget", "loop"}


def shown_rows(profile: ListProfile, response: Response) -> tuple[str | None, list[Any] | None]:
    """Return the pointer to the rows of an answer, and the rows; either is None if it is unknown."""
    document = response.document()
    pointer = profile.rows if profile.rows is not None else find_rows(document)
    rows = value_in(document, pointer) if pointer is not None else None
    return pointer, rows if isinstance(rows, list) else None


def rows_of(profile: ListProfile, response: Response) -> tuple[Row, ...]:
    """Return the rows of an answer, or no rows if the answer is not a 200 with a list."""
    rows = shown_rows(profile, response)[1] if response.status == _OK else None
    return tuple(Row(_identify(profile, one), one) for one in rows or ())


def _identify(profile: ListProfile, row: Any) -> str:
    value = value_in(row, profile.identity) if profile.identity else None
    if isinstance(value, str | int):
        return str(value)
    return to_json_text(_sorted(row))


def _sorted(document: Any) -> Any:
    """Return a document with sorted members, so that equal rows become equal texts."""
    if isinstance(document, Mapping):
        return {name: _sorted(document[name]) for name in sorted(document)}
    return [_sorted(one) for one in document] if isinstance(document, list) else document


def link_of(profile: ListProfile, response: Response, link: Link) -> str:
    place = profile.links.get(link, "")
    if place == "link":
        return link_in_header(response, link)
    found = value_at(response, place)
    return found if isinstance(found, str) else ""


class ListCalls(Trial):
    """Calls to one list, and walks along its pages, in an isolation scope of their own."""

    found: FoundList
    """The list, with query and headers of the tenant. Its profile must be complete before a walk."""
    scope: IsolationScope
    path: str
    is_led_away: bool = False
    """Whether a note already says that links lead to another address."""
    steps: list[str] = field(default_factory=list)
    """The calls that stored records, in plain words."""
    stored: list[Exchange] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    judged: int = 0
    """Number of pages that were judged with the checks of single exchanges."""
    tenant: int = 0

    @property
    def name(self) -> str:
        return f"GET {self.path}"

    @property
    def profile(self) -> ListProfile:
        return self.found.profile

    def get(self, query: Mapping[str, str]) -> Exchange:
        text = urlencode({**self.found.query, **query}, quote_via=quote)
        return self.send(Request("GET", f"{self.path}?{text}" if text else self.path, self.found.headers))

    def follow(self, link: str) -> Exchange:
        """Follow a link. Send the call to the target even if the link names another host."""
        url = self.target.address.url
        path, elsewhere = read_link(
            link, url, self.path, lambda path: bool(self.api.operation_of(Request("GET", path)))
        )
        if elsewhere and not self.is_led_away:
            self.is_led_away = True
            self.note(
                f"its links lead to {elsewhere}, which is not below the target; they were followed "
                "at the target (a proxy that rewrites no links leaves them so)"
            )
        return self.send(Request("GET", path, self.found.headers))

    def walk(self, query: Mapping[str, str], size: int | None, most: int) -> Walk:
        """Read at most `most` pages. Ask for `size` rows on each page, or for no size if `size` is None."""
        profile = self.profile
        sized = {**query, **({profile.size: str(size)} if size is not None and profile.size else {})}
        says = ", ".join(f"{name}={text}" for name, text in sized.items())
        name = f"{self.name} with {cut_text(says)}" if says else self.name
        pages: list[Page] = []
        seen: set[str] = set()
        beyond = None
        position: str | None = str(profile.first or 0) if profile.paging in {"page", "offset"} else ""
        end: End = "budget"
        while len(pages) < most:
            exchange = self._ask(sized, position, pages)
            rows = rows_of(profile, exchange.response)
            if exchange.response.status != _OK or not rows:
                end = "empty" if exchange.response.status == _OK else "refused"
                beyond = exchange
                break
            pages.append(Page(len(pages) + 1, exchange, rows, name))
            position = self._next(pages, size)
            before = len(seen)
            seen.update(pages[-1].ids)
            if position is None or len(seen) == before:
                end = "told" if position is None else "loop"
                break
        return Walk(size, tuple(pages), end, beyond, says, name)

    def _ask(self, sized: Mapping[str, str], position: str | None, pages: Sequence[Page]) -> Exchange:
        profile = self.profile
        if profile.paging == "link" and pages:
            return self.follow(str(position))
        placed = {profile.position: position} if position and profile.position else {}
        return self.get({**sized, **placed})

    def _next(self, pages: Sequence[Page], size: int | None) -> str | None:
        """Return the position or link of the next page, or None if there is no next page."""
        profile, last = self.profile, pages[-1]
        if profile.paging not in {"page", "offset", "cursor"}:
            return link_of(profile, last.response, "next") or None
        # Above the usual size, a server may give fewer rows than asked for, so count the rows of the pages.
        is_fixed = size is not None and size <= profile.usual
        passed = len(pages) * size if size and is_fixed else sum(len(page.rows) for page in pages)
        return next_position(profile, len(pages), passed, last.response) or None

    def send(self, request: Request) -> Exchange:
        """Send the request and judge its answer."""
        self.count("every-call-is-answered")
        full = self.dressed(request, self.tenant, self.scope)
        exchange = self.send_as(full, self.api.operation_of(request))
        self._judge(exchange)
        return exchange

    def _judge(self, exchange: Exchange) -> None:
        """Judge an answer with the checks of single exchanges, but only the first few pages of the list."""
        is_page = exchange.operation == self.profile.operation and exchange.response.status == _OK
        if is_page and self.judged >= _JUDGED:
            return
        self.judged += is_page
        found = self.judge_exchange(exchange, self.ledger)
        self.ledger.record(dataclasses.replace(one, steps=tuple(self.steps)) for one in found)

    def count(self, check: str, times: int = 1) -> None:
        self.count_check(self.profile.operation, check, times)

    def add_finding(  # noqa: PLR0913 - the parts of a finding
        self,
        check: str,
        message: str,
        exchanges: Sequence[Exchange],
        expected: str = "",
        received: str = "",
        *,
        pointer: str = "",
    ) -> None:
        """Add a finding to `findings`, which are recorded after all checks of the list."""
        if self.run_config.wants(check):
            shown, steps = (*self.stored, *exchanges[-_SHOWN_CALLS:]), tuple(self.steps)
            operation = self.profile.operation
            one = Finding(check, operation, message, pointer, expected, received, shown, steps)
            self.findings.append(one)

    def note(self, text: str) -> None:
        self.ledger.notes.append(f"{self.name}: {text}")


def read_link(link: str, url: str, own: str, is_known: Callable[[str], bool]) -> tuple[str, str]:
    """Return a link's path and query below the target `url`, and the link's address if it leads elsewhere.

    `own` is the path whose answer has the link. The address has no query; it is "" if the link leads to the
    target. The path of a link may begin at the target or at the root of the target's host; `is_known` returns
    whether a path belongs to the API. If neither path belongs to it, and the link names another host or a
    path that ends with `own` (a proxy did not rewrite the link), return `own` with the query of the link.
    """
    try:
        here, there = urlsplit(url), urlsplit(urljoin(f"{url}{own}", link))
        is_here = _origin(here) == _origin(there)
    except ValueError:
        return own, link
    query = f"?{there.query}" if there.query else ""
    elsewhere = f"{there.scheme}://{there.netloc}{there.path}"
    below = there.path.removeprefix(here.path) if there.path.startswith(f"{here.path}/") else ""
    for path in filter(None, (below, there.path)):
        if is_known(path):
            return f"{path}{query}", ("" if is_here else elsewhere)
    if not is_here or there.path.endswith(own):
        return f"{own}{query}", elsewhere
    return f"{below or there.path}{query}", ""


def _origin(address: SplitResult) -> tuple[str, str, int]:
    return address.scheme, address.hostname or "", address.port or DEFAULT_PORTS.get(address.scheme, 0)


def store_records(calls: ListCalls, batch: BatchProfile, count: int) -> Sequence[str]:
    """Store `count` good items, 10 in a batch; return the keys that are reported as stored."""
    first = calls.scope.first + (0 if calls.scope.has_sandbox else FIRST_OF_LISTS)
    numbers = range(first, first + count)
    stored: list[str] = []
    for begin in range(0, count, _IN_A_BATCH):
        some = numbers[begin : begin + _IN_A_BATCH]
        items = [_item(batch, place, number) for place, number in enumerate(some)]
        for one in items:
            for request in batch.prepare(str(one.key), 0) if batch.prepare else ():
                calls.send(request)
        exchange = calls.send(batch.call([item.document for item in items], 0))
        calls.stored.append(exchange)
        keys = _accepted(calls, batch, exchange, items)
        stored += keys
        step = f"{sentences.call(exchange.request)} with {count_noun(len(items), 'good item')}"
        calls.steps.append(f"{step} → {exchange.response.status}: {len(keys)} stored")
        if not keys:
            break
    if len(stored) < count:
        calls.note(f"{len(stored)} of {count} records could be stored by {batch.operation}")
    return tuple(stored)


def _item(batch: BatchProfile, place: int, number: int) -> BatchItem:
    key = batch.key(number)
    drawn = DrawnValues(number, Decimal(number % 40 + 1) + Decimal("0.25"))
    return BatchItem(place, key, batch.item(key, drawn))


def _accepted(
    calls: ListCalls, batch: BatchProfile, exchange: Exchange, items: Sequence[BatchItem]
) -> list[str]:
    reader = batch.reader or reader_for(calls.api, calls.api.spec.operations[batch.operation])
    if not exchange.response.is_done:
        return []
    if reader is None:
        return [str(item.key) for item in items]
    try:
        reported = reader(exchange, items)
    except UNREADABLE:
        return []
    if reported is None:
        return []
    by_place = {outcome.place: outcome.accepted for outcome in reported.outcomes}
    return [str(item.key) for item in items if by_place.get(item.place, not reported.is_complete)]


def read_lists_below(calls: ListCalls, above: ListCalls) -> list[Exchange]:
    """Read and return the lists of the first records of `above`, longest first, or [] if all are empty."""
    read = [replace(calls, path=path).get({}) for path in _paths(calls.path, above)]
    read.sort(key=lambda one: -len(rows_of(calls.profile, one.response)))
    return read if read and rows_of(calls.profile, read[0].response) else []


def _paths(template: str, above: ListCalls) -> Iterator[str]:
    """Yield the path of each record's list, with the member of the parameter's name, else the identity."""
    answer = above.get({}).response
    rows = shown_rows(above.profile, answer)[1]
    if answer.status != _OK or not rows:
        return
    known = complete(above.profile, answer, rows, ())
    before, _, rest = template.partition("{")
    name, _, after = rest.partition("}")
    for row in rows[:_RECORDS]:
        members = {plain(one): one for one in row} if isinstance(row, dict) else {}
        member = members.get(plain(name))
        value = value_in(row, pointer_of((member,)) if member else known.identity)
        if isinstance(value, str | int) and value != "":
            yield f"{before}{quote(str(value), safe=':')}{after}"


def check_rows_are_its_own(calls: ListCalls, others: Sequence[Exchange], reference: Walk) -> None:
    """Find a row that another record's list also shows. Ignore short or numeric ids, which may repeat."""
    ids = {row.id for row in reference.rows if calls.profile.identity}
    mine = {one for one in ids if len(one) >= _WIDE and not one.isdecimal()}
    for one in others:
        theirs = {row.id for row in rows_of(calls.profile, one.response)}
        calls.count(_CHECK)
        shared = sorted(mine & theirs)
        if shared:
            message = f"{calls.name} shows row {excerpt(shared[0])}; {one.request.name} shows it too"
            shown = (reference.exchanges[0], one)
            calls.add_finding(_CHECK, message, shown, "rows of this record only")
            return
