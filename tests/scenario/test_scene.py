from __future__ import annotations

from msgspec.structs import replace

from mockserver.model import Call, Item
from mockserver.scenario.model import Quota, Rule
from mockserver.scenario.scene import Cue, Scene, identity_of

CALL = Call("acme", "default", "PUT", "/orders", "a=1", body=b"{}")


def test_an_item_without_a_key_is_known_again_by_what_it_says() -> None:
    assert identity_of(Item(0, "", {"a": 1})) == identity_of(Item(5, "", {"a": 1}))
    assert identity_of(Item(0, "", {"a": 1})) != identity_of(Item(0, "", {"a": 2}))


def test_a_call_is_known_again_by_what_it_asks() -> None:
    again = replace(CALL, headers={"x-try": "2"}, in_flight=3)
    others = {"vendor": "other", "method": "GET", "path": "/o", "query": "", "body": b"[]"}

    assert Scene(CALL).identity == Scene(again).identity
    changed = [replace(CALL, **{name: value}) for name, value in others.items()]
    assert Scene(CALL).identity not in [Scene(other).identity for other in changed]


def test_a_quota_is_counted_by_its_name_or_its_rules_in_its_scenario() -> None:
    named, own = (Cue("s", Rule("r", quota=Quota(1, 1, name=name))).quota for name in ("both", ""))

    assert (named, own) == ("s/quota:both", "s/quota:r")
