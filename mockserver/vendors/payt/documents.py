"""The two files that an invoice may have, by checksum of an uploaded one.

Source: Payt fact sheet §2.2, §4.4.
"""

from __future__ import annotations

from mockserver.model import Document
from mockserver.store import State

FILES = "files"
"""Announced files by checksum; `uploaded_at` is null until their bytes are there."""


def attached(posted: Document | None, stored: Document | None, state: State) -> tuple[Document | None, bool]:
    """The file that the invoice has after `posted`, and whether the one wanted was found.

    Source: Payt fact sheet §4.4 (that an unknown file only warns, and null takes it away, is assumed).
    """
    if posted is None:
        return None, True
    checksum = posted.get("checksum")
    if posted.get("destroy"):
        matches = checksum is None or (stored is not None and stored["checksum"] == checksum)
        return None if matches else stored, True
    if checksum is None:
        return stored, True
    file = state.collection(FILES).get(checksum)
    if file is None or file.get("uploaded_at") is None:
        return stored, False
    return {"checksum": checksum, "filename": posted.get("filename")}, True
