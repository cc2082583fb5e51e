from __future__ import annotations

import importlib
from pathlib import Path

import pytest

DOORS = ("mockserver", "mockserver.testing")


@pytest.mark.parametrize("door", DOORS)
def test_every_promised_name_is_there(door: str) -> None:
    module = importlib.import_module(door)

    assert [name for name in module.__all__ if not hasattr(module, name)] == []


@pytest.mark.parametrize("door", DOORS)
def test_a_name_that_is_not_promised_is_an_attribute_error(door: str) -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = importlib.import_module(door).Nothing


def test_type_checkers_are_told_that_the_package_is_typed() -> None:
    assert (Path(str(importlib.import_module("mockserver").__file__)).parent / "py.typed").is_file()
