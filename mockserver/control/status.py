"""Health, settings and vendors of the running server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mockserver import __version__
from mockserver.control.effective_settings import EffectiveSetting
from mockserver.engine.registry import LoadedVendor
from mockserver.model import Document, Json


@dataclass(frozen=True, slots=True)
class ServerOperations:
    """Operations that concern no sandbox."""

    served: tuple[LoadedVendor, ...]
    strict_auth: bool
    uptime_seconds: Callable[[], int]
    check_store: Callable[[], None]
    settings: tuple[EffectiveSetting, ...] = ()

    def health(self) -> Document:
        """Return the server's status, version, vendors and for how long it has been up.

        Raises:
            StoreUnavailableError: nothing can be stored, so that no call can be served.
        """
        self.check_store()
        return {
            "status": "ok",
            "version": __version__,
            "auth": "strict" if self.strict_auth else "lenient",
            "vendors": [one.name for one in self.served],
            "uptimeSeconds": self.uptime_seconds(),
        }

    def list_settings(self) -> Json:
        """Return the settings in effect with their sources; none if a program started the server."""
        return [one.document() for one in self.settings]

    def list_vendors(self) -> Json:
        """Return the vendors with their mounts and operations."""
        return [
            {
                "name": vendor.name,
                "title": vendor.spec.document["info"]["title"],
                "mount": f"/{vendor.name}",
                "operations": list(vendor.spec.operations),
                "batches": [one.id for one in vendor.spec.operations.values() if one.batch],
            }
            for vendor in self.served
        ]
