"""Answers that a call asks for: a media type by `Accept`, an example by `Prefer`.

`x-negotiation` in a spec turns on the choice of media types. Its `default` names the assumption that decides
for calls without a preference: `json`, `xml`, or `by_client` (XML for calls with one of the headers in
`xml-clients`). Its `charset` is appended to the media type of JSON. An operation that declares XML and 406
refuses calls that accept none of its media types.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import lru_cache

from msgspec.structs import replace

from mockserver.codec import json
from mockserver.codec.http import JSON_TYPE, is_json_type, parse_accept
from mockserver.errors import (
    HeadersTooLarge,
    MalformedBody,
    MethodNotAllowed,
    NotAcceptable,
    Refusal,
    ServerRefusal,
)
from mockserver.model import EMPTY, Call, Json, Reply, Value
from mockserver.scenario.effects import RenderRefusal, refusal_for_status
from mockserver.spec.openapi import Operation, Spec, resolve
from mockserver.spec.schema_tree import SchemaTree
from mockserver.spec.xml import XML_MEDIA_TYPES, XmlWriter

_REFUSED = "406"
_NAMED = 2
_USUAL = ("", "*/*", JSON_TYPE)
"""Values of `Accept` in most calls; they need no ranking."""

PREFER_HEADER = "prefer"
APPLIED_HEADER = "Preference-Applied"
_ELEMENT = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*")+')
_PAIR = re.compile(
    r'\s*(code|example|dynamic)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))\s*(?:;.*)?', re.IGNORECASE
)
_ERROR_STATUSES = range(400, 600)
_OTHER_REFUSALS: tuple[Refusal, ...] = (MethodNotAllowed(()), MalformedBody(""), HeadersTooLarge())
"""Refusals to try if the vendor gives the refusal of `refusal_for_status` a status that was not wanted."""


class Negotiation(Value, frozen=True):
    """Choice of an answer's media type, for the calls of one spec."""

    spec: Spec
    assumption: str
    """Name of the assumption that decides for a call without a preference; "" means JSON."""
    xml_clients: tuple[tuple[str, tuple[str, ...]], ...]
    """Headers by which a client of XML is known: each name with the beginnings of its values."""
    json_type: str
    """Media type with which the vendor sends JSON."""
    writer: XmlWriter

    def check(self, call: Call, operation: Operation) -> None:
        """Raise NotAcceptable if `Accept` allows no 2xx answer, and the operation declares XML and 406."""
        accept = call.headers.get("accept", "")
        if accept in _USUAL or _REFUSED not in operation.responses:
            return
        good = (operation.contents(status) for status in operation.responses if status.startswith("2"))
        offered = tuple(dict.fromkeys(name for names in good for name in names))
        if not frozenset(XML_MEDIA_TYPES).isdisjoint(offered) and choose(accept, offered) is None:
            there = " or ".join(offered)
            raise NotAcceptable(
                accept, hint=f"Accept: {accept} names no media type of the answer; send {there}"
            )

    def represent(self, call: Call, operation: Operation | None, reply: Reply) -> Reply:
        """Return the reply as XML if the operation declares XML and the call prefers XML to JSON.

        If `operation` is None, take the path's operation for the method or, if missing, the path's first.
        """
        in_xml = self._in_xml(call, operation, reply)
        if in_xml.media_type != JSON_TYPE or self.json_type == JSON_TYPE:
            return in_xml
        return replace(in_xml, media_type=self.json_type)

    def _in_xml(self, call: Call, operation: Operation | None, reply: Reply) -> Reply:
        accept = call.headers.get("accept", "")
        if accept == JSON_TYPE or reply.media_type != JSON_TYPE or not reply.body:
            return reply
        prefers_xml = self._prefers_xml(call)
        if accept in _USUAL and not prefers_xml:
            return reply
        operation = operation or self.spec.find_operation(call.path, call.method)
        offered = tuple(operation.contents(str(reply.status))) if operation else ()
        media_type = choose(accept, offered, prefers_xml=prefers_xml)
        if operation is None or media_type not in XML_MEDIA_TYPES:
            return reply
        try:
            document = json.decode(reply.body)
        except MalformedBody:
            return reply  # a scenario has broken the JSON
        schema = operation.contents(str(reply.status))[media_type].get("schema", EMPTY)
        type_name = str(operation.node.get("x-xml", EMPTY).get("type", ""))
        body = self.writer.write(document, schema, type_name)
        return replace(reply, body=body, media_type=f"{media_type}; charset=utf-8")

    def _prefers_xml(self, call: Call) -> bool:
        form = call.assumptions.get(self.assumption)
        return form == "xml" or (
            form == "by_client"
            and any(call.headers.get(name, "").lower().startswith(begin) for name, begin in self.xml_clients)
        )


def read_negotiation(spec: Spec) -> Negotiation | None:
    node = spec.document.get("x-negotiation")
    if node is None:
        return None
    clients = tuple(
        (name, tuple(one.lower() for one in begin)) for name, begin in node.get("xml-clients", EMPTY).items()
    )
    json_type = f"{JSON_TYPE}; charset={node['charset']}" if "charset" in node else JSON_TYPE
    writer = XmlWriter(SchemaTree(spec.document))
    return Negotiation(spec, str(node.get("default", "")), clients, json_type, writer)


@lru_cache(maxsize=256)
def choose(accept: str, offered: tuple[str, ...], *, prefers_xml: bool = False) -> str | None:
    """Return the offered media type that `accept` ranks highest, or None if `accept` excludes all of them.

    The quality decides first (RFC 9110 §12.5.1). At equal quality an exact name goes before a range; then
    the order in `accept` decides, then XML if `prefers_xml`, then the offered order. `offered` may contain
    ranges.
    """
    ranges = [(name, quality, place) for place, (name, quality) in enumerate(parse_accept(accept or "*/*"))]
    ranked = [
        (quality, exactness, -place, prefers_xml and media_type in XML_MEDIA_TYPES, -index, media_type)
        for index, media_type in enumerate(offered)
        for quality, exactness, place in [_best_match(media_type, ranges)]
        if quality > 0
    ]
    return max(ranked)[-1] if ranked else None


def _best_match(media_type: str, ranges: list[tuple[str, float, int]]) -> tuple[float, int, int]:
    """Return the quality, the exactness and the index of the most exact range that matches the media type."""
    family = media_type.partition("/")[0]
    for exactness, name in ((_NAMED, media_type), (1, f"{family}/*"), (0, "*/*")):
        for name_given, quality, place in ranges:
            if name_given == name or (media_type == "*/*" and not exactness):
                return quality, exactness, place
    return 0.0, 0, 0


class Preference(Value, frozen=True):
    """A call's `Prefer` header: the status and the example that it names; "" if not named."""

    code: str = ""
    example: str = ""

    @property
    def applied(self) -> str:
        """The value of `Preference-Applied`."""
        example = f"example={self.example}" if self.example else ""
        return ", ".join(filter(None, (f"code={self.code}" if self.code else "", example)))


class SpecExample(Value, frozen=True):
    status: str
    media_type: str
    name: str
    value: Json


def parse_preference(headers: Mapping[str, str]) -> Preference | None:
    if PREFER_HEADER not in headers:
        return None
    preferred = _preferred(headers)
    found = Preference(preferred.get("code", ""), preferred.get("example", ""))
    return found if found.applied else None


def prefers_new_value(headers: Mapping[str, str]) -> bool:
    return PREFER_HEADER in headers and _preferred(headers).get("dynamic", "").lower() == "true"


def _preferred(headers: Mapping[str, str]) -> dict[str, str]:
    preferred: dict[str, str] = {}
    for element in _ELEMENT.findall(headers[PREFER_HEADER]):
        if pair := _PAIR.fullmatch(element):
            quoted, bare = pair[2], pair[3]
            text = bare if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
            preferred.setdefault(pair[1].lower(), text)
    return preferred


def example_reply(
    preference: Preference, call: Call, operation: Operation, spec: Spec, render_refusal: RenderRefusal
) -> Reply:
    """Return the preferred example; for an error status without examples, return the vendor's refusal.

    Raises ServerRefusal: 400 that lists the known values, if the spec lacks the status or the example.
    """
    statuses = _wanted_statuses(preference, spec, operation)
    examples = [example for status in statuses for example in _examples_of(spec, operation, status)]
    fitting = [example for example in examples if preference.example in ("", example.name)]
    if fitting:
        first = [example for example in fitting if example.status == fitting[0].status]
        example = _best_accepted(first, call.headers.get("accept", ""))
        is_text = isinstance(example.value, str) and not is_json_type(example.media_type)
        body = example.value.encode() if is_text else json.encode(example.value)
        return Reply(int(example.status), body, example.media_type)
    if preference.example:
        raise unknown_preference(
            "example", preference.example, sorted({example.name for example in examples if example.name})
        )
    return _refusal_with_status(int(preference.code), call, render_refusal)


def _wanted_statuses(preference: Preference, spec: Spec, operation: Operation) -> list[str]:
    if not preference.code:
        return [status for status in operation.responses if status.startswith("2")]
    known = _known_codes(spec, operation)
    if preference.code not in known:
        raise unknown_preference("code", preference.code, known)
    return [preference.code]


def _examples_of(spec: Spec, operation: Operation, status: str) -> Iterator[SpecExample]:
    """Yield the examples of the status in the order of the spec; skip examples of XML that are no texts."""
    for media_type, content in operation.contents(status).items():
        named = {name: resolve(spec.document, one) for name, one in content.get("examples", {}).items()}
        values = {name: one["value"] for name, one in named.items() if "value" in one}
        if "example" in content:
            values[""] = content["example"]
        for name, value in values.items():
            if isinstance(value, str) or "xml" not in media_type:
                yield SpecExample(status, media_type, name, value)


def _best_accepted(examples: list[SpecExample], accept: str) -> SpecExample:
    """Return the example whose media type the call accepts best, else the first."""
    ranges = dict(parse_accept(accept))

    def quality(one: SpecExample) -> float:
        family = one.media_type.partition("/")[0]
        return next((ranges[name] for name in (one.media_type, f"{family}/*", "*/*") if name in ranges), 0.0)

    return max(examples, key=quality)


def _refusal_with_status(status: int, call: Call, render_refusal: RenderRefusal) -> Reply:
    for refusal in (refusal_for_status(status, call), *_OTHER_REFUSALS):
        reply = render_refusal(refusal)
        if reply.status == status:
            return reply
    raise unknown_preference("code", str(status), [])


def _known_codes(spec: Spec, operation: Operation) -> list[str]:
    """Return the statuses that can be answered without the work of the operation."""
    return [
        status
        for status in operation.responses
        if status.isdecimal()
        and (int(status) in _ERROR_STATUSES or any(_examples_of(spec, operation, status)))
    ]


def unknown_preference(what: str, value: str, known: list[str]) -> ServerRefusal:
    near = get_close_matches(value, known, 1) if what == "example" else ()
    hint = f"; do you mean {near[0]}?" if near else ""
    listed = ", ".join(known) or "none"
    detail = f"{what}={value}: the spec has no such {what} here{hint}; there are {listed}"
    return ServerRefusal(400, f"unknown-{what}", detail, {"available": known})
