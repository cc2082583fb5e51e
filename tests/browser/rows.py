"""The rows of calls that a page shows."""

from __future__ import annotations

from playwright.sync_api import Page


def numbers(page: Page) -> list[int]:
    """Return the numbers of the calls that the page shows, from its top."""
    found: list[int] = page.locator("#calls tbody tr").evaluate_all(
        "rows => rows.map(row => Number(row.dataset.number))"
    )
    return found


def wait_for(page: Page, number: int) -> None:
    """Wait until the page shows the call."""
    page.locator(f'#calls tr[data-number="{number}"]').wait_for()
