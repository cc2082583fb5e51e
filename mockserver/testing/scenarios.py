"""Build and arm scenarios for a test, and request example batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Self

from mockserver.testing import control_client
from mockserver.testing.control_client import (
    JSON,
    YAML,
    ControlClient,
    ControlPlaneError,
    Json,
    SandboxControl,
    plain_json,
)

_NO_EXAMPLE = "no-example"

_ITEM_EFFECTS = ("fail", "warn", "hang", "omit", "duplicate", "callback")
_ENVELOPE_EFFECTS = ("order", "count_add", "phantom", "empty_map_as_array", "content_type", "drift")
_RESPONSE_EFFECTS = ("status", "headers", "body", "retry_after", "delay", "dribble", "truncate", "fault")
_RULE_MEMBERS = ("commit", "match", "probability")
_LONG_NAMES = {"truncate": "truncateBodyAtFraction"}
EFFECTS = (*_ITEM_EFFECTS, *_ENVELOPE_EFFECTS, *_RESPONSE_EFFECTS, *_RULE_MEMBERS)
"""Keyword arguments of `SandboxVendor.arm`: effects and members of a rule in the scenario language."""

_EFFECTS_WITH_CODE = ("fail", "warn")
_COUNTS_ATTEMPTS = "fail"
"""Effect with which `times` counts the attempts at an item. With any other effect, `times` counts calls."""

_FILE_ENDINGS = (".yaml", ".yml", ".json")


class NoExampleError(Exception):
    """There is no example of the wanted batch, or the batch has unwanted outcomes in this sandbox."""


class ItemKey(str):
    __slots__ = ("select",)

    select: Mapping[str, Json]
    """Value of `select` in a scenario rule: key or member of the item, or its index if neither is unique."""

    def __new__(cls, text: str, select: Mapping[str, Json]) -> Self:
        key = super().__new__(cls, text)
        key.select = select
        return key


@dataclass(frozen=True, slots=True)
class Example:
    """A batch that can be sent as a whole or item by item. Iterating over it yields the items."""

    operation: str
    method: str
    path: str
    """Path below the vendor's address, with the query."""
    headers: Mapping[str, str]
    """Headers with names in lower case, including credentials that the server accepts."""
    body: bytes
    items: tuple[Json, ...]
    keys: tuple[ItemKey, ...]
    """Keys of the items, in the order of `items`."""
    bad: tuple[ItemKey, ...] = ()
    """Keys of the items that are rejected."""

    def __iter__(self) -> Iterator[Json]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, place: int) -> Json:
        return self.items[place]


def request_example(sandbox_control: SandboxControl, wanted: Mapping[str, Json]) -> tuple[Example, bool]:
    """Return an example, and whether this call stored records to which the items refer.

    `wanted` has `vendor`, `operation`, `items`, `bad` and `first` (number of the first item). Raises
    NoExampleError.
    """
    try:
        made = sandbox_control.request("POST", "/examples", wanted)
    except ControlPlaneError as error:
        if error.code == _NO_EXAMPLE:
            raise NoExampleError(str(error.problem["detail"])) from None
        raise
    return _read_example(made), bool(made["prepared"])


def _read_example(made: Mapping[str, Json]) -> Example:
    keys = tuple(ItemKey(key["key"], plain_json(key["select"])) for key in made["keys"])
    bad = frozenset(made["bad"])
    return Example(
        made["operation"],
        made["method"],
        made["path"],
        dict(made["headers"]),
        made["body"].encode(),
        tuple(map(plain_json, made["items"])),
        keys,
        tuple(key for key in keys if key in bad),
    )


class ArmedScenario:
    """A scenario that is armed in a sandbox."""

    def __init__(self, sandbox_control: SandboxControl, name: str) -> None:
        self.name = name
        self._control = sandbox_control
        self._path = f"/scenarios/{name}"
        self.is_disarmed = False

    @property
    def counts(self) -> tuple[Mapping[str, Json], ...]:
        """`id`, `calls`, `hits` and `left` of each rule.

        Raises ControlPlaneError: the scenario was deleted.
        """
        return tuple(self._control.request("GET", self._path)["counts"])

    @property
    def hits(self) -> int:
        """Sum of the hits of all rules. Raises ControlPlaneError: the scenario was deleted."""
        return sum(rule["hits"] for rule in self.counts)

    @property
    def document(self) -> Mapping[str, Json]:
        """The scenario's document. Raises ControlPlaneError: the scenario was deleted."""
        return self._control.request("GET", self._path)["document"]  # type: ignore[no-any-return]

    def disarm(self) -> None:
        """Delete the scenario, so that the end of the test does not check whether the rules were hit.

        Raises ControlPlaneError: the scenario is already deleted.
        """
        self._control.request("DELETE", self._path)
        self.is_disarmed = True


def build_scenario(
    name: str,
    vendor: str,
    item: str | int | Mapping[str, Json] | None,
    times: int | None,
    effects: Mapping[str, Json],
) -> Mapping[str, Json]:
    """Build a scenario with one rule for a vendor.

    `item` is a key, an index or a whole `select`; None selects every item. `times` counts attempts at an item
    if `fail` is an effect, otherwise calls. Raises TypeError: an effect is unknown, no effect is given, or
    `item` is given without an effect on items.
    """
    _check_effects(item, effects)
    parts = {
        "items": _item_rules(item, times, effects),
        "response": _response(effects),
        "envelope": {_member(word): effects[word] for word in effects if word in _ENVELOPE_EFFECTS},
    }
    rule: dict[str, Json] = {
        "id": "-".join(word.replace("_", "-") for word in effects if word not in _RULE_MEMBERS) or "rule",
        **{word: effects[word] for word in effects if word in _RULE_MEMBERS},
        "match": {"vendor": vendor, **effects.get("match", {})},
        **{part: one for part, one in parts.items() if one},
    }
    if times is not None and _COUNTS_ATTEMPTS not in effects:
        rule["times"] = {"count": times}
    return {"version": 1, "name": name, "rules": [rule]}


def _item_rules(
    item: str | int | Mapping[str, Json] | None, times: int | None, effects: Mapping[str, Json]
) -> list[Json]:
    effect = {word: _with_code(word, effects[word]) for word in effects if word in _ITEM_EFFECTS}
    if times is not None and _COUNTS_ATTEMPTS in effects:
        effect["failTimes"] = times
    return [{"select": _select(item), "effect": effect}] if effect else []


def _response(effects: Mapping[str, Json]) -> Mapping[str, Json]:
    return {_member(word): _fixed_delay(word, effects[word]) for word in effects if word in _RESPONSE_EFFECTS}


def _member(word: str) -> str:
    """Return the name of an effect in the scenario language: `retryAfter` for `retry_after`."""
    first, *others = word.split("_")
    return _LONG_NAMES.get(word) or first + "".join(map(str.capitalize, others))


def _check_effects(item: str | int | Mapping[str, Json] | None, effects: Mapping[str, Json]) -> None:
    for name in effects:
        if name not in EFFECTS:
            near = get_close_matches(name, EFFECTS, 1)
            remedy = f"did you mean {near[0]}?" if near else f"there are {', '.join(EFFECTS)}"
            raise TypeError(f"arm() has no effect {name}; {remedy}")
    if not set(effects) - {"match", "probability"}:
        raise TypeError('arm() needs an effect, such as fail="internal"')
    if item is not None and not set(effects) & set(_ITEM_EFFECTS):
        raise TypeError(
            f"arm(): item applies to {', '.join(_ITEM_EFFECTS)}; "
            f"{', '.join(effects)} applies to the whole call"
        )


def _select(item: str | int | Mapping[str, Json] | None) -> Mapping[str, Json]:
    if isinstance(item, ItemKey):
        return item.select
    if item is None:
        return {"all": True}
    if isinstance(item, Mapping):
        return item
    return {"index": item} if isinstance(item, int) else {"key": item}


def _with_code(word: str, value: Json) -> Json:
    return {"code": value} if word in _EFFECTS_WITH_CODE and isinstance(value, str) else value


def _fixed_delay(word: str, value: Json) -> Json:
    return {"type": "fixed", "value": value} if word == "delay" and not isinstance(value, Mapping) else value


def arm_scenario(
    sandbox_control: SandboxControl, scenario: str | Path | Mapping[str, Json], folder: Path
) -> str:
    """Arm a scenario and return its name; `folder` is the base of a file's relative path.

    Raises ControlPlaneError: the scenario is invalid (for a file, the text has line and column); LookupError:
    there is no packaged scenario with this name; OSError: the file cannot be read.
    """
    control = sandbox_control.control
    if isinstance(scenario, Mapping):
        content, media_type = control_client.encode(scenario), JSON
    elif isinstance(scenario, str) and not scenario.endswith(_FILE_ENDINGS):
        content, media_type = control_client.encode(_packaged_document(control, scenario)), JSON
    else:
        content, media_type = (folder / scenario).read_bytes(), YAML
    sent = control.send("POST", f"/sandboxes/{sandbox_control.name}/scenarios", content, media_type)
    return str(control_client.decode(sent)["name"])


def _packaged_document(control: ControlClient, name: str) -> Mapping[str, Json]:
    packaged: dict[str, Mapping[str, Json]] = {
        one["name"]: one["document"] for one in control.request("GET", "/scenarios")
    }
    if name not in packaged:
        raise LookupError(
            f"there is no packaged scenario {name} (a file ends in {', '.join(_FILE_ENDINGS)}); "
            f"there are {', '.join(packaged)}"
        )
    return packaged[name]
