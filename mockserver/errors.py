"""Every way in which something fails, as one tree.

    MockServerError
      SpecError             a spec that cannot be served (start-up)
      VendorError           a vendor package that does not fit its spec (start-up)
      UnknownSandbox        a control call names a sandbox that is not there
      TooManySandboxes      there are as many sandboxes as the server holds
      StoreUnavailable      the store that several workers share does not answer
      TakesLong             the event loop is not the place for the work of a call
      BadHeader             a header of ours is malformed or names nothing
      BadScenario           a document is no scenario (scenario/reading.py, with all its faults)
      Refusal               the whole call is refused; the vendor says it in its own shape
        Malformed           the body cannot be read
        Invalid             envelope, parameters or fatal items break the contract
        Unauthorized        no credential, or one that is not (or no longer) good
        Forbidden           a good credential that may not do this
        NotFound            no such path, or no such record
        MethodNotAllowed    the path is there, the method is not
        UnsupportedMediaType, NotAcceptable, TooLarge, TooManyItems, HeadersTooLarge
        TooManyRequests     a quota is used up
        Unavailable, Failed the vendor is out of order, because an assumption says so
        Rejected            an item, or the one document of a call, breaks a rule of the state
        Ours                this server refuses, no vendor: problem details with a status of our own

A refusal carries facts, never an HTTP status: the status is the vendor's word, but for what is ours.
The sentence that the log, the journal and `Mock-Reason` show is made of these facts in engine/reasons.py;
a `hint` replaces it where only the place that raises knows what is wrong and what to do.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator
from typing import Self

from mockserver.model import EMPTY, Document, Json, Problem


class BrokenRunError(Exception):
    """A fault of ours in a run of checks: what broke, and where; what it says holds nothing of the user's.

    `code` are the lines of code that lead there, where another process met it.
    """

    def __init__(self, kind: str, where: str, code: tuple[str, ...] = (), note: str = "") -> None:
        super().__init__(f"{kind} in {where}")
        self.named, self.code = (kind, where), code
        if note:
            self.add_note(note)

    @classmethod
    def of(cls, fault: Exception, where: str) -> BrokenRunError:
        """Return a fault with its place, if it has none yet."""
        if isinstance(fault, cls):
            return fault
        broken = cls(type(fault).__name__, where)
        broken.__cause__ = fault
        return broken

    def __reduce__(self) -> tuple[type[BrokenRunError], tuple[object, ...]]:
        """Take the cause along to another process, as text."""
        text = "".join(traceback.format_exception(self))
        return type(self), (*self.named, tuple(lines_of_code(self)), text)


def lines_of_code(error: BaseException | None) -> Iterator[str]:
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
    """A spec cannot be served; the message names the place and the line to write."""


class VendorError(MockServerError):
    """A vendor package does not fit its spec."""


class UnknownSandboxError(MockServerError):
    """No sandbox has that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no sandbox {name}")


class StoreUnavailableError(MockServerError):
    """The store of the sandboxes does not answer; whether the last change was stored is not known."""


class TooManySandboxesError(MockServerError):
    """Raised when the server holds its maximum of sandboxes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"there are {limit:,} sandboxes, and no more may be; delete some")
        self.limit = limit


class TakesLongError(MockServerError):
    """The work of a call would take too long for the event loop; nothing of it is done."""


class InvalidHeaderError(MockServerError):
    """A header of ours is malformed or names nothing; no vendor answers that."""


class Refusal(MockServerError):
    """The whole call is refused and changes nothing.

    `hint` says what was missing or wrong, and what to do; no answer of a vendor shows it.
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
    """The body is not what its media type says; `position` is a byte offset where one is known."""

    code = "malformed"

    def __init__(self, detail: str, position: int | None = None) -> None:
        super().__init__(detail)
        self.position = position


class InvalidCall(Refusal):
    """Envelope, parameters or fatal items break the contract; `problems` are all of them, in order.

    `document` is what was read, for vendors whose answer depends on it; None where nothing was.
    """

    code = "invalid"

    def __init__(self, problems: Iterable[Problem], document: Json = None, *, hint: str = "") -> None:
        self.problems = tuple(problems)
        self.document = document
        super().__init__("; ".join(problem.detail for problem in self.problems), hint=hint)


class Unauthorized(Refusal):
    """No good credential; `reason` is missing, unknown, expired or revoked, `scheme` the spec's name."""

    code = "unauthorized"

    def __init__(self, reason: str, scheme: str = "", detail: str = "", *, hint: str = "") -> None:
        super().__init__(detail or f"{reason} credential", hint=hint)
        self.reason = reason
        self.scheme = scheme


class Forbidden(Refusal):
    """A good credential that may not do this; `reason` is scope, tenant, or a vendor's word."""

    code = "forbidden"

    def __init__(self, reason: str, detail: str = "", *, hint: str = "") -> None:
        super().__init__(detail or reason, hint=hint)
        self.reason = reason


class NotFound(Refusal):
    """No such path (`what` is "path") or record (`what` is the collection); `key` is what was asked for."""

    code = "not-found"

    def __init__(self, what: str = "path", key: str = "", *, hint: str = "") -> None:
        super().__init__(f"{what} {key}".strip(), hint=hint)
        self.what = what
        self.key = key


class MethodNotAllowed(Refusal):
    """The path is served, but not by that method; `allowed` are those that are."""

    code = "method-not-allowed"

    def __init__(self, allowed: Iterable[str]) -> None:
        self.allowed = tuple(allowed)
        super().__init__(", ".join(self.allowed))


class UnsupportedMediaType(Refusal):
    """The body's media type is none that the operation reads; "" when the call named none."""

    code = "unsupported-media-type"

    def __init__(self, media_type: str, supported: Iterable[str], *, hint: str = "") -> None:
        super().__init__(media_type, hint=hint)
        self.media_type = media_type
        self.supported = tuple(supported)


class TooLarge(Refusal):
    """The body is over the limit, in bytes."""

    code = "too-large"

    def __init__(self, limit: int, *, hint: str = "") -> None:
        super().__init__(f"over {limit} bytes", hint=hint)
        self.limit = limit


class TooManyItems(Refusal):
    """The batch holds more items than the limit."""

    code = "too-many-items"

    def __init__(self, limit: int, found: int) -> None:
        super().__init__(f"{found} items, at most {limit}")
        self.limit = limit
        self.found = found


class NotAcceptable(Refusal):
    """None of the media types that the call accepts can be written; `accept` is its header."""

    code = "not-acceptable"

    def __init__(self, accept: str, *, hint: str = "") -> None:
        super().__init__(accept, hint=hint)
        self.accept = accept


class TooManyRequests(Refusal):
    """A quota is used up; `which` is the vendor's word for it, `wait` whole seconds, None when unknown.

    A `detail` is what a scenario lets the vendor say.
    """

    code = "too-many-requests"

    def __init__(self, which: str = "", wait: int | None = None, detail: str = "", *, hint: str = "") -> None:
        super().__init__(detail, hint=hint)
        self.which = which
        self.wait = wait


class Unavailable(Refusal):
    """The vendor is offline; nothing was done. A `detail` is what a scenario lets it say."""

    code = "unavailable"


class VendorFailure(Refusal):
    """The vendor failed; earlier writes stay. `detail` is the message of a scenario."""

    code = "failed"


class HeadersTooLarge(Refusal):
    """The request's headers are over the limit, in bytes or in number."""

    code = "headers-too-large"


class Rejected(Refusal):
    """An item breaks a rule that needs the state, and leaves no trace.

    Raised by a vendor's apply function for its item, or by a handler for the one document of its call.
    `document` is what the vendor wants to show of it.
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
