"""The server as a whole."""

from __future__ import annotations

from dataclasses import dataclass

from mockserver import __version__
from mockserver.model import Document, Json
from mockserver.served import Served


@dataclass(frozen=True, slots=True)
class ServerOperations:
    """What is asked of no sandbox."""

    served: tuple[Served, ...]
    strict_auth: bool = False

    def health(self) -> Document:
        """That the server is up, and what it serves."""
        return {
            "status": "ok",
            "version": __version__,
            "auth": "strict" if self.strict_auth else "lenient",
            "vendors": [one.name for one in self.served],
        }

    def list_vendors(self) -> Json:
        """The vendors: where they are mounted and what they can do."""
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
