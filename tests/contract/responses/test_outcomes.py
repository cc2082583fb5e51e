from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockserver.contract.api import ApiUnderTest
from mockserver.contract.exchange import Exchange, Request, Response
from mockserver.contract.loading import load_vendor_api
from mockserver.contract.oracle.responses import class_in_words, reader_for
from mockserver.contract.profile import BatchItem, ReportedOutcome, ReportedOutcomes
from tests.contract.exchanges import GOOD, OTHER, acme, answered, put, results, row, with_outcome
from tests.support import sample_vendor

ITEMS = [BatchItem(0, "A-1", GOOD), BatchItem(1, "A-2", OTHER)]
COUNTED = with_outcome({"count": "/count", "maps": ["/errors", "/warnings"]}, key=["id", "amount"])


def told(api: ApiUnderTest, status: int, document: Any) -> ReportedOutcomes | None:
    """What the default reader finds in the answer to two items."""
    reader = reader_for(api, api.spec.operations["putOrders"])
    assert reader is not None
    return reader(answered(put(GOOD, OTHER), status, document), ITEMS)


def test_outcomes_are_told_by_place_with_key_and_status(tmp_path: Path) -> None:
    found = told(acme(tmp_path), 207, results(row("A-1"), row("A-2", 422, "no")))

    assert found == ReportedOutcomes(
        (
            ReportedOutcome(0, True, "A-1", "created", 201, "Created", at="/results/0"),  # noqa: FBT003 - as the seam has it
            ReportedOutcome(1, False, "A-2", "", 422, "no", at="/results/1"),  # noqa: FBT003 - likewise
        )
    )


@pytest.mark.parametrize(
    ("lines", "places"),
    [
        ((1, 0), [(0, "/results/1"), (1, "/results/0")]),
        ((0, 7), [(0, "/results/0"), (None, "/results/1")]),
        ((1, -1), [(1, "/results/0"), (None, "/results/1")]),
        ((None, "1"), [(0, "/results/0"), (1, "/results/1")]),
    ],
)
def test_an_outcome_is_of_the_item_that_its_index_names(
    lines: tuple[Any, Any], places: list[tuple[int | None, str]], tmp_path: Path
) -> None:
    spec = with_outcome({"list": "/results", "status": "/status", "index": "/line"})
    rows = [{"status": 201, "line": line} for line in lines]

    found = told(acme(tmp_path, spec), 207, results(*rows))

    assert found is not None
    assert [(one.place, one.at) for one in found.outcomes] == places


def test_two_hundred_is_an_update_where_keys_are_upserted(tmp_path: Path) -> None:
    found = told(acme(tmp_path), 207, results(row("A-1", 200, "Updated"), row("A-2")))

    assert found is not None
    assert [one.made for one in found.outcomes] == ["updated", "created"]


@pytest.mark.parametrize(
    ("status", "text", "made"),
    [
        (200, "OK", ""),
        (200, "Saved", ""),
        (200, "", ""),
        (200, "Order created", "created"),
        ("updated", "", "updated"),
        ("CREATED", "", "created"),
        ("ok", "The order has been updated.", "updated"),
        (201, "Updated", "created"),
    ],
)
def test_an_outcome_is_of_the_class_that_it_names(
    status: int | str, text: str, made: str, tmp_path: Path
) -> None:
    found = told(acme(tmp_path), 207, results({**row("A-1"), "status": status, "text": text}, row("A-2")))

    assert found is not None
    assert found.outcomes[0].made == made


@pytest.mark.parametrize(
    ("message", "made"),
    [
        ("Created", "created"),
        ("successfully updated!", "updated"),
        ("Invoice was created successfully", "created"),
        ("was already created", ""),
        ("created or updated", ""),
        ("It could not be updated", ""),
        ("nothing to be updated", ""),
        ("Erstellt", ""),
        ("created before", ""),
    ],
)
def test_only_a_whole_message_names_a_class(message: str, made: str) -> None:
    assert class_in_words(message) == made


def test_an_outcome_too_many_stands_for_no_item(tmp_path: Path) -> None:
    found = told(acme(tmp_path), 207, results(row("A-1"), row("A-2"), row("A-3")))

    assert found is not None
    assert [one.place for one in found.outcomes] == [0, 1, None]


@pytest.mark.parametrize("status", [400, 401, 500])
def test_a_refused_call_tells_of_no_item(status: int, tmp_path: Path) -> None:
    assert told(acme(tmp_path), status, {"title": "no"}) is None


@pytest.mark.parametrize(
    ("document", "found"),
    [({"orders": []}, "not there"), ({"results": {}}, "an object"), ([1], "not there"), (None, "not JSON")],
)
def test_an_answer_without_outcomes_is_said_in_a_sentence(document: Any, found: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"^gives no per-item outcome: .*{found}"):
        told(acme(tmp_path), 207, document)


@pytest.mark.parametrize(
    ("status", "accepted"),
    [
        ("OK", True),
        ("ERROR", False),
        ("Rejected", False),
        ("WARNING", True),
        ("422", False),
        (None, False),
        (True, True),
    ],
)
def test_a_status_may_be_a_word(status: Any, accepted: bool, tmp_path: Path) -> None:  # noqa: FBT001 - expected
    found = told(acme(tmp_path), 207, results({**row("A-1"), "status": status}))

    assert found is not None
    assert found.outcomes[0].accepted is accepted


def test_without_a_status_an_outcome_is_good_that_has_nothing_to_say(tmp_path: Path) -> None:
    spec = with_outcome({"list": "/results", "message": "/errors/0/text"})

    found = told(acme(tmp_path, spec), 200, results({"id": 1}, {"id": 2, "errors": [{"text": "no"}]}))

    assert found is not None
    assert [(one.accepted, one.message) for one in found.outcomes] == [(True, ""), (False, "no")]


def test_a_key_in_a_pair_is_read(tmp_path: Path) -> None:
    spec = with_outcome({"list": "", "status": "/status", "key": "/id"})
    rows = [{"status": 200, "id": [{"key": "Id", "value": 7}]}]

    found = told(acme(tmp_path, spec), 207, rows)

    assert found is not None
    assert found.outcomes[0].key == "7"


def test_a_count_and_maps_tell_of_those_that_failed(tmp_path: Path) -> None:
    document = {"count": 1, "errors": {"A-2": ["no", "never"]}, "warnings": {"A-1": ["late"]}}

    found = told(acme(tmp_path, COUNTED), 201, document)

    assert found == ReportedOutcomes(
        (
            ReportedOutcome(1, False, "A-2", message="no; never", at="/errors/A-2"),  # noqa: FBT003 - as the seam has it
            ReportedOutcome(0, True, "A-1", message="late", at="/warnings/A-1"),  # noqa: FBT003 - likewise
        ),
        1,
        is_complete=False,
    )


@pytest.mark.parametrize(
    ("key", "texts", "places"),
    [
        ("orders[1]", ["no"], [1]),
        ("#0", ["no"], [0]),
        ("12", ["no"], [0]),
        ("not_found", ["A-1", "A-2"], [0, 1]),
        ("not_found", ["ZZ"], [None]),
        ("orders[7]", ["no"], [None]),
    ],
)
def test_the_key_of_a_map_may_be_a_place_a_reason_or_any_key(
    key: str, texts: list[str], places: list[int | None], tmp_path: Path
) -> None:
    found = told(acme(tmp_path, COUNTED), 201, {"count": 1, "errors": {key: texts}})

    assert found is not None
    assert [one.place for one in found.outcomes] == places


@pytest.mark.parametrize("document", [{"count": "many"}, {}, {"count": 1, "errors": 5}])
def test_a_count_or_map_that_is_none_is_said_in_a_sentence(document: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="of the answer is"):
        told(acme(tmp_path, COUNTED), 201, document)


def test_items_of_one_key_share_what_is_said_of_it(tmp_path: Path) -> None:
    known = acme(tmp_path, COUNTED)
    reader = reader_for(known, known.spec.operations["putOrders"])
    assert reader is not None

    found = reader(
        answered(put(GOOD, GOOD), 201, {"count": 1, "errors": {"A-1": ["no"]}}),
        [BatchItem(0, "A-1", GOOD), BatchItem(1, "A-1", GOOD)],
    )

    assert found is not None
    assert [(one.place, one.at) for one in found.outcomes] == [(0, "/errors/A-1"), (1, "/errors/A-1")]


def test_of_all_or_nothing_the_status_says_all(tmp_path: Path) -> None:
    spec = with_outcome({}, atomicity="all-or-nothing")

    assert told(acme(tmp_path, spec), 200, None) == ReportedOutcomes((), is_complete=False)
    assert told(acme(tmp_path, spec), 400, {}) is None


def test_where_nothing_says_where_outcomes_are_there_is_no_reader(tmp_path: Path) -> None:
    known = acme(tmp_path, with_outcome({}))

    assert reader_for(known, known.spec.operations["putOrders"]) is None
    assert reader_for(known, known.spec.operations["listOrders"]) is None


def test_outcomes_in_xml_are_read_by_the_schema(tmp_path: Path) -> None:
    spec = with_outcome({"list": "/results", "status": "/status", "key": "/order"})
    outcome = {"type": "object", "xml": {"name": "result"}, "properties": {"status": {"type": "integer"}}}
    outcomes = {"type": "array", "xml": {"wrapped": True}, "items": outcome}
    schema = {"type": "object", "xml": {"name": "answer"}, "properties": {"results": outcomes}}
    responses = spec["paths"]["/orders"]["put"]["responses"]
    responses["207"]["content"] = {"application/xml": {"schema": schema}}
    known = acme(tmp_path, spec)
    body = b"<answer><results><result><status>422</status><order>A-1</order></result></results></answer>"
    exchange = Exchange(put(GOOD), Response(207, {"content-type": "application/xml"}, body))
    reader = reader_for(known, known.spec.operations["putOrders"])
    assert reader is not None

    found = reader(exchange, ITEMS[:1])

    assert found is not None
    assert [(one.accepted, one.status, one.key) for one in found.outcomes] == [(False, 422, "A-1")]


def test_a_batchs_own_reader_comes_first() -> None:
    known = load_vendor_api("vba")
    batch = known.profile.batches(known.facts)[0]

    assert reader_for(known, known.spec.operations[batch.operation]) is batch.reader


def test_an_operation_without_a_batch_profile_has_the_profiles_reader() -> None:
    known = load_vendor_api("payt")
    operation = known.spec.operations["postV1PaymentConditions"]

    assert reader_for(known, operation) is known.profile.readers[operation.id]


def test_the_default_would_read_a_text_answer_too(tmp_path: Path) -> None:
    exchange = Exchange(
        Request("PUT", "/orders"),
        Response(207, {"content-type": "text/plain; charset=utf-8"}, b'{"results": [{"status": 200}]}'),
    )
    known = acme(tmp_path, sample_vendor.document())
    reader = reader_for(known, known.spec.operations["putOrders"])
    assert reader is not None

    found = reader(exchange, ITEMS[:1])

    assert found is not None
    assert found.outcomes[0].accepted
