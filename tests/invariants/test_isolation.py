"""What happens in one place stays there. Edge-cases §3, 14 and 15."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.invariants.adapters import ADAPTERS, PAYT, VBA, XERO, for_each_vendor
from tests.invariants.sandboxes import (
    VendorAdapter,
    VendorSandbox,
    example_settings,
    invariant,
    item_specs,
    open_sandbox,
    values,
)


def touched(here: VendorSandbox, data: st.DataObject) -> None:
    """Everything that can be done in a sandbox, once."""
    dialect = here.adapter
    items = data.draw(item_specs(dialect, at_least=1))
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
@for_each_vendor()
@example_settings(5)
@given(data=st.data())
def test_a_sandbox_does_not_learn_of_another(adapter: VendorAdapter, data: st.DataObject) -> None:
    with open_sandbox(adapter) as here, open_sandbox(data.draw(st.sampled_from(ADAPTERS))) as other:
        other.send(*data.draw(item_specs(other.adapter)))
        clock = other.control("GET", "/clock").body
        before, calls = other.dump(), len(other.app.journal.entries(other.sandbox))

        touched(here, data)
        here.control("POST", "/reset")

        assert other.dump() == before
        assert other.control("GET", "/clock").body == clock
        assert len(other.app.journal.entries(other.sandbox)) == calls


@invariant(15)
@for_each_vendor(VBA, PAYT, XERO)
@example_settings(6)
@given(data=st.data())
def test_a_tenant_does_not_learn_of_another(adapter: VendorAdapter, data: st.DataObject) -> None:
    with open_sandbox(adapter) as here:
        assert here.two_tenants
        theirs = data.draw(item_specs(adapter, good=True))
        here.send(*theirs, tenant=1)
        before = here.listed(1)
        items = data.draw(item_specs(adapter, at_least=1))
        here.send(*items)
        adapter.change(items[0].key, data.draw(values())).to(here.client)

        assert (
            here.listed(1)
            == before
            == {one.key: one.value for one in sorted(theirs, key=lambda one: one.key)}
        )
        assert all(adapter.read(here.tenant(1), key, 1) == before.get(key) for key in adapter.keys)
