"""The package on the page about adding a vendor is found by its name, and answers as the page shows."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import fields

import mockserver.vendors
from mockserver.server.application import Options, create_app
from mockserver.vendor import Vendor
from tests.docs.pages import DOCS
from tests.packaging.command_lines import code_blocks
from tests.support.client import Client
from tests.test_readme import run

PAGE = (DOCS / "adding-a-vendor.md").read_text(encoding="utf-8")
[SPEC] = code_blocks(
    (DOCS / "own-spec.md").read_text(encoding="utf-8").partition("\n## `x-batch`")[0], "yaml"
)
NAME = "parcels"


@pytest.fixture
def specs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the spec of the other page, whose vendor has the package of this one."""
    [module] = code_blocks(PAGE, "python")
    [fixtures] = code_blocks(PAGE, "yaml")
    package, folder = tmp_path / "vendors" / NAME, tmp_path / "specs"
    package.mkdir(parents=True)
    folder.mkdir()
    (package / "__init__.py").write_text(module, encoding="utf-8")
    (package / "fixtures.yaml").write_text(fixtures, encoding="utf-8")
    (folder / f"{NAME}.yaml").write_text(SPEC, encoding="utf-8")
    monkeypatch.setattr(mockserver.vendors, "__path__", [*mockserver.vendors.__path__, str(package.parent)])
    yield folder
    sys.modules.pop(f"{mockserver.vendors.__name__}.{NAME}", None)
    if NAME in vars(mockserver.vendors):
        delattr(mockserver.vendors, NAME)


def test_the_package_answers_as_the_page_shows(specs: Path) -> None:
    app = create_app(Options(vendors=(NAME,), specs=(specs,)))
    [(command, shown)] = re.findall(r"```console\n\$ (curl .*?)\n(.*?)\n```", PAGE, re.DOTALL)

    assert run(command, app).text == shown
    client = Client(app, {"host": "127.0.0.1:8080", "authorization": "Bearer any"})
    assert client.get(f"/{NAME}/parcels/P-0").json == {"number": "P-0", "grams": 50}


@pytest.mark.parametrize("part", [one.name for one in fields(Vendor)])
def test_every_part_of_a_vendor_is_in_the_table(part: str) -> None:
    rows = re.findall(r"^\| (`.*?`) \|", PAGE, re.MULTILINE)

    assert any(f"`{part}`" in row for row in rows)
