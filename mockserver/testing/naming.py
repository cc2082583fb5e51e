"""Names of sandboxes: from a worker and a test, whatever that is called, and never one that is taken."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256

from mockserver.model import Json
from mockserver.testing.control import Control, NotDone

_LONGEST = 64
_SLUG = 40
_TAKEN = "sandbox-exists"
_OTHER = re.compile("[^a-z0-9]+")


def named(worker: str, test: str) -> str:
    """A name for a test's sandbox, "t-gw0-test-pays-1f2e3d4c": what can be read of it, and a hash of all."""
    digest = sha256(test.encode(errors="backslashreplace")).hexdigest()[:8]
    spoken = _OTHER.sub("-", test.rpartition("::")[2].lower()).strip("-")[:_SLUG].strip("-")
    tag = _OTHER.sub("-", worker.lower())[:8]
    return "-".join(part for part in ("t", tag, spoken, digest) if part)


def made(control: Control, name: str, wanted: Mapping[str, Json]) -> str:
    """The name under which a sandbox was made: the one that is wanted, or, where it is taken, with a number.

    Raises:
        NotDone: it cannot be made; the text says why.
    """
    number = 1
    while True:
        ending = f"-{number}" if number > 1 else ""
        tried = f"{name[: _LONGEST - len(ending)]}{ending}"
        try:
            control.ask("POST", "/sandboxes", {"name": tried, **wanted})
        except NotDone as told:
            if told.code != _TAKEN:
                raise
            number += 1
        else:
            return tried
