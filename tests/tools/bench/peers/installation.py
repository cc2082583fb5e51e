"""Install Prism, openapi-backend and Mockoon into `.bench-peers`, by the lock file beside this module."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.tools.bench.servers import ROOT

HERE = Path(__file__).parent
FOLDER = ROOT / ".bench-peers"
_FILES = ("package.json", "package-lock.json", "openapi_backend.mjs")
_INSTALL_S = 600


def install() -> None:
    """Copy what npm needs and install, unless it is there already.

    Raises:
        SystemExit: node or npm is not on this machine, or npm fails.
    """
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise SystemExit("node or npm is not on this machine; install Node.js 20 or newer")
    FOLDER.mkdir(exist_ok=True)
    if (FOLDER / "node_modules").is_dir() and not any(map(_is_other, _FILES)):
        return
    for name in _FILES:
        shutil.copy(HERE / name, FOLDER / name)
    done = subprocess.run(  # noqa: S603 - our own words
        (npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(FOLDER)),
        capture_output=True,
        text=True,
        timeout=_INSTALL_S,
        check=False,
    )
    if done.returncode:
        shutil.rmtree(FOLDER / "node_modules", ignore_errors=True)
        raise SystemExit(f"npm ci failed in {FOLDER}: {done.stderr.strip()}")


def versions() -> Mapping[str, str]:
    """The versions that are locked, by package."""
    found: Mapping[str, str] = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["dependencies"]
    return found


def _is_other(name: str) -> bool:
    copy = FOLDER / name
    return not copy.is_file() or copy.read_bytes() != (HERE / name).read_bytes()
