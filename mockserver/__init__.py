"""A mock and contract-testing server for batch APIs. It judges the envelope strictly, and each item alone.

`__all__` is the public interface for programs that embed the server and for vendor packages. The library for
tests is `mockserver.testing`. A public name is imported on first use, so that `__version__` is read quickly.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mockserver.errors import Refusal, Rejected
    from mockserver.model import Action, Call, Item, Outcome, Problem, Reply
    from mockserver.server.application import Application, Options, create_app
    from mockserver.vendor import BatchHandler, BatchResult, Request, Vendor

__version__ = "0.1.0"

MAX_ITEMS = 10_000
"""Default of `--max-items`: the maximum number of items in a batch."""

__all__ = [
    "Action",
    "Application",
    "BatchHandler",
    "BatchResult",
    "Call",
    "Item",
    "Options",
    "Outcome",
    "Problem",
    "Refusal",
    "Rejected",
    "Reply",
    "Request",
    "Vendor",
    "create_app",
]

_MODULES = {
    "errors": ("Refusal", "Rejected"),
    "model": ("Action", "Call", "Item", "Outcome", "Problem", "Reply"),
    "server.application": ("Application", "Options", "create_app"),
    "vendor": ("BatchHandler", "BatchResult", "Request", "Vendor"),
}


def __getattr__(name: str) -> Any:
    """Import and return the public object `name`."""
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
