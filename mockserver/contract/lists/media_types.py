"""Pages in XML against the same pages in JSON: the same rows in the same order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mockserver.contract.exchange import Exchange
from mockserver.contract.list_profile import ListProfile
from mockserver.contract.lists.calls import ListCalls
from mockserver.contract.lists.page_checks import with_query
from mockserver.contract.lists.places import value_in
from mockserver.contract.lists.walks import Page, Walk
from mockserver.contract.profile import Json
from mockserver.contract.stateful.sentences import excerpt
from mockserver.contract.values.rows import is_xml, read_document

CHECK = "same-in-every-media-type"
_PAGES = 4


def check_in_xml(calls: ListCalls, known: ListProfile, walk: Walk) -> None:
    """Ask for the first pages of a walk in an XML media type of the operation, and compare the rows.

    Raises:
        TargetUnreachableError: the target does not answer.
    """
    stated = [name for name in calls.operation.responses.get("200", ()) if is_xml(name) and "*" not in name]
    if not stated or not known.identity or not calls.run_config.wants(CHECK):
        return
    media_type = stated[calls.run_config.seed % len(stated)]
    for page in walk.pages[:_PAGES]:
        request = page.exchange.request
        bare = {name: text for name, text in request.headers.items() if name.lower() != "accept"}
        exchange = calls.send(replace(request, headers={**bare, "accept": media_type}))
        if not is_xml(exchange.response.media_type):
            return
        calls.count(CHECK)
        if not _check_page(calls, known, walk, page, exchange):
            return


def _check_page(calls: ListCalls, known: ListProfile, walk: Walk, page: Page, exchange: Exchange) -> bool:
    shown = _ids(known, exchange)
    here = f"page {page.number} of {with_query(calls, walk)}"
    if shown is None:
        calls.note(f"its pages in XML were not compared: no rows with {known.identity} were found there")
        return False
    if shown == list(page.ids):
        return True
    media_type = exchange.response.media_type
    place = next((at for at, row in enumerate(page.ids) if shown[at : at + 1] != [row]), len(page.ids))
    due = f"row {excerpt(page.ids[place])}" if place < len(page.ids) else "no row"
    came = f"row {excerpt(shown[place])}" if place < len(shown) else "no row"
    said = (
        f"{here} has {len(page.ids)} rows in JSON and {len(shown)} in {media_type}; at place {place} JSON "
        f"shows {due}, {media_type} shows {came}"
    )
    calls.finds(CHECK, said, page.exchange, exchange, expected=due, came=came)
    return False


def _ids(known: ListProfile, exchange: Exchange) -> list[str] | None:
    """Return what identifies the rows, in their order; None where no row has it."""
    document = read_document(exchange.response)
    if document is None:
        return None
    rows = _rows(value_in(document.document, known.rows or ""))
    found = [value_in(row, known.identity) for row in rows]
    return [str(one) for one in found] if all(one is not None for one in found) else None


def _rows(found: Json) -> Sequence[Json]:
    """Return the rows of an element that has one child for each."""
    if isinstance(found, Mapping) and len(found) == 1:
        (found,) = found.values()
        return found if isinstance(found, list) else [found]
    return ()
