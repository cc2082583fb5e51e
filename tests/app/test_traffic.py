from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from msgspec.structs import replace

from mockserver.app.traffic import Traffic
from mockserver.model import Call
from mockserver.served import Served
from tests.support import made_up, rooms

CALL = replace(rooms.CALL, headers={"idempotency-key": "k", "authorization": "Bearer a", "x-tenant": "one"})


@pytest.fixture
def served(tmp_path: Path) -> Served:
    """The made-up vendor with its tenant in a header."""
    made = made_up.document() | {"x-scope": [{"in": "header", "name": "X-Tenant"}]}
    return rooms.served(tmp_path, made)


def met(first: Call, second: Call, served: Served) -> tuple[int, int]:
    """Calls in flight and twins that the second meets while the first is open."""
    traffic = Traffic()
    with traffic.entered(first, served), traffic.entered(second, served) as counted:
        return counted.in_flight, counted.twins


def headed(**headers: str) -> Mapping[str, str]:
    return {**CALL.headers, **{name.replace("_", "-"): text for name, text in headers.items()}}


def test_a_call_that_is_alone_meets_nobody(served: Served) -> None:
    with Traffic().entered(CALL, served) as counted:
        assert (counted.in_flight, counted.twins) == (1, 0)


def test_the_same_call_again_meets_its_twin(served: Served) -> None:
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
def test_calls_of_one_tenant_that_differ_are_no_twins(served: Served, other: Call) -> None:
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
def test_tenants_sandboxes_and_vendors_are_counted_apart(served: Served, other: Call) -> None:
    assert met(CALL, other, served) == (1, 0)


@pytest.mark.parametrize("headers", [{}, {"idempotency-key": ""}], ids=["none", "empty"])
def test_calls_without_a_key_are_no_twins(served: Served, headers: Mapping[str, str]) -> None:
    call = replace(CALL, headers=headers)

    assert met(call, call, served) == (2, 0)


def test_the_spec_says_which_header_holds_the_key(tmp_path: Path) -> None:
    served = rooms.served(tmp_path, made_up.document() | {"x-idempotency-header": "X-Once"})
    call = replace(CALL, headers={"x-once": "k"})

    assert met(call, call, served) == (2, 1)
    assert met(CALL, CALL, served) == (2, 0)


def test_a_call_that_is_over_is_open_no_more_even_if_it_broke(served: Served) -> None:
    traffic = Traffic()
    with suppress(ZeroDivisionError), traffic.entered(CALL, served):
        _ = 1 / 0

    with traffic.entered(CALL, served) as again:
        assert (again.in_flight, again.twins) == (1, 0)


def test_open_calls_are_told_by_vendor_until_they_are_over(served: Served) -> None:
    traffic = Traffic()
    keyed = replace(CALL, headers=headed(idempotency_key="k"))

    with traffic.entered(keyed, served), traffic.entered(CALL, served):
        assert traffic.by_vendor() == {"acme": 2}

    assert traffic.by_vendor() == {}
