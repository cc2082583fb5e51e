"""What the director decided for one call: nothing of it depends on state, clock or chance any more."""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.model import Value
from mockserver.scenario.model import Commit, Effect, EnvelopeEffect, ResponseEffect

EVERYTHING = Commit()


class Decision(Value, frozen=True):
    """How one call is bent.

    `applied` are the rules that hit, `scenario/rule` each; `effects` stand by the item's index, their
    failures already counted. `wait` are the seconds until a quota lets calls in again, None when none
    refuses; `quota_status` is what it refuses with. `delay_ms` is drawn, `retry_after` the header's text.
    `shuffle` orders what is to be shuffled.
    """

    applied: tuple[str, ...] = ()
    commit: Commit = EVERYTHING
    effects: Mapping[int, Effect] = {}
    envelope: EnvelopeEffect | None = None
    response: ResponseEffect | None = None
    wait: int | None = None
    quota_status: int = 429
    delay_ms: float = 0
    retry_after: str = ""
    shuffle: str = ""


UNBENT = Decision()
"""No rule hits."""
