from __future__ import annotations

from mockserver.contract.loading import load_vendor_api
from mockserver.contract.run_state import RunConfig
from mockserver.contract.safety import Rate
from mockserver.contract.session import announce

URL = "https://test.example.com/api"


def test_what_will_be_written_is_told_in_full() -> None:
    told = announce(load_vendor_api("payt"), URL, RunConfig(max_examples=1200), Rate(20)).splitlines()

    assert (
        told[0]
        == f"{URL} is not a mockserver: what this run creates, changes and deletes there stays that way"
    )
    assert told[1].startswith("  writes by  POST /v1/invoices")
    assert any(line.startswith("  records    postV1Invoices: keys such as ") for line in told)
    assert any(line.startswith("  relies on  ") for line in told)
    assert told[-3:] == [
        "  calls      an operation: its examples, up to 19,200 at limits of its schemas, 1,200 random;",
        "             a batch: up to 1,200 sequences; more where a check calls again or fails",
        "  speed      at most 20/s",
    ]


def test_only_what_is_called_is_told() -> None:
    told = announce(load_vendor_api("payt"), URL, RunConfig(operations=frozenset({"getV1Invoices"})), None)

    assert "  writes by  nothing\n" in told
    assert "records" not in told
    assert "(--rate 20/s slows it down)" in told
