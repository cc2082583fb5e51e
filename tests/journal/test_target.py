from __future__ import annotations

import pytest

from mockserver.journal.repeated import again, away, in_sandbox, loss
from mockserver.journal.target import below, target
from mockserver.journal.view import View
from mockserver.model import Delivery
from tests.support.entries import entry

TRUE = View(shown=True)
PREFIXED = entry(
    target="/sandboxes/one/acme/orders/A%2F1%20b",
    mount="/sandboxes/one/acme",
    path="/orders/A%2F1 b",
    query="",
)


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/orders/A b", "/orders/A%20b"),
        ("/orders/A%2F1", "/orders/A%2F1"),
        ("/orders/A%252f1", "/orders/A%252f1"),
        ("/orders/50%", "/orders/50%25"),
        ("/orders/é?#", "/orders/%C3%A9%3F%23"),
    ],
)
def test_a_path_whose_bytes_are_not_known_is_escaped_again(path: str, sent: str) -> None:
    unknown = entry(path=path, target="", mount="/acme")

    assert (target(unknown), below(unknown)) == (f"/acme{sent}", sent)


def test_a_path_is_sent_as_it_was_sent() -> None:
    assert target(PREFIXED) == "/sandboxes/one/acme/orders/A%2F1%20b"
    assert below(PREFIXED) == "/orders/A%2F1%20b"


def test_a_path_of_an_alias_is_kept_below_the_vendor() -> None:
    assert below(entry(target="/acme/old/orders", mount="/acme", path="/orders")) == "/old/orders"


def test_a_call_goes_again_where_it_went() -> None:
    named = entry(headers={"mock-sandbox": "one", "accept": "x", "host": "h", "content-length": "3"})

    assert again(named, TRUE) == ("/acme/orders?page=2", {"mock-sandbox": "one", "accept": "x"})


def test_a_call_goes_into_another_sandbox_without_its_prefix() -> None:
    assert in_sandbox(PREFIXED, TRUE, "two")[0] == "/acme/orders/A%2F1%20b"
    assert in_sandbox(PREFIXED, TRUE, "two")[1]["mock-sandbox"] == "two"


def test_a_call_goes_away_without_credentials_and_words_of_ours() -> None:
    full = {"authorization": "x", "x-api-key": "x", "cookie": "x", "mock-scenario": "x", "mock-replay": "x"}

    assert away(entry(headers={**full, "accept": "x"}), TRUE) == ("/orders?page=2", {"accept": "x"})


@pytest.mark.parametrize(
    ("fault", "method", "kind"),
    [
        ("", "PUT", ""),
        ("CONNECTION_RESET_BY_PEER", "PUT", "reset"),
        ("CLOSE_IDLE", "PUT", ""),
        ("TRUNCATED_BODY", "PUT", ""),
        ("WRONG_LENGTH", "PUT", "truncated"),
        ("WRONG_LENGTH", "HEAD", ""),
        ("NO_RESPONSE", "HEAD", "timeout"),
    ],
)
def test_a_lost_answer_has_a_kind(fault: str, method: str, kind: str) -> None:
    assert loss(entry(delivery=Delivery(fault=fault), method=method)) == kind
