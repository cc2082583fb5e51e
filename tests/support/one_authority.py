"""Trust one made-up authority: loading the real ones costs each HTTP client 20 ms, and no test needs them."""

from __future__ import annotations

from pathlib import Path

import certifi
import pytest
import trustme


def trust_one_authority(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Have this process and those that it starts trust the authority alone, until `patch` is undone."""
    file = folder / "authority.pem"
    file.write_bytes(trustme.CA().cert_pem.bytes())
    patch.setenv("SSL_CERT_FILE", str(file))
    patch.setattr(certifi, "where", lambda: str(file))
