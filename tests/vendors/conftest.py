"""What every vendor's tests turn: the sandbox's assumptions and its clock, by the control plane."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.client import Client


@pytest.fixture
def assume(request: pytest.FixtureRequest, client: Client, sandbox: str) -> Callable[..., None]:
    """Turn assumptions of the vendor in whose folder the test stands."""
    vendor = request.path.parent.name

    def assume(**values: str) -> None:
        named = {f"{vendor}.{name}": value for name, value in values.items()}
        answered = client.patch(f"/_mock/sandboxes/{sandbox}/assumptions", json=named)
        assert answered.status == 200, answered.text

    return assume


@pytest.fixture
def set_clock(client: Client, sandbox: str) -> Callable[[str], None]:
    """Put the sandbox clock to another instant, where it stands."""

    def set_clock(at: str) -> None:
        answered = client.post(f"/_mock/sandboxes/{sandbox}/clock/freeze", json={"at": at})
        assert answered.status == 200, answered.text

    return set_clock


@pytest.fixture
def advance(client: Client, sandbox: str) -> Callable[[int], None]:
    """Move the sandbox clock on by seconds."""

    def advance(seconds: int) -> None:
        answered = client.post(f"/_mock/sandboxes/{sandbox}/clock/advance", json={"seconds": seconds})
        assert answered.status == 200, answered.text

    return advance
