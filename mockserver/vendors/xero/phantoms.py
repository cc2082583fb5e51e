"""Outcomes of elements that were never sent, as scenarios put them into answers.

Each looks like the true outcome that it is made of, under a name and ids of its own.
"""

from collections.abc import Mapping
from hashlib import blake2b

from msgspec.structs import replace

from mockserver.model import Json, Outcome
from mockserver.vendor import Phantom

_GROUPS = ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32))


def phantom(name: str, *ids: str) -> Phantom:
    """Makes phantoms of elements that clients call by the member `name`; the members `ids` are their own."""

    def made(outcome: Outcome, n: int) -> Outcome:
        called = {name: f"phantom-{n}"}
        item = replace(
            outcome.item,
            key=called[name],
            document={**_with_other_ids(outcome.item.document or {}, ids, n), **called},
        )
        if not isinstance(outcome.document, Mapping):
            return replace(outcome, item=item)
        return replace(outcome, item=item, document={**_with_other_ids(outcome.document, ids, n), **called})

    return made


def _with_other_ids(value: Json, ids: tuple[str, ...], n: int) -> Json:
    if isinstance(value, Mapping):
        return {
            name: _guid(f"{child}/{n}") if name in ids else _with_other_ids(child, ids, n)
            for name, child in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_with_other_ids(child, ids, n) for child in value]
    return value


def _guid(seed: str) -> str:
    """A GUID of a version that the sandbox gives nobody, the same for the same seed."""
    digits = blake2b(seed.encode(), digest_size=16).hexdigest()
    digits = f"{digits[:12]}8{digits[13:16]}a{digits[17:]}"
    return "-".join(digits[start:end] for start, end in _GROUPS)
