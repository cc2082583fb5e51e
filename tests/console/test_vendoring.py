from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import mockserver
from mockserver.console import vendoring
from mockserver.console.vendoring import DOWNLOADS, SOURCES, VendoringError

ROOT = Path(mockserver.__file__).parents[1]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose packages, both of version 1.0.0, are installed."""
    folder = tmp_path / "checkout"
    packages = {
        f"node_modules/{name}": {"version": "1.0.0", "license": "MIT"}
        for name in {source.package for source in SOURCES}
    }
    for source in SOURCES:
        file = folder / DOWNLOADS / "node_modules" / source.package / source.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"content of {source.name}")
        (folder / DOWNLOADS / "node_modules" / source.package / "package.json").write_text(
            '{"version": "1.0.0"}'
        )
    (folder / "package-lock.json").write_text(json.dumps({"packages": {"": {}, **packages}}))
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "assets"


def test_every_file_is_copied_with_its_version_licence_and_hash(checkout: Path, folder: Path) -> None:
    rows = vendoring.copy_assets(checkout, folder)

    assert [row.name for row in rows] == [source.name for source in SOURCES]
    assert {(row.version, row.licence, len(row.sha256)) for row in rows} == {("1.0.0", "MIT", 64)}
    assert vendoring.read_table(folder) == rows


def test_copies_are_current_until_one_is_changed(checkout: Path, folder: Path) -> None:
    vendoring.copy_assets(checkout, folder)
    before = vendoring.are_current(checkout, folder)

    (folder / SOURCES[0].name).write_text("changed")

    assert (before, vendoring.are_current(checkout, folder)) == (True, False)


def test_copies_of_another_version_are_not_current(checkout: Path, folder: Path) -> None:
    vendoring.copy_assets(checkout, folder)
    lock = checkout / "package-lock.json"

    lock.write_text(lock.read_text().replace("1.0.0", "1.0.1"))

    assert not vendoring.are_current(checkout, folder)


def test_nothing_is_current_where_nothing_was_copied(checkout: Path, folder: Path) -> None:
    assert not vendoring.are_current(checkout, folder)


def test_a_file_that_is_no_asset_any_more_is_dropped(checkout: Path, folder: Path) -> None:
    folder.mkdir()
    (folder / "old.js").write_text("")

    vendoring.copy_assets(checkout, folder)

    assert not (folder / "old.js").exists()


def test_a_package_of_another_version_than_the_lock_says_is_refused(checkout: Path, folder: Path) -> None:
    package = SOURCES[0].package
    (checkout / DOWNLOADS / "node_modules" / package / "package.json").write_text('{"version": "9.0.0"}')

    with pytest.raises(VendoringError, match=r"9\.0\.0, package-lock\.json says 1\.0\.0"):
        vendoring.copy_assets(checkout, folder)


def test_a_package_that_lacks_a_file_is_refused(checkout: Path, folder: Path) -> None:
    (checkout / DOWNLOADS / "node_modules" / SOURCES[0].package / SOURCES[0].path).unlink()

    with pytest.raises(VendoringError, match="not installed whole"):
        vendoring.copy_assets(checkout, folder)


def test_assets_are_fetched_in_a_checkout_only(tmp_path: Path) -> None:
    with pytest.raises(VendoringError, match="in a checkout only"):
        vendoring.fetch(tmp_path, tmp_path / "assets")


def test_npm_on_the_path_is_used_without_scripts(
    checkout: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / "npm"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path / "said"}\n')
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    (checkout / "package.json").write_text("{}")

    line = vendoring.fetch(checkout, folder)

    assert (tmp_path / "said").read_text().split()[:2] == ["ci", "--ignore-scripts"]
    assert line == "assets fetched: htmx.org 1.0.0, swagger-ui-dist 1.0.0"


def test_python_alone_fetches_the_assets(checkout: Path, tmp_path: Path) -> None:
    """So does the image, before anything is installed: no site-packages, no variables of Python."""
    package = tmp_path / "clone" / "mockserver"
    without_npm = shutil.ignore_patterns("__pycache__", "assets", "npm")
    shutil.copytree(vendoring.MANIFEST.parent, package / "console", ignore=without_npm)
    for module in ROOT.joinpath("mockserver").glob("*.py"):
        shutil.copy(module, package)
    (checkout / "package.json").write_text("{}")
    shutil.move(checkout, package / "console" / "npm")
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\n")
    npm.chmod(0o700)

    done = subprocess.run(
        [sys.executable, "-S", "-E", "-m", "mockserver.console.vendoring"],
        cwd=package.parent,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.stderr, done.returncode) == ("", 0)
    assert vendoring.are_current(package / "console" / "npm", package / "console" / "assets")


def test_what_npm_says_is_the_reason_of_a_failure(
    checkout: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "npm"
    program.write_text("#!/bin/sh\necho no network >&2\nexit 1\n")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    (checkout / "package.json").write_text("{}")

    with pytest.raises(VendoringError, match="npm says: no network"):
        vendoring.fetch(checkout, folder)


def test_the_lock_has_exact_versions_and_no_addresses() -> None:
    asked = json.loads((vendoring.MANIFEST / "package.json").read_text(encoding="utf-8"))
    locked = vendoring.read_lock(vendoring.MANIFEST)

    assert {name: locked[name][0] for name in asked["dependencies"]} == asked["dependencies"]
    assert "resolved" not in (vendoring.MANIFEST / "package-lock.json").read_text(encoding="utf-8")


def test_every_asset_has_the_licence_of_its_package_beside_it() -> None:
    packages = {source.package for source in SOURCES}

    assert {source.package for source in SOURCES if "LICENSE" in source.name} == packages
