"""The scene of a call: what it sends, and the rules that its head matches."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b

from mockserver.codec import json
from mockserver.model import Call, Item, Json, Value
from mockserver.scenario.model import Rule


class Cue(Value, frozen=True):
    """A rule that the call's head matches, and the scenario that it stands in; `seed` None: the sandbox's."""

    scenario: str
    rule: Rule
    seed: int | None = None

    @property
    def name(self) -> str:
        """`scenario/rule`."""
        return f"{self.scenario}/{self.rule.id}"

    @property
    def quota(self) -> str:
        """What the rule's quota is counted by."""
        named = self.rule.quota.name if self.rule.quota is not None else ""
        return f"{self.scenario}/quota:{named or self.rule.id}"


@dataclass(frozen=True)
class Scene:
    """What a call sends, and to which tenant; of one that `is_unread` no more than its head is known."""

    call: Call
    document: Json = None
    items: tuple[Item, ...] = ()
    tenant: str = ""
    is_unread: bool = False

    @cached_property
    def identity(self) -> str:
        """The same for the same request, whatever came before it."""
        call = self.call
        head = f"{call.vendor} {call.method} {call.path}?{call.query}\n".encode("utf-8", "surrogateescape")
        return blake2b(head + call.body, digest_size=12).hexdigest()


def identity_of(item: Item) -> str:
    """What makes an item the same at its next attempt: its key, or all that it says where it has none."""
    return item.key or blake2b(json.encode(item.document), digest_size=12).hexdigest()
