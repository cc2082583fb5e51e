"""What happens in one place stays there. Edge-cases §3, 14 and 15."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.invariants.sandboxes import (
    VendorSandbox,
    example_settings,
    invariant,
    item_specs,
    numbers,
    open_sandbox,
)
from tests.invariants.vendors import ALL_VENDORS, for_each_vendor
from tests.support.profiled_vendor import ItemSpec, ProfiledVendor


def touched(here: VendorSandbox, data: st.DataObject) -> None:
    """Everything that can be done in a sandbox, once."""
    vendor = here.vendor
    items = data.draw(item_specs(vendor, at_least=1))
    here.send(*items)
    for step in vendor.profile.steps:
        vendor.take(here.client, step, ItemSpec(items[0].key, data.draw(numbers())))
    here.arm({"id": "r", "match": {"operation": vendor.operation}, "commit": "none"})
    here.send(*items)
    here.control("POST", "/clock/advance", {"seconds": data.draw(st.integers(1, 10**6))})
    here.assume(availability="offline")
    here.send(*items)


@invariant(14)
@for_each_vendor()
@example_settings(5)
@given(data=st.data())
def test_a_sandbox_does_not_learn_of_another(vendor: ProfiledVendor, data: st.DataObject) -> None:
    with open_sandbox(vendor) as here, open_sandbox(data.draw(st.sampled_from(ALL_VENDORS))) as other:
        other.send(*data.draw(item_specs(other.vendor)))
        clock = other.control("GET", "/clock").body
        before, calls = other.dump(), len(other.app.journal.kept.entries(other.sandbox))

        touched(here, data)
        here.control("POST", "/reset")

        assert other.dump() == before
        assert other.control("GET", "/clock").body == clock
        assert len(other.app.journal.kept.entries(other.sandbox)) == calls


@invariant(15)
@for_each_vendor(*(one for one in ALL_VENDORS if one.profile.tenants > 1))
@example_settings(6)
@given(data=st.data())
def test_a_tenant_does_not_learn_of_another(vendor: ProfiledVendor, data: st.DataObject) -> None:
    with open_sandbox(vendor) as here:
        theirs = data.draw(item_specs(vendor, good=True))
        here.send(*theirs, tenant=1)
        before = here.listed(1)
        items = data.draw(item_specs(vendor, at_least=1))
        here.send(*items)
        for step in vendor.profile.steps:
            vendor.take(here.client, step, ItemSpec(items[0].key, data.draw(numbers())))

        assert here.listed(1) == before == vendor.records(theirs)
        shown = {key: vendor.read(here.tenant(1), key, 1) for key in vendor.keys}
        assert shown == {key: before.get(key) for key in vendor.keys}


@invariant(14)
@for_each_vendor()
@example_settings(5)
@given(data=st.data())
def test_a_vendor_does_not_learn_of_another(vendor: ProfiledVendor, data: st.DataObject) -> None:
    with open_sandbox(vendor) as here:
        before = here.of_others()
        touched(here, data)

        assert here.of_others() == before


@invariant(14)
@for_each_vendor()
@example_settings(3)
@given(data=st.data())
def test_a_dump_of_one_vendor_brings_back_that_vendor_alone(
    vendor: ProfiledVendor, data: st.DataObject
) -> None:
    with open_sandbox(vendor) as here, open_sandbox(data.draw(st.sampled_from(ALL_VENDORS))) as there:
        here.send(*data.draw(item_specs(vendor, at_least=1)))
        dumped = here.control("GET", f"/dump?vendor={vendor.name}").json
        there.send(*data.draw(item_specs(there.vendor, at_least=1)))
        others = there.of_others(vendor.name)
        there.control("PUT", f"/state?vendor={vendor.name}", dumped)

        assert there.of_vendor(vendor.name) == here.of_vendor()
        assert there.of_others(vendor.name) == others


@invariant(14)
@for_each_vendor()
@example_settings(3)
@given(data=st.data())
def test_the_difference_from_the_fixtures_names_the_scopes_of_the_vendor_alone(
    vendor: ProfiledVendor, data: st.DataObject
) -> None:
    with open_sandbox(vendor) as here:
        here.send(*data.draw(item_specs(vendor, at_least=1, good=True)))
        found = here.control("GET", "/diff").json
        scopes = [one["scope"] for one in (*found["added"], *found["changed"])]

        assert {scope.partition("/")[0] for scope in scopes} == {vendor.name}
