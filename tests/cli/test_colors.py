from __future__ import annotations

from collections.abc import Mapping

import pytest

from mockserver.cli.settings import color_for


@pytest.mark.parametrize(
    ("choice", "environment", "expected"),
    [
        ("auto", {}, None),
        ("auto", {"NO_COLOR": "1"}, False),
        ("auto", {"NO_COLOR": ""}, None),
        ("auto", {"FORCE_COLOR": "1"}, True),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ("auto", {"TERM": "dumb"}, False),
        ("always", {"NO_COLOR": "1"}, True),
        ("never", {"FORCE_COLOR": "1"}, False),
    ],
)
def test_the_flag_is_stronger_than_the_environment(
    choice: str, environment: Mapping[str, str], *, expected: bool | None
) -> None:
    assert color_for(choice, environment) is expected
