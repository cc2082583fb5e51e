"""Runs every journey in a process of its own and prints one digest an answer."""

from __future__ import annotations

import sys
from hashlib import sha256

from mockserver.sandbox.sandboxes import Settings
from mockserver.server.application import create_app
from tests.journeys.journey import journeys
from tests.support.client import Client


def main() -> None:
    """Print what comes of all journeys, in order."""
    app = create_app()
    app.sandboxes.create(Settings("journeys", seed=7, frozen="2026-01-05T09:00:00Z"))
    client = Client(app, {"host": "testserver", "user-agent": "tests", "mock-sandbox": "journeys"})
    answers = [answer for journey in journeys() for answer in journey.run(client)]
    sys.stdout.write("\n".join(sha256(answer).hexdigest() for answer in answers))


if __name__ == "__main__":
    main()
