"""The tree of errors.

    MockServerError
      SpecError              a spec that cannot be served (start-up)
      VendorError            a vendor package that does not fit its spec (start-up)
      UnknownSandboxError, TooManySandboxesError, StoreUnavailableError
      TakesLongError         the work of a call would block the event loop
      InvalidHeaderError     a `Mock-…` header is malformed or has an unknown value
      InvalidScenarioError   a document is not a valid scenario (defined in scenario/parser.py)
      Refusal                the whole call is refused, in the vendor's own shape
        MalformedBody, UnsupportedMediaType, NotAcceptable, TooLarge, TooManyItems, HeadersTooLarge
        InvalidCall          envelope, parameters or fatal items break the contract
        Unauthorized         no credential, or an invalid one
        Forbidden            a valid credential that lacks a right
        NotFound             no such path, or no such record
        MethodNotAllowed     the path is served, but not with this method
        TooManyRequests      a quota is used up
        Unavailable, VendorFailure: the vendor is out of order; an assumption, a rule or the store causes it
        Rejected             an item, or the body of a single write, breaks a rule about stored records
        ServerRefusal        the mock server refuses, not a vendor: problem details with their own status

A refusal has facts, but no HTTP status: the vendor chooses the status, except that of a `ServerRefusal`.
From these facts engine/reasons.py makes the sentence for the log, the journal and `Mock-Reason`. If only the
raising code knows fault and cure, the refusal's `hint` replaces that sentence.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator, Sequence
from typing import Self

from mockserver.model import EMPTY, Document, Json, Path, Problem


class BrokenRunError(Exception):
    """A bug of mockserver that broke a run of checks. The error's text has no data of the user.

    `kind` is the type of the causing error, `where` is the part of the run that broke. `code` is the stack
    trace of an error from another process.
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
        """Pickle the error with its cause as text, for another process."""
        text = "".join(traceback.format_exception(self))
        return type(self), (*self.named, tuple(stack_trace(self)), text)


def stack_trace(error: BaseException | None) -> Iterator[str]:
    """Yield the error's type and stack (file, line, function), then those of each cause, without messages."""
    while error is not None:
        yield ""
        yield f"{type(error).__module__}.{type(error).__qualname__}"
        for frame in traceback.extract_tb(error.__traceback__):
            yield f"  {frame.filename}:{frame.lineno} in {frame.name}"
        yield from error.code if isinstance(error, BrokenRunError) else ()
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


class MockServerError(Exception):
    """Base of the errors that this project raises on purpose."""


class SpecError(MockServerError):
    """A spec cannot be served, because of the fault at `path`.

    `cure` is what to write at `path`, "" if unknown. If the fault is an unknown name, `known` has the valid
    names. If schemas can suggest a missing annotation, `lacks` says which: handler, items, key or outcome.
    The error's text is `file`, `message` and `note`. `place` is line and column, if the file is unreadable.
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
        place: tuple[int, ...] = (),
    ) -> None:
        note = f" (line {place[0]}, column {place[1]})" if place else note
        super().__init__(f"{file}: {message}{note}" if file else f"{message}{note}")
        self.message, self.path, self.file, self.place = message, path, file, place
        self.cure, self.known, self.lacks = cure, known, lacks

    def within(self, file: str, operation: str = "", path: Path = ()) -> SpecError:
        """Return a copy whose text names file and operation, and whose path begins with `path`."""
        message = f"{operation}: {self.message}" if operation else self.message
        path = (*path, *self.path)
        return SpecError(message, path, file=file, cure=self.cure, known=self.known, lacks=self.lacks)


class VendorError(MockServerError):
    """A vendor package does not fit its spec."""


class UnknownSandboxError(MockServerError):
    """No sandbox has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no sandbox {name}")


class StoreUnavailableError(MockServerError):
    """The store does not answer. Whether the last change was stored is unknown."""


class TooManySandboxesError(MockServerError):
    def __init__(self, limit: int) -> None:
        super().__init__(f"there are {limit:,} sandboxes, and no more may be; delete some")
        self.limit = limit


class TakesLongError(MockServerError):
    """The work of a call would take too long for the event loop, and was not begun."""


class InvalidHeaderError(MockServerError):
    """A `Mock-…` header is malformed or has an unknown value; the server itself refuses the call."""


class Refusal(MockServerError):
    """The whole call is refused. Unless a subclass says otherwise, a refused call changes nothing.

    `hint` has fault and cure, for the log, the journal and `Mock-Reason`.
    """

    code = "refused"

    def __init__(self, detail: str = "", *, hint: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.hint = hint

    def without_trace(self) -> Self:
        """Return this refusal without its traceback, which would keep the data of the call in memory."""
        self.__traceback__ = self.__context__ = None
        return self


class MalformedBody(Refusal):
    """The body is invalid for its media type. `position` is the byte offset of the fault, None if unknown."""

    code = "malformed"

    def __init__(self, detail: str, position: int | None = None) -> None:
        super().__init__(detail)
        self.position = position


class InvalidCall(Refusal):
    """Envelope, parameters or fatal items break the contract; `problems` has each violation, in order.

    If the vendor's answer depends on the body, `document` is the decoded body, otherwise None.
    """

    code = "invalid"

    def __init__(self, problems: Iterable[Problem], document: Json = None, *, hint: str = "") -> None:
        self.problems = tuple(problems)
        self.document = document
        super().__init__("; ".join(problem.detail for problem in self.problems), hint=hint)


class Unauthorized(Refusal):
    """The call has no valid credential.

    `reason` is "missing", "unknown", "expired" or "revoked". `scheme` is the security scheme's name in the
    spec.
    """

    code = "unauthorized"

    def __init__(self, reason: str, scheme: str = "", detail: str = "", *, hint: str = "") -> None:
        super().__init__(detail or f"{reason} credential", hint=hint)
        self.reason = reason
        self.scheme = scheme


class Forbidden(Refusal):
    """The credential is valid, but lacks a right. `reason` is "scope", "tenant", or a vendor's own word."""

    code = "forbidden"

    def __init__(self, reason: str, detail: str = "", *, hint: str = "") -> None:
        super().__init__(detail or reason, hint=hint)
        self.reason = reason


class NotFound(Refusal):
    """A path or record is missing. `what` is "path" or the kind of record, `key` is the missing path or key.

    `collection` has the records of this kind.
    """

    code = "not-found"

    def __init__(self, what: str = "path", key: str = "", *, hint: str = "", collection: str = "") -> None:
        super().__init__(f"{what} {key}".strip(), hint=hint)
        self.what = what
        self.key = key
        self.collection = collection or what


class MethodNotAllowed(Refusal):
    """The path is served, but not with this method. `allowed` are the methods of the path."""

    code = "method-not-allowed"

    def __init__(self, allowed: Iterable[str]) -> None:
        self.allowed = tuple(allowed)
        super().__init__(", ".join(self.allowed))


class UnsupportedMediaType(Refusal):
    """The operation does not read the media type of the call, which is "" if the call has no Content-Type."""

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
    """The server cannot write any media type of the `accept` header."""

    code = "not-acceptable"

    def __init__(self, accept: str, *, hint: str = "") -> None:
        super().__init__(accept, hint=hint)
        self.accept = accept


class TooManyRequests(Refusal):
    """A quota is used up.

    `which` is the vendor's name of the quota. `wait` is the number of seconds until a retry may work, None if
    unknown. `detail` is a scenario's message for the vendor's answer, or "".
    """

    code = "too-many-requests"

    def __init__(self, which: str = "", wait: int | None = None, detail: str = "", *, hint: str = "") -> None:
        super().__init__(detail, hint=hint)
        self.which = which
        self.wait = wait


class Unavailable(Refusal):
    """The vendor is offline. `detail` is a scenario's message, or ""."""

    code = "unavailable"


class VendorFailure(Refusal):
    """The vendor failed. Records that the call stored remain. `detail` is a scenario's message, or ""."""

    code = "failed"


class HeadersTooLarge(Refusal):
    """The request has too many headers, or too many bytes of headers."""

    code = "headers-too-large"


class Rejected(Refusal):
    """An item, or the body of a single write, breaks a rule about stored records, and is not stored.

    A vendor's apply function raises this refusal for an item, and a handler raises it for a single write.
    The vendor's answer may show `document`.
    """

    code = "rejected"

    def __init__(self, *problems: Problem, document: Json = None, hint: str = "") -> None:
        self.problems = problems
        self.document = document
        super().__init__("; ".join([problem.detail for problem in problems]), hint=hint)


class ServerRefusal(Refusal):
    """The mock server itself refuses the call, with problem details (RFC 9457).

    `members` are further members of the problem details, `headers` further headers of the response.
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
