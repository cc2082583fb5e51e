from __future__ import annotations

from importlib import import_module

import pytest

from mockserver.control.control_call import control_contract
from mockserver.journal.export.formats import FORMATS, Format


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/sandboxes/{name}/journal/{number}/export", list(FORMATS)),
        ("/sandboxes/{name}/journal/export", [one.name for one in FORMATS.values() if not one.of_one_call]),
    ],
)
def test_the_contract_of_the_control_plane_lists_the_formats(path: str, names: list[str]) -> None:
    operation = control_contract().document["paths"][path]["get"]
    parameter = next(one for one in operation["parameters"] if one.get("name") == "format")

    assert parameter["schema"]["enum"] == names
    assert {one.media_type for one in FORMATS.values()} == operation["responses"]["200"]["content"].keys()


@pytest.mark.parametrize("row", FORMATS.values(), ids=FORMATS)
def test_each_format_has_a_writer(row: Format) -> None:
    module, _, function = row.writer.partition(":")

    assert callable(getattr(import_module(f"mockserver.journal.export.{module}"), function))
