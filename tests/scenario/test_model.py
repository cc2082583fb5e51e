from __future__ import annotations

from msgspec.structs import replace

from mockserver.model import Call
from mockserver.scenario.model import CallContext, Candidate, Rule, RuleQuota

CALL = Call("acme", "default", "PUT", "/orders", "a=1", body=b"{}")


def test_a_call_is_known_again_by_what_it_asks() -> None:
    again = replace(CALL, headers={"x-try": "2"}, in_flight=3)
    others = {"vendor": "other", "method": "GET", "path": "/o", "query": "", "body": b"[]"}

    assert CallContext(CALL).identity == CallContext(again).identity
    changed = [replace(CALL, **{name: value}) for name, value in others.items()]
    assert CallContext(CALL).identity not in [CallContext(other).identity for other in changed]


def test_a_quota_is_counted_by_its_name_or_its_rules_in_its_scenario() -> None:
    named, own = (Candidate("s", Rule("r", quota=RuleQuota(1, 1, name=name))).quota for name in ("both", ""))

    assert (named, own) == ("s/quota:both", "s/quota:r")
