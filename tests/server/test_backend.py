from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import pytest
from msgspec.structs import replace

from mockserver.engine.registry import LoadedVendor
from mockserver.model import Call
from mockserver.server.backend import InFlightCalls, InFlightCounts, groups_of
from tests.support import engine_samples, sample_vendor

CALL = replace(
    engine_samples.CALL, headers={"idempotency-key": "k", "authorization": "Bearer a", "x-tenant": "one"}
)


@pytest.fixture
def served(tmp_path: Path) -> LoadedVendor:
    """The sample vendor with its tenant in a header."""
    made = sample_vendor.document() | {"x-scope": [{"in": "header", "name": "X-Tenant"}]}
    return engine_samples.loaded_vendor(tmp_path, made)


def met(first: Call, second: Call, served: LoadedVendor) -> tuple[int, int]:
    """Return the counts of the second call while the first is in flight."""
    calls = InFlightCalls()
    with tracked(calls, first, served), tracked(calls, second, served) as counted:
        return counted.in_flight, counted.same_key_in_flight


def tracked(calls: InFlightCalls, call: Call, served: LoadedVendor) -> AbstractContextManager[InFlightCounts]:
    """Track the call as in flight during the context."""
    vendor = dataclasses.replace(served, name=call.vendor)
    return calls.track(groups_of(call.sandbox, vendor, call.headers, f"{call.method} {call.path}"))


def headed(**headers: str) -> Mapping[str, str]:
    return {**CALL.headers, **{name.replace("_", "-"): text for name, text in headers.items()}}


def test_a_call_that_is_alone_meets_nobody(served: LoadedVendor) -> None:
    with tracked(InFlightCalls(), CALL, served) as counted:
        assert (counted.in_flight, counted.same_key_in_flight) == (1, 0)


def test_calls_of_many_threads_are_counted_each_once(served: LoadedVendor) -> None:
    calls = InFlightCalls()

    def many() -> None:
        for _ in range(2000):
            with tracked(calls, CALL, served):
                calls.by_vendor(["acme"])

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            for done in [pool.submit(many) for _ in range(4)]:
                done.result()
    finally:
        sys.setswitchinterval(before)

    assert calls.by_vendor(["acme"]) == {"acme": 0}


def test_the_same_call_again_meets_its_twin(served: LoadedVendor) -> None:
    assert met(CALL, CALL, served) == (2, 1)


@pytest.mark.parametrize(
    "other",
    [
        replace(CALL, headers=headed(idempotency_key="other")),
        replace(CALL, headers=headed(authorization="Bearer b")),
        replace(CALL, method="POST"),
        replace(CALL, path="/orders/1"),
    ],
    ids=["key", "caller", "method", "path"],
)
def test_calls_of_one_tenant_that_differ_are_no_twins(served: LoadedVendor, other: Call) -> None:
    assert met(CALL, other, served) == (2, 0)


@pytest.mark.parametrize(
    "other",
    [
        replace(CALL, headers=headed(x_tenant="two")),
        replace(CALL, sandbox="two"),
        replace(CALL, vendor="two"),
    ],
    ids=["tenant", "sandbox", "vendor"],
)
def test_tenants_sandboxes_and_vendors_are_counted_apart(served: LoadedVendor, other: Call) -> None:
    assert met(CALL, other, served) == (1, 0)


@pytest.mark.parametrize("headers", [{}, {"idempotency-key": ""}], ids=["none", "empty"])
def test_calls_without_a_key_are_no_twins(served: LoadedVendor, headers: Mapping[str, str]) -> None:
    call = replace(CALL, headers=headers)

    assert met(call, call, served) == (2, 0)


def test_the_spec_says_which_header_holds_the_key(tmp_path: Path) -> None:
    served = engine_samples.loaded_vendor(
        tmp_path, sample_vendor.document() | {"x-idempotency-header": "X-Once"}
    )
    call = replace(CALL, headers={"x-once": "k"})

    assert met(call, call, served) == (2, 1)
    assert met(CALL, CALL, served) == (2, 0)


def test_a_call_that_is_over_is_open_no_more_even_if_it_broke(served: LoadedVendor) -> None:
    calls = InFlightCalls()
    with suppress(ZeroDivisionError), tracked(calls, CALL, served):
        _ = 1 / 0

    with tracked(calls, CALL, served) as again:
        assert (again.in_flight, again.same_key_in_flight) == (1, 0)


def test_open_calls_are_told_by_vendor_until_they_are_over(served: LoadedVendor) -> None:
    calls = InFlightCalls()
    keyed = replace(CALL, headers=headed(idempotency_key="k"))

    with tracked(calls, keyed, served), tracked(calls, CALL, served):
        assert calls.by_vendor(["acme"]) == {"acme": 2}
        assert calls.by_vendor(["acme"], CALL.sandbox) == {"acme": 2}
        assert calls.by_vendor(["acme"], "another") == {"acme": 0}

    assert calls.by_vendor(["acme"]) == {"acme": 0}
