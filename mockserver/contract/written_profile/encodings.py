"""Write the items of a batch in other media types: JSON, XML and forms, as `x-binder` reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias
from urllib.parse import urlencode
from xml.sax.saxutils import escape, quoteattr

from mockserver.contract.exchange import Request
from mockserver.contract.profile import Json
from mockserver.contract.values.xml_writer import write_request_xml
from mockserver.contract.written_profile.placeholders import text_of_value
from mockserver.contract.written_profile.places import WrittenPlace
from mockserver.spec.openapi import Batch, MediaType, Operation, Spec

Encoding: TypeAlias = Callable[[Sequence[Json]], bytes]

_FORM = "application/x-www-form-urlencoded"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"


@dataclass(frozen=True, slots=True)
class EncodingSource:
    """What a batch is written by: `call` makes its request in JSON."""

    spec: Spec
    operation: Operation
    batch: Batch
    call: Callable[[Sequence[Json], int], Request]

    def encoding(self, media_type: str, place: WrittenPlace) -> Encoding:
        """Return what writes items in a media type.

        Raises:
            SpecError: the spec does not say how the operation reads it.
        """
        if media_type.endswith("json"):
            return lambda items: self.call(items, 0).body
        stated = self._stated(media_type, place)
        is_bare_list = not self.batch.items
        if media_type == _FORM and is_bare_list:
            return _write_form
        if not media_type.endswith("xml"):
            place.fail(f"expected a media type of JSON or XML, or a form of a bare list, found {media_type}")
        if stated.coercion.get("format") == "data-contract" and is_bare_list:
            return _data_contract(stated)
        return lambda items: write_request_xml(self.call(items, 0).json(), stated.schema, self.spec.document)

    def _stated(self, media_type: str, place: WrittenPlace) -> MediaType:
        known = {one.name: one for one in self.operation.bodies}
        if media_type not in known:
            place.fail(f"{self.operation.id} has no body in {media_type}; it has {', '.join(known)}")
        return known[media_type]


def _write_form(items: Sequence[Json]) -> bytes:
    """Return `[0].name=value` for each member; an empty value is null there."""
    pairs = [
        (f"[{number}].{name}", text_of_value(value))
        for number, one in enumerate(items)
        for name, value in one.items()
    ]
    return urlencode(pairs).encode()


def _data_contract(stated: MediaType) -> Encoding:
    """Return what writes XML of .NET's data contracts: members in ordinal order, null as nil."""
    settings: Mapping[str, str] = stated.coercion
    root, item = settings["root"], settings["item"]
    names = f"xmlns={quoteattr(settings['namespace'])} xmlns:i={quoteattr(_XSI)}"

    def write(items: Sequence[Json]) -> bytes:
        inside = "".join(f"<{item}>{_members(one)}</{item}>" for one in items)
        return f"<{root} {names}>{inside}</{root}>".encode()

    return write


def _members(item: Mapping[str, str | int | Decimal | None]) -> str:
    return "".join(
        f'<{name} i:nil="true"/>'
        if item[name] is None
        else f"<{name}>{escape(text_of_value(item[name]))}</{name}>"
        for name in sorted(item)
    )
