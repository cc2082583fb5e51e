"""Walks of one, four and eight clients at once, each in a sandbox of its own; prints a digest a client."""

from __future__ import annotations

import json as stdlib
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from hashlib import sha256

from mockserver.codec import json
from tests.invariants.concurrency import run_together
from tests.invariants.sandboxes import VendorSandbox, open_sandbox
from tests.invariants.sequences import SequenceStep, run_sequence
from tests.invariants.vendors import ALL_VENDORS
from tests.support.profiled_vendor import ItemSpec, ProfiledVendor

CLIENTS = (1, 4, 8)


def main() -> None:
    """Print the digests of every client, by how many there are."""
    sys.setswitchinterval(1e-4)
    sys.stdout.write(stdlib.dumps({str(number): client_digests(number) for number in CLIENTS}))


def client_digests(clients: int) -> list[str]:
    """What each client was answered and left behind, at every vendor, while the others were at it too."""
    digests = [sha256() for _ in range(clients)]
    for vendor in ALL_VENDORS:
        with ExitStack() as stack:
            worlds = [
                stack.enter_context(open_sandbox(vendor, name=f"c-{clients}-{number}", seed=number))
                for number in range(clients)
            ]
            for number, heard in enumerate(_run_clients(worlds)):
                digests[number].update(heard)
    return [digest.hexdigest() for digest in digests]


def _run_clients(worlds: list[VendorSandbox]) -> list[bytes]:
    heard = [b""] * len(worlds)

    def tell(number: int) -> None:
        here = worlds[number]
        here.use_keys()
        answers = run_sequence(here, _client_steps(here.vendor, number))
        heard[number] = b"".join(body for _, body, _ in answers) + json.encode([repr(answers), here.dump()])

    run_together(*(partial(tell, number) for number in range(len(worlds))))
    return heard


def _client_steps(vendor: ProfiledVendor, number: int) -> Iterator[SequenceStep]:
    """One of everything, other things for other clients."""
    keys = vendor.keys[number % 2 :] + vendor.keys[: number % 2]
    items = tuple(ItemSpec(key, number + 1, good=at != 1) for at, key in enumerate(keys))
    for _ in range(2):
        yield SequenceStep(items)
        yield SequenceStep(items[:2], key="k")
        for taken in range(len(vendor.profile.steps)):
            yield SequenceStep((ItemSpec(keys[-taken % 2], number + 11),), taken=taken)
        yield SequenceStep(seconds=400)
        yield SequenceStep()


if __name__ == "__main__":
    main()
