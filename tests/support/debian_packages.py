"""Install packages of Debian where that is allowed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable

_PATIENCE_S = 600


def see_that_there_is(
    program: str, package: str, names: tuple[str, ...], target: str, find: Callable[[], str | None]
) -> int:
    """Install the package unless `find` finds its program; the exit status, 1 if it cannot be had.

    `program` says what it is, `names` are those it is looked for by, `target` of the Makefile needs it.
    """
    if find():
        return 0
    why = _install(package)
    if find():
        return 0
    print(  # noqa: T201
        f"error: no {program} on this machine: {', '.join(names)} are not on the search path, and {why}\n"
        f"  try: apt-get install {package}, as root; then make {target}",
        file=sys.stderr,
    )
    return 1


def _install(package: str) -> str:
    """Try to install a package; return why it is not there, should it not be."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "only root can install one"
    if shutil.which("apt-get") is None:
        return "this machine has no apt-get"
    print(f"installing {package} by apt-get: about a minute, once", flush=True)  # noqa: T201
    for command in (
        ("apt-get", "-qq", "update"),
        ("apt-get", "-qq", "install", "--yes", "--no-install-recommends", package),
    ):
        done = subprocess.run(  # noqa: S603 - fixed words, and a name of the tests
            command,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            capture_output=True,
            text=True,
            timeout=_PATIENCE_S,
            check=False,
        )
        if done.returncode:
            return f"{' '.join(command)} failed: {' '.join(done.stderr.split())[-300:]}"
    return "it was installed, but under another name"
