"""Settings of Hypothesis with which the same cases come every time."""

from __future__ import annotations

import pytest
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants


def without_constants(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hypothesis tries literals of the modules that happen to be loaded: another order, other cases."""
    monkeypatch.setattr(providers, "_get_local_constants", Constants)
    providers.CONSTANTS_CACHE.cache.clear()
