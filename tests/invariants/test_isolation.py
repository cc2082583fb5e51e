"""What happens in one place stays there. Edge-cases §3, 14 and 15."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.invariants.dialects import ALL, PAYT, VBA, XERO, each
from tests.invariants.world import Dialect, World, examples, invariant, things, values, world


def touched(here: World, data: st.DataObject) -> None:
    """Everything that can be done in a sandbox, once."""
    dialect = here.dialect
    items = data.draw(things(dialect, at_least=1))
    here.send(*items)
    dialect.change(items[0].key, data.draw(values())).to(here.client)
    if dialect.removes:
        dialect.removal(items[0].key).to(here.client)
    here.arm({"id": "r", "match": {"operation": dialect.operation}, "commit": "none"})
    here.send(*items)
    here.control("POST", "/clock/advance", {"seconds": data.draw(st.integers(1, 10**6))})
    here.assume(availability="offline")
    here.send(*items)


@invariant(14)
@each()
@examples(5)
@given(data=st.data())
def test_a_sandbox_does_not_learn_of_another(dialect: Dialect, data: st.DataObject) -> None:
    with world(dialect) as here, world(data.draw(st.sampled_from(ALL))) as other:
        other.send(*data.draw(things(other.dialect)))
        clock = other.control("GET", "/clock").body
        before, calls = other.dump(), len(other.app.journal.entries(other.sandbox))

        touched(here, data)
        here.control("POST", "/reset")

        assert other.dump() == before
        assert other.control("GET", "/clock").body == clock
        assert len(other.app.journal.entries(other.sandbox)) == calls


@invariant(15)
@each(VBA, PAYT, XERO)
@examples(6)
@given(data=st.data())
def test_a_tenant_does_not_learn_of_another(dialect: Dialect, data: st.DataObject) -> None:
    with world(dialect) as here:
        assert here.two_tenants
        theirs = data.draw(things(dialect, good=True))
        here.send(*theirs, tenant=1)
        before = here.listed(1)
        items = data.draw(things(dialect, at_least=1))
        here.send(*items)
        dialect.change(items[0].key, data.draw(values())).to(here.client)

        assert (
            here.listed(1)
            == before
            == {one.key: one.value for one in sorted(theirs, key=lambda one: one.key)}
        )
        assert all(dialect.read(here.tenant(1), key, 1) == before.get(key) for key in dialect.keys)
