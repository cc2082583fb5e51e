"""What a library says of itself while it is imported, and what is nothing to those who run a command."""

from __future__ import annotations

import warnings


def hush_connexion() -> None:
    """Let Connexion be imported in silence: it brings a test client, which warns about itself."""
    warnings.filterwarnings("ignore", category=UserWarning, module="connexion")
