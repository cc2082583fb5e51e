"""What VBA says of itself to the contract suite is so at the server."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from mockserver.contract.loading import load_vendor_api
from mockserver.contract.profile import DrawnValues
from mockserver.model import Json
from mockserver.server.application import Application
from tests.support.profile_checks import (
    Tried,
    each,
    told_of,
    trying,
)


@pytest.fixture
def tried(number: int, app: Application, sandbox: str) -> Iterator[Tried]:
    with trying("vba", number, app, sandbox) as one:
        yield one


@each("vba")
def test_a_row_is_told_as_created_and_then_as_updated(tried: Tried) -> None:
    item = tried.subject.item(tried.subject.key(0), DrawnValues(1, Decimal(1)))

    told = [tried.batch(item), tried.batch(item)]

    assert [one.outcomes[0].made for one in told if one] == ["created", "updated"]


def test_without_another_database_there_is_one_tenant() -> None:
    under = load_vendor_api("vba", {"other_database": ""})

    assert [one.tenants for one in under.profile.batches(under.facts)] == [1, 1]


def test_what_is_named_at_the_target_is_in_the_items() -> None:
    under = load_vendor_api("vba", {"payee": "X9"})

    assert under.profile.batches(under.facts)[0].item("1", DrawnValues(1, Decimal(1)))["payee_ID"] == "X9"


def _row(key: object, status: int = 201) -> Json:
    return {"id": [{"key": "Invoice_Key", "value": key}], "status": status, "body": "Created"}


@pytest.mark.parametrize("key", [None, "", "0"])
def test_a_row_that_brought_no_key_is_told_without_one(key: str | None) -> None:
    telling = told_of("vba.putClaimInvoiceBatch", {"data": [_row(7)]}, {}, keys=[key])

    assert telling is not None
    assert telling.outcomes[0].key is None


def test_a_row_of_which_nothing_was_sent_stands_for_no_item() -> None:
    telling = told_of("vba.putClaimInvoiceBatch", {"data": [_row(7), _row(8)]}, {}, keys=["7"])

    assert telling is not None
    assert [(one.place, one.key) for one in telling.outcomes] == [(0, "7"), (None, "8")]


@pytest.mark.parametrize("answer", [{}, {"data": None}, []])
def test_an_answer_without_rows_cannot_be_read(answer: Json) -> None:
    with pytest.raises(ValueError, match="gives no per-item outcome"):
        told_of("vba.putClaimInvoiceBatch", answer, {})
