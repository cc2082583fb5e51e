"""JSON Web Tokens, signed by RS256 so that clients can verify them, and the key set for that.

The key protects nothing: it is derived from fixed numbers, so that it takes no time to make, and every worker
has the same key. Source: RFC 7515, RFC 7517; RFC 8017 §9.2 (padding); docs/vendors/xero.md#sign-in.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256, shake_256
from math import prod

from mockserver.codec import json
from mockserver.model import Json

_SEEDS = (55, 81, 140, 191)
"""The first four numbers whose candidates are primes."""

_PRIME_BYTES = 64
_EXPONENT = 65537
_SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")


def _candidate(seed: int) -> int:
    """Return an odd number of 512 bits whose three highest bits are set: four of them make 2,048 bits."""
    octets = shake_256(f"mockserver {seed}".encode()).digest(_PRIME_BYTES)
    return int.from_bytes(octets) | 7 << (8 * _PRIME_BYTES - 3) | 1


PRIMES = tuple(_candidate(seed) for seed in _SEEDS)
_MODULUS = prod(PRIMES)
_SIZE = len(PRIMES) * _PRIME_BYTES
_PARTS = tuple((p, pow(_EXPONENT, -1, p - 1), _MODULUS // p * pow(_MODULUS // p, -1, p)) for p in PRIMES)
"""For each prime: the private exponent, and the factor of its part in the Chinese remainder theorem."""

_KEY_ID = sha256(_MODULUS.to_bytes(_SIZE)).hexdigest()[:40].upper()


def encode_base64url(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def key_set() -> Json:
    key = {
        "kty": "RSA",
        "use": "sig",
        "kid": _KEY_ID,
        "e": encode_base64url(_EXPONENT.to_bytes(3)),
        "n": encode_base64url(_MODULUS.to_bytes(_SIZE)),
        "alg": "RS256",
    }
    return {"keys": [key]}


def sign_token(claims: Mapping[str, Json]) -> str:
    header = {"alg": "RS256", "kid": _KEY_ID, "typ": "JWT"}
    signed = ".".join(encode_base64url(json.encode(part)) for part in (header, claims))
    return f"{signed}.{encode_base64url(_sign(signed.encode()))}"


def _sign(octets: bytes) -> bytes:
    digest = b"\0" + _SHA256_PREFIX + sha256(octets).digest()
    padded = int.from_bytes(b"\0\1" + digest.rjust(_SIZE - 2, b"\xff"))
    return (sum(pow(padded, d, p) * factor for p, d, factor in _PARTS) % _MODULUS).to_bytes(_SIZE)
