"""Walks: several calls in a row, as no vendor says them, and all that is answered on the way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hypothesis import strategies as st

from tests.invariants.sandboxes import ItemSpec, VendorAdapter, VendorSandbox, item_specs, values
from tests.support.client import Response

SeenResponse = tuple[int, bytes, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True)
class SequenceStep:
    """One thing that is done; what a kind does not need it leaves unread."""

    kind: str
    items: tuple[ItemSpec, ...] = ()
    key: str = ""
    value: str = ""
    seconds: int = 0


def sequences(adapter: VendorAdapter, most: int = 6) -> st.SearchStrategy[list[SequenceStep]]:
    """Batches with and without idempotency keys, changes, removals, readings, and time that goes by."""
    one_key, batches = st.sampled_from(adapter.keys), item_specs(adapter, at_least=1).map(tuple)
    kinds = st.one_of(
        st.builds(SequenceStep, st.just("batch"), batches),
        st.builds(SequenceStep, st.just("keyed"), batches, st.sampled_from(("k1", "k2"))),
        st.builds(SequenceStep, st.just("change"), key=one_key, value=values()),
        st.builds(SequenceStep, st.just("removal"), key=one_key),
        st.builds(SequenceStep, st.just("list")),
        st.builds(SequenceStep, st.just("advance"), seconds=st.integers(1, 400)),
    )
    return st.lists(kinds, min_size=1, max_size=most)


def run_sequence(here: VendorSandbox, walked: Iterable[SequenceStep]) -> list[SeenResponse]:
    """Everything that is answered: status, body, and headers but the journal's number."""
    return [comparable(answered) for step in walked if (answered := _run_step(here, step)) is not None]


def comparable(answered: Response) -> SeenResponse:
    """What of an answer must be the same whenever the same is done."""
    headers = ((name, text) for name, text in answered.headers.items() if name != "mock-journal")
    return answered.status, answered.body, tuple(sorted(headers))


def _run_step(here: VendorSandbox, step: SequenceStep) -> Response | None:
    dialect, client = here.adapter, here.client
    match step.kind:
        case "batch":
            return here.send(*step.items)
        case "keyed":
            return here.send(*step.items, key=step.key)
        case "change":
            return dialect.change(step.key, step.value).to(client)
        case "removal":
            return dialect.removal(step.key).to(client) if dialect.removes else None
        case "list":
            return dialect.listing(client)
    here.control("POST", "/clock/advance", {"seconds": step.seconds})
    return None
