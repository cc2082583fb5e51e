"""Test library: start a server or connect to it, use a sandbox per test, inspect what the client sent."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mockserver.testing.calls import ItemCount, RecordedCall, RecordedCalls
    from mockserver.testing.control_client import ControlPlaneError, ServerUnreachableError
    from mockserver.testing.ledger import SandboxLedger
    from mockserver.testing.sandbox import CatalogueTest, Sandbox, SandboxClock
    from mockserver.testing.scenarios import ArmedScenario, Example, NoExampleError
    from mockserver.testing.server import MockServer
    from mockserver.testing.server_command import ServerNotStartedError
    from mockserver.testing.vendor import CollectionState, SandboxVendor

_MODULES = {
    "calls": ("ItemCount", "RecordedCall", "RecordedCalls"),
    "control_client": ("ControlPlaneError", "ServerUnreachableError"),
    "ledger": ("SandboxLedger",),
    "sandbox": ("CatalogueTest", "Sandbox", "SandboxClock"),
    "scenarios": ("ArmedScenario", "Example", "NoExampleError"),
    "server": ("MockServer",),
    "server_command": ("ServerNotStartedError",),
    "vendor": ("CollectionState", "SandboxVendor"),
}
"""Public names by module. A module is imported on first use: pytest loads this package in every run."""

__all__ = [
    "ArmedScenario",
    "CatalogueTest",
    "CollectionState",
    "ControlPlaneError",
    "Example",
    "ItemCount",
    "MockServer",
    "NoExampleError",
    "RecordedCall",
    "RecordedCalls",
    "Sandbox",
    "SandboxClock",
    "SandboxLedger",
    "SandboxVendor",
    "ServerNotStartedError",
    "ServerUnreachableError",
]


def __getattr__(name: str) -> Any:
    """Import and return a public name."""
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
