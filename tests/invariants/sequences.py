"""Sequences of calls that any vendor can be sent, and everything that is answered on the way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hypothesis import strategies as st

from tests.invariants.sandboxes import VendorSandbox, item_specs, numbers
from tests.support.client import Response
from tests.support.profiled_vendor import ItemSpec, ProfiledVendor

SeenResponse = tuple[int, bytes, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True)
class SequenceStep:
    """One call, or time that passes: with `seconds` time, with `taken` that step of the profile.

    Otherwise a batch of the items, or the list if there are none.
    """

    items: tuple[ItemSpec, ...] = ()
    key: str = ""
    taken: int | None = None
    seconds: int = 0


def sequences(vendor: ProfiledVendor, most: int = 6) -> st.SearchStrategy[list[SequenceStep]]:
    """Batches with and without idempotency keys, steps of the profile, reads of the list, and time."""
    batches = item_specs(vendor, at_least=1).map(tuple)
    single = st.builds(ItemSpec, st.sampled_from(vendor.keys), numbers()).map(lambda one: (one,))
    kinds = st.one_of(
        st.builds(SequenceStep, batches),
        st.builds(SequenceStep, batches, st.sampled_from(("k1", "k2"))),
        st.builds(SequenceStep, single, taken=st.integers(0, len(vendor.profile.steps) - 1)),
        st.just(SequenceStep()),
        st.builds(SequenceStep, seconds=st.integers(1, 400)),
    )
    return st.lists(kinds, min_size=1, max_size=most)


def run_sequence(here: VendorSandbox, steps: Iterable[SequenceStep]) -> list[SeenResponse]:
    """Return everything that is answered: status, body, and headers without the journal's number."""
    return [comparable(answered) for step in steps if (answered := _run_step(here, step)) is not None]


def comparable(answered: Response) -> SeenResponse:
    """Return what must be the same in an answer whenever the same is done."""
    headers = ((name, text) for name, text in answered.headers.items() if name != "mock-journal")
    return answered.status, answered.body, tuple(sorted(headers))


def _run_step(here: VendorSandbox, step: SequenceStep) -> Response | None:
    if step.seconds:
        here.control("POST", "/clock/advance", {"seconds": step.seconds})
        return None
    if step.taken is not None:
        return here.vendor.take(here.client, here.vendor.profile.steps[step.taken], step.items[0])
    return here.send(*step.items, key=step.key) if step.items else here.call(here.vendor.list_request())
