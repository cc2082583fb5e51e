"""A refusal that names items by their places tells which of them were rejected."""

from __future__ import annotations

import json

import pytest

from mockserver.contract.exchange import Exchange, Request, Response
from mockserver.contract.profile import BatchItem, ReportedOutcomes
from mockserver.contract.profile_file.batches import read_rejected_places
from mockserver.contract.profile_file.entries import RejectedPlacesEntry, WrittenPlace
from mockserver.errors import SpecError
from mockserver.model import Json

READER = read_rejected_places(
    RejectedPlacesEntry(at="/Errors", wide_integers=["Row"]), WrittenPlace("profile.yaml", "")
)
ITEMS = [BatchItem(place, f"K-{place}", {"id": f"K-{place}", "row": place}) for place in range(3)]


def told(status: int, document: Json, items: list[BatchItem] = ITEMS) -> ReportedOutcomes | None:
    headers = {"content-type": "application/json"}
    response = Response(status, headers, json.dumps(document).encode())
    return READER(Exchange(Request("POST", "/orders"), response), items)


def told_in_xml(text: str) -> ReportedOutcomes | None:
    response = Response(400, {"content-type": "text/xml"}, text.encode())
    return READER(Exchange(Request("POST", "/orders"), response), ITEMS)


@pytest.mark.parametrize("name", ["orders[1].Number", "[1].Number", "$[1]", "/1/Number", "/1"])
def test_the_named_item_is_rejected_and_the_batch_with_it(name: str) -> None:
    found = told(400, {"Errors": {name: ["too long", "no digit"]}})

    assert found
    assert not found.is_complete
    assert [(one.place, one.accepted, one.message) for one in found.outcomes] == [
        (1, False, "too long no digit")
    ]


def test_a_name_in_xml_is_decoded() -> None:
    found = told_in_xml(
        "<E><Errors><orders_x005B_2_x005D_.Number>too long</orders_x005B_2_x005D_.Number></Errors></E>"
    )

    assert found
    assert [(one.place, one.message) for one in found.outcomes] == [(2, "too long")]


def test_an_item_that_was_never_sent_is_none() -> None:
    found = told(400, {"Errors": {"[7]": "x"}})

    assert found
    assert [one.place for one in found.outcomes] == [None]


def test_a_success_is_for_all_and_may_count_them() -> None:
    found = told(200, 3)

    assert found
    assert [one.accepted for one in found.outcomes] == [True, True, True]
    assert found.count == 3


@pytest.mark.parametrize(
    ("status", "document"),
    [(401, {"Errors": {"[0]": "x"}}), (400, {}), (400, {"Errors": {"[0]": "x", "orders": "y"}})],
    ids=["another status", "no names", "a name without a place"],
)
def test_a_refusal_without_places_is_of_the_whole_call(status: int, document: Json) -> None:
    assert told(status, document) is None


def test_where_the_reading_ends_at_an_item_no_place_counts() -> None:
    wide = [*ITEMS[:2], BatchItem(2, "K-2", {"id": "K-2", "ROW": 1 << 31})]

    assert told(400, {"Errors": {"[0]": "x"}}, wide) is None


@pytest.mark.parametrize("text", ["<E", '<!DOCTYPE E [<!ENTITY a "b">]><E>&a;</E>'])
def test_xml_that_cannot_be_read_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="the error is not XML"):
        told_in_xml(text)


def test_an_object_must_be_there() -> None:
    with pytest.raises(ValueError, match="there is no object at /Errors"):
        told(400, {"Errors": ["x"]})


def test_what_is_no_pointer_is_a_mistake() -> None:
    with pytest.raises(SpecError, match="at: expected a JSON Pointer such as /Errors"):
        read_rejected_places(RejectedPlacesEntry(at="Errors"), WrittenPlace("profile.yaml", ""))
