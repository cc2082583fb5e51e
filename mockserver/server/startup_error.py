"""What keeps the server from starting, with the place and the cure."""

from __future__ import annotations

from mockserver.errors import MockServerError


class StartupError(MockServerError):
    """The server cannot start as asked; `where` is the place at fault, `cure` what to do."""

    def __init__(self, what: str, where: str, cure: str) -> None:
        super().__init__(what)
        self.where, self.cure = where, cure
