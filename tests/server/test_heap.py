from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from mockserver.server.heap import collection_paused, freeze_heap


@pytest.fixture(autouse=True)
def _same_collector_afterwards() -> Iterator[None]:
    threshold = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*threshold)


def test_nothing_is_collected_while_a_server_starts() -> None:
    with collection_paused():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_the_collector_goes_on_after_a_start_that_failed() -> None:
    with pytest.raises(ValueError, match="no start"), collection_paused():
        raise ValueError("no start")
    assert gc.isenabled()


def test_a_started_server_collects_but_not_what_it_is_built_from() -> None:
    with collection_paused():
        freeze_heap()
        assert gc.isenabled()
        assert gc.get_freeze_count() > 0
