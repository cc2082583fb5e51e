"""HTTP server: the only package that imports Connexion, Flask, Starlette or uvicorn."""

from __future__ import annotations

import warnings


def ignore_connexion_warnings() -> None:
    """Suppress the UserWarning about a test client that Connexion emits on import."""
    warnings.filterwarnings("ignore", category=UserWarning, module="connexion")
