"""An example is tried before it is handed out, in a sandbox beside the test's own that holds the same.

So it really comes out as it is said to, and its items are known as the server knows them. What must be there
for it (an invoice that is to be paid) is made there too, and brought over without a call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from mockserver.contract import derived
from mockserver.contract.exchange import Request
from mockserver.contract.profiles import Contracted
from mockserver.contract.subject import Subject
from mockserver.model import Json
from mockserver.testing.control import Within
from mockserver.testing.examples import Example, Key, NoExample, drafted
from mockserver.testing.naming import made

_GOOD = range(200, 300)


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Tries examples of a vendor for the sandbox `within`; `headers` go with every call.

    `brought` is called when the sandbox was given what an example needs.
    """

    within: Within
    contract: Contracted
    headers: Mapping[str, str]
    brought: Callable[[], None]

    def example(self, operation: str, items: int, bad: int, first: int) -> Example:
        """A batch that comes out so, of the named operation, or of the first that does with "".

        Raises:
            ValueError: there are more bad items than items, or fewer than none.
            NoExample: none does; the text says what became of each.
        """
        if not 0 <= bad <= items:
            raise ValueError(f"{bad} of {items} items cannot be bad")
        told = self.contract.profile.subjects(self.contract.facts)
        subjects = told or derived.subjects(self.contract.spec)
        said: list[str] = []
        for subject in subjects:
            if operation in ("", subject.operation):
                try:
                    return self._tried(subject, drafted(subject, items, bad, first))
                except NoExample as none:
                    said.append(str(none))
        known = ", ".join(dict.fromkeys(subject.operation for subject in subjects))
        there = (
            f"there are examples of {known}" if known else "its spec says too little of what can be read back"
        )
        why = "; ".join(said) or there
        raise NoExample(f"{self.contract.name}: no example of {operation or 'a batch'}: {why}")

    def _tried(self, subject: Subject, draft: Example) -> Example:
        with self._beside() as stage:
            if subject.prepare is not None:
                self._prepare(stage, [one for key in draft.keys for one in subject.prepare(str(key), 0)])
            request = Request(draft.method, draft.path, draft.headers, draft.body)
            self._sent(stage, request)
            entry = stage.ask("GET", "/journal", last=1)[-1]
            decided = stage.ask("GET", f"/journal/{entry['number']}")["decided"]
            _check(draft, decided, entry)
            if subject.prepare is not None:
                self._bring(stage)
            keys = _keys(draft, [str(one["key"]) for one in decided])
            return replace(draft, keys=keys, bad=tuple(keys[draft.keys.index(one)] for one in draft.bad))

    @contextmanager
    def _beside(self) -> Iterator[Within]:
        """A sandbox that holds what the test's does of this vendor, at its time, with its switches."""
        own = self.within.ask("GET", "")
        wanted = {
            "seed": own["seed"],
            "empty": own["empty"],
            "freeze": own["clock"]["now"],
            "assumptions": own["assumptions"],
        }
        name = made(self.within.control, f"{self.within.name[:55]}-tried", wanted)
        stage = Within(self.within.control, name)
        try:
            self._copy(self.within, stage)
            yield stage
        finally:
            stage.ask("DELETE", "")

    def _copy(self, source: Within, target: Within) -> None:
        dump = source.ask("GET", "/dump", vendor=self.contract.name)
        target.ask("PUT", "/state", dump, vendor=self.contract.name)

    def _prepare(self, stage: Within, requests: Sequence[Request]) -> None:
        for request in requests:
            status, text = self._sent(stage, request)
            if status not in _GOOD:
                raise NoExample(f"{request.method} {request.path} is answered {status}: {text}")
        stage.ask("POST", "/snapshots", {"label": "prepared"})

    def _bring(self, stage: Within) -> None:
        stage.ask("POST", "/snapshots/s1/restore")
        self._copy(stage, self.within)
        self.brought()

    def _sent(self, stage: Within, request: Request) -> tuple[int, str]:
        full = request.having(self.headers)
        url = f"{stage.url}/{self.contract.name}{full.path}"
        return stage.control.call(full.method, url, full.headers, full.body)


def _check(draft: Example, decided: Sequence[Mapping[str, Json]], entry: Mapping[str, Json]) -> None:
    """Let pass what came out as it should.

    Raises:
        NoExample: it did not.
    """
    rejected = {str(draft.keys[one["index"]]) for one in decided if one["action"] == "rejected"}
    if len(decided) == len(draft.keys) and rejected == set(draft.bad):
        return
    why = "; ".join(problem["detail"] for one in decided for problem in one["problems"] if problem["detail"])
    outcomes = ", ".join(f"{count} {action}" for action, count in entry["outcomes"].items()) or "no items"
    raise NoExample(
        f"{draft.operation} with {len(draft.bad)} of {len(draft)} items bad is answered {entry['status']}, "
        f"{outcomes}{f' ({why})' if why else ''}"
    )


def _keys(draft: Example, known: Sequence[str]) -> tuple[Key, ...]:
    """The keys as the server has them, where they tell items apart; else items are found by what they say."""
    if len(set(known)) == len(known) and "" not in known:
        return tuple(Key(text, {"key": text}) for text in known)
    places = [_place(item, str(key)) for item, key in zip(draft.items, draft.keys, strict=True)]
    return tuple(
        Key(key, {"where": {"path": place, "equals": str(key)}} if place else {"index": index})
        for index, (key, place) in enumerate(zip(draft.keys, places, strict=True))
    )


def _place(node: Json, text: str, path: str = "$") -> str:
    """Where in an item that text stands, as a JSONPath; "" for nowhere."""
    if isinstance(node, Mapping):
        return next(filter(None, (_place(one, text, f"{path}.{name}") for name, one in node.items())), "")
    if isinstance(node, list):
        return next(filter(None, (_place(one, text, f"{path}[{at}]") for at, one in enumerate(node))), "")
    return path if node == text else ""
