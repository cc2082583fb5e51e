"""Keys stand in a header or in a member of the body, and come out again."""

from __future__ import annotations

import pytest

from mockserver.contract.exchange import Request, json_request
from mockserver.contract.isolation import key_in, rule_of, with_key, without_key
from mockserver.contract.loading import load_vendor_api
from mockserver.contract.profile import IdempotencyRule

MEMBER = IdempotencyRule("transactionId", place="member")
HEADER = IdempotencyRule("Request-Id")


@pytest.mark.parametrize("rule", [MEMBER, HEADER])
def test_a_key_is_put_in_and_taken_out_again(rule: IdempotencyRule) -> None:
    request = json_request("POST", "/orders", {"orders": []})

    keyed = with_key(rule, request, "k-1")

    assert key_in(rule, keyed) == "k-1"
    assert without_key(rule, keyed) == request


def test_a_body_that_is_no_object_has_no_place_for_a_key() -> None:
    request = Request("POST", "/orders", {"content-type": "application/xml"}, b"<orders/>")

    assert with_key(MEMBER, request, "k-1") == request
    assert not key_in(MEMBER, request)


@pytest.mark.parametrize(
    ("vendor", "name"), [("xero", "Idempotency-Key"), ("guidewire", "GW-DBTransaction-ID")]
)
def test_a_vendor_with_keys_has_a_rule(vendor: str, name: str) -> None:
    rule = rule_of(load_vendor_api(vendor))

    assert rule is not None
    assert rule.name == name
