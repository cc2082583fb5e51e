"""Build example batches with valid and invalid items, verified in a second sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Self

from mockserver.contract import derived
from mockserver.contract.exchange import Request
from mockserver.contract.profiles import Contracted
from mockserver.contract.subject import Drawn, Spoil, Subject
from mockserver.model import Json
from mockserver.testing.control_client import SandboxControl, create_sandbox


class NoExampleError(Exception):
    """There is no such batch: the vendor's profile lacks it, or its outcome is not as intended."""


class ItemKey(str):
    """Key of an item; `select` is how a scenario selects the item, wherever it is in the batch."""

    __slots__ = ("select",)

    select: Mapping[str, Json]

    def __new__(cls, text: str, select: Mapping[str, Json]) -> Self:
        """Create the key with its selection."""
        key = super().__new__(cls, text)
        key.select = select
        return key


@dataclass(frozen=True, slots=True)
class Example:
    """A batch to be sent as a whole, or item by item.

    `path` is below the vendor's address and includes the query; `headers` are without credentials, in lower
    case. `items` are plain JSON, `keys` their keys, `bad` the keys of items to be rejected.
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


def draft_example(subject: Subject, items: int, bad: int, first: int) -> Example:
    """Build a batch of `items` items, `bad` of them invalid; keys count from `first`.

    The first item is valid unless all are bad. If possible, an invalid item is rejected alone and does not
    refuse the whole call.

    Raises:
        NoExampleError: the profile has no way to make an item invalid.
    """
    texts = [subject.key(first + place) for place in range(items)]
    start = min(1, items - bad)
    invalid = range(start, start + bad)
    documents = [
        subject.item(text, Drawn(first + place, Decimal(100 + first + place)))
        for place, text in enumerate(texts)
    ]
    for place in invalid:
        documents[place] = _item_corruption(subject).change(documents[place])
    request = subject.call(documents, 0)
    keys = tuple(ItemKey(text, {"key": text}) for text in texts)
    return Example(
        subject.operation,
        request.method,
        request.path,
        dict(request.headers),
        request.body,
        tuple(plain_json(document) for document in documents),
        keys,
        tuple(keys[place] for place in invalid),
    )


def plain_json(value: Json) -> Json:
    """Return the value with decimals as int or float, for any JSON encoder."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {name: plain_json(one) for name, one in value.items()}
    return [plain_json(one) for one in value] if isinstance(value, list | tuple) else value


def _item_corruption(subject: Subject) -> Spoil:
    """Return a corruption that rejects the item alone, if there is one."""
    if not subject.spoils:
        raise NoExampleError(f"{subject.operation}: its profile does not tell how to make an item invalid")
    return next((one for one in subject.spoils if not one.refuses), subject.spoils[0])


_SUCCESS = range(200, 300)


@dataclass(frozen=True, slots=True)
class ExampleBuilder:
    """Builds examples and verifies them in a second sandbox; `headers` are sent with every call.

    `on_state_copied` is called when records that an example needs were copied into the sandbox.
    """

    sandbox_control: SandboxControl
    contract: Contracted
    headers: Mapping[str, str]
    on_state_copied: Callable[[], None]

    def example(self, operation: str, items: int, bad: int, first: int) -> Example:
        """Build a verified batch of the operation; "" selects the first that works.

        Raises:
            ValueError: `bad` is negative or exceeds `items`.
            NoExampleError: no operation works; the text gives the reason for each.
        """
        if not 0 <= bad <= items:
            raise ValueError(f"{bad} of {items} items cannot be bad")
        declared = self.contract.profile.subjects(self.contract.facts)
        subjects = declared or derived.subjects(self.contract.spec)
        reasons: list[str] = []
        for subject in subjects:
            if operation in ("", subject.operation):
                try:
                    return self._verify(subject, draft_example(subject, items, bad, first))
                except NoExampleError as error:
                    reasons.append(str(error))
        known = ", ".join(dict.fromkeys(subject.operation for subject in subjects))
        alternative = (
            f"there are examples of {known}" if known else "its spec does not tell what can be read back"
        )
        why = "; ".join(reasons) or alternative
        raise NoExampleError(f"{self.contract.name}: no example of {operation or 'a batch'}: {why}")

    def _verify(self, subject: Subject, draft: Example) -> Example:
        with self._second_sandbox() as second:
            if subject.prepare is not None:
                self._prepare(second, [one for key in draft.keys for one in subject.prepare(str(key), 0)])
            request = Request(draft.method, draft.path, draft.headers, draft.body)
            self._send(second, request)
            entry = second.request("GET", "/journal", last=1)[-1]
            decided = second.request("GET", f"/journal/{entry['number']}")["decided"]
            _check_outcomes(draft, decided, entry)
            if subject.prepare is not None:
                self._copy_prepared_state(second)
            keys = _item_keys(draft, [str(one["key"]) for one in decided])
            return replace(draft, keys=keys, bad=tuple(keys[draft.keys.index(one)] for one in draft.bad))

    @contextmanager
    def _second_sandbox(self) -> Iterator[SandboxControl]:
        """Create a sandbox with the same state of this vendor, time and assumptions."""
        own = self.sandbox_control.request("GET", "")
        settings = {
            "seed": own["seed"],
            "empty": own["empty"],
            "freeze": own["clock"]["now"],
            "assumptions": own["assumptions"],
        }
        name = create_sandbox(
            self.sandbox_control.control, f"{self.sandbox_control.name[:55]}-tried", settings
        )
        second = SandboxControl(self.sandbox_control.control, name)
        try:
            self._copy(self.sandbox_control, second)
            yield second
        finally:
            second.request("DELETE", "")

    def _copy(self, source: SandboxControl, target: SandboxControl) -> None:
        dump = source.request("GET", "/dump", vendor=self.contract.name)
        target.request("PUT", "/state", dump, vendor=self.contract.name)

    def _prepare(self, second: SandboxControl, requests: Sequence[Request]) -> None:
        for request in requests:
            status, text = self._send(second, request)
            if status not in _SUCCESS:
                raise NoExampleError(f"{request.method} {request.path} is answered with {status}: {text}")
        second.request("POST", "/snapshots", {"label": "prepared"})

    def _copy_prepared_state(self, second: SandboxControl) -> None:
        second.request("POST", "/snapshots/s1/restore")
        self._copy(second, self.sandbox_control)
        self.on_state_copied()

    def _send(self, second: SandboxControl, request: Request) -> tuple[int, str]:
        full = request.having(self.headers)
        url = f"{second.url}/{self.contract.name}{full.path}"
        return second.control.call_vendor(full.method, url, full.headers, full.body)


def _check_outcomes(draft: Example, decided: Sequence[Mapping[str, Json]], entry: Mapping[str, Json]) -> None:
    """Raise unless exactly the bad items are rejected.

    Raises:
        NoExampleError: the outcomes differ.
    """
    rejected = {str(draft.keys[one["index"]]) for one in decided if one["action"] == "rejected"}
    if len(decided) == len(draft.keys) and rejected == set(draft.bad):
        return
    why = "; ".join(problem["detail"] for one in decided for problem in one["problems"] if problem["detail"])
    outcomes = ", ".join(f"{count} {action}" for action, count in entry["outcomes"].items()) or "no items"
    raise NoExampleError(
        f"{draft.operation} with {len(draft.bad)} of {len(draft)} items bad is answered with "
        f"{entry['status']}, {outcomes}{f' ({why})' if why else ''}"
    )


def _item_keys(draft: Example, known: Sequence[str]) -> tuple[ItemKey, ...]:
    """Return the server's keys if they are unique; otherwise items are selected by their content."""
    if len(set(known)) == len(known) and "" not in known:
        return tuple(ItemKey(text, {"key": text}) for text in known)
    places = [_path_of(item, str(key)) for item, key in zip(draft.items, draft.keys, strict=True)]
    return tuple(
        ItemKey(key, {"where": {"path": place, "equals": str(key)}} if place else {"index": index})
        for index, (key, place) in enumerate(zip(draft.keys, places, strict=True))
    )


def _path_of(node: Json, text: str, path: str = "$") -> str:
    """Return the JSONPath of a text within an item; "" if it does not occur."""
    if isinstance(node, Mapping):
        return next(filter(None, (_path_of(one, text, f"{path}.{name}") for name, one in node.items())), "")
    if isinstance(node, list):
        return next(filter(None, (_path_of(one, text, f"{path}[{at}]") for at, one in enumerate(node))), "")
    return path if node == text else ""
