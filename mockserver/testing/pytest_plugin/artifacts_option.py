"""The folder of `--mockserver-artifacts`, and a hint if the way it is written misleads pytest."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

OPTION = "--mockserver-artifacts"
VARIABLE = "MOCKSERVER_ARTIFACTS"


def artifacts_folder(config: pytest.Config) -> Path | None:
    """Return the folder of the option, else of MOCKSERVER_ARTIFACTS, in which failed tests are saved."""
    chosen = config.getoption("mockserver_artifacts") or os.environ.get(VARIABLE, "")
    return Path(config.invocation_params.dir, chosen) if chosen else None


def describe_root(config: pytest.Config) -> str:
    """Return a line for the head of the report if pytest took the folder for a path of tests, else "".

    pytest looks for its root and settings before it knows options of plugins: a folder that stands after a
    space, and exists, counts as a path of tests there.
    """
    words = [str(word) for word in config.invocation_params.args]
    here = config.invocation_params.dir
    if OPTION not in words[:-1] or here == config.rootpath:
        return ""
    folder = words[words.index(OPTION) + 1]
    is_found = config.inipath is not None and config.inipath.parent in (here, *here.parents)
    if is_found or not Path(here, folder).exists():
        return ""
    return (
        f"mockserver: rootdir comes from {folder}, which pytest took for a path of tests; "
        f"write {OPTION}={folder}, or set {VARIABLE}"
    )
