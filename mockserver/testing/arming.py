"""Rules in the words of a test: `fail="internal", item="71", times=2` as a scenario's document."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from mockserver.model import Json
from mockserver.testing.control import Within
from mockserver.testing.examples import Key

_OF_ITEMS = {"fail": "fail", "warn": "warn", "hang": "hang", "omit": "omit", "duplicate": "duplicate"}
_OF_ENVELOPE = {
    "order": "order",
    "count_add": "countAdd",
    "phantom": "phantom",
    "empty_map_as_array": "emptyMapAsArray",
    "content_type": "contentType",
    "drift": "drift",
}
_OF_RESPONSE = {
    "status": "status",
    "headers": "headers",
    "body": "body",
    "retry_after": "retryAfter",
    "delay": "delay",
    "dribble": "dribble",
    "truncate": "truncateBodyAtFraction",
    "fault": "fault",
}
_OF_RULE = {"commit": "commit", "match": "match", "probability": "probability"}
EFFECTS = (*_OF_ITEMS, *_OF_ENVELOPE, *_OF_RESPONSE, *_OF_RULE)
"""The words for what is to happen, after those of the scenario language."""

_CODED = ("fail", "warn")


class Armed:
    """A scenario that is armed in a sandbox."""

    def __init__(self, within: Within, name: str) -> None:
        self.name = name
        self._within = within
        self._path = f"/scenarios/{name}"
        self.taken_back = False

    @property
    def counts(self) -> tuple[Mapping[str, Json], ...]:
        """`id`, `calls`, `hits` and `left` of each rule.

        Raises:
            NotDone: it is not there any more.
        """
        return tuple(self._within.ask("GET", self._path)["counts"])

    @property
    def hits(self) -> int:
        """How many calls its rules took.

        Raises:
            NotDone: it is not there any more.
        """
        return sum(rule["hits"] for rule in self.counts)

    @property
    def document(self) -> Mapping[str, Json]:
        """The scenario.

        Raises:
            NotDone: it is not there any more.
        """
        return self._within.ask("GET", self._path)["document"]  # type: ignore[no-any-return]

    def disarm(self) -> None:
        """Take it back; then it need not have been hit.

        Raises:
            NotDone: it is not there any more.
        """
        self._within.ask("DELETE", self._path)
        self.taken_back = True


def scenario(
    name: str,
    vendor: str,
    item: str | int | Mapping[str, Json] | None,
    times: int | None,
    effects: Mapping[str, Json],
) -> Mapping[str, Json]:
    """The document of one rule for a vendor.

    `item` is a key, a place or a whole `select`, None: every item. `times` are attempts at an item where the
    effect is `fail`, else calls.

    Raises:
        TypeError: an effect has no such name, none is given, or `item` and the effect do not go together.
    """
    _check(item, effects)
    of_items = {_OF_ITEMS[word]: _coded(word, effects[word]) for word in effects if word in _OF_ITEMS}
    response = {_OF_RESPONSE[word]: _delay(word, effects[word]) for word in effects if word in _OF_RESPONSE}
    envelope = {_OF_ENVELOPE[word]: effects[word] for word in effects if word in _OF_ENVELOPE}
    rule: dict[str, Json] = {
        "id": "-".join(word.replace("_", "-") for word in effects if word not in _OF_RULE) or "rule",
        **{word: effects[word] for word in effects if word in _OF_RULE},
        "match": {"vendor": vendor, **effects.get("match", {})},
    }
    if times is not None and "fail" in of_items:
        of_items["failTimes"] = times
    elif times is not None:
        rule["times"] = {"count": times}
    if of_items:
        rule["items"] = [{"select": _selected(item), "effect": of_items}]
    parts = {"response": response, "envelope": envelope}
    return {
        "version": 1,
        "name": name,
        "rules": [{**rule, **{part: one for part, one in parts.items() if one}}],
    }


def _check(item: str | int | Mapping[str, Json] | None, effects: Mapping[str, Json]) -> None:
    for word in effects:
        if word not in EFFECTS:
            near = get_close_matches(word, EFFECTS, 1)
            cure = f"did you mean {near[0]}?" if near else f"there are {', '.join(EFFECTS)}"
            raise TypeError(f"arm() has no effect {word}; {cure}")
    if not set(effects) - {"match", "probability"}:
        raise TypeError('arm() needs an effect, such as fail="internal"')
    if item is not None and not set(effects) & set(_OF_ITEMS):
        raise TypeError(
            f"arm(): item is for {', '.join(_OF_ITEMS)}; {', '.join(effects)} is of the whole call"
        )


def _selected(item: str | int | Mapping[str, Json] | None) -> Mapping[str, Json]:
    if isinstance(item, Key):
        return item.select
    if item is None:
        return {"all": True}
    if isinstance(item, Mapping):
        return item
    return {"index": item} if isinstance(item, int) else {"key": item}


def _coded(word: str, value: Json) -> Json:
    return {"code": value} if word in _CODED and isinstance(value, str) else value


def _delay(word: str, value: Json) -> Json:
    return {"type": "fixed", "value": value} if word == "delay" and not isinstance(value, Mapping) else value
