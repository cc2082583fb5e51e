"""Values for the answers that a spec declares: by name, type and limits of each member.

A member of known meaning is filled; a member of unknown meaning only if required, with the plainest value.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from operator import ge, gt, le, lt
from typing import Any

from msgspec import field
from msgspec.structs import replace

from mockserver.engine.batch_facts import COUNTS, batch_fact
from mockserver.model import EMPTY, Document, Json, Path, Problem, Value, pointer_of
from mockserver.spec.openapi import merged, plain
from mockserver.spec.outcomes import side_of
from mockserver.spec.patterns import foreign_pattern, text_for
from mockserver.spec.schema import COMMON_FORMATS

_DEEPEST = 8
_INVENTED: Mapping[str, str] = {
    "uuid": "00000000-0000-4000-8000-000000000000",
    "date": "2026-01-01",
    "email": "nobody@example.com",
    "uri": "about:blank",
    "uri-reference": "about:blank",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
}
_TEXTS = ("none", "NONE", "0", "00000000", "A", "a", "A-1", "AA-0001", "E0001", "E-0001")

_TEXT_NAMES = ("message", "detail", "errordescription", "errormessage", "description", "msg", "text")
SENTENCES = (*_TEXT_NAMES, "reason", "error", "details", "fault", "cause", "info", "title")
"""Names of members for the sentence of an answer, the likeliest first."""

TITLES = frozenset({"title", "error", "reason", "summary", "statustext", "phrase"})
CODES = frozenset({"code", "errorcode", "type", "kind", "category", "errortype", "reasoncode", "rule"})
STATUSES = frozenset({"status", "statuscode", "httpstatus", "httpcode", "httpstatuscode"})
PLACES = frozenset({"pointer", "path", "location", "jsonpath", "jsonpointer", "in", "where"})
FIELDS = frozenset({"field", "member", "property", "parameter", "param", "source", "attribute", "target"})
ADDRESSES = frozenset({"instance", "path", "uri", "url", "requesturi"})
TIMES = frozenset({"timestamp", "time", "at", "date", "datetime", "occurredat"})
ERRORS = frozenset(
    {"errors", "error", "details", "problems", "violations", "messages", "issues", "causes", "reasons"}
    | {"warnings", "validationerrors", "fielderrors", "invalidparams", "modelstate", "errormessages"}
    | {"errorlist", "rootcause"}
)
SUCCESSES = frozenset({"success", "ok", "successful", "accepted", "valid", "isvalid", "succeeded"})
FAILURES = frozenset({"failed", "failure", "iserror", "haserrors", "error", "rejected"})
_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "malformed": ("malformed", "badrequest", "parseerror", "invalidjson", "invalid", "validation"),
    "invalid": ("invalid", "validationfailed", "validationerror", "validation", "badrequest"),
    "unauthorized": ("unauthorized", "unauthenticated", "authentication", "auth"),
    "forbidden": ("forbidden", "permissiondenied", "accessdenied", "denied"),
    "not-found": ("notfound", "unknown", "missing"),
    "method-not-allowed": ("methodnotallowed", "notallowed", "unsupported", "badrequest", "invalid"),
    "rejected": ("rejected", "conflict", "duplicate", "invalid"),
    "too-large": ("toolarge", "payloadtoolarge", "requesttoolarge", "limit"),
    "too-many-items": ("toomanyitems", "toolarge", "limit"),
    "unsupported-media-type": ("unsupportedmediatype", "mediatype", "unsupported"),
    "not-acceptable": ("notacceptable", "unsupported"),
    "too-many-requests": ("toomanyrequests", "ratelimited", "ratelimit", "throttled", "quota", "limit"),
    "headers-too-large": ("headerstoolarge", "toolarge"),
    "unavailable": ("unavailable", "serviceunavailable", "maintenance"),
    "created": ("created", "create", "inserted", "insert", "new"),
    "updated": ("updated", "update", "changed"),
    "failed": ("internal", "internalerror", "internalservererror", "servererror", "failed", "failure"),
    "missing-required": ("missing", "required", "missingrequired", "missingfield", "validation", "invalid"),
    "duplicate-key": ("duplicate", "alreadyexists", "exists", "conflict", "invalid"),
}
"""For each code of mockserver, the words that specs use for the code, the likeliest first."""

LAST_RESORTS = ("error", "failed", "failure", "other", "general", "unknown", "invalid", "badrequest")
_KINDS: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, Decimal),
    "boolean": (bool,),
    "array": (),
    "object": (),
}
_NUMBER_LIMITS = frozenset({"minimum", "maximum", "multipleOf"})


def placed_detail(problem: Problem) -> str:
    """Return the detail of a problem, after its place unless the detail names the member."""
    if not problem.path or f'"{problem.path[-1]}"' in problem.detail:
        return problem.detail
    return f"{'.'.join(map(str, problem.path))}: {problem.detail}"


class Message(Value, frozen=True):
    """Content of an answer, from which the members of a schema are filled."""

    status: int
    sentence: str
    title: str = ""
    code: str = ""
    """A code of mockserver, such as `not-found`; answers spell the code as the spec does."""
    problems: tuple[Problem, ...] = ()
    now: str = ""
    address: str = ""
    """Path of the call."""
    path: Path = ()
    """Path of the problem, if the message is about one problem."""
    document: Document = EMPTY
    """The item, whose members the answer may repeat."""
    is_refusal: bool = True
    counts: Mapping[str, int] = EMPTY
    """Numbers of items, by outcome, and in total."""

    def of(self, problem: Problem, *, is_placed: bool = True) -> Message:
        """Return the message about one problem; the sentence names the place unless another member does."""
        sentence = problem.detail if is_placed else placed_detail(problem)
        return replace(self, sentence=sentence, code=problem.code, problems=(), path=problem.path, address="")


class Filled(Value, frozen=True):
    """A value for a schema."""

    value: Json
    told: bool = False
    """Whether the value tells what happened; if not, only a required member needs the value."""


class _Node(Value, frozen=True):
    """A schema, prepared for filling."""

    origin: Any
    """The schema as in the document, before merging."""
    merged: dict[str, Any]
    speaker: str
    """The member for the sentence; "" if there is none."""
    accepts: Callable[[Json], bool]


class SchemaFilling(Value, frozen=True, weakref=True):
    """Filler of the schemas of one document."""

    document: Document
    nodes: dict[int, _Node] = field(default_factory=dict)
    """Schemas that are already prepared, by the `id()` of `_Node.origin`."""

    def fill(self, schema: Document, message: Message, given: Json = None, name: str = "") -> Json:
        """Return a value for the schema of a member called `name`; `given` members stay unchanged."""
        return self._filled(name, schema, message, given, _DEEPEST).value

    def merged(self, schema: Any) -> dict[str, Any]:
        return merged(self.document, schema)

    def at(self, schema: Any, path: Path) -> dict[str, Any]:
        """Return the schema at the steps of a pointer, into lists and maps too; {} if there is none."""
        node = self.merged(schema)
        for step in path:
            others = node.get("items" if "items" in node else "additionalProperties")
            inner = node.get("properties", EMPTY).get(step, others)
            node = self.merged(inner) if isinstance(inner, dict) else {}
        return node

    def with_numbers(self, schema: Any, path: Path) -> Path:
        """Return the steps of a pointer, with numbers for the steps that lead into a list."""
        in_lists = ["items" in self.at(schema, path[:number]) for number in range(len(path))]
        return tuple(
            int(step) if in_list and str(step).isdecimal() else step
            for step, in_list in zip(path, in_lists, strict=True)
        )

    def _node(self, schema: Any) -> _Node:
        known = self.nodes.get(id(schema))
        if known is None:
            merged = self.merged(schema)
            speaker = self._speaker(merged.get("properties", EMPTY))
            known = self.nodes[id(schema)] = _Node(schema, merged, speaker, value_check(merged))
        return known

    def _filled(self, name: str, schema: Any, message: Message, given: Json, depth: int) -> Filled:
        if depth == 0:
            return Filled(None)
        node_of = self._node(schema)
        node = node_of.merged
        has_members = "properties" in node or isinstance(node.get("additionalProperties"), dict)
        if node.get("type") == "object" or has_members or isinstance(given, dict):
            made = self._object(node_of, message, given, depth)
            if given is None and plain(name) in ERRORS and not message.is_refusal:
                made = Filled(made.value)  # an answer that is no refusal has no error
            return Filled(None) if given is None and node.get("nullable") and not made.told else made
        if given is not None:
            return Filled(given, told=True)
        if node.get("type") == "array":
            return self._array(name, node, message, depth)
        return _scalar(name, node, message)

    def _object(self, node_of: _Node, message: Message, given: Json, depth: int) -> Filled:
        node, speaker = node_of.merged, node_of.speaker
        properties, others = node.get("properties", EMPTY), node.get("additionalProperties", True)
        there: Document = given if isinstance(given, dict) else EMPTY
        if not properties and isinstance(others, dict) and given is None:
            return self._by_place(others, message, depth)
        if not properties and not there:
            return Filled({}, told=False)
        required, members, told = node.get("required", ()), dict(there), False
        for member, schema in properties.items():
            if member in there:
                filled = self._filled(member, schema, message, there[member], depth - 1)
            else:
                filled = self._member(member, schema, message, speaker, depth)
            is_shown = member in there or (filled.told and (given is None or bool(message.counts)))
            if is_shown or member in required:
                members[member] = filled.value
            told = told or filled.told
        order = [
            *(one for one in properties if one in members),
            *(one for one in members if one not in properties),
        ]
        return Filled({one: members[one] for one in order}, told)

    def _member(self, member: str, schema: Any, message: Message, speaker: str, depth: int) -> Filled:
        repeated = message.document.get(member)
        # A status inside a row is that of an error; one of the row itself may be a member of the item.
        repeats = repeated is not None and (depth == _DEEPEST or plain(member) not in STATUSES)
        if repeats and self._node(schema).accepts(repeated):
            return Filled(repeated)
        if member == speaker and side_of(member) == "bad" and not message.is_refusal:
            return Filled(None) if self._node(schema).merged.get("nullable") else Filled("")
        if member == speaker:
            text = fitting_text(self._node(schema).merged, message.sentence, message.title)
            return Filled(text, told=bool(message.sentence))
        filled = self._filled(member, schema, message, None, depth - 1)
        is_list = plain(member) in ERRORS and isinstance(filled.value, list)
        if is_list and speaker and not message.problems:
            return Filled(filled.value, told=False)
        return filled

    def _speaker(self, properties: Mapping[str, Any]) -> str:
        """Return the member for the sentence: the likeliest name of a free text; "" if there is none."""
        free = {
            plain(member): member
            for member, schema in properties.items()
            if is_free_text(self.merged(schema))
        }
        alike = [name for name in free if name.endswith(("message", "msg", "string"))]
        return next((free[name] for name in (*SENTENCES, *alike) if name in free), "")

    def _by_place(self, schema: Document, message: Message, depth: int) -> Filled:
        """Return the problems by place, such as `{"/items/0/number": [...]}`."""
        values: dict[str, Json] = {}
        for problem in message.problems:
            node = self.merged(schema)
            inner = self._filled(
                "errors" if node.get("type") == "array" else "message",
                schema,
                message.of(problem),
                None,
                depth - 1,
            )
            place = problem.pointer or "/"
            both = isinstance(values.get(place), list) and isinstance(inner.value, list)
            values[place] = [*values[place], *inner.value] if both else inner.value
        return Filled(values, told=bool(values))

    def _array(self, name: str, node: Document, message: Message, depth: int) -> Filled:
        items, least = node.get("items", EMPTY), node.get("minItems", 0)
        says = (not name or plain(name) in ERRORS | {"detail"}) and (
            message.is_refusal or bool(message.problems)
        )
        # Beside the rows of a batch, an entry would have to name its item, so that none is made.
        says = says and not (message.counts and "properties" in self.merged(items))
        inside = map(plain, self.merged(items).get("properties", EMPTY))
        is_placed = not (message.address and (PLACES | FIELDS).isdisjoint(inside))
        parts = (
            [message.of(problem, is_placed=is_placed) for problem in message.problems]
            or [replace(message, problems=())]
            if says
            else []
        )
        values = [self._filled("message", items, part, None, depth - 1).value for part in parts]
        values = values[: node.get("maxItems", len(values))]
        while len(values) < least:
            values.append(self._filled("", items, message, None, depth - 1).value)
        return Filled(values, told=says)


def _scalar(name: str, node: Document, message: Message) -> Filled:
    if not message.counts:
        return _told_scalar(name, node, message)
    fact = batch_fact(name, node, message.counts)
    if fact is not None and value_check(node)(fact):
        return Filled(fact, told=True)
    return Filled(_told_scalar(name, node, message).value)


def _told_scalar(name: str, node: Document, message: Message) -> Filled:
    if node.get("enum"):
        return _chosen(name, node, message)
    if node.get("type") in ("integer", "number"):
        return _number(name, node, message)
    return _truth(name, node, message) if node.get("type") == "boolean" else _text(name, node, message)


def _chosen(name: str, node: Document, message: Message) -> Filled:
    values = [value for value in node["enum"] if value is not None]
    words = _SYNONYMS.get(message.code, ("validation", "invalid"))
    found = pick(values, message.status, message.title, message.code, *words)
    if found is None and message.is_refusal:
        found = pick(values, *LAST_RESORTS)
    elif found is None:
        values.sort(key=lambda value: side_of(value) == "bad")
    says = plain(name) in CODES | STATUSES
    return Filled(found if found is not None else next(iter(values), None), told=says)


def _number(name: str, node: Document, message: Message) -> Filled:
    called = plain(name)
    least, most = node.get("minimum"), node.get("maximum")
    in_reach = (least is None or message.status >= least) and (most is None or message.status <= most)
    if called in STATUSES | {"code", "errorcode"} and in_reach:
        return Filled(message.status, told=True)
    if node.get("nullable"):
        return Filled(None)
    number = nearest_number(node, Decimal(0))
    return Filled(int(number) if number == int(number) else number)


def _truth(name: str, node: Document, message: Message) -> Filled:
    called = plain(name)
    of_action = (one for one in ("created", "updated") if called.removeprefix("is") in COUNTS[one])
    if action := next(of_action, ""):
        return Filled(message.code == action, told=True)
    if called in FAILURES:
        return Filled(message.is_refusal, told=True)
    is_told, usual = called in SUCCESSES, node.get("default")
    return Filled(usual if isinstance(usual, bool) and not is_told else not message.is_refusal, is_told)


def _text(name: str, node: Document, message: Message) -> Filled:
    told = _told_text(plain(name), node, message)
    if told:
        fitting = fitting_text(node, *told)
        if fitting is not None:
            return Filled(fitting, told=True)
    if node.get("nullable"):
        return Filled(None)
    known = (node[one] for one in ("default", "example") if one in node)
    if (fitting := next(filter(value_check(node), known), None)) is not None:
        return Filled(fitting)
    text = (
        message.now
        if node.get("format") == "date-time" and message.now
        else _INVENTED.get(node.get("format", ""))
    )
    made = text_for(node["pattern"], 0, node.get("minLength", 0)) if "pattern" in node else None
    filler = fitting_text(node, *((text,) if text else _TEXTS), *((made,) if made else ()))
    return Filled("" if filler is None else filler)


def _told_text(called: str, node: Document, message: Message) -> tuple[str, ...]:
    """Return the message's texts for a member named `called`, the best first; () if there are none."""
    form = node.get("format", "")
    if form:
        is_time = form == "date-time" and called in TIMES
        is_type = form in ("uri", "uri-reference") and called == "type"
        return (message.now,) if is_time else ("about:blank",) if is_type else ()
    place = ".".join(map(str, message.path))
    choices = (
        (PLACES, (pointer_of(message.path),) if message.path else ()),
        (FIELDS, (place, place.rpartition(".")[2]) if place else ()),
        (ADDRESSES, (message.address,)),
        (STATUSES, (str(message.status), message.title)),
        (CODES, _spellings(message.code)),
        (TITLES, (message.title, message.sentence)),
        (frozenset({"message"}), (message.sentence, message.title)),
    )
    fitting = (texts for known, texts in choices if called in known and any(texts))
    return tuple(filter(None, next(fitting, ())))


def _spellings(code: str) -> tuple[str, ...]:
    """Return a code in the spellings of specs: not-found, not_found, NOT_FOUND, NotFound, NOT-FOUND."""
    words = code.split("-")
    return (
        code,
        "_".join(words),
        "_".join(words).upper(),
        "".join(word.capitalize() for word in words),
        code.upper(),
    )


def pick(values: Iterable[Json], *wanted: object) -> Json:
    """Return a value that equals a wanted text, else a value that contains a wanted text, else None.

    Wanted texts are tried in their order.
    """
    listed = [value for value in values if value is not None]
    texts = [text for one in wanted if (text := plain(one))]
    for text in texts:
        for value in listed:
            if plain(value) == text:
                return value
    for text in texts:
        for value in listed:
            if isinstance(value, str) and len(text) > 3 and text in plain(value):  # noqa: PLR2004 - "ok" is in much
                return value
    return None


def _types_of(node: Document) -> tuple[type, ...]:
    return _KINDS.get(node.get("type", ""), (str, int, Decimal, bool))


def unlimited_types(node: Document) -> frozenset[type]:
    """Return the types of which `value_check` accepts every value."""
    checks = (_text_check(node), _number_check(node))
    return (
        frozenset() if node.get("enum") or checks != (_any_value, _any_value) else frozenset(_types_of(node))
    )


def value_check(node: Document) -> Callable[[Json], bool]:
    """Return a function that checks texts, numbers and Booleans by a schema without references."""
    if unlimited := unlimited_types(node):
        return lambda value: value.__class__ in unlimited
    kinds = _types_of(node)
    enum, accepts_text, accepts_number = node.get("enum"), _text_check(node), _number_check(node)
    takes_boolean = bool in kinds

    def check(value: Json) -> bool:
        if not isinstance(value, kinds) or (value.__class__ is bool and not takes_boolean):
            return False
        if enum and value not in enum:
            return False
        if isinstance(value, str):
            return accepts_text(value)
        return value.__class__ is bool or accepts_number(value)

    return check


def _text_check(node: Document) -> Callable[[str], bool]:
    """Return a function that checks length, pattern and format of a text; an invalid pattern is ignored."""
    least, most = node.get("minLength", 0), node.get("maxLength", sys.maxsize)
    of_format = COMMON_FORMATS.get(node.get("format", ""))
    patterns = (node.get("pattern"), of_format if isinstance(of_format, str) else None)
    searches = [found.may_match for pattern in patterns if pattern and (found := foreign_pattern(pattern))]
    if not searches and not least and most == sys.maxsize:
        return _any_value
    return lambda text: least <= len(text) <= most and all(search(text) for search in searches)


def _number_check(node: Document) -> Callable[[Json], bool]:
    if _NUMBER_LIMITS.isdisjoint(node):
        return _any_value
    least, most, step = (_exactly(node.get(name)) for name in ("minimum", "maximum", "multipleOf"))
    is_above = gt if node.get("exclusiveMinimum") else ge
    is_below = lt if node.get("exclusiveMaximum") else le

    def check(number: Json) -> bool:
        if (least is not None and not is_above(number, least)) or (
            most is not None and not is_below(number, most)
        ):
            return False
        return not step or Decimal(str(number)) % step == 0

    return check


def _exactly(number: Json) -> Decimal | None:
    """Return a schema's number without the rounding of floating point; None stays None."""
    return None if number is None else Decimal(str(number))


def _any_value(_value: Json) -> bool:
    return True


def is_free_text(node: Document) -> bool:
    if node.get("type", "string") != "string" or node.get("format", "string") != "string":
        return False
    return not {"enum", "properties", "additionalProperties"} & node.keys()


def nearest_number(node: Document, wanted: Decimal) -> Decimal:
    """Return the number nearest to `wanted` within the limits, rounded up to a step (down at the maximum)."""
    least, most = _limits(node)
    if least is not None and wanted < least:
        wanted = least
    if most is not None and wanted > most:
        wanted = most
    step = _exactly(node.get("multipleOf"))
    if not step:
        return wanted
    steps = wanted / step
    above = steps.to_integral_value(ROUND_CEILING) * step
    return above if most is None or above <= most else steps.to_integral_value(ROUND_FLOOR) * step


def _limits(node: Document) -> tuple[Decimal | None, Decimal | None]:
    """Return the least and the greatest usable number; None if there is no such limit.

    An exclusive limit moves inwards by 1 or, for fractions, by half the range if that is less.
    """
    least, most = _exactly(node.get("minimum")), _exactly(node.get("maximum"))
    away = Decimal(1)
    if least is not None and most is not None and node.get("type") != "integer":
        away = min(away, (most - least) / 2)
    return (
        least + away if least is not None and node.get("exclusiveMinimum") else least,
        most - away if most is not None and node.get("exclusiveMaximum") else most,
    )


def fitting_text(node: Document, *texts: str) -> str | None:
    """Return the first text that fits length and pattern, cut or padded with dots; None if none does."""
    least, most, pattern = node.get("minLength", 0), node.get("maxLength"), node.get("pattern")
    known = None if pattern is None else foreign_pattern(pattern)
    for text in texts:
        cut = text if most is None else text[:most]
        cut = cut if len(cut) >= least else cut.ljust(least, ".")
        if known is None or known.may_match(cut):
            return cut
    return None
