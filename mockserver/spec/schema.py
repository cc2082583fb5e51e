"""Compile OpenAPI 3.0 schemas to Draft 4 validators with string formats; list the problems of values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from functools import cache, cached_property, partial
from threading import Lock
from typing import Any, TypeAlias, TypeVar
from weakref import WeakValueDictionary

import jsonschema_rs
from msgspec import Struct, field
from msgspec.structs import replace

from mockserver.errors import SpecError
from mockserver.model import EMPTY, Document, Json, Path, Problem, Value
from mockserver.spec.openapi import resolve
from mockserver.spec.patterns import LIMITED, may_be_cut, with_limit
from mockserver.spec.schema_problems import (
    MAX_VALUES,
    first_problem,
    has_many_values,
    problems_found,
    problems_of,
)

Formats = Mapping[str, str | Callable[[str], bool]]
"""Checks of string formats by name: an anchored pattern (equal in ECMA and Python), or a function.

A pattern takes a tenth of a function's time, because the validator runs it without a call of Python.
"""

_INTEGER_BOUNDS = {"int32": 2**31, "int64": 2**63}
_SCHEMA_POINTER = "#/components/schemas/"
_ANNOTATIONS = {
    "nullable",
    "readOnly",
    "writeOnly",
    "example",
    "xml",
    "discriminator",
    "description",
    "title",
}
_NULL = type(None)
_CONTAINERS = frozenset({dict, list})
_OF_PLAIN_NUMBERS = frozenset(
    {"type", "nullable", "minimum", "maximum", "format", "description", "title", "example", "xml"}
)
_SCALAR_TYPES = frozenset({"string", "integer", "number", "boolean"})
_OPEN_KEYWORDS = {"allOf", "anyOf", "oneOf", "not"}
_VERBATIM_KEYWORDS = ("enum", "required")
_NAME_MAPS = ("properties", "patternProperties", "definitions", "schemas")
_AT_ONCE = 32
"""Number of items that are judged together."""

_MOST_BYTES, _MOST_FLAT_BYTES = 2 * MAX_VALUES, 500_000
"""Maximum size of a body with `MAX_VALUES` values; of a body whose valid items have scalars alone."""

_FEW_MEMBERS = 200
"""Maximum number of members of items that are judged together, because each problem copies its item."""

_MOST_REFERENCES = 64
"""Maximum number of schemas that a schema compiled alone refers to, directly or indirectly."""

_DATA = frozenset({"enum", "default", "example"})
_LEAP_YEAR = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
_YEAR = "(?:000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})"
_DAYS = (
    "(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    "|02-(?:0[1-9]|1[0-9]|2[0-8]))"
)
HEX_DIGIT = "[0-9a-fA-F]"
DAY_PATTERN = f"(?:{_YEAR}-{_DAYS}|{_LEAP_YEAR}-02-29)"
"""A day of the calendar, years 1 to 9999."""

MINUTE_PATTERN = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
ZONE_PATTERN = f"(?:[Zz]|[+-]{MINUTE_PATTERN})"
UUID_PATTERN = f"^{HEX_DIGIT}{{8}}(?:-{HEX_DIGIT}{{4}}){{3}}-{HEX_DIGIT}{{12}}$"
DATE_PATTERN = f"^{DAY_PATTERN}$"
DATE_TIME_PATTERN = rf"^{DAY_PATTERN}[Tt ]{MINUTE_PATTERN}:[0-5][0-9](?:\.[0-9]+)?{ZONE_PATTERN}$"
"""RFC 3339 with a zone; any number of fractional digits, no leap second."""

COMMON_FORMATS: Formats = {"uuid": UUID_PATTERN, "date": DATE_PATTERN, "date-time": DATE_TIME_PATTERN}
_ANY_TEXT = r"[\s\S]*"


class LoneSchema(Value, frozen=True, dict=True, weakref=True):
    """A schema that is compiled alone. `accepts` only decides; `problems` lists what is wrong."""

    node: Document
    document: Document
    quick: jsonschema_rs.Draft4Validator
    """The validator that judges formats by patterns, where a format has a pattern."""
    compile_thorough: Callable[[], jsonschema_rs.Draft4Validator]
    """Compiles a validator that calls Python for every format, and names the format in the problem."""
    may_be_cut: bool = False
    """Whether a text may be neither valid nor invalid, because a search with a pattern was not finished."""

    @cached_property
    def thorough(self) -> jsonschema_rs.Draft4Validator:
        """The validator that names formats, compiled at first use: most schemas never need this validator."""
        return self.compile_thorough()

    def accepts(self, value: Json) -> bool:
        """Return whether `value` is valid; a value that is nested too deep is not."""
        try:
            return self.quick.is_valid(value) or (self.may_be_cut and not self.problems(value))
        except ValueError:
            return False

    def problems(self, value: Json, base: Path = (), unread: Json = None) -> list[Problem]:
        """Return the problems of `value`, in the order of the schema's members; paths start with `base`.

        If `value` has more than `MAX_VALUES` values, only the first problem is returned. The items of the
        list `unread`, which the schema does not constrain, are not counted.
        """
        find = first_problem if has_many_values(value, unread) else problems_found
        found = find(self.quick, value, base)
        if "pattern" in [problem.rule for problem in found]:
            found = find(self.thorough, value, base)
        if len(found) > 1:
            found.sort(key=lambda problem: self._rank(problem.path[len(base) :]))
        return found

    def problems_by_item(self, items: list[Json]) -> dict[int, list[Problem]]:
        """Return the problems of a list's invalid items by index. Formats have the rule `pattern`.

        Raises ValueError: an item is nested too deep.
        """
        found: dict[int, list[Problem]] = {}
        for error in self.quick.iter_errors(items):
            index: Any = error.instance_path.pop(0)
            found.setdefault(index, []).extend(problems_of(error, items[index], ()))
        for problems in found.values():
            if len(problems) > 1:
                problems.sort(key=lambda problem: self._rank((0, *problem.path)))
        return found

    def _rank(self, path: Path) -> tuple[int, ...]:
        node, ranks = resolve(self.document, self.node), []
        for step in path:
            if isinstance(step, int):
                ranks.append(step)
                node = resolve(self.document, node.get("items", {}))
                continue
            properties = node.get("properties", {})
            ranks.append(list(properties).index(step) if step in properties else len(properties))
            node = resolve(self.document, properties.get(step, {}))
        return tuple(ranks)


class PooledSchema(Value, frozen=True, dict=True, weakref=True):
    """A schema that is compiled together with others. It judges as `LoneSchema` does."""

    node: Document
    document: Document
    name: str
    """Name of the member whose schema this is, in the object that the pool compiles."""
    pool: SchemaPool

    def accepts(self, value: Json) -> bool:
        return self.pool.whole.accepts({self.name: value})

    def problems(self, value: Json, base: Path = (), unread: Json = None) -> list[Problem]:
        found = self.pool.whole.problems({self.name: value}, (), unread)
        return [replace(problem, path=(*base, *problem.path[1:])) for problem in found]


Schema: TypeAlias = LoneSchema | PooledSchema
Made = TypeVar("Made")


class SchemaPool(Struct, eq=False, weakref=True):
    """Schemas of one document that are compiled as the members of one object.

    What they refer to is compiled once for all of them. In a large file whose schemas refer to each other,
    each schema compiled alone takes several MiB.
    """

    compile: Callable[[Document], LoneSchema]
    whole: LoneSchema
    adding: Lock = field(default_factory=Lock)

    def add(self, document: Document, node: Document) -> PooledSchema:
        """Return the schema, compiled with all that were added before. Raises SpecError."""
        with self.adding:
            members = self.whole.node.get("properties", EMPTY)
            name = f"m{len(members)}"
            self.whole = self.compile({"properties": {**members, name: node}})
            return PooledSchema(node, document, name, self)


class NumberMember(Value, frozen=True):
    """A number member of a batch's items, with its bounds, which may be infinite."""

    name: str
    types: frozenset[type]
    least: Decimal
    greatest: Decimal

    def accepts_all(self, items: Iterable[Document]) -> bool:
        """Return whether every item that has the member has a valid value."""
        name = self.name
        values = [one[name] for one in items if name in one]
        if not self.types.issuperset(map(type, values)):
            return False
        numbers = [value for value in values if value is not None] if _NULL in self.types else values
        return not numbers or (
            min(numbers) >= self.least and (self.greatest.is_infinite() or max(numbers) <= self.greatest)
        )

    def find_invalid(self, items: Sequence[Json]) -> list[int]:
        """Return the indexes of the objects that have an invalid value."""
        name, least, greatest = self.name, self.least, self.greatest
        found = [(index, one[name]) for index, one in enumerate(items) if type(one) is dict and name in one]
        return [
            index
            for index, one in found
            if type(one) not in self.types or not (one is None or least <= one <= greatest)
        ]


class ListSchema(Value, frozen=True):
    """The schema of a batch's items, which refuses undeclared members."""

    whole: Schema
    """Judges a list of items, except for their `numbers`."""
    one: Schema
    """Judges one item, except for its `numbers`."""
    numbers: Sequence[NumberMember]
    """Number members, which `find_invalid` checks without the schema library.

    The library needs as long for one decimal as for the rest of a small item.
    """
    most_bytes: int
    """Maximum size of a body whose invalid items are judged together; 0 if each has to be judged alone."""
    unclear: frozenset[str]
    """Rules whose problems are not told, because an open schema may have other rules or other words."""

    def find_invalid(self, items: list[Json], size_bytes: int) -> dict[int, Sequence[Problem]]:
        """Return the problems of each invalid item of a body by index, with paths that start at the item.

        () stands for problems that are not known, such as those of an item that is nested too deep.
        """
        found: dict[int, Sequence[Problem]] = {}
        for start in range(0, len(items), _AT_ONCE):
            some = items[start : start + _AT_ONCE]
            invalid = {} if not found and self.whole.accepts(some) else self._judge(some, size_bytes)
            for member in self.numbers:
                if not member.accepts_all([one for one in some if type(one) is dict] if invalid else some):
                    invalid |= dict.fromkeys(member.find_invalid(some), ())
            found |= {start + at: problems for at, problems in invalid.items()}
        return found

    def _judge(self, some: list[Json], size_bytes: int) -> dict[int, Sequence[Problem]]:
        widest = max([len(one) for one in some if type(one) is dict], default=0)
        is_small = size_bytes <= self.most_bytes and widest <= _FEW_MEMBERS
        if is_small and isinstance(self.whole, LoneSchema):
            with suppress(ValueError):
                return {
                    at: problems if self._are_all(problems, some[at]) else ()
                    for at, problems in self.whole.problems_by_item(some).items()
                }
        return {at: () for at, one in enumerate(some) if not self.one.accepts(one)}

    def _are_all(self, problems: Sequence[Problem], item: Json) -> bool:
        """Return whether an item that is judged alone has the same problems."""
        rules = [one.rule for one in problems]
        return self.unclear.isdisjoint(rules) and not has_many_values(item, None)


def compile_schema(  # noqa: PLR0913 - each has its default
    document: Document,
    node: Document,
    formats: Formats,
    *,
    closed: bool = False,
    optional: str = "",
    every_format: bool = False,
) -> Schema:
    """Compile `node` of `document`; if `closed`, refuse undeclared members. Raises SpecError.

    `optional` names the keyword of members that are not required: `readOnly` in requests, `writeOnly` in
    answers. If `every_format`, also judge the formats that only the library knows, such as email.
    """
    way = (closed, optional, every_format, *formats.items())
    alone = partial(_compile, document, formats, closed=closed, optional=optional, every_format=every_format)

    def compile_anew(_: Document) -> Schema:
        if len(referenced_schemas(document, node)) <= _MOST_REFERENCES:
            return alone(node)
        return shared(document, lambda _: SchemaPool(alone, alone(EMPTY)), *way).add(document, node)

    return shared(document, compile_anew, repr(node), *way)


def shared(document: Document, make: Callable[[Document], Made], *key: object) -> Made:
    """Return what `make` returned for this document and `key` (default: `make`) while that is in use.

    What `make` returns must refer to the document, so that no other document gets its `id()` meanwhile.
    """
    place = (id(document), *(key or (make,)))
    found: Made | None = _in_use().get(place)
    return _in_use().setdefault(place, make(document)) if found is None else found


@cache
def _in_use() -> WeakValueDictionary[object, Any]:
    return WeakValueDictionary()


def _compile(  # noqa: PLR0913 - `compile_schema` has the defaults
    document: Document, formats: Formats, node: Document, *, closed: bool, optional: str, every_format: bool
) -> LoneSchema:
    components = {"schemas": referenced_schemas(document, node)}
    shape = partial(with_optional, mark=optional, document=document)
    patterns = {name: check for name, check in formats.items() if isinstance(check, str)}
    functions = {name: check for name, check in formats.items() if not isinstance(check, str)}
    checks = {name: _format_checker(check) for name, check in formats.items()}

    def validator(
        patterns: Mapping[str, str], checks: Mapping[str, Callable[[str], bool]]
    ) -> jsonschema_rs.Draft4Validator:
        rewritten = {
            **to_draft4(shape(node), patterns, closed=closed),
            "components": to_draft4(shape(components), patterns, closed=closed),
        }
        return jsonschema_rs.Draft4Validator(
            rewritten,
            formats=dict(checks),
            validate_formats=every_format or bool(checks),
            pattern_options=LIMITED,
        )

    try:
        return LoneSchema(
            node,
            document,
            validator(patterns, functions),
            partial(validator, EMPTY, checks),
            may_be_cut([node, components]),
        )
    except (jsonschema_rs.ValidationError, ValueError) as error:
        first_line = str(error).partition("\n")[0]
        raise SpecError(f"schema cannot be compiled: {first_line}") from None


@cache
def format_check(name: str) -> Callable[[Json], bool]:
    """Return a function that tells whether a text has the format; every text has an unknown format."""
    node = {"type": "string", "format": name}
    return compile_schema(EMPTY, node, COMMON_FORMATS, every_format=True).accepts


def broken_formats(schema: Schema, content: Document) -> Formats:
    """Return the formats that an example of a media type breaks, as formats that accept every text.

    An example counts if it breaks formats alone.
    """
    sources = [(content, "example"), (resolve(schema.document, schema.node), "example")]
    sources += [(one, "value") for one in content.get("examples", EMPTY).values()]
    wrong = [one[word] for one, word in sources if word in one and not schema.accepts(one[word])]
    rules = [{problem.rule for problem in schema.problems(value)} for value in wrong]
    broken = [one for one in rules if all(rule.startswith("format:") for rule in one)]
    return {rule.removeprefix("format:"): _ANY_TEXT for rule in set().union(*broken)}


def compile_answer(document: Document, content: Document, formats: Formats) -> Schema:
    """Compile the schema of answers in a media type, without the `broken_formats`. Raises SpecError."""
    schema = compile_schema(document, content.get("schema", EMPTY), formats, optional="writeOnly")
    broken = broken_formats(schema, content)
    return compile_answer(document, content, {**formats, **broken}) if broken else schema


class SchemaCompiler(Value, frozen=True):
    """Compiler of schemas of requests."""

    document: Document
    formats: Formats
    every_format: bool = False

    def compile(self, node: Document, *, closed: bool = False) -> Schema:
        return compile_schema(
            self.document,
            node,
            self.formats,
            closed=closed,
            optional="readOnly",
            every_format=self.every_format,
        )

    def compile_list(self, item: Document) -> ListSchema:
        node, numbers = _without_numbers(self.document, item)
        whole = self.compile({"type": "array", "items": node}, closed=True)
        members = resolve(self.document, item).get("properties", EMPTY).values()
        is_flat = all(resolve(self.document, one).get("type") in _SCALAR_TYPES for one in members)
        is_closed = is_flat and resolve(self.document, item).get("additionalProperties") is False
        most_bytes = _MOST_FLAT_BYTES if is_flat else _MOST_BYTES
        most_bytes = most_bytes if has_bounded_depth(self.document, item) else 0
        unclear = frozenset({"pattern"} if is_closed else {"pattern", "additionalProperties"})
        return ListSchema(whole, self.compile(node, closed=True), numbers, most_bytes, unclear)


def _without_numbers(document: Document, item: Document) -> tuple[Document, Sequence[NumberMember]]:
    """Return an item's schema without the rules of its plain number members, and these members."""
    node = resolve(document, item)
    if node.get("type") != "object" or node.get("nullable"):
        return item, ()
    members = {name: resolve(document, one) for name, one in node.get("properties", EMPTY).items()}
    numbers = [
        NumberMember(
            name,
            frozenset((int, Decimal, _NULL) if one.get("nullable") else (int, Decimal)),
            Decimal(str(one.get("minimum", "-Infinity"))),
            Decimal(str(one.get("maximum", "Infinity"))),
        )
        for name, one in members.items()
        if one.get("type") == "number"
        and one.keys() <= _OF_PLAIN_NUMBERS
        and one.get("format") not in _INTEGER_BOUNDS
    ]
    return {**node, "properties": {**members, **{one.name: EMPTY for one in numbers}}}, numbers


def referenced_schemas(document: Document, node: Json) -> dict[str, Json]:
    known: Mapping[str, Json] = document.get("components", {}).get("schemas", {})
    found: dict[str, Json] = {}
    ahead = [node]
    while ahead:
        here = ahead.pop()
        if isinstance(here, list):
            ahead += here
        elif isinstance(here, dict):
            ahead += here.values()
            name = str(here.get("$ref", "")).removeprefix(_SCHEMA_POINTER).partition("/")[0]
            if name in known and name not in found:
                found[name] = known[name]
                ahead.append(known[name])
    return found


def _format_checker(check: str | Callable[[str], bool]) -> Callable[[str], bool]:
    if not isinstance(check, str):
        return check
    matches = re.compile(check, re.ASCII).fullmatch
    return lambda text: matches(text) is not None


def to_draft4(
    node: Json, patterns: Mapping[str, str] = EMPTY, *, closed: bool = False, named: bool = False
) -> Any:
    """Return an OpenAPI 3.0 schema as Draft 4: `nullable` becomes a type, formats become bounds or patterns.

    If `named`, the keys of `node` are names, not keywords.
    """
    if isinstance(node, list):
        return [to_draft4(child, patterns, closed=closed) for child in node]
    if not isinstance(node, dict):
        return node
    if named:
        return {name: to_draft4(child, patterns, closed=closed) for name, child in node.items()}
    schema = {
        key: child
        if key in _VERBATIM_KEYWORDS
        else to_draft4(child, patterns, closed=closed, named=key in _NAME_MAPS)
        for key, child in node.items()
        if key not in _ANNOTATIONS and not key.startswith("x-")
    }
    schema = with_limit(schema)
    if node.get("nullable") is True and "type" in node:
        schema["type"] = [node["type"], "null"]
    if bound := _INTEGER_BOUNDS.get(str(node.get("format"))):
        schema.setdefault("minimum", -bound)
        schema.setdefault("maximum", bound - 1)
        del schema["format"]
    elif pattern := patterns.get(str(node.get("format"))):
        del schema["format"]
        schema["allOf"] = [*schema.get("allOf", ()), {"pattern": pattern}]
    if first := node.get("x-prefix-items"):
        rest = schema.get("items", {})
        schema["additionalItems"] = rest["anyOf"][-1] if "anyOf" in rest else rest
        schema["items"] = to_draft4(first, patterns, closed=closed)
    if closed and "properties" in schema:
        schema.setdefault("additionalProperties", False)
    return schema


def with_optional(
    node: Json, mark: str, names: frozenset[str] = frozenset(), document: Document = EMPTY
) -> Any:
    """Return the schema in which members in `names`, or with the keyword `mark`, are not required.

    The keyword may be in a schema of `document` to which the member refers.
    """
    inner = partial(with_optional, mark=mark, names=names, document=document)
    if isinstance(node, list):
        return [*map(inner, node)]
    if not isinstance(node, dict) or not (mark or names):
        return node
    made: dict[str, Any] = {}
    for key, child in node.items():
        if key == "properties" and isinstance(child, dict):
            made[key] = {name: inner(member) for name, member in child.items()}
        else:
            made[key] = child if key in _DATA or key.startswith("x-") else inner(child)
    if isinstance(node.get("required"), list):
        members = node.get("properties")
        of_mark = members.items() if isinstance(members, dict) and mark else ()
        marked = names.union(name for name, member in of_mark if resolve(document, member).get(mark))
        made["required"] = [name for name in node["required"] if name not in marked]
        if not made["required"]:
            del made["required"]
    return made


def extension_values(
    document: Document, node: Document, extension: str, path: Path = (), seen: frozenset[str] = frozenset()
) -> dict[Path, Any]:
    """Return the values of `extension` in the schema, by path; "*" in a path means every element."""
    reference, found = node.get("$ref", ""), {}
    if reference in seen:
        return {}
    seen, here = (seen | {reference} if reference else seen), resolve(document, node)
    for source in (node, here):
        if extension in source:
            found[path] = source[extension]
    below = [((*path, name), child) for name, child in here.get("properties", {}).items()]
    below += [((*path, "*"), here["items"])] if "items" in here else []
    below += [(path, part) for part in here.get("allOf", ())]
    for place, child in below:
        found |= extension_values(document, child, extension, place, seen)
    return found


def has_bounded_depth(document: Document, node: Document, seen: frozenset[str] = frozenset()) -> bool:
    """Return whether the depth of valid values is limited: no recursion, no free-form member."""
    reference = node.get("$ref", "")
    if reference in seen:
        return False
    seen, here = (seen | {reference} if reference else seen), resolve(document, node)
    if here.get("type") in _SCALAR_TYPES:
        return True
    inner = [*here.get("properties", {}).values()]
    inner += [here["items"]] if "items" in here else []
    return (
        bool(inner)
        and not _OPEN_KEYWORDS.intersection(here)
        and here.get("additionalProperties", False) is False
        and all(has_bounded_depth(document, child, seen) for child in inner)
    )
