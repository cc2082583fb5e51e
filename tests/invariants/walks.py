"""Walks: several calls in a row, as no vendor says them, and all that is answered on the way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hypothesis import strategies as st

from tests.invariants.world import Dialect, Thing, World, things, values
from tests.support.client import Answered

Seen = tuple[int, bytes, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is done; what a kind does not need it leaves unread."""

    kind: str
    items: tuple[Thing, ...] = ()
    key: str = ""
    value: str = ""
    seconds: int = 0


def steps(dialect: Dialect, most: int = 6) -> st.SearchStrategy[list[Step]]:
    """Batches with and without idempotency keys, changes, removals, readings, and time that goes by."""
    one_key, batches = st.sampled_from(dialect.keys), things(dialect, at_least=1).map(tuple)
    kinds = st.one_of(
        st.builds(Step, st.just("batch"), batches),
        st.builds(Step, st.just("keyed"), batches, st.sampled_from(("k1", "k2"))),
        st.builds(Step, st.just("change"), key=one_key, value=values()),
        st.builds(Step, st.just("removal"), key=one_key),
        st.builds(Step, st.just("list")),
        st.builds(Step, st.just("advance"), seconds=st.integers(1, 400)),
    )
    return st.lists(kinds, min_size=1, max_size=most)


def walk(here: World, walked: Iterable[Step]) -> list[Seen]:
    """Everything that is answered: status, body, and headers but the journal's number."""
    return [seen(answered) for step in walked if (answered := _taken(here, step)) is not None]


def seen(answered: Answered) -> Seen:
    """What of an answer must be the same whenever the same is done."""
    headers = ((name, text) for name, text in answered.headers.items() if name != "mock-journal")
    return answered.status, answered.body, tuple(sorted(headers))


def _taken(here: World, step: Step) -> Answered | None:
    dialect, client = here.dialect, here.client
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
