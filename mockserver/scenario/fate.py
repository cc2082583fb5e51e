"""Chance without a generator: a number drawn from what it is about, so that nothing else can move it.

Not from the sandbox's name: two sandboxes of one seed see one fate (design §8.15).
"""

from __future__ import annotations

from hashlib import blake2b

_BITS = 53
"""As many as a float holds exactly."""


def draw(seed: int, *what: str) -> float:
    """A number in [0, 1) for this seed and these words, the same in every thread, process and order.

    Each word goes in behind its length, so that no two lists of words are hashed alike.
    """
    told = [str(seed), *what]
    digest = blake2b(digest_size=8)
    for word in told:
        raw = word.encode("utf-8", "surrogatepass")
        digest.update(len(raw).to_bytes(8, "big"))
        digest.update(raw)
    return (int.from_bytes(digest.digest(), "big") >> (64 - _BITS)) / (1 << _BITS)
