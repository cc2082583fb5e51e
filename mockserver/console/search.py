"""Search of the documentation, by SQLite's FTS5; the built site's own search also uses `SYNONYMS`.

MkDocs loads this file without the package and calls `on_post_build` (`hooks` in `mkdocs.yml`).
"""

from __future__ import annotations

import json
import re
import sqlite3
import weakref
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from mockserver.model import Value

SYNONYMS = (
    "rate quota throttle 429",
    "slow late delay latency",
    "parallel concurrent simultaneous workers jobs xdist",
    "token credential login auth authentication unauthorized 401 password",
    "expire expiry lifetime outdated",
    "retry retries resend repeat again",
    "twice duplicate double idempotency idempotent",
    "state persist keep save survive restart",
    "docker container image compose podman",
    "har record traffic capture",
    "openapi swagger spec schema",
    "timeout hang stuck forever",
    "tls ssl certificate",
    "freeze time clock date",
    "reset clean clear wipe fresh",
    "fault simulate inject chaos scenario",
    "partial 207 multistatus",
    "browser cors frontend",
    "ci pipeline github gitlab jenkins",
    "option setting config environment variable flag",
    "fixture seed sample testdata",
)
"""Groups of words with one meaning for a search. Each word is in one group only."""

_MOST_FOUND = 20
_MOST_WORDS = 64
_PIECE = re.compile(r"\S.{0,1500}(?!\S)")  # a long text would lower the rank of each word in it
_WORD = re.compile(r"\w+")
_ENDING = re.compile(r"(?:ing|ed|ies|es|s|e)$")
_EMPTY_WORDS = _WORD.findall(
    "a an and any are as at be by can do does for from get has have how i if in into is it its me my of on"
    " one or so than that the there this to use want was what when where which who will with you your"
)
_CREATE = (
    "CREATE VIRTUAL TABLE passages USING fts5"
    "(title, heading, address UNINDEXED, text, synonyms, weight UNINDEXED, tokenize='porter unicode61')"
)
_FIND = (
    "SELECT title, heading, address, snippet(passages, 3, '', '', ' … ', 40) FROM passages"
    " WHERE passages MATCH ? ORDER BY bm25(passages, 5, 5, 0, 1, 0.2) * weight"
)

_GROUPS = {_ENDING.sub("", word): group for group in SYNONYMS for word in group.split()}


class Passage(Value, frozen=True):
    """A section of a page. In a search result, `text` is an excerpt."""

    title: str
    heading: str
    address: str
    text: str


class SearchIndex:
    """Index of passages with weights, for searches from any thread. Every CPython has SQLite with FTS5."""

    def __init__(self, passages: Iterable[tuple[Passage, float]]) -> None:
        # A statement of the cache would be shared by threads; since Python 3.12 they disturb each other.
        self._database = sqlite3.connect(":memory:", check_same_thread=False, cached_statements=0)
        weakref.finalize(self, self._database.close)
        self._database.execute(_CREATE)
        rows = [
            (one.title, one.heading, one.address, text, synonyms(text), weight)
            for one, weight in passages
            for text in _PIECE.findall(one.text)
        ]
        self._database.executemany("INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?)", rows)
        self._names = {row[2].partition("#")[0].rpartition("/")[2] for row in rows}

    def find(self, text: str) -> tuple[Passage, ...]:
        """Return at most `_MOST_FOUND` passages, best first, with at least one word of `text` or a synonym.

        A passage ranks higher if it has two neighbouring words of `text` side by side, or if its title has
        a word of `text` that is the name of a page.
        """
        words = [one for one in _WORD.findall(text.casefold()) if one not in _EMPTY_WORDS][:_MOST_WORDS]
        phrases = [f'"{phrase}"' for phrase in dict.fromkeys([*words, *map(" ".join, pairwise(words))])]
        query = " OR ".join([*phrases, *[f"title : {word}" for word in self._names.intersection(words)] * 3])
        found: dict[str, Passage] = {}
        for row in self._database.execute(_FIND, (query,)) if query else ():
            found.setdefault(row[2], Passage(*row))
        return tuple(found.values())[:_MOST_FOUND]


def synonyms(text: str) -> str:
    """Return each group of synonyms that has a word of `text`, as one text. Endings of words are ignored."""
    stems = (_ENDING.sub("", word) for word in _WORD.findall(text.casefold()))
    return " ".join(dict.fromkeys(_GROUPS[stem] for stem in stems if stem in _GROUPS))


def on_post_build(config: Mapping[str, Any]) -> None:
    """Add the synonyms of each section to the index of MkDocs, and rank the page of changes last."""
    file = Path(config["site_dir"], "search", "search_index.json")
    index = json.loads(file.read_text(encoding="utf-8"))
    index["config"]["fields"]["synonyms"] = {"boost": 0.2}
    for entry in index["docs"]:
        entry["synonyms"] = synonyms(f"{entry['title']} {entry['text']}")
        entry["boost"] = 1e-6 if entry["location"].startswith("changes.html") else 1
    file.write_text(json.dumps(index, separators=(",", ":")), encoding="utf-8")
