"""Draw values for schemas: plausible by name, type and format; equal chances give equal values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from importlib import import_module
from itertools import islice
from string import ascii_uppercase
from threading import Lock
from typing import TYPE_CHECKING, Any

from mockserver.codec.instants import print_instant
from mockserver.engine.declared_values import fitting_text, nearest_number, value_check
from mockserver.model import EMPTY, Document, Json, Value
from mockserver.sandbox.sandboxes import SETTINGS
from mockserver.sandbox.store import State
from mockserver.spec.dialects import NO_VALUE, PREFIX_ITEMS
from mockserver.spec.openapi import merged, plain, resolve
from mockserver.spec.patterns import text_for

if TYPE_CHECKING:
    from faker import Generator

_DEEPEST = 6
_LAST_TURN = 12
"""Number from which each choice is drawn by itself: before, one number makes all choices."""

_MOST_ITEMS = 50
_MOST = 10**9
_SECONDS_OF_YEAR = 365 * 86_400
_EN_US = ("address", "company", "internet", "lorem", "person")
_PROVIDERS = ("bank", "misc", *(f"{name}.en_US" for name in _EN_US))
_USE = Lock()
"""Lock that is held while a value is drawn, because all threads share one generator."""

_CODE = "??-####"
_URL = "https://www.{{safe_domain_name}}/{{uri_path}}"
_NAMES: Mapping[str, str] = {
    "{{uuid4}}": "uuid guid",
    "%Y-%m-%d": "date day on birthday",
    "%Y-%m-%dT%H:%M:%SZ": "datetime at timestamp unixtime created createdon updated updatedon modified",
    "%H:%M:%SZ": "time",
    "P%D": "duration",
    "{{first_name}} {{last_name}}": "name fullname customer customername contact person author owner",
    "{{first_name}}": "firstname givenname",
    "{{last_name}}": "lastname familyname surname",
    "{{user_name}}": "username login",
    "{{email}}": "email emailaddress",
    "+1-%##-555-01##": "phone phonenumber mobile fax",
    "{{company}}": "company companyname organization vendor supplier merchant",
    "{{street_address}}": "street address line addressline",
    "{{city}}": "city town",
    "{{postcode}}": "zip zipcode postcode postalcode",
    "{{state}}": "region province county",
    "{{country}}": "country",
    "{{country_code}}": "countrycode",
    "{{iban}}": "iban",
    "USD": "currency currencycode",
    "en": "language locale",
    "active": "status state",
    "{{catch_phrase}}": "title subject product productname",
    "{{sentence}}": "description text message comment note memo content detail reason summary",
    "%##.##": "amount price total subtotal cost balance fee tax",
    _CODE: "id key code number reference sku",
    _URL: "uri url website href link",
    "/{{uri_path}}": "urireference path",
    "www.{{safe_domain_name}}": "hostname host domain",
    "192.0.2.%#": "ipv4 ipv4address ip ipaddress",
    "2001:db8::%##": "ipv6 ipv6address",
    "00:00:5e:00:53:##": "mac macaddress",
    "dGV4dA==": "byte",
}
"""Names and formats by template. Templates are for strftime or Faker; # and % are digits, ? is a letter."""

_OF_NAME = {name: template for template, names in _NAMES.items() for name in names.split()}
_AHEAD = frozenset({"due", "end", "ends", "expires", "expiry", "expiration", "until", "valid", "next"})
"""Words in names of dates that lie in the next year; all other dates lie in the last year."""

_REACHES: Mapping[tuple[int, int], str] = {
    (1, 9): "quantity count page pages size position rating version",
    (0, 99): "percent percentage rate discount age",
    (1, 12): "month day",
    (2020, 2030): "year",
    (200, 200): "status statuscode",
    (-90, 90): "latitude longitude lat lon lng",
}
_REACH_OF_NAME = {name: reach for reach, names in _REACHES.items() for name in names.split()}
_WORD = re.compile(r"[Ii][Pp][Vv][46]|[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


_TIMES = ("created", "creation", "inserted", "updated", "modified", "changed", "lastupdated", "lastmodified")
_TIME_ENDS = (*_TIMES, "at", "on", "time", "timestamp")


class Chance(Value, frozen=True):
    """Seed and year by which a value is drawn."""

    seed: str
    year: int
    is_new: bool = False
    """Whether to avoid examples, and to draw among choices instead of beginning with the first choice."""


def chance_of(state: State, place: str, *, is_new: bool = False) -> Chance:
    """Return the chance for `place` (an operation id) in the sandbox: always equal, unless `is_new`."""
    seed = (state.sandbox_collection(SETTINGS).get("seed") or EMPTY).get("value", 0)
    turn = state.next(f"drawn {place}") if is_new else 0
    return Chance(f"{seed}/{place}/{turn}", state.now.year, is_new)


def draw_value(document: Document, schema: Document, number: int, chance: Chance) -> Json:
    """Draw the value with this `number` for a schema of `document`; the caller checks whether it is valid.

    Higher numbers give plainer values; odd numbers avoid examples, except for 1 unless the value `is_new`.
    """
    with _USE:
        faker = _generator().seed_instance(f"{chance.seed}/{number}")
        turn = faker.random.randrange(_MOST) if chance.is_new else 0
        is_shown = not chance.is_new if number == 1 else number % 2 == 0
        return _Drawing(document, faker, chance.year, turn, is_shown).value("", schema, number, _DEEPEST)


def time_of(name: str, schema: Document, state: State) -> str | int | None:
    """Return the sandbox's time for a member that tells a creation or change, None for another member."""
    said, kind, form = plain(name), schema.get("type"), schema.get("format")
    is_named = said.startswith(_TIMES) and said.removesuffix("s").endswith(_TIME_ENDS)
    if is_named and kind in ("integer", "number"):
        return int(state.now.timestamp())
    is_text = said.startswith(_TIMES) and form == "date-time"
    return print_instant(state.now) if is_text or (is_named and kind == "string" and form is None) else None


def draws_format(schema: Document) -> bool:
    """Return whether a text of the schema is drawn by its `format`, which no pattern limits."""
    return "pattern" not in schema and plain(schema.get("format")) in _OF_NAME


def prepare_drawing() -> None:
    """Import what `draw_value` needs, which takes a hundred times as long as an answer."""
    with _USE:
        _generator()


@cache
def _generator() -> Generator:
    """Return a Faker with the needed providers only: to find all providers takes ten times as long."""
    from faker import Generator  # noqa: PLC0415 - a server without own files need not wait for it

    made = Generator()
    for name in _PROVIDERS:
        made.add_provider(import_module(f"faker.providers.{name}").Provider)
    return made


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(name)]


@lru_cache(maxsize=4096)
def _by_name(name: str, *, of_number: bool = False) -> Any:
    """Return the template or, `of_number`, the reach for the longest known end of the name, or None.

    The end "name" counts only if it is the whole name: most longer names are not names of persons.
    """
    words, known = _words(name), _REACH_OF_NAME if of_number else _OF_NAME
    ends = [end for begin in range(len(words)) if (end := "".join(words[begin:])) != "name" or not begin]
    found = (known.get(end) or known.get(end.removesuffix("s")) for end in ends)
    return next(filter(None, found), None)


class _Drawing(Value, frozen=True):
    document: Document
    faker: Generator
    year: int
    turn: int
    """Number of choices that are passed over before a choice is taken."""
    shows_examples: bool
    """Whether examples and defaults come before drawn values."""

    def value(self, name: str, schema: Any, number: int, depth: int) -> Json:
        first = number if number > 1 else number * (not self.shows_examples)
        turn = first + self.turn if number < _LAST_TURN else self.faker.random.randrange(_MOST)
        node = merged(self.document, schema, turn)
        for word in ("example", "default") if self.shows_examples else ():
            if word in node and ((number == 0 and word == "example") or _fits(node, node[word])):
                return node[word]
        is_null = number >= _LAST_TURN and turn % 3 == 0 and node.get("nullable")
        if choices := [None] if is_null else node.get("enum"):
            return choices[turn // 2 % len(choices)]
        kind = node.get("type") or _likely_type(node)
        if kind == "object":
            return self._object(node, number, depth)
        if kind == "array":
            return self._list(name, node, number, depth)
        if kind in ("integer", "number"):
            return self._number(name, node, number, is_whole=kind == "integer")
        return turn % 2 == 0 if kind == "boolean" else self._text(name, node, number)

    def _object(self, node: Document, number: int, depth: int) -> Json:
        members, required = node.get("properties", EMPTY), node.get("required", ())
        shown, least, most = {*required}, node.get("minProperties", 0), node.get("maxProperties", _MOST)
        room = min(_MOST if depth > 1 and number < _DEEPEST else least, most) - len(shown)
        if room > 0:
            optional = (name for name in members if name not in shown and self._is_shown(members[name]))
            shown |= {*islice(optional, room)}
        made = {
            name: self.value(name, members.get(name, EMPTY), number, depth - 1)
            for name in (*members, *(one for one in required if one not in members))
            if name in shown
        }
        others = node.get("additionalProperties", EMPTY)
        for place in range(least - len(made)):
            schema = others if isinstance(others, dict) else EMPTY
            made[f"key{place + 1}"] = self.value("", schema, number, depth - 1)
        return made

    def _is_shown(self, member: Document) -> bool:
        """Return whether an answer may have an optional member."""
        return not member.get("writeOnly") and NO_VALUE not in resolve(self.document, member)

    def _list(self, name: str, node: Document, number: int, depth: int) -> Json:
        first, items = node.get(PREFIX_ITEMS, ()), node.get("items", EMPTY)
        least, most = node.get("minItems", 0), node.get("maxItems", _MOST_ITEMS)
        wanted = max(least, len(first), 1 if depth > 0 else 0)
        # Different numbers make different elements, as `uniqueItems` may require.
        return [
            self.value(name, first[place] if place < len(first) else items, number + 2 * place, depth - 1)
            for place in range(min(wanted, most))
        ]

    def _number(self, name: str, node: Document, number: int, *, is_whole: bool) -> Json:
        reach, template = _by_name(name, of_number=True), _template(name, node)
        if template.startswith("%Y") and not reach:
            reach = (int(self._instant(name).timestamp()),) * 2
        is_whole = is_whole or template.startswith(("%Y", _CODE))
        least, most = map(Decimal, reach or (1, 999))
        low, high = Decimal(str(node.get("minimum", least))), Decimal(str(node.get("maximum", most)))
        low = max(low, least) if high > least else low
        high = max(low, min(high, most))
        places = 0 if is_whole else 2
        drawn = Decimal(self.faker.random.randint(int(low.scaleb(places)), int(high.scaleb(places))))
        wanted = drawn.scaleb(-places) if number < _DEEPEST else Decimal(number + 1)
        found = nearest_number(node, wanted)
        return int(found) if found == int(found) and (is_whole or found is not wanted) else found

    def _text(self, name: str, node: Document, number: int) -> Json:
        template, is_plain = _template(name, node), number >= _DEEPEST
        text = fitting_text(node, self._written(template or "{{word}}", name))
        if "pattern" in node and (text is None or is_plain):
            nth = number if is_plain else self.faker.random.randrange(_MOST)
            text = text_for(node["pattern"], nth, node.get("minLength", 0)) or text
        elif is_plain and not template:
            text = f"{text}{number}"[: node.get("maxLength")]
        return text or ""

    def _written(self, template: str, name: str) -> str:
        if template[:2] in ("%Y", "%H"):
            return self._instant(name).strftime(template)
        return self.faker.parse(self.faker.format("bothify", template, ascii_uppercase))

    def _instant(self, name: str) -> datetime:
        """Draw a time of the last year, or of the next year if the name says so."""
        year = self.year + (-1 if _AHEAD.isdisjoint(_words(name)) else 1)
        seconds = self.faker.random.randrange(_SECONDS_OF_YEAR)
        return datetime(year, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)


def _template(name: str, node: Document) -> str:
    """Return the template for a member by its format, else by its name; "" if neither is known."""
    return _OF_NAME.get(plain(node.get("format"))) or _by_name(name) or ""


def _fits(node: Document, written: Json) -> bool:
    """Return whether an example or a default fits a schema. The caller judges objects and lists."""
    if written is None or isinstance(written, (dict, list)):
        return bool(written or (written is None and node.get("nullable")))
    return value_check(node)(written)


def _likely_type(node: Document) -> str:
    if "properties" in node or "required" in node or isinstance(node.get("additionalProperties"), dict):
        return "object"
    if "items" in node or PREFIX_ITEMS in node:
        return "array"
    return "integer" if "minimum" in node or "maximum" in node else "string"
