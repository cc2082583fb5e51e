"""Messages that contradict their outcome or name another item are told; words in doubt are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.exchanges import acme, answered, message, put, results, row

FITS, NAMES = "message-fits-the-outcome", "message-names-its-item"


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (422, "Created"),
        (422, "Order created."),
        (422, "Saved successfully"),
        (201, "Failed"),
        (201, "Error: no such payee"),
        (201, "The order could not be saved"),
        (201, "Order was rejected"),
    ],
)
def test_a_message_that_contradicts_its_outcome_is_told(status: int, text: str, tmp_path: Path) -> None:
    exchange = answered(put({"id": "A-1001", "amount": 1}), 207, results(row("A-1001", status, text)))

    became = "accepted" if status == 201 else "rejected"
    assert [one.partition(", and")[0] for one in message(acme(tmp_path), exchange, FITS)] == [
        f"item 0 (A-1001) is reported as {became}"
    ]


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (422, "Order already created"),
        (422, "Must be created first"),
        (422, "Not created"),
        (422, "Updated by somebody else"),
        (422, "Error"),
        (201, "Created, but the e-mail failed"),
        (201, "No errors, none rejected"),
        (201, "0 failed"),
        (201, "The note was not found and is left out"),
        (201, "Previously rejected, now booked"),
    ],
)
def test_a_message_in_doubt_is_not_told(status: int, text: str, tmp_path: Path) -> None:
    exchange = answered(put({"id": "A-1001", "amount": 1}), 207, results(row("A-1001", status, text)))

    assert message(acme(tmp_path), exchange, FITS) == []


@pytest.mark.parametrize(
    ("text", "is_told"),
    [
        ("A-1002: below 0", True),
        ("A-1001: below 0", False),
        ("same as A-1002", False),
        ("A-1001 is below A-1002", False),
        ("XA-1002X is unknown", False),
    ],
)
def test_a_message_with_the_key_of_another_item_is_told(text: str, is_told: bool, tmp_path: Path) -> None:  # noqa: FBT001 - a case
    items = put({"id": "A-1001", "amount": -1}, {"id": "A-1002", "amount": 1})
    exchange = answered(items, 207, results(row("A-1001", 422, text), row("A-1002")))

    assert message(acme(tmp_path), exchange, NAMES) == (
        [f"the message of item 0 (A-1001) is about item 1 (A-1002): {text!r}"] if is_told else []
    )
