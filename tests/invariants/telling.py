"""Walks of one, four and eight clients at once, each in a sandbox of its own; prints a digest a client."""

from __future__ import annotations

import json as stdlib
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from hashlib import sha256

from mockserver.codec import json
from tests.invariants.dialects import ALL
from tests.invariants.threads import together
from tests.invariants.walks import Step, walk
from tests.invariants.world import Dialect, Thing, World, world

CLIENTS = (1, 4, 8)


def main() -> None:
    """Print the digests of every client, by how many there are."""
    sys.setswitchinterval(1e-4)
    sys.stdout.write(stdlib.dumps({str(number): told(number) for number in CLIENTS}))


def told(clients: int) -> list[str]:
    """What each client was answered and left behind, at every vendor, while the others were at it too."""
    digests = [sha256() for _ in range(clients)]
    for dialect in ALL:
        with ExitStack() as stack:
            worlds = [
                stack.enter_context(world(dialect, name=f"c-{clients}-{number}", seed=number))
                for number in range(clients)
            ]
            for number, heard in enumerate(_at_once(worlds)):
                digests[number].update(heard)
    return [digest.hexdigest() for digest in digests]


def _at_once(worlds: list[World]) -> list[bytes]:
    heard = [b""] * len(worlds)

    def tell(number: int) -> None:
        here = worlds[number]
        if here.dialect.key_switch:
            here.assume(**{here.dialect.key_switch: "on"})
        answers = walk(here, _steps(here.dialect, number))
        heard[number] = b"".join(body for _, body, _ in answers) + json.encode([repr(answers), here.dump()])

    together(*(partial(tell, number) for number in range(len(worlds))))
    return heard


def _steps(dialect: Dialect, number: int) -> Iterator[Step]:
    """One of everything, other things for other clients."""
    keys = dialect.keys[number % 2 :] + dialect.keys[: number % 2]
    items = tuple(Thing(key, f"v{number}", good=at != 1) for at, key in enumerate(keys))
    for _ in range(2):
        yield Step("batch", items)
        yield Step("keyed", items[:2], key="k")
        yield Step("change", key=keys[0], value=f"w{number}")
        yield Step("removal", key=keys[-1])
        yield Step("advance", seconds=400)
        yield Step("list")


if __name__ == "__main__":
    main()
