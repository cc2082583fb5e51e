"""The call of a control operation, and the errors that refuse it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from mockserver.errors import MockServerError
from mockserver.model import EMPTY, Document, Json, Value


class ControlCall(Value, frozen=True):
    """The call itself: media type and bytes of its body as they came, and the server's own address.

    `origin` is where the server listens, `http://127.0.0.1:8080`, whatever name the client called it by.
    """

    media_type: str = ""
    content: bytes = b""
    origin: str = ""


class ControlError(MockServerError):
    """The call is refused and changes nothing.

    `status` and `code` are the problem document's, `members` what else it holds (people §2h).
    """

    status: ClassVar[int] = 422
    code: ClassVar[str] = "impossible"

    def __init__(self, detail: str, members: Mapping[str, Json] = EMPTY) -> None:
        super().__init__(detail)
        self.members = members


class SandboxExistsError(ControlError):
    """A sandbox of that name is there already."""

    status = 409
    code = "sandbox-exists"


class UnknownEntryError(ControlError):
    """The journal has no entry of that number, or keeps it no longer."""

    status = 404
    code = "unknown-entry"


class UnknownScenarioError(ControlError):
    """The sandbox has no scenario of that name, or none of that name ships."""

    status = 404
    code = "unknown-scenario"


class UnprocessableMemberError(ControlError):
    """The call is well-formed and asks for what cannot be; `pointer` is the member that does."""

    def __init__(self, pointer: str, detail: str, cure: str = "") -> None:
        super().__init__(detail, {"errors": [_error(pointer, self.code, detail, cure)]})


class UnprocessableCallError(ControlError):
    """Like `Unprocessable`, for several problems at once; each has pointer, code, detail and try."""

    def __init__(self, detail: str, errors: Sequence[Document]) -> None:
        super().__init__(detail, {"errors": list(errors)})


def _error(pointer: str, code: str, detail: str, cure: str) -> Document:
    error = {"pointer": pointer, "code": code, "detail": detail}
    return {**error, "try": cure} if cure else error
