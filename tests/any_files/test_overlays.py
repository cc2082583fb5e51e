"""A file is served as its overlays change it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockserver.errors import SpecError
from mockserver.server.application import Application, Options
from tests.any_files.support import write_files
from tests.support.client import Client
from tests.support.frozen_app import create_frozen_app

RENAME = """
overlay: 1.0.0
{extends}
actions:
  - target: $.info
    update: {{title: Renamed}}
"""


def served(folder: Path, overlay: str, *vendors: str, strict: bool = False) -> Application:
    file = write_files("crud-3-0", folder)
    changes = folder / "changes.yaml"
    changes.write_text(overlay, encoding="utf-8")
    return create_frozen_app(
        Options(files=(file,), vendors=vendors, overlays=(changes,), strict_specs=strict)
    )


def title(app: Application, vendor: str) -> str:
    answer = Client(app.entry, {}).get(f"/{vendor}/openapi.yaml")
    return str(answer.json["info"]["title"])


@pytest.mark.parametrize(
    ("extends", "vendor"),
    [
        ("", "openapi"),
        ("extends: https://shop.example/v1/openapi.yaml", "openapi"),
        ("extends: payt.yaml", "payt"),
    ],
)
def test_an_overlay_changes_the_file_that_it_extends_else_the_only_one(
    tmp_path: Path, extends: str, vendor: str
) -> None:
    app = served(tmp_path, RENAME.format(extends=extends), "openapi", "payt")

    assert title(app, vendor) == "Renamed"


def test_a_vendor_that_ships_is_changed_too(tmp_path: Path) -> None:
    app = served(tmp_path, RENAME.format(extends=""), "payt")

    assert title(app, "payt") == "Renamed"


def test_an_overlay_that_may_mean_several_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"changes\.yaml: it does not say which of payt, xero"):
        served(tmp_path, RENAME.format(extends=""), "payt", "xero")


def test_an_action_without_effect_is_told_and_refused_where_that_is_wanted(tmp_path: Path) -> None:
    overlay = "{overlay: 1.0.0, actions: [{target: \"$.paths['/typo']\", remove: true}]}"

    assert served(tmp_path, overlay, "openapi").served[0].spec.notes[0].message == (
        "changes.yaml: actions[0]: $.paths['/typo'] is not in the file"
    )
    with pytest.raises(SpecError, match="is not in the file"):
        served(tmp_path, overlay, "openapi", strict=True)
