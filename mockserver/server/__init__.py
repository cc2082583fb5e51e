"""The HTTP server, on uvicorn: Connexion routes and secures the calls of each vendor."""

from __future__ import annotations

import warnings


def ignore_connexion_warnings() -> None:
    """Suppress the UserWarning about a test client that Connexion emits on import."""
    warnings.filterwarnings("ignore", category=UserWarning, module="connexion")
