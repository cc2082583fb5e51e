"""A batch in the vendor's own form, so many items good and so many bad, by what the vendor says of itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from mockserver.contract.subject import Drawn, Spoil, Subject
from mockserver.model import Json


class NoExample(Exception):
    """There is no such batch: the vendor says nothing of it, or it does not come out as it should here."""


class Key(str):
    """What identifies an item; `select` is how a scenario chooses that item wherever it stands."""

    __slots__ = ("select",)

    select: Mapping[str, Json]

    def __new__(cls, text: str, select: Mapping[str, Json]) -> Self:
        """The key, and how its item is chosen."""
        made = super().__new__(cls, text)
        made.select = select
        return made


@dataclass(frozen=True, slots=True)
class Example:
    """A batch that can be sent as it is, or item by item.

    `path` begins below the vendor's address and has its query; `headers` are without credentials, in lower
    case. `items` are plain JSON, `keys` what identifies each, `bad` the keys of those that are refused.
    """

    operation: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    items: tuple[Json, ...]
    keys: tuple[Key, ...]
    bad: tuple[Key, ...] = ()

    def __iter__(self) -> Iterator[Json]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, place: int) -> Json:
        return self.items[place]


def drafted(subject: Subject, items: int, bad: int, first: int) -> Example:
    """A batch of so many items, of which so many are bad; its keys count from `first`.

    The first item is a good one where one is good at all. A bad one is bad for itself, where the vendor knows
    such a thing, and does not refuse the whole call.

    Raises:
        NoExample: the vendor says no way to make an item bad.
    """
    texts = [subject.key(first + place) for place in range(items)]
    begin = min(1, items - bad)
    spoilt = range(begin, begin + bad)
    documents = [
        subject.item(text, Drawn(first + place, Decimal(100 + first + place)))
        for place, text in enumerate(texts)
    ]
    for place in spoilt:
        documents[place] = _spoil(subject).change(documents[place])
    request = subject.call(documents, 0)
    keys = tuple(Key(text, {"key": text}) for text in texts)
    return Example(
        subject.operation,
        request.method,
        request.path,
        dict(request.headers),
        request.body,
        tuple(plain(document) for document in documents),
        keys,
        tuple(keys[place] for place in spoilt),
    )


def plain(value: Json) -> Json:
    """The same as JSON that every writer takes: a decimal is a number of its own value."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {name: plain(one) for name, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list | tuple) else value


def _spoil(subject: Subject) -> Spoil:
    """One that is refused for itself, if there is one."""
    if not subject.spoils:
        raise NoExample(f"{subject.operation}: nothing is said of what makes an item bad")
    return next((spoil for spoil in subject.spoils if not spoil.refuses), subject.spoils[0])
