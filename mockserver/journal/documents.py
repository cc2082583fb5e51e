"""The document that a recorded body holds, read as its operation reads it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mockserver.codec import json
from mockserver.errors import Malformed
from mockserver.journal.entry import Entry
from mockserver.model import Json
from mockserver.reply import media_type_of
from mockserver.served import Served


class Documents:
    """Reads the bodies of recorded requests: what was sent, under the names that it was sent under."""

    def __init__(self, served: Iterable[Served]) -> None:
        self._served: Mapping[str, Served] = {vendor.name: vendor for vendor in served}

    def __call__(self, entry: Entry) -> Json:
        """The request's document; None where it has none, or none that can be read."""
        call = entry.call
        media_type, charset = media_type_of(call.headers)
        plan = self._served[call.vendor].plans.get(entry.operation or "")
        body = plan.bodies.get(media_type) if plan else None
        try:
            if body is not None:
                return body.decode(call.body, charset, call.assumptions)
            return json.decode(call.body, charset)
        except Malformed:
            return None
