"""Tells every story in a process of its own and prints one digest an answer."""

from __future__ import annotations

import sys
from hashlib import sha256

from mockserver.sandbox.sandboxes import Settings
from mockserver.server.application import create_app
from tests.journeys.stories import stories
from tests.support.client import Client


def main() -> None:
    """Print what comes of all stories, in order."""
    app = create_app()
    app.sandboxes.create(Settings("told", seed=7, frozen="2026-01-05T09:00:00Z"))
    client = Client(app, {"host": "testserver", "user-agent": "tests", "mock-sandbox": "told"})
    answers = [answer for story in stories() for answer in story.tell(client)]
    sys.stdout.write("\n".join(sha256(answer).hexdigest() for answer in answers))


if __name__ == "__main__":
    main()
