"""Build example batches with valid and invalid items, verified in a second sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Self

from mockserver.contract import inference
from mockserver.contract.exchange import Request
from mockserver.contract.loading import ApiUnderTest
from mockserver.contract.profile import BatchProfile, Corruption, DrawnValues
from mockserver.model import Json
from mockserver.testing.control_client import SandboxControl, create_sandbox


class NoExampleError(Exception):
    """Raised when there is no such batch, or its outcomes are not as expected here."""


class ItemKey(str):
    """Key of an item; `select` is how a scenario selects the item wherever it is in the batch."""

    __slots__ = ("select",)

    select: Mapping[str, Json]

    def __new__(cls, text: str, select: Mapping[str, Json]) -> Self:
        """Return the key, and how its item is chosen."""
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
    keys: tuple[ItemKey, ...]
    bad: tuple[ItemKey, ...] = ()

    def __iter__(self) -> Iterator[Json]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, place: int) -> Json:
        return self.items[place]


def draft_example(subject: BatchProfile, items: int, bad: int, first: int) -> Example:
    """Return a batch of so many items, of which so many are bad; its keys count from `first`.

    The first item is a good one where one is good at all. A bad one is bad for itself, where the vendor knows
    such a thing, and does not refuse the whole call.

    Raises:
        NoExampleError: the vendor says no way to make an item bad.
    """
    texts = [subject.key(first + place) for place in range(items)]
    begin = min(1, items - bad)
    spoilt = range(begin, begin + bad)
    documents = [
        subject.item(text, DrawnValues(first + place, Decimal(100 + first + place)))
        for place, text in enumerate(texts)
    ]
    for place in spoilt:
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
        tuple(keys[place] for place in spoilt),
    )


def plain_json(value: Json) -> Json:
    """Return the same as JSON that every writer takes: a decimal is a number of its own value."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {name: plain_json(one) for name, one in value.items()}
    return [plain_json(one) for one in value] if isinstance(value, list | tuple) else value


def _item_corruption(subject: BatchProfile) -> Corruption:
    """Return an item that is rejected on its own, if there is one."""
    if not subject.corruptions:
        raise NoExampleError(f"{subject.operation}: nothing is said of what makes an item bad")
    return next((spoil for spoil in subject.corruptions if not spoil.refuses_call), subject.corruptions[0])


_SUCCESS = range(200, 300)


@dataclass(frozen=True, slots=True)
class ExampleBuilder:
    """Builds examples of a vendor for a sandbox; `headers` are sent with every call.

    `on_state_copied` is called after records that an example needs were copied into the sandbox.
    """

    sandbox_control: SandboxControl
    contract: ApiUnderTest
    headers: Mapping[str, str]
    on_state_copied: Callable[[], None]

    def example(self, operation: str, items: int, bad: int, first: int) -> Example:
        """Return a batch with these outcomes, of the named operation or with "" of the first suitable one.

        Raises:
            ValueError: there are more bad items than items, or fewer than none.
            NoExampleError: none does; the text says what became of each.
        """
        if not 0 <= bad <= items:
            raise ValueError(f"{bad} of {items} items cannot be bad")
        told = self.contract.profile.batches(self.contract.facts)
        subjects = told or inference.infer_batches(self.contract.spec)
        said: list[str] = []
        for subject in subjects:
            if operation in ("", subject.operation):
                try:
                    return self._verify(subject, draft_example(subject, items, bad, first))
                except NoExampleError as none:
                    said.append(str(none))
        known = ", ".join(dict.fromkeys(subject.operation for subject in subjects))
        there = (
            f"there are examples of {known}" if known else "its spec says too little of what can be read back"
        )
        why = "; ".join(said) or there
        raise NoExampleError(f"{self.contract.name}: no example of {operation or 'a batch'}: {why}")

    def _verify(self, subject: BatchProfile, draft: Example) -> Example:
        with self._second_sandbox() as stage:
            if subject.prepare is not None:
                self._prepare(stage, [one for key in draft.keys for one in subject.prepare(str(key), 0)])
            request = Request(draft.method, draft.path, draft.headers, draft.body)
            self._sent(stage, request)
            entry = stage.request("GET", "/journal", last=1)[-1]
            decided = stage.request("GET", f"/journal/{entry['number']}")["decided"]
            _check_outcomes(draft, decided, entry)
            if subject.prepare is not None:
                self._copy_prepared_state(stage)
            keys = _item_keys(draft, [str(one["key"]) for one in decided])
            return replace(draft, keys=keys, bad=tuple(keys[draft.keys.index(one)] for one in draft.bad))

    @contextmanager
    def _second_sandbox(self) -> Iterator[SandboxControl]:
        """Yield a sandbox with the vendor's state, time and assumptions of the test's sandbox."""
        own = self.sandbox_control.request("GET", "")
        wanted = {
            "seed": own["seed"],
            "empty": own["empty"],
            "freeze": own["clock"]["now"],
            "assumptions": own["assumptions"],
        }
        name = create_sandbox(self.sandbox_control.control, f"{self.sandbox_control.name[:55]}-tried", wanted)
        stage = SandboxControl(self.sandbox_control.control, name)
        try:
            self._copy(self.sandbox_control, stage)
            yield stage
        finally:
            stage.request("DELETE", "")

    def _copy(self, source: SandboxControl, target: SandboxControl) -> None:
        dump = source.request("GET", "/dump", vendor=self.contract.name)
        target.request("PUT", "/state", dump, vendor=self.contract.name)

    def _prepare(self, stage: SandboxControl, requests: Sequence[Request]) -> None:
        for request in requests:
            status, text = self._sent(stage, request)
            if status not in _SUCCESS:
                raise NoExampleError(f"{request.method} {request.path} is answered with {status}: {text}")
        stage.request("POST", "/snapshots", {"label": "prepared"})

    def _copy_prepared_state(self, stage: SandboxControl) -> None:
        stage.request("POST", "/snapshots/s1/restore")
        self._copy(stage, self.sandbox_control)
        self.on_state_copied()

    def _sent(self, stage: SandboxControl, request: Request) -> tuple[int, str]:
        full = request.having(self.headers)
        url = f"{stage.url}/{self.contract.name}{full.path}"
        return stage.control.call_vendor(full.method, url, full.headers, full.body)


def _check_outcomes(draft: Example, decided: Sequence[Mapping[str, Json]], entry: Mapping[str, Json]) -> None:
    """Raise unless the outcomes are as expected.

    Raises:
        NoExampleError: it did not.
    """
    rejected = {str(draft.keys[one["index"]]) for one in decided if one["action"] == "rejected"}
    if len(decided) == len(draft.keys) and rejected == set(draft.bad):
        return
    why = "; ".join(problem["detail"] for one in decided for problem in one["problems"] if problem["detail"])
    outcomes = ", ".join(f"{count} {action}" for action, count in entry["outcomes"].items()) or "no items"
    raise NoExampleError(
        f"{draft.operation} with {len(draft.bad)} of {len(draft)} items bad "
        f"is answered with {entry['status']}, {outcomes}{f' ({why})' if why else ''}"
    )


def _item_keys(draft: Example, known: Sequence[str]) -> tuple[ItemKey, ...]:
    """Return the keys as the server has them; None if they do not tell the items apart."""
    if len(set(known)) == len(known) and "" not in known:
        return tuple(ItemKey(text, {"key": text}) for text in known)
    places = [_path_of(item, str(key)) for item, key in zip(draft.items, draft.keys, strict=True)]
    return tuple(
        ItemKey(key, {"where": {"path": place, "equals": str(key)}} if place else {"index": index})
        for index, (key, place) in enumerate(zip(draft.keys, places, strict=True))
    )


def _path_of(node: Json, text: str, path: str = "$") -> str:
    """Return where in an item that text stands, as a JSONPath; "" for nowhere."""
    if isinstance(node, Mapping):
        return next(filter(None, (_path_of(one, text, f"{path}.{name}") for name, one in node.items())), "")
    if isinstance(node, list):
        return next(filter(None, (_path_of(one, text, f"{path}[{at}]") for at, one in enumerate(node))), "")
    return path if node == text else ""
