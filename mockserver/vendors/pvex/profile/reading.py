"""Read item outcomes from PVEx's responses: all accepted by the status, or rejected ones by their index.

Source: docs/vendors/pvex.md#errors to docs/vendors/pvex.md#modelstate.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from mockserver.contract.exchange import Exchange, Response
from mockserver.contract.profile import BatchItem, ReportedOutcome, ReportedOutcomes
from mockserver.model import Json

_OK, _REFUSED = 200, 400
_ITEM_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\[([0-9]+)\](?:\..*)?", re.DOTALL)
_ENCODED_CHARACTER = re.compile("_x([0-9A-Fa-f]{4})_")
_INTEGER_MEMBERS = ("rowkey", "checksum")
_INT32_LIMIT = 1 << 31

ModelState = Mapping[str, str]
"""Problems by place; several sentences about one place are joined."""


def read_outcomes(exchange: Exchange, items: Sequence[BatchItem]) -> ReportedOutcomes | None:
    """Return a success is everybody's; a `ModelState` with the places of invoices names those that are bad.

    No invoice of a refused batch is stored, also not those that it does not name. None where the batch is
    refused without places: credentials, a body that cannot be read, a number that its reader gives up at.

    Raises:
        ValueError: the answer says what it is in a way that cannot be read.
    """
    response = exchange.response
    if _OK <= response.status < _OK + 100:
        return ReportedOutcomes(
            tuple(ReportedOutcome(one.place, accepted=True) for one in items), _accepted_count(response)
        )
    if response.status != _REFUSED or any(_stops_reader(one.document) for one in items):
        return None
    state = model_state(response)
    places = {name: found for name in state if (found := _ITEM_KEY.fullmatch(name))}
    if not state or len(places) < len(state):
        return None
    return ReportedOutcomes(tuple(_rejected_outcomes(places, state, len(items))), is_complete=False)


def model_state(response: Response) -> ModelState:
    """Return the `ModelState` of an error, empty where it has none.

    Raises:
        ValueError: it is no error of the vendor's.
    """
    if response.media_type.endswith("/xml"):
        return dict(_xml_model_state(response.body))
    error = response.json()
    if not isinstance(error, dict) or not isinstance(error.get("ModelState", {}), dict):
        raise ValueError("the error is no object with a ModelState")  # noqa: TRY004 - as unreadable as any other
    return {name: " ".join(map(str, said)) for name, said in error.get("ModelState", {}).items()}


def _rejected_outcomes(
    places: Mapping[str, re.Match[str]], state: ModelState, sent: int
) -> Iterator[ReportedOutcome]:
    by_place: dict[int, list[str]] = {}
    for name, found in places.items():
        by_place.setdefault(int(found[1]), []).append(name)
    for place, names in sorted(by_place.items()):
        yield ReportedOutcome(
            place if place < sent else None,
            accepted=False,
            message=" ".join(state[name] for name in names),
            at=f"/ModelState/{names[0]}",
        )


def _xml_model_state(body: bytes) -> Iterator[tuple[str, str]]:
    try:
        root = ElementTree.fromstring(body)
    except (ElementTree.ParseError, DefusedXmlException) as error:
        raise ValueError(f"the error is no XML: {error}") from error
    for one in root.iterfind("ModelState/*"):
        yield _ENCODED_CHARACTER.sub(lambda found: chr(int(found[1], 16)), one.tag), one.text or ""


def _accepted_count(response: Response) -> int | None:
    """Return how many were taken, where the answer is a number (the mock's assumption `success_body`)."""
    if not response.body or response.media_type.endswith("/xml"):
        return None
    document = response.json()
    return document if isinstance(document, int) else None


def _stops_reader(invoice: Json) -> bool:
    """Return whether the vendor's JSON reader stops here, so that later items are not judged."""
    if not isinstance(invoice, dict):
        return False
    return any(
        name.lower() in _INTEGER_MEMBERS and not isinstance(value, bool) and _is_too_wide(value)
        for name, value in invoice.items()
    )


def _is_too_wide(value: Json) -> bool:
    try:
        return not -_INT32_LIMIT <= int(value) < _INT32_LIMIT
    except (TypeError, ValueError, OverflowError):
        return False
