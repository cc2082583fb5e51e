"""Example batches: the server makes them, and tries them before it hands them out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from mockserver.testing.control_client import ControlPlaneError, SandboxControl
from mockserver.testing.exact_json import Json, plain_json

_NO_EXAMPLE = "no-example"


class NoExampleError(Exception):
    """The vendor has no such batch, or its items do not come out as asked for in this sandbox."""


class ItemKey(str):
    """Key of an item; `select` is how a scenario selects the item wherever it is in the batch."""

    __slots__ = ("select",)

    select: Mapping[str, Json]

    def __new__(cls, text: str, select: Mapping[str, Json]) -> Self:
        """Create the key of the item that `select` selects."""
        key = super().__new__(cls, text)
        key.select = select
        return key


@dataclass(frozen=True, slots=True)
class Example:
    """A batch that can be sent as it is, or item by item.

    `path` begins below the vendor's address and has its query. `headers` have names in lower case, and
    credentials that the server accepts. `items` are plain JSON, `keys` identify each, `bad` are the keys of
    those that are rejected.
    """

    operation: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    items: tuple[Json, ...]
    keys: tuple[ItemKey, ...]
    bad: tuple[ItemKey, ...] = ()

    def __iter__(self) -> Iterator[Json]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, place: int) -> Json:
        return self.items[place]


def request_example(sandbox_control: SandboxControl, wanted: Mapping[str, Json]) -> tuple[Example, bool]:
    """Return an example, and whether records that it refers to were stored in the sandbox.

    `wanted` has `vendor`, `operation`, `items`, `bad`, `first`.

    Raises:
        NoExampleError: there is no such batch; the text says why.
    """
    try:
        made = sandbox_control.request("POST", "/examples", wanted)
    except ControlPlaneError as error:
        if error.code == _NO_EXAMPLE:
            raise NoExampleError(str(error.problem["detail"])) from None
        raise
    return _read_example(made), bool(made["prepared"])


def _read_example(made: Mapping[str, Json]) -> Example:
    keys = tuple(ItemKey(one["key"], plain_json(one["select"])) for one in made["keys"])
    bad = frozenset(made["bad"])
    return Example(
        made["operation"],
        made["method"],
        made["path"],
        dict(made["headers"]),
        made["body"].encode(),
        tuple(map(plain_json, made["items"])),
        keys,
        tuple(key for key in keys if key in bad),
    )
