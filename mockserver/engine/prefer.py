"""Answer `Prefer: code=…, example=…` with an example of the spec, without running the operation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from msgspec.structs import replace

from mockserver.codec import json
from mockserver.codec.http import parse_accept
from mockserver.errors import HeadersTooLarge, MalformedBody, MethodNotAllowed, Refusal, ServerRefusal
from mockserver.model import Call, Document, Json, Reply, Value
from mockserver.scenario.response_effects import RenderRefusal, refusal_for_status
from mockserver.spec.openapi import Operation, Spec, resolve

PREFER_HEADER = "prefer"
APPLIED_HEADER = "Preference-Applied"

_ELEMENT = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*")+')
_PAIR = re.compile(r'\s*(code|example)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))\s*(?:;.*)?', re.IGNORECASE)
_ERROR_STATUSES = range(400, 600)
_OTHER_REFUSALS: tuple[Refusal, ...] = (MethodNotAllowed(()), MalformedBody(""), HeadersTooLarge())
"""Other refusals that a status may stand for."""


class Preference(Value, frozen=True):
    """The preference of a call; "" for what it leaves open."""

    code: str = ""
    example: str = ""

    @property
    def applied(self) -> str:
        """The text of `Preference-Applied`."""
        example = f"example={self.example}" if self.example else ""
        return ", ".join(filter(None, (f"code={self.code}" if self.code else "", example)))


class SpecExample(Value, frozen=True):
    """An example in the spec and its schema; `name` is "" for an unnamed one."""

    status: str
    media_type: str
    name: str
    value: Json


def parse_preference(headers: Mapping[str, str]) -> Preference | None:
    """Return the first preferred code and example, None if the call prefers neither."""
    if PREFER_HEADER not in headers:
        return None
    found: dict[str, str] = {}
    for element in _ELEMENT.findall(headers[PREFER_HEADER]):
        if pair := _PAIR.fullmatch(element):
            quoted, bare = pair[2], pair[3]
            text = bare if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
            found.setdefault(pair[1].lower(), text)
    return Preference(**found) if any(found.values()) else None


def preferred_reply(
    preference: Preference, call: Call, operation: Operation, spec: Spec, render_refusal: RenderRefusal
) -> Reply:
    """Return the `example` that the call would rather have, and that it was preferred."""
    reply = example_reply(preference, call, operation, spec, render_refusal)
    return replace(reply, headers=(*reply.headers, (APPLIED_HEADER, preference.applied)))


def example_reply(
    preference: Preference, call: Call, operation: Operation, spec: Spec, render_refusal: RenderRefusal
) -> Reply:
    """Return the spec's example; for a status without one, the vendor's refusal with that status.

    `render_refusal` words it.

    Raises:
        ServerRefusal: the spec has no such status or example (400); what it has is listed.
    """
    statuses = _wanted_statuses(preference, spec, operation)
    shown = [one for status in statuses for one in _examples_of(spec, operation, status)]
    fitting = [one for one in shown if preference.example in ("", one.name)]
    if fitting:
        first = [one for one in fitting if one.status == fitting[0].status]
        return _reply_with_example(_best_accepted(first, call.headers.get("accept", "")))
    if preference.example:
        raise _unknown_preference(
            "example", preference.example, sorted({one.name for one in shown if one.name})
        )
    return _refusal_with_status(int(preference.code), call, render_refusal)


def _wanted_statuses(preference: Preference, spec: Spec, operation: Operation) -> list[str]:
    if not preference.code:
        return [status for status in operation.responses if status.startswith("2")]
    codes = _known_codes(spec, operation)
    if preference.code not in codes:
        raise _unknown_preference("code", preference.code, codes)
    return [preference.code]


def _examples_of(spec: Spec, operation: Operation, status: str) -> Iterator[SpecExample]:
    """Yield every example of the status that can be written, as the spec has them in order."""
    node = spec.document["paths"][operation.path][operation.method]["responses"][status]
    contents: Document = resolve(spec.document, node).get("content", {})
    for media_type, content in contents.items():
        named = {name: resolve(spec.document, one) for name, one in content.get("examples", {}).items()}
        values = {name: one["value"] for name, one in named.items() if "value" in one}
        if "example" in content:
            values[""] = content["example"]
        for name, value in values.items():
            if isinstance(value, str) or "xml" not in media_type:
                yield SpecExample(status, media_type, name, value)


def _best_accepted(shown: list[SpecExample], accept: str) -> SpecExample:
    """Return the example whose media type the call accepts best, else the first."""
    ranges = dict(parse_accept(accept))

    def quality(one: SpecExample) -> float:
        family = one.media_type.partition("/")[0]
        return next((ranges[name] for name in (one.media_type, f"{family}/*", "*/*") if name in ranges), 0.0)

    return max(shown, key=quality)


def _reply_with_example(shown: SpecExample) -> Reply:
    text = isinstance(shown.value, str) and "json" not in shown.media_type
    body = shown.value.encode() if text else json.encode(shown.value)
    return Reply(int(shown.status), body, shown.media_type)


def _refusal_with_status(status: int, call: Call, render_refusal: RenderRefusal) -> Reply:
    for refusal in (refusal_for_status(status, call), *_OTHER_REFUSALS):
        reply = render_refusal(refusal)
        if reply.status == status:
            return reply
    raise _unknown_preference("code", str(status), [])


def _known_codes(spec: Spec, operation: Operation) -> list[str]:
    """Return the statuses that can be answered without anything being run."""
    return [
        status
        for status in operation.responses
        if status.isdecimal()
        and (int(status) in _ERROR_STATUSES or any(_examples_of(spec, operation, status)))
    ]


def _unknown_preference(what: str, found: str, there: list[str]) -> ServerRefusal:
    near = get_close_matches(found, there, 1) if what == "example" else ()
    hint = f"; do you mean {near[0]}?" if near else ""
    listed = ", ".join(there) or "none"
    detail = f"{what}={found}: the spec has no such {what} here{hint}; there are {listed}"
    return ServerRefusal(400, f"unknown-{what}", detail, {"available": there})
