"""A vendor as its clients see it: where it is called, what an item is, what its answers say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import reduce
from typing import Any

from mockserver.contract.exchange import Request, Response, json_request
from mockserver.contract.target import Target
from tests.contract.planted_faults.wrappers import Json, Route

FIRST_BAD = 9000
"""Items of this number and above cannot be processed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """How a vendor is called, and where its answers have what. Routes begin with the vendor's name."""

    name: str
    headers: Mapping[str, str]
    tenants: tuple[str, str, str] = ("", "", "")
    """The header that names a tenant, the usual tenant and another one."""
    operations: tuple[str, ...]
    """Operations that a run is bounded to, unless a fault has others."""
    single_writes: tuple[str, ...] = ()
    """Operations that faults of state have besides."""
    batch: Route
    one: Route
    list: Route
    queries: tuple[str, str, str] = ("", "", "")
    """What stands behind the path of the batch, of a read and of the list."""
    item: Callable[..., Json]
    """Item by number, with other members than usual."""
    key: Callable[[int], Any]
    """How a read and a list name an item, by number."""
    identity: str
    """The member of an item and of a record with the key."""
    text: str
    """The member of an item and of a record that says "text 1"."""
    envelope: Mapping[str, Json]
    """What a batch has beside its items."""
    items: str
    """The member of a batch with the items; "" if the batch is the list itself."""
    outcomes: str = ""
    """The member of the answer to a batch with one outcome for each item."""
    record: tuple[str | int, ...] = ()
    """Where the record stands in the answer to a read."""
    rows: str
    """The member of a list with its rows; "" if the answer is the list itself."""
    attributes: str = ""
    """The member of a row with the record; "" if the row is the record."""
    size: str = ""
    usual_size: int = 0
    """The parameter for the rows of a page, and how many a page has without it."""
    before: Json = 404
    """What is read of an item that was never stored."""
    tells: Callable[[Response], str]
    """What the answer to a batch says of its items."""
    refused: Callable[[Json], Sequence[Any]]
    """The refused items in the answer to a batch."""
    done: Callable[[Json, int], int]
    """How many items were done, by the answer to a batch and the number of items in it."""

    @property
    def everything(self) -> Route:
        """All calls of the vendor."""
        return Route("", f"/{self.name}/*")

    def path(self, route: Route, key: object = "") -> str:
        """The path of a route without the vendor's name."""
        return route.path.removeprefix(f"/{self.name}").format(key)

    def body(self, *items: int | Json) -> Json:
        """The body of a batch; numbers stand for the items of these numbers."""
        documents = [self.item(one) if isinstance(one, int) else one for one in items]
        return {**self.envelope, self.items: documents} if self.items else documents


@dataclass(frozen=True, slots=True)
class VendorClient:
    """Calls a vendor as its client does; `headers` go with every call that does not have its own."""

    target: Target
    headers: Mapping[str, str]
    vendor: Vendor

    def get(self, path: str, **headers: str) -> Response:
        return self.send("GET", path, None, **headers)

    def rows(self, path: str, name: str = "", **headers: str) -> Any:
        """The rows of a list."""
        return listed(self.get(path, **headers).json(), name or self.vendor.rows)

    def send(self, method: str, path: str, document: Json = None, **headers: str) -> Response:
        """One call; `_` in a header's name stands for `-`, an empty one is left out."""
        return self.target.send(self.request(method, path, document, **headers)).response

    def raw(self, body: bytes, path: str = "", method: str = "", **headers: str) -> Response:
        """A call with a body as it is; a batch, if no path is given."""
        route = self.vendor.batch
        named = self._named({"content-type": "application/json"}, headers)
        request = Request(method or _first(route), path or self.vendor.path(route), named, body)
        return self.target.send(request).response

    def request(self, method: str, path: str, document: Json = None, **headers: str) -> Request:
        """What `send` sends."""
        if document is None:
            return Request(method, path, self._named({}, headers))
        return json_request(method, path, document, self._named({}, headers))

    def batch(self, *items: int | Json, method: str = "", **headers: str) -> Request:
        """A batch of these items."""
        route = self.vendor.batch
        path = f"{self.vendor.path(route)}{self.vendor.queries[0]}"
        return self.request(method or _first(route), path, self.vendor.body(*items), **headers)

    def sends(self, *items: int | Json, method: str = "", **headers: str) -> Response:
        """The answer to a batch."""
        return self.target.send(self.batch(*items, method=method, **headers)).response

    def tells(self, *items: int | Json, **headers: str) -> str:
        """What the answer to a batch says of its items."""
        return self.vendor.tells(self.sends(*items, **headers))

    def done(self, *items: int | Json) -> int:
        """How many items of a batch are done, as its answer says."""
        received = self.sends(*items)
        return self.vendor.done(received.json() if received.body else None, len(items))

    def reads(self, number: int, member: str = "", **headers: str) -> Json:
        """A member of a record, or the status if there is no record; amounts as text, for their digits."""
        path = self.vendor.path(self.vendor.one, self.vendor.key(number))
        received = self.get(f"{path}{self.vendor.queries[1]}", **headers)
        if received.status != 200:
            return received.status
        record = reduce(lambda node, step: node[step], self.vendor.record, received.json())
        return shown(record.get(member or self.vendor.text))

    def kept(self, *numbers: int) -> list[Any]:
        """How many items of a batch are done, as its answer says, and what is read of the good ones."""
        done = self.done(*numbers)
        return [done, *(self.reads(number) for number in numbers if number < FIRST_BAD)]

    def changed(self) -> list[Any]:
        """An item's text before and after a change."""
        self.sends(1)
        first = self.reads(1)
        self.sends(self.vendor.item(1, **{self.vendor.text: "changed"}))
        return [first, self.reads(1)]

    def stored(self, member: str, value: Any, shown_as: str = "") -> Json:
        """What is read of a member that was sent with this value."""
        self.sends(self.vendor.item(7, **{member: value}))
        return self.reads(7, shown_as or member)

    def status(self, method: str, path: str, document: Json = None, **headers: str) -> int:
        return self.send(method, path, document, **headers).status

    def media_type(self, method: str, path: str, document: Json = None, **headers: str) -> str:
        return self.send(method, path, document, **headers).media_type

    def header(self, name: str, method: str, path: str) -> str | None:
        return self.send(method, path).headers.get(name)

    def member(self, name: str, method: str, path: str, document: Json = None) -> Json:
        """A member of the answer to a call."""
        return self.send(method, path, document).json().get(name)

    def batch_status(self, *items: int | Json, **headers: str) -> int:
        return self.sends(*items, **headers).status

    def batch_member(self, name: str, *items: int | Json) -> Json:
        """A member of the answer to a batch."""
        return self.sends(*items).json().get(name)

    def status_of_body(self, body: str) -> int:
        """The status of a batch with a body as it is."""
        return self.raw(body.encode()).status

    def lists(self, **headers: str) -> list[Any]:
        """The keys of all records."""
        path = f"{self.vendor.path(self.vendor.list)}{self.vendor.queries[2]}"
        rows = [
            row[self.vendor.attributes] if self.vendor.attributes else row
            for row in self.rows(path, **headers)
        ]
        return [row[self.vendor.identity] for row in rows if self.vendor.identity in row]

    def lists_another_tenants(self) -> bool:
        """Whether an item is listed that was stored in another tenant."""
        contact = {"Contact": {"Name": "Somebody"}} if self.vendor.name == "xero" else {}
        self.of_another_tenant().sends(self.vendor.item(4711, **contact))
        return self.vendor.key(4711) in self.lists()

    def at_once(self, requests: Sequence[Request]) -> list[Response]:
        """The answers to calls that are under way at the same time."""
        return [one.response for one in self.target.at_once(requests)]

    def elsewhere(self) -> VendorClient:
        """A client of another sandbox."""
        return self._with("mock-sandbox", f"{self.headers['mock-sandbox']}-other")

    def of_another_tenant(self) -> VendorClient:
        name, _, other = self.vendor.tenants
        return self._with(name, other)

    def _with(self, name: str, text: str) -> VendorClient:
        return replace(self, headers={**self.headers, name: text})

    def _named(self, more: Mapping[str, str], headers: Mapping[str, str]) -> dict[str, str]:
        own = {name.replace("_", "-").lower(): text for name, text in headers.items()}
        return {name: text for name, text in {**self.headers, **more, **own}.items() if text}


def listed(document: Json, name: str) -> Any:
    """The list under a name, or the document itself if the name is ""."""
    return document[name] if name else document


def with_list(document: Json, name: str, found: Sequence[Json]) -> Json:
    """The document with another list under the name."""
    return {**document, name: found} if name else found


def shown(value: Json) -> Json:
    """An amount as text, for its digits."""
    return str(value) if isinstance(value, Decimal) else value


def _first(route: Route) -> str:
    return route.methods.partition(" ")[0]
