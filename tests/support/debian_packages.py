"""Install packages of Debian where that is allowed."""

from __future__ import annotations

import os
import shutil
import subprocess

_PATIENCE_S = 600


def install(package: str) -> str:
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
