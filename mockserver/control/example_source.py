"""What a server is given to make example batches from: the interface, and the values that it returns.

Apart from the operations, so that a server starts without what they need.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from mockserver.control.control_call import ControlError
from mockserver.engine.registry import LoadedVendor
from mockserver.model import Json


class NoExampleError(ControlError):
    """The vendor has no such batch, or its items do not come out as asked for in this sandbox."""

    code = "no-example"


@dataclass(frozen=True, slots=True)
class ExampleCall:
    """A call without credentials; `path` begins below the vendor's mount and has the query."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class ExampleDraft:
    """A batch that was not tried yet; `bad` are the places of the items that are to be rejected.

    The calls of `prepare` store the records that the items refer to.
    """

    operation: str
    call: ExampleCall
    items: tuple[Json, ...]
    keys: tuple[str, ...]
    bad: tuple[int, ...] = ()
    prepare: tuple[ExampleCall, ...] = ()


@dataclass(frozen=True, slots=True)
class VendorAccess:
    """What every call needs: `headers` name tenant and credentials, `token` is the credential alone."""

    headers: Mapping[str, str] = field(default_factory=dict)
    token: str = ""


class ExampleSubject(Protocol):
    """A kind of batch that examples are made of."""

    @property
    def operation(self) -> str:
        """The batch operation."""

    def draft(self, items: int, bad: int, first: int) -> ExampleDraft:
        """Return a batch; its keys count from `first`.

        Raises:
            NoExampleError: nothing is known of what makes an item bad.
        """


class ExampleSource(Protocol):
    """What is known of the vendors' batches and credentials; passed in by whoever composes the server."""

    def access(self, vendor: LoadedVendor) -> VendorAccess:
        """Return headers and credentials that strict mode accepts; header names in lower case."""

    def subjects(self, vendor: LoadedVendor) -> Sequence[ExampleSubject]:
        """Return the kinds of batches of a vendor, the preferred one first."""


class NoExamples:
    """The source of a server that was built without one."""

    def access(self, vendor: LoadedVendor) -> VendorAccess:  # noqa: ARG002
        """Return no headers."""
        return VendorAccess()

    def subjects(self, vendor: LoadedVendor) -> Sequence[ExampleSubject]:
        """Raise NoExampleError."""
        raise NoExampleError(f"{vendor.name}: this server was built without examples")
