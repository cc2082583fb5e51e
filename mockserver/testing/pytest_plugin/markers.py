"""The plugin's markers, and functions that read their arguments."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

AUTH, SCENARIO, CLOCK, FIXTURES, ALLOW = (
    "mock_auth",
    "mock_scenario",
    "mock_clock",
    "mock_fixtures",
    "mock_allow",
)
CASES = "mock_cases"
STRICT, LENIENT = "strict", "lenient"

MARKERS = (
    "mock_scenario(scenario): arm a scenario in the test's sandbox: its name, a document, a file; repeatable",
    'mock_clock(instant): freeze the sandbox\'s clock, for example at "2026-01-05T09:00:00Z"',
    "mock_fixtures(empty=True): start without records",
    'mock_auth("strict"): accept only the credentials of the fixtures',
    'mock_cases(vendor, tag=""): run the test for each case with this section, source, name or row',
    'mock_allow("off-contract", "never-hit"): allow calls off contract, or rules that were never hit',
)


def text_argument(node: pytest.Item, name: str, *, choices: tuple[str, ...] = ()) -> str:
    """Return the text argument of the closest marker with this name, "" if there is no marker.

    Raises:
        pytest.fail.Exception: the argument is missing, not a text, or not among `choices`.
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
    """Return the violations that the test allows.

    Raises:
        pytest.fail.Exception: a violation is unknown.
    """
    words = frozenset(str(word) for word in all_arguments(node, ALLOW))
    if unknown := sorted(words - frozenset(choices)):
        pytest.fail(f"{ALLOW}: {unknown[0]} is not one of {', '.join(choices)}", pytrace=False)
    return words


def begins_empty(node: pytest.Item) -> bool:
    """Return whether the test's sandbox starts without records.

    Raises:
        pytest.fail.Exception: the marker has other arguments.
    """
    marker = node.get_closest_marker(FIXTURES)
    if marker is None:
        return False
    if marker.args or set(marker.kwargs) != {"empty"}:
        pytest.fail(f"{FIXTURES} takes empty=True or empty=False", pytrace=False)
    return bool(marker.kwargs["empty"])
