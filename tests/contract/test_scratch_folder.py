from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis.internal import charmap

from mockserver.contract.failure_search import scratch_folder


def test_hypothesis_finds_the_table_of_utf_8_and_makes_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charmap, "sys", SimpleNamespace(maxunicode=0))  # a table made now has one character

    with scratch_folder({}):
        every, lossy = charmap.intervals_from_codec.__wrapped__("utf-8")

    assert every.intervals == ((0, 0xD7FF), (0xE000, 0x10FFFF))
    assert not lossy.intervals
