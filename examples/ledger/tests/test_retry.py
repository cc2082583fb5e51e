from __future__ import annotations

import pytest
from ledger import Unsent, send_invoices

from mockserver.testing.sandbox import Sandbox
from mockserver.testing.vendor import SandboxVendor


def test_retries_only_the_failed_item(mock_vba: SandboxVendor, mock_sandbox: Sandbox) -> None:
    batch = mock_vba.example(items=3)
    mock_vba.arm(fail="internal", item=batch.keys[2], times=2)  # fails twice, then works

    send_invoices(mock_vba.url, token=mock_vba.token, batch=batch, sleep=mock_sandbox.clock.advance)

    assert [call.sent for call in mock_vba.calls] == [3, 1, 1]
    assert mock_vba.calls[-1].outcomes == {"created": 1}
    assert len(mock_vba.state("claim-invoices").added) == 3


@pytest.mark.mock_clock("2026-01-05T09:00:00Z")
def test_gives_up_after_fifteen_seconds(mock_vba: SandboxVendor, mock_sandbox: Sandbox) -> None:
    batch = mock_vba.example(items=2, bad=1)

    with pytest.raises(Unsent, match=str(batch.bad[0])):
        send_invoices(mock_vba.url, token=mock_vba.token, batch=batch, sleep=mock_sandbox.clock.advance)

    assert mock_sandbox.clock.now.isoformat() == "2026-01-05T09:00:15+00:00"
    assert [call.sent for call in mock_vba.calls] == [2, 1, 1, 1, 1]
    assert list(mock_vba.state("claim-invoices").added) == [batch.keys[0]]


@pytest.mark.mock_auth("strict")
def test_sends_credentials_that_are_good(mock_vba: SandboxVendor) -> None:
    send_invoices(mock_vba.url, token=mock_vba.token, batch=mock_vba.example(items=1))

    assert mock_vba.calls[0].outcomes == {"created": 1}
