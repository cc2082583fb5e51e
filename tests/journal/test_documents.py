from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from mockserver.journal.documents import Documents
from mockserver.model import Json
from tests.support.entries import entry
from tests.support.rooms import served


@pytest.mark.parametrize(
    ("body", "content_type", "document"),
    [
        (b'{"orders":[{"amount":1.10}]}', "application/json", {"orders": [{"amount": Decimal("1.10")}]}),
        (b"[1]", "", [1]),
        (b"{", "application/json", None),
        (b"", "application/json", None),
        (b"a=b", "text/csv", None),
    ],
)
def test_the_document_of_a_body_is_what_its_operation_reads(
    tmp_path: Path, body: bytes, content_type: str, document: Json
) -> None:
    called = entry(
        body=body, headers={"content-type": content_type}, assumptions={"duplicate_members": "last_wins"}
    )

    assert Documents([served(tmp_path)])(called) == document


def test_the_document_of_a_call_that_led_nowhere_is_read_as_json(tmp_path: Path) -> None:
    assert Documents([served(tmp_path)])(entry(operation=None, body=b'{"a":1}')) == {"a": 1}
