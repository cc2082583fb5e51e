"""Filter, sort and page lists of stored records by parameters with usual names; tell facts about a page."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from msgspec import field

from mockserver.engine.batch_facts import COUNTS
from mockserver.engine.declared_values import value_check
from mockserver.engine.resources import Resource
from mockserver.errors import InvalidCall
from mockserver.model import EMPTY, Document, Json, Problem, Value
from mockserver.spec.openapi import Operation, merged, plain
from mockserver.spec.paging_words import CURSORS, OFFSETS, PAGES, SIZES
from mockserver.vendor import Request

_SORTS = ("sort", "sortby", "orderby", "order")
_DIRECTIONS = ("direction", "sortdirection", "sortorder", "dir")
_RESERVED = frozenset({*SIZES, *OFFSETS, *PAGES, *CURSORS, *_SORTS, *_DIRECTIONS})
_SEARCHES = ("q", "search", "query")
_TOTALS = (
    *("itemstotal", "itemcount", "totalitems", "totalelements", "totalresults", "totalrecords"),
    "totalentries",
)
_CURSOR_FACTS = ("endcursor", "cursor", "after", "marker", "continuationtoken", "startingafter", "iterator")
"""Names, without "next", of members that have the cursor of the next page."""

_FROM_ONE = "startindex"
"""Offset that begins with 1 unless the file says another number, as in SCIM."""

_TEXT_OFFSETS = ("offset", "pageoffset", "start")
"""Offsets that are cursors if they are texts."""

_MORE = re.compile("(?:has|is)?(?:more|next)")
_STEP = re.compile(
    "(next|prev|first|last|self)(?:ious)?(?:page|results)?(?:cursor|token|marker|iterator|link|url|uri|href|path|offset|start|number)?"
)
"""Names of members that lead to another page, and which page that is."""

_IN_STEP = re.compile(
    "(?:page)?(?:cursor|token|marker|link|url|uri|href|path|offset|start|number|page|startingafter|after)"
)
"""Names of members of an object that leads to another page, such as `next_page: {offset, uri}`."""

_END = re.compile(
    "(?:first|(last))(?:item|row|record|object|entry|result)?(?:id|key|cursor|uuid|gid)|startcursor"
)
"""Names of members that have the key of a page's first record or, with `last`, of its last record."""

_OF_ALL = frozenset({"self", "first", "last"})
"""Steps that an object without a name for pages or links does not tell: `owner.self` is the owner's."""

_PAGED = re.compile(
    "links?|paging|pagination|page|pages|pageinfo|meta|metadata|listmetadata|responsemetadata|cursors?"
)
_LINK = re.compile("(?:link|url|uri|href|path)s?$")
_ANY_VALUE = ("all", "any", "*")
"""Words of a filter that let every record pass."""

_DOWN = re.compile(r"[: ]desc(ending)?$", re.IGNORECASE)


class Step(Value, frozen=True):
    """How a client asks for another page of a list; all members are empty if there is no such page."""

    link: Callable[[], str] | None = None
    """Function that returns the page's address."""
    cursor: str = ""
    number: int | None = None
    """Page number or offset."""


class Facts(Value, frozen=True):
    """What an answer tells about its page, or about what was done."""

    values: Mapping[str, Json]
    """Facts by the member's name in the form that `plain` returns."""
    steps: Mapping[str, Step] = field(default_factory=dict)
    """Steps by `next`, `prev`, `first`, `last` and `self`."""
    ends: tuple[Json, Json] | None = None
    """Keys of the first and of the last record of a page; each None if the page is empty."""

    def step(self, name: str, within: str = "") -> str:
        """Return which step a member tells: the member's own, or that of its object, `within`; else ""."""
        found = None if _END.fullmatch(plain(name)) else _STEP.fullmatch(plain(name))
        step = found[1] if found else within if _IN_STEP.fullmatch(plain(name)) else ""
        is_foreign = step in _OF_ALL and within not in ("", step) and not _PAGED.fullmatch(within)
        return step if step in self.steps and not is_foreign else ""

    def is_absent(self, name: str) -> bool:
        """Return whether the member leads to a page that there is not."""
        step = self.step(name)
        return self.steps[step] == Step() if step else self.values.get(plain(name), "") is None

    def fact(self, name: str, schema: Document, within: str = "") -> Json:
        """Return what the member says. Raises KeyError: the member tells none of these facts."""
        kind, step = schema.get("type"), self.step(name, within)
        if self.ends and (end := _END.fullmatch(plain(name))):
            key = self.ends[bool(end[1])]
            return str(key) if kind == "string" and key is not None else key
        if kind == "boolean" and _MORE.match(plain(name)) and "hasmore" in self.values:
            return self.values["hasmore"]
        if not step or kind == "boolean":
            return self.values[plain(name)]
        found = self.steps[step]
        if kind in ("integer", "number"):
            return found.number
        shown = str(schema.get("example", ""))
        is_link = schema.get("format") in ("uri", "url") or "/" in shown or "?" in shown
        is_link = is_link or bool(_LINK.search(plain(name)) or _LINK.search(within))
        if found.link is None or (found.cursor and not is_link):
            return found.cursor or None
        link = urlsplit(found.link())
        return (link._replace(scheme="", netloc="") if plain(name).endswith("path") else link).geturl()


class ListForm(Value, frozen=True):
    """What the parameters of a list operation say, whatever a call sends."""

    defaults: Mapping[str, Json] = field(default_factory=dict)
    """Defaults of the parameters that page or sort the list, by name in the form that `plain` returns."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Declared names by `cursor`, `page` and `offset`."""
    needed: frozenset[str] = frozenset()
    """Names, in the form of `plain`, of parameters that each call has to send."""
    first: int = 1
    """Number of the first page: 0 or 1."""
    base: int = 0
    """Offset of the first record: 0, or 1 as in SCIM."""
    start: Json = None
    """Default of the cursor, which asks for the first page; None if the cursor has no default."""
    refuses_cursors: bool = False
    """Whether a cursor that is no record's key is refused, because the file declares a 400."""

    @classmethod
    def of(cls, operation: Operation, document: Document) -> ListForm:
        defaults: dict[str, Json] = {}
        names: dict[str, str] = {}
        first, base, start = 1, 0, None
        for one in (one for one in operation.parameters if one.place == "query"):
            name, schema = plain(one.name), merged(document, one.schema)
            if name in _RESERVED and name not in CURSORS and "default" in schema:
                defaults[name] = schema["default"]
            least = schema.get("default", schema.get("minimum"))
            if name in PAGES and least == 0:
                first = 0
            if name in OFFSETS and (least == 1 or (least is None and name == _FROM_ONE)):
                base = 1
            is_text, is_time = schema.get("type") == "string", str(schema.get("format")).startswith("date")
            if (name in CURSORS and not is_time) or (is_text and name in _TEXT_OFFSETS):
                if names.setdefault("cursor", one.name) == one.name:
                    start = schema.get("default")
            elif name in PAGES or name in OFFSETS:
                names.setdefault("page" if name in PAGES else "offset", one.name)
        needed = frozenset(plain(one.name) for one in operation.parameters if one.required)
        refuses = operation.declared_key(400) in ("400", "4XX")
        return cls(defaults, names, needed, first, base, start, refuses)


class Query(Value, frozen=True):
    """Parameters of a call that lists records."""

    values: Mapping[str, Json]
    """Values of parameters, by name in the form that `plain` returns."""
    form: ListForm = ListForm()
    url: str = ""
    """Address of the list, with the call's query."""

    def value(self, names: Sequence[str]) -> Any:
        return next((self.values[name] for name in names if name in self.values), None)

    def number(self, names: Sequence[str]) -> int | None:
        found = self.value(names)
        if isinstance(found, str) and found.isdecimal():
            return int(found)
        if isinstance(found, Decimal) and found.is_finite() and found == int(found):  # of `type: number`
            found = int(found)
        return found if type(found) is int and found >= 0 else None

    def link(self, position: Mapping[str, Json]) -> str:
        """Return the address of the list with another position, by the declared name of a parameter."""
        parts = urlsplit(self.url)
        places = self.form.names.values()
        kept = [one for one in parse_qsl(parts.query, keep_blank_values=True) if one[0] not in places]
        return parts._replace(query=urlencode([*kept, *position.items()])).geturl()


def read_query(request: Request, form: ListForm) -> Query:
    """Return the sent query parameters, and the defaults of unsent parameters that page or sort the list."""
    declared = (one.name for one in request.operation.parameters if one.place == "query")
    sent = {plain(name): request.parameters[name] for name in declared if name in request.parameters}
    call = request.call
    url = f"{call.origin}{call.mount}{call.path}"
    return Query({**form.defaults, **sent}, form, f"{url}?{call.query}" if call.query else url)


def page_of(records: Iterable[Document], query: Query, resource: Resource) -> tuple[list[Document], Facts]:
    """Return the page that a call asks for, and the facts about this page for an envelope.

    A cursor is the key of the last record before the page.
    """
    declared = {plain(name) for name in resource.members}
    ordered = _by_key(records, resource)
    found = _sorted(_agreeing(ordered, query, declared), query)
    size = query.number(SIZES)
    length = len(found) if size is None else size
    begin = _begin(ordered, found, query, resource, length)
    page = list(found[begin : begin + length])
    cursor = str(resource.key_in(page[-1])) if page and begin + length < len(found) else ""
    return page, Facts(
        {
            **dict.fromkeys((*COUNTS["total"], *_TOTALS), len(found)),
            **dict.fromkeys(("numberofelements", "returned"), len(page)),
            **dict.fromkeys(_CURSOR_FACTS, cursor or None),
            **dict.fromkeys(("before", "endingbefore"), None),
            **dict.fromkeys(("hasmore", "hasnext", "hasnextpage", "more"), bool(cursor)),
            **dict.fromkeys(("last", "islast", "done"), not cursor),
            "empty": not page,
            **_facts(query, begin, max(length, 1), len(found)),
        },
        _steps(query, begin, max(length, 1), len(found), cursor),
        (resource.key_in(page[0]), resource.key_in(page[-1])) if page else (None, None),
    )


def with_facts(
    document: Document, node: Document, drawn: Document, facts: Facts, within: str = ""
) -> dict[str, Any]:
    """Return `drawn` with `facts` at any depth; omit optional members with invalid facts.

    `within` is the step that the object `drawn` tells, else the object's name.
    """
    made: dict[str, Any] = {}
    for name, value in drawn.items():
        schema = merged(document, node.get("properties", EMPTY).get(name, EMPTY))
        is_needed = name in node.get("required", ())
        if isinstance(value, dict):
            step = facts.step(name)
            # On the last page, an object that must have the cursor of the next page is left out if it may be.
            absent = [facts.is_absent(one) for one in value if one in schema.get("required", ())]
            if not is_needed and (facts.is_absent(name) or (absent and all(absent))):
                continue
            inside = step or plain(name)
            made[name] = with_facts(document, schema, value, facts, inside)
            continue
        try:
            fact = facts.fact(name, schema, within)
        except KeyError:
            made[name] = value
            continue
        if value_check(schema)(fact) or (fact is None and schema.get("nullable")):
            made[name] = fact
        elif is_needed:
            made[name] = "" if fact is None and value_check(schema)("") else value
    return made


def _by_key(records: Iterable[Document], resource: Resource) -> list[Document]:
    return sorted(records, key=lambda one: _rank(resource.key_in(one)))


def _agreeing(records: Sequence[Document], query: Query, declared: Container[str]) -> Sequence[Document]:
    """Return the records that have the searched text and agree with each parameter named like a member."""
    wanted = {name: one for name, one in query.values.items() if name in declared and name not in _RESERVED}
    wanted = {name: one for name, one in wanted.items() if str(one).lower() not in _ANY_VALUE}
    if isinstance(of_filter := query.values.get("filter"), dict):
        wanted |= {plain(name): one for name, one in of_filter.items()}
    text = query.value(_SEARCHES)
    sought = text.lower() if isinstance(text, str) else ""
    if wanted:
        texts = {name: set(_texts(one)) for name, one in wanted.items()}
        records = [one for one in records if _has_texts(one, texts, query.form.needed)]
    if sought:
        records = [
            one
            for one in records
            if any(sought in text.lower() for text in one.values() if isinstance(text, str))
        ]
    return records


def _has_texts(record: Document, texts: Mapping[str, set[str]], needed: Container[str]) -> bool:
    """Return whether the record agrees with each parameter; one of `needed` agrees with a missing member."""
    members = {plain(name): one for name, one in record.items()}
    return not any(
        wanted.isdisjoint(_texts(members.get(name))) and not (name in needed and name not in members)
        for name, wanted in texts.items()
    )


def _texts(value: Json) -> list[str]:
    """Return the texts of a value, of a list's values, or of an object's members, such as its id."""
    values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
    return [str(one) for one in values]


def _sorted(records: Sequence[Document], query: Query) -> Sequence[Document]:
    """Return the records, sorted as a parameter such as `sort=-total,name` or `sort=total:desc` says."""
    wanted = query.value(_SORTS)
    if not wanted:
        return records
    names = wanted if isinstance(wanted, list) else str(wanted).split(",")
    is_down = str(query.value(_DIRECTIONS) or "").lower().startswith("desc")
    for text in map(str, reversed(names)):
        name = plain(re.split("[: ]", text.strip())[0])
        known = [{plain(member): one for member, one in record.items()} for record in records]
        if not any(name in members for members in known):
            continue
        reverse = is_down or text.startswith("-") or _DOWN.search(text) is not None
        there = [place for place, members in enumerate(known) if name in members]
        there.sort(key=lambda place: _rank(known[place][name]), reverse=reverse)
        absent = [place for place, members in enumerate(known) if name not in members]
        records = [records[place] for place in (*there, *absent)]
    return records


def _rank(value: Json) -> tuple[int, Any]:
    """Return a key for sorting values of several types."""
    is_number = not isinstance(value, str | bool | list | dict) and value is not None
    return (0, value) if is_number else (1, str(value))


def _begin(
    every: Sequence[Document], found: Sequence[Document], query: Query, resource: Resource, length: int
) -> int:
    """Return the place in `found`, which a call selects and sorts from `every`, where the call's page begins.

    Raises InvalidCall: the cursor is the key of no record, and the file declares a 400.
    """
    name = query.form.names.get("cursor", "")
    cursor, page = query.value([plain(name)]), query.number(PAGES)
    if cursor not in (None, "", query.form.start):
        keys = [str(resource.key_in(one)) for one in found]
        if (key := str(cursor)) in keys:
            return keys.index(key) + 1
        known = next((one for one in every if str(resource.key_in(one)) == key), None)
        if known is not None:  # changed since its page, so that the call does not select the record any more
            return _sorted(_by_key([*found, known], resource), query).index(known)
        if query.form.refuses_cursors:
            raise InvalidCall([Problem("invalid", ("query", name), "no page gave this cursor", found=cursor)])
        return len(keys)
    if page is not None:
        return max(0, page - query.form.first) * length
    return max(0, (query.number(OFFSETS) or query.form.base) - query.form.base)


def _facts(query: Query, begin: int, length: int, total: int) -> Mapping[str, Json]:
    """Return facts about the position of a page in the whole list, by `plain` member names of an envelope."""
    return {
        **dict.fromkeys(("limit", "perpage", "pagesize", "size", "maxresults"), length),
        **dict.fromkeys(OFFSETS, begin + query.form.base),
        **dict.fromkeys((*PAGES, "number"), begin // length + query.form.first),
        **dict.fromkeys(
            ("pages", "pagecount", "totalpages", "pagestotal", "lastpage"), -(-total // length) or 1
        ),
        **dict.fromkeys(("hasprevious", "hasprev", "haspreviouspage"), begin > 0),
        **dict.fromkeys(("first", "isfirst"), begin == 0),
    }


def _steps(query: Query, begin: int, length: int, total: int, cursor: str) -> Mapping[str, Step]:
    """Return the steps from a page of a list. If `cursor` is "", there is no next page."""
    names, page = query.form.names, begin // length
    is_sent = {kind: query.value([plain(name)]) is not None for kind, name in names.items()}
    by_cursor = "cursor" in names and (is_sent["cursor"] or not any(is_sent.values()))
    is_paged = "page" in names and (is_sent["page"] or not is_sent.get("offset"))

    def at(number: int) -> Step:
        position = number + query.form.first if is_paged else number * length + query.form.base
        name = names.get("page" if is_paged else "offset")
        return Step(partial(query.link, {name: position} if name and number else {}), "", position)

    last = max(0, -(-total // length) - 1)
    following = at(page + 1) if cursor else Step()
    if cursor and "cursor" in names:
        link = partial(query.link, {names["cursor"]: cursor}) if by_cursor else following.link
        following = Step(link, cursor, following.number)
    return {
        "next": following,
        "prev": at(page - 1) if begin and not by_cursor else Step(),
        "first": at(0),
        "last": Step() if by_cursor else at(last),
        "self": Step(lambda: query.url),
    }
