"""Form keys that spell a list: `[0].Number`, `[0][Number]`, `invoices[0].Number`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mockserver.contract.oracle.typed import properties_of, typed
from mockserver.model import EMPTY, Document, Json

_KEY = re.compile(r"(?P<list>\w*)\[(?P<place>[0-9]{1,9})\](?:\.(?P<dotted>\w+)|\[(?P<bracketed>\w+)\])")


def listed(pairs: Iterable[tuple[str, str]], node: Document) -> tuple[Json, bool]:
    """The items that the keys spell up to the first gap, and whether a key spells none.

    Of a repeated key the first counts; member names are taken in any letter case.
    """
    members = properties_of(node)
    names = {name.lower(): name for name in members}
    items: dict[int, dict[str, Json]] = {}
    unbound = False
    for key, text in pairs:
        found = _KEY.fullmatch(key)
        if found is None or found["list"]:
            unbound = True
            continue
        given = found["dotted"] or found["bracketed"]
        name = names.get(given.lower(), given)
        item = items.setdefault(int(found["place"]), {})
        unbound = unbound or name in item
        item.setdefault(name, typed(text, members.get(name, EMPTY)) if text else _nothing(members, name))
    read: list[Json] = []
    while len(read) in items:
        read.append(items[len(read)])
    return read, unbound or len(read) < len(items)


def _nothing(members: Document, name: str) -> Json:
    """What an empty value stands for: null, where a text must be there too."""
    return None if members.get(name, EMPTY).get("nullable") else ""
