"""HTTP server: the only package that imports Connexion, Flask, Starlette or uvicorn."""

from __future__ import annotations

import warnings


def ignore_connexion_warnings() -> None:
    """Let Connexion be imported in silence: it brings a test client, which warns about itself."""
    warnings.filterwarnings("ignore", category=UserWarning, module="connexion")
