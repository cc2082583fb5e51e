"""Names of options and settings, and the markers of the plugin."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

URL = "mockserver_url"
COMMAND = "mockserver_command"
SEED = "mockserver_seed"
SPECS = "mockserver_specs"
OVERLAYS = "mockserver_overlays"

OPTION = "--mockserver-artifacts"
VARIABLE = "MOCKSERVER_ARTIFACTS"

AUTH, SCENARIO, CLOCK, FIXTURES, ALLOW = (
    "mock_auth",
    "mock_scenario",
    "mock_clock",
    "mock_fixtures",
    "mock_allow",
)
CASES = "mock_cases"
DRILL = "mock_drill"
STRICT, LENIENT = "strict", "lenient"
MARKERS = (
    "mock_scenario(scenario): arm a scenario in the test's sandbox: its name, a document, a file; repeatable",
    'mock_clock(instant): freeze the sandbox\'s clock, for example at "2026-01-05T09:00:00Z"',
    "mock_fixtures(empty=True): start without records",
    'mock_auth("strict"): accept only the credentials of the fixtures',
    'mock_cases(vendor, tag=""): run the test for each case with this section, source, name or row',
    'mock_drill(vendor, tag="", case=""): run the test for each drill case with this tag or id',
    'mock_allow("off-contract", "never-hit"): allow calls off contract, or rules that were never hit',
)


def artifacts_folder(config: pytest.Config) -> Path | None:
    """Return the folder in `--mockserver-artifacts`, else in MOCKSERVER_ARTIFACTS; None if neither is set."""
    chosen = config.getoption("mockserver_artifacts") or os.environ.get(VARIABLE, "")
    return Path(config.invocation_params.dir, chosen) if chosen else None


def describe_root(config: pytest.Config) -> str:
    """Return a warning if pytest took the folder of artifacts for a path of tests, otherwise "".

    pytest looks for its root and settings before it knows the options of plugins. If DIR exists, pytest then
    takes DIR in `--mockserver-artifacts DIR` for a path of tests.
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


def text_argument(node: pytest.Item, name: str, *, choices: tuple[str, ...] = ()) -> str:
    """Return the text argument of the closest marker with this name, or "" if there is no marker.

    Raises pytest.fail.Exception: the argument is missing, not a text, or not among `choices`.
    """
    marker = node.get_closest_marker(name)
    if marker is None:
        return ""
    if len(marker.args) != 1 or marker.kwargs or not isinstance(marker.args[0], str):
        pytest.fail(f'{name} takes one text: {name}("{(*choices, "…")[0]}")', pytrace=False)
    text: str = marker.args[0]
    if choices and text not in choices:
        pytest.fail(f"{name}: {text} is not one of {', '.join(choices)}", pytrace=False)
    return text


def all_arguments(node: pytest.Item, name: str) -> Iterator[object]:
    """Yield the arguments of all markers with this name, outermost first."""
    for marker in reversed(list(node.iter_markers(name))):
        yield from marker.args


def allowed_violations(node: pytest.Item, choices: tuple[str, ...]) -> frozenset[str]:
    """Return the violations that the test allows. Raises pytest.fail.Exception: a violation is unknown."""
    words = frozenset(str(word) for word in all_arguments(node, ALLOW))
    if unknown := sorted(words - frozenset(choices)):
        pytest.fail(f"{ALLOW}: {unknown[0]} is not one of {', '.join(choices)}", pytrace=False)
    return words


def begins_empty(node: pytest.Item) -> bool:
    """Return whether the test's sandbox starts without records.

    Raises pytest.fail.Exception: the marker lacks the keyword `empty`, or has a further argument.
    """
    marker = node.get_closest_marker(FIXTURES)
    if marker is None:
        return False
    if marker.args or set(marker.kwargs) != {"empty"}:
        pytest.fail(f"{FIXTURES} takes empty=True or empty=False", pytrace=False)
    return bool(marker.kwargs["empty"])
