"""All errors, in one tree.

    MockServerError
      SpecError              a spec that cannot be served (start-up)
      VendorError            a vendor package that does not fit its spec (start-up)
      UnknownSandboxError, TooManySandboxesError, StoreUnavailableError
      TakesLongError         the work of a call would block the event loop
      InvalidHeaderError     a header of ours is malformed or names nothing
      InvalidScenarioError   a document is no scenario (scenario/parser.py, with all its problems)
      Refusal                the whole call is refused, in the vendor's own shape
        MalformedBody, UnsupportedMediaType, NotAcceptable, TooLarge, TooManyItems, HeadersTooLarge
        InvalidCall          envelope, parameters or fatal items break the contract
        Unauthorized         no credential, or an invalid one
        Forbidden            a valid credential without the right
        NotFound             no such path, or no such record
        MethodNotAllowed     the path exists, the method does not
        TooManyRequests      a quota is used up
        Unavailable, VendorFailure: the vendor is out of order, because an assumption says so
        Rejected             an item, or the one document of a call, breaks a rule of the state
        ServerRefusal        this server refuses, no vendor: problem details with a status of our own

A refusal carries facts, never an HTTP status: the status is the vendor's word, except for a `ServerRefusal`.
engine/reasons.py makes the sentence for the log, the journal and `Mock-Reason` from these facts; a `hint`
replaces it where only the raising code knows fault and cure.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator, Sequence
from typing import Self

from mockserver.model import EMPTY, Document, Json, Path, Problem


class BrokenRunError(Exception):
    """A fault of ours in a run of checks; the text has nothing of the user's.

    `code` are the lines of code that lead there, in the process of the fault.
    """

    def __init__(self, kind: str, where: str, code: tuple[str, ...] = (), note: str = "") -> None:
        super().__init__(f"{kind} in {where}")
        self.named, self.code = (kind, where), code
        if note:
            self.add_note(note)

    @classmethod
    def of(cls, fault: Exception, where: str) -> BrokenRunError:
        if isinstance(fault, cls):
            return fault
        broken = cls(type(fault).__name__, where)
        broken.__cause__ = fault
        return broken

    def __reduce__(self) -> tuple[type[BrokenRunError], tuple[object, ...]]:
        """Take the cause along to another process, as text."""
        text = "".join(traceback.format_exception(self))
        return type(self), (*self.named, tuple(stack_trace(self)), text)


def stack_trace(error: BaseException | None) -> Iterator[str]:
    """Yield types of the error and its causes, each with the lines of code that lead there; no messages."""
    while error is not None:
        yield ""
        yield f"{type(error).__module__}.{type(error).__qualname__}"
        for frame in traceback.extract_tb(error.__traceback__):
            yield f"  {frame.filename}:{frame.lineno} in {frame.name}"
        yield from error.code if isinstance(error, BrokenRunError) else ()
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


class MockServerError(Exception):
    """The root of all errors that this project raises on purpose."""


class SpecError(MockServerError):
    """A spec cannot be served: the `message`, the `path` of the fault, and a `cure` to write there.

    `cure` "" is unknown; `known` are the names that an unknown one may stand for; `lacks` names a part that
    the schemas suggest: handler, items, key or outcome. The text begins with the `file`, ends with a `note`.
    """

    def __init__(  # noqa: PLR0913 - each has its default
        self,
        message: str,
        path: Path = (),
        *,
        file: str = "",
        cure: str = "",
        known: Sequence[str] = (),
        lacks: str = "",
        note: str = "",
    ) -> None:
        super().__init__(f"{file}: {message}{note}" if file else f"{message}{note}")
        self.message, self.path, self.file = message, path, file
        self.cure, self.known, self.lacks = cure, known, lacks

    def within(self, file: str, operation: str = "", path: Path = ()) -> SpecError:
        """Return the same fault, of an operation at `path` in a file."""
        message = f"{operation}: {self.message}" if operation else self.message
        path = (*path, *self.path)
        return SpecError(message, path, file=file, cure=self.cure, known=self.known, lacks=self.lacks)


class VendorError(MockServerError):
    """A vendor package does not fit its spec."""


class UnknownSandboxError(MockServerError):
    """No sandbox has that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no sandbox {name}")


class StoreUnavailableError(MockServerError):
    """The store does not answer; the last change may or may not be stored."""


class TooManySandboxesError(MockServerError):
    def __init__(self, limit: int) -> None:
        super().__init__(f"there are {limit:,} sandboxes, and no more may be; delete some")
        self.limit = limit


class TakesLongError(MockServerError):
    """The work of a call would take too long for the event loop; nothing of it is done."""


class InvalidHeaderError(MockServerError):
    """A header of ours is malformed or names nothing; no vendor answers."""


class Refusal(MockServerError):
    """The whole call is refused and changes nothing.

    `hint` has fault and cure; no answer of a vendor shows it.
    """

    code = "refused"

    def __init__(self, detail: str = "", *, hint: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.hint = hint

    def without_trace(self) -> Self:
        """Return this refusal as a value to keep: its frames would keep the whole call, in a cycle."""
        self.__traceback__ = self.__context__ = None
        return self


class MalformedBody(Refusal):
    """The body breaks its media type; `position` is a byte offset if known."""

    code = "malformed"

    def __init__(self, detail: str, position: int | None = None) -> None:
        super().__init__(detail)
        self.position = position


class InvalidCall(Refusal):
    """Envelope, parameters or fatal items break the contract; `problems` are all of them, in order.

    `document` is the decoded body, for vendors whose answer depends on it; None without one.
    """

    code = "invalid"

    def __init__(self, problems: Iterable[Problem], document: Json = None, *, hint: str = "") -> None:
        self.problems = tuple(problems)
        self.document = document
        super().__init__("; ".join(problem.detail for problem in self.problems), hint=hint)


class Unauthorized(Refusal):
    """No valid credential; `reason` is missing, unknown, expired or revoked, `scheme` the spec's name."""

    code = "unauthorized"

    def __init__(self, reason: str, scheme: str = "", detail: str = "", *, hint: str = "") -> None:
        super().__init__(detail or f"{reason} credential", hint=hint)
        self.reason = reason
        self.scheme = scheme


class Forbidden(Refusal):
    """A valid credential without the right; `reason` is scope, tenant, or a vendor's word."""

    code = "forbidden"

    def __init__(self, reason: str, detail: str = "", *, hint: str = "") -> None:
        super().__init__(detail or reason, hint=hint)
        self.reason = reason


class NotFound(Refusal):
    """No such path (`what` is "path") or record (`what` is the collection); `key` is the requested one."""

    code = "not-found"

    def __init__(self, what: str = "path", key: str = "", *, hint: str = "") -> None:
        super().__init__(f"{what} {key}".strip(), hint=hint)
        self.what = what
        self.key = key


class MethodNotAllowed(Refusal):
    """The path is served, but not by that method; `allowed` are its methods."""

    code = "method-not-allowed"

    def __init__(self, allowed: Iterable[str]) -> None:
        self.allowed = tuple(allowed)
        super().__init__(", ".join(self.allowed))


class UnsupportedMediaType(Refusal):
    """The operation reads no such media type; "" when the call named none."""

    code = "unsupported-media-type"

    def __init__(self, media_type: str, supported: Iterable[str], *, hint: str = "") -> None:
        super().__init__(media_type, hint=hint)
        self.media_type = media_type
        self.supported = tuple(supported)


class TooLarge(Refusal):
    code = "too-large"

    def __init__(self, limit: int, *, hint: str = "") -> None:
        super().__init__(f"over {limit} bytes", hint=hint)
        self.limit = limit


class TooManyItems(Refusal):
    code = "too-many-items"

    def __init__(self, limit: int, found: int) -> None:
        super().__init__(f"{found} items, at most {limit}")
        self.limit = limit
        self.found = found


class NotAcceptable(Refusal):
    """No acceptable media type can be written; `accept` is the header."""

    code = "not-acceptable"

    def __init__(self, accept: str, *, hint: str = "") -> None:
        super().__init__(accept, hint=hint)
        self.accept = accept


class TooManyRequests(Refusal):
    """A quota is used up; `which` is the vendor's word for it, `wait` whole seconds, None when unknown.

    A `detail` is a scenario's message for the vendor's answer.
    """

    code = "too-many-requests"

    def __init__(self, which: str = "", wait: int | None = None, detail: str = "", *, hint: str = "") -> None:
        super().__init__(detail, hint=hint)
        self.which = which
        self.wait = wait


class Unavailable(Refusal):
    """The vendor is offline; nothing was done. `detail` is the message of a scenario."""

    code = "unavailable"


class VendorFailure(Refusal):
    """The vendor failed; earlier writes stay. `detail` is the message of a scenario."""

    code = "failed"


class HeadersTooLarge(Refusal):
    """The request's headers are over the limit, in bytes or in number."""

    code = "headers-too-large"


class Rejected(Refusal):
    """An item breaks a rule of the state, and leaves no trace.

    Raised by a vendor's apply function for its item, or by a handler for the one document of its call. The
    vendor's answer may show `document`.
    """

    code = "rejected"

    def __init__(self, *problems: Problem, document: Json = None, hint: str = "") -> None:
        self.problems = problems
        self.document = document
        super().__init__("; ".join([problem.detail for problem in problems]), hint=hint)


class ServerRefusal(Refusal):
    """A refusal by the mock server itself, answered as problem details (RFC 9457).

    `code` names the kind, `members` are the document's further ones, `headers` go with it.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        members: Document = EMPTY,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.members = members
        self.headers = headers
