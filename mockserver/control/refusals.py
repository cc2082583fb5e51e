"""Why the control plane refuses a call that keeps its contract; each has the status of `_control.yaml`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from mockserver.errors import MockServerError
from mockserver.model import NOTHING, Document, Json


class ControlRefusal(MockServerError):
    """The call is refused and changes nothing.

    `status` and `code` are the problem document's, `members` what else it holds (people §2h).
    """

    status: ClassVar[int] = 422
    code: ClassVar[str] = "impossible"

    def __init__(self, detail: str, members: Mapping[str, Json] = NOTHING) -> None:
        super().__init__(detail)
        self.members = members


class SandboxExists(ControlRefusal):
    """A sandbox of that name is there already."""

    status = 409
    code = "sandbox-exists"


class UnknownEntry(ControlRefusal):
    """The journal has no entry of that number, or keeps it no longer."""

    status = 404
    code = "unknown-entry"


class UnknownScenario(ControlRefusal):
    """The sandbox has no scenario of that name, or none of that name ships."""

    status = 404
    code = "unknown-scenario"


class Impossible(ControlRefusal):
    """The call is well-formed and asks for what cannot be; `pointer` is the member that does."""

    def __init__(self, pointer: str, detail: str, cure: str = "") -> None:
        super().__init__(detail, {"errors": [_error(pointer, self.code, detail, cure)]})


class Impossibles(ControlRefusal):
    """As `Impossible`, for all that cannot be at once; `errors` hold pointer, code, detail and try each."""

    def __init__(self, detail: str, errors: Sequence[Document]) -> None:
        super().__init__(detail, {"errors": list(errors)})


def _error(pointer: str, code: str, detail: str, cure: str) -> Document:
    error = {"pointer": pointer, "code": code, "detail": detail}
    return {**error, "try": cure} if cure else error
