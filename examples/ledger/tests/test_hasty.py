"""This test fails on purpose: it shows what the plugin says of a client that sends too much again."""

from __future__ import annotations

from ledger.hasty import send_invoices

from mockserver.testing.sandbox import Sandbox
from mockserver.testing.vendor import SandboxVendor


def test_retries_only_the_failed_item(mock_vba: SandboxVendor, mock_sandbox: Sandbox) -> None:
    batch = mock_vba.example(items=3)
    mock_vba.arm(fail="internal", item=batch.keys[2], times=2)

    send_invoices(mock_vba.url, token=mock_vba.token, batch=batch, sleep=mock_sandbox.clock.advance)

    assert [call.sent for call in mock_vba.calls] == [3, 1, 1]
