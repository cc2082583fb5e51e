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
    'mock_clock(instant): let the sandbox\'s clock stand, "2026-01-05T09:00:00Z"',
    "mock_fixtures(empty=True): begin without records",
    'mock_auth("strict"): take the credentials of the fixtures alone',
    'mock_cases(vendor, tag=""): a test with mock_case for each such case, by section, source, name or row',
    'mock_allow("off-contract", "never-hit"): calls off contract, or rules that never hit, are meant so',
)


def text_argument(node: pytest.Item, name: str, *, choices: tuple[str, ...] = ()) -> str:
    """Return the text that the closest marker of the name has, "" where there is none.

    Raises:
        pytest.fail.Exception: it has no text, more than one, or one that is no choice.
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
    """Yield what all markers of the name have, the outermost first."""
    for marker in reversed(list(node.iter_markers(name))):
        yield from marker.args


def allowed_violations(node: pytest.Item, choices: tuple[str, ...]) -> frozenset[str]:
    """Return what the test may do.

    Raises:
        pytest.fail.Exception: a marker says what is no choice.
    """
    words = frozenset(str(word) for word in all_arguments(node, ALLOW))
    if unknown := sorted(words - frozenset(choices)):
        pytest.fail(f"{ALLOW}: {unknown[0]} is not one of {', '.join(choices)}", pytrace=False)
    return words


def begins_empty(node: pytest.Item) -> bool:
    """Return whether the test's sandbox begins without records.

    Raises:
        pytest.fail.Exception: the marker says something else.
    """
    marker = node.get_closest_marker(FIXTURES)
    if marker is None:
        return False
    if marker.args or set(marker.kwargs) != {"empty"}:
        pytest.fail(f"{FIXTURES} takes empty=True or empty=False", pytrace=False)
    return bool(marker.kwargs["empty"])
