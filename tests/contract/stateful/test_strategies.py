from __future__ import annotations

from mockserver.contract.profile import Corruption
from mockserver.contract.sequences.machine import draw_items


def test_sequences_with_the_same_keys_draw_from_one_strategy() -> None:
    spoil = Corruption("nothing", lambda item: item)

    assert draw_items(("a", "b"), (spoil,)) is draw_items(("a", "b"), (spoil,))
    assert draw_items(("a", "b")) is not draw_items(("a", "c"))
