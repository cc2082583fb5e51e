"""What is pasted from the vendor's help page works: its sample names everything "sample string N"."""

from __future__ import annotations

import pytest

from tests.support.client import Client
from tests.vendors.pvex.samples import BATCH, SAMPLES


@pytest.mark.parametrize("kind", ["json", "xml"])
def test_the_sample_of_a_batch_is_stored_and_read_by_its_ids(pvex: Client, kind: str) -> None:
    sample = (SAMPLES / f"request.{kind}").read_bytes()

    sent = pvex.post(BATCH, content=sample, headers={"content-type": f"application/{kind}"})

    read = pvex.get("/api/Invoice/sample%20string%2012?subscriberId=sample%20string%2014")
    assert (sent.status // 100, read.status) == (2, 200)
    assert (read.json["Number"], read.json["ClientId"]) == ("sample string 1", "sample string 2")
