"""The manner in which one call is answered: its reader, what its places are called, how much it is told.

Source: PVEx fact sheet §3.1, §3.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from mockserver.codec.json import text_of
from mockserver.errors import Malformed
from mockserver.model import Call, Path
from mockserver.reply import media_type_of
from mockserver.vendors.pvex.places import Places, places, spelled
from mockserver.vendors.pvex.reading import Reading, reading_of
from mockserver.vendors.pvex.words import ASSUMED


@dataclass(frozen=True)
class Manner:
    """How `call` is answered; `listed` when it pushes a list of invoices, not one."""

    call: Call
    listed: bool

    @property
    def name(self) -> str:
        """The controller's parameter, with which every place begins."""
        return self.call.assumptions["param_name"] if self.listed else ASSUMED.one

    @property
    def reading(self) -> Reading:
        """Who reads the body."""
        return reading_of(media_type_of(self.call.headers)[0])

    @property
    def detailed(self) -> bool:
        """Whether the caller counts as a local one."""
        return self.call.assumptions["error_detail"] == "on"

    @cached_property
    def text(self) -> str:
        """The body as text; what is none has a replacement character."""
        try:
            octets = text_of(self.call.body, media_type_of(self.call.headers)[1])
        except Malformed:
            return "\N{REPLACEMENT CHARACTER}"
        return octets.decode(errors="replace")

    @cached_property
    def places(self) -> Places:
        """Where everything stands in a JSON body."""
        return places(self.text)

    def key(self, place: Path) -> str:
        """What `ModelState` calls a place: an invoice's index, and then perhaps a member."""
        return self.at(place if self.listed else place[1:])

    def at(self, path: Path) -> str:
        """What `ModelState` calls a path into the body."""
        behind = spelled(path)
        return f"{self.name}.{behind}" if behind and not behind.startswith("[") else self.name + behind
