"""What a client says of single items: which items the lines of its output report as not stored.

A line reports its items by its shape: the line without the items' names, numbers, times and ids. A shape
that the client also writes for items that are stored, here or without faults, reports nothing, nor does a
line that says that all is well or that the client tries again.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from json import dumps
from operator import itemgetter

from mockserver.codec import json
from mockserver.errors import MalformedBody
from mockserver.model import Json, Value

_NAME = "\x00"
"""Mark in a shape where the name of an item stood."""

_BLANKED = (
    (re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)?"), "@"),
    (re.compile(r"\b\d{1,2}:\d\d(?::\d\d)?(?:[.,]\d+)?\b"), "@"),
    (
        re.compile(r"\b(?=[0-9a-f-]*\d)(?=[0-9a-f-]*[a-f])[0-9a-f]{4,}(?:-[0-9a-f]{4,})*\b", re.IGNORECASE),
        "~",
    ),
    (re.compile(r"\b([45])\d\d\b(?![.,:]?\d|\s*(?:ms|s|µs|us|bytes|%)\b)"), r"\1xx"),
    (re.compile(r"\d+(?:[.,]\d+)*"), "0"),
    (re.compile(rf"{_NAME}(?:\W{{1,6}}{_NAME})+"), _NAME),
)
"""What a shape leaves out: times, ids, numbers (but the class of a failing status), and further names."""

_STYLES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_SAYS_WELL = re.compile(
    r"\b(?:stored|saved|created|done|ok|success\w*|succeeded|accepted|recovered)\b", re.IGNORECASE
)
_SAYS_ILL = re.compile(
    r"\b(?:not|no|never|un\w+|fail\w*|error\w*|refus\w*|reject\w*|lost|missing|invalid|denied|false|"
    r"warning\w*|giv(?:e|ing) up|gave up)\b|n't\b",
    re.IGNORECASE,
)
_TRIES_AGAIN = re.compile(r"\b(?:re-?try(?:ing)?|retries|try(?:ing)? again|debug|trace)\b", re.IGNORECASE)
_GIVES_UP = re.compile(r"\b(?:not|never|lost|exhausted|after|giv(?:e|ing) up|gave up)\b|n't\b", re.IGNORECASE)
_APART = re.compile(r"\s[|;]\s")
"""What separates the parts of a line that speak of different items."""

_WORD = re.compile(r"\w+")
_SMALL = re.compile(r"\d{1,3}")
_COUNTS_BEFORE = re.compile(
    r"(?:try|attempts?|retry|tries|of|in|after|for|took|waited|status|http|code|line|page|calls?|batch|chunk|"
    r"round|exit|start|with|sleep|sleeping|wait|waiting|part|step|pass|worker|thread|all|only|than)\W*$",
    re.IGNORECASE,
)
_COUNTS_AFTER = re.compile(
    r"\W{0,2}(?:of|ms|s|secs?|seconds?|items?|rows?|records?|attempts?|times|retries|tries|bytes|calls?|"
    r"invoices?|errors?|more|/)(?:\b|(?<=/))",
    re.IGNORECASE,
)
_STATE_AFTER = re.compile(r"\W{0,2}(?:failed|stored|sent|ok|done|refused|rejected)\b", re.IGNORECASE)
"""Words round a small number that make it a count, not the name of an item."""


class SpokenItem(Value, frozen=True):
    """An item of a run, as its client may speak of it."""

    names: Sequence[str]
    usual_names: Sequence[str]
    """Names of the item in the run without faults."""
    is_good: bool
    """Whether the answers told that the item is stored as it should be, without a warning."""
    is_usually_good: bool
    has_failed: bool
    """Whether the client had a reason to speak of the item as one that failed, at any time."""
    is_missing: bool
    """Whether the item, or one of equal items, is not stored in the end."""


class ClientWords(Value, frozen=True, dict=True, weakref=True):
    """Output of a run and of the run without faults (`usual`), both of which speak of the same items."""

    output: str
    usual: str
    items: Sequence[SpokenItem]

    def has_named(self, item: int) -> bool:
        """Return whether a line that comes only with failures names the item at this index."""
        return item in self._named

    @property
    def names_any(self) -> bool:
        return bool(self._named or self.misnamed)

    @cached_property
    def _named(self) -> set[int]:
        return {at for items in self._statements for at in items if not self.items[at].is_good}

    @cached_property
    def misnamed(self) -> Sequence[int]:
        """Indexes of items that never failed, in lines that come only with failures."""
        return sorted({at for items in self._statements for at in items if not self.items[at].has_failed})

    @cached_property
    def _statements(self) -> Sequence[set[int]]:
        """Items of the shapes that state failures: no item is good, or no more are named than are missing."""
        missing = sum(one.is_missing for one in self.items)
        return [
            items
            for items in self._shapes.values()
            if len(items) <= missing or not any(self.items[at].is_good for at in items)
        ]

    @cached_property
    def _shapes(self) -> Mapping[str, set[int]]:
        """Items by shape, for the shapes of lines that do not tell without faults of good items."""
        usual = {
            shape
            for shape, items in _NameFinder.of([one.usual_names for one in self.items]).shapes(self.usual)
            if any(self.items[at].is_usually_good for at in items)
        }
        found: defaultdict[str, set[int]] = defaultdict(set)
        for shape, items in _NameFinder.of([one.names for one in self.items]).shapes(self.output):
            is_well = _SAYS_WELL.search(shape) and not _SAYS_ILL.search(shape)
            is_open = _TRIES_AGAIN.search(shape) and not _GIVES_UP.search(shape)
            if shape not in usual and not (is_well or is_open):
                found[shape] |= items
        return found


class _NameFinder(Value, frozen=True):
    """Finder of the names of items in lines."""

    by_word: Mapping[str, Sequence[tuple[str, int, int]]]
    """For the rarest word of each name: the name, the offset of the word in it, and the index of the item."""

    @classmethod
    def of(cls, names: Sequence[Iterable[str]]) -> _NameFinder:
        found: defaultdict[str, list[tuple[str, int, int]]] = defaultdict(list)
        counts = Counter(word for own in names for name in own for word in _WORD.findall(name))
        for item, own in enumerate(names):
            for name in {text for one in own for text in (one, dumps(one)[1:-1])}:
                words = sorted(_WORD.finditer(name), key=lambda word: counts[word[0]])
                if words:
                    found[words[0][0]].append((name, words[0].start(), item))
        return cls(found)

    def shapes(self, output: str) -> Iterator[tuple[str, set[int]]]:
        """Yield the shape of each line, or part of a line, that names items, with the items."""
        for line in chain.from_iterable(map(self._parts, _lines(output))):
            found = list(self._find(line))
            if found:
                parts, end = [], 0
                for start, stop, _ in found:
                    parts.append(line[end:start])
                    end = stop
                shape = _NAME.join((*parts, line[end:]))
                for pattern, blank in _BLANKED:
                    shape = pattern.sub(blank, shape)
                yield shape.strip(), {item for _, _, items in found for item in items}

    def _parts(self, line: str) -> Sequence[str]:
        """Return the parts of a line if several have names; a row of a table has one name."""
        parts = _APART.split(line)
        return parts if sum(any(self._find(one)) for one in parts) > 1 else [line]

    def _find(self, line: str) -> Iterator[tuple[int, int, set[int]]]:
        """Yield start and end of each name in the line, the longest at its place, with the items meant."""
        found: defaultdict[tuple[int, int], set[int]] = defaultdict(set)
        for word in _WORD.finditer(line):
            for name, offset, item in self.by_word.get(word[0], ()):
                start = word.start() - offset
                if start >= 0 and _is_at(line, start, name):
                    found[start, -len(name)].add(item)
        end = 0
        for (start, length), items in sorted(found.items(), key=itemgetter(0)):
            if start >= end:
                end = start - length
                yield start, end, items


def _is_at(line: str, start: int, name: str) -> bool:
    """Return whether the name stands there as a whole word, and if it is a small number, as no count."""
    end = start + len(name)
    if not line.startswith(name, start) or _is_inside_word(line[start - 1 : start]):
        return False
    if _is_inside_word(line[end : end + 1]):
        return False
    begins = not _WORD.search(line, 0, start) and _STATE_AFTER.match(line, end)
    is_count = begins or _COUNTS_BEFORE.search(line, 0, start) or _COUNTS_AFTER.match(line, end)
    return not (_SMALL.fullmatch(name) and is_count)


def _is_inside_word(character: str) -> bool:
    return character.isalnum() or character in ("_", "-")


def _lines(output: str) -> Iterator[str]:
    """Yield the lines without colours; of a JSON document, yield each value, after the names of its place."""
    lines = _STYLES.sub("", output).splitlines()
    start = next((at for at, line in enumerate(lines) if line.rstrip() in ("{", "[")), len(lines))
    end = max((at for at, line in enumerate(lines) if line.rstrip() in ("}", "]")), default=start) + 1
    for line in (*lines[:start], "\n".join(lines[start:end]), *lines[end:]):
        document = _decoded(line) if line.startswith(("{", "[")) else None
        is_plain = document is None or _is_row(document)
        yield from line.splitlines() if is_plain else _flattened(document, "")


def _decoded(text: str) -> Json:
    try:
        return json.decode(text.encode())
    except MalformedBody:
        return None


def _is_row(value: Json) -> bool:
    """Return whether the value is an object without objects and lists."""
    return isinstance(value, dict) and not any(isinstance(one, dict | list) for one in value.values())


def _flattened(value: Json, way: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _flattened(one, f"{way}.{name}")
    elif isinstance(value, list):
        for one in value:
            yield from [f"{way}: {dumps(one, default=str)}"] if _is_row(one) else _flattened(one, way)
    elif value is not None:
        yield f"{way}: {value}"
