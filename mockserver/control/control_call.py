"""Calls of the control plane, errors that refuse such a call, and the control plane's spec."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import ClassVar

from mockserver.engine.registry import LoadedVendor
from mockserver.errors import MockServerError
from mockserver.model import EMPTY, Document, Json, Value
from mockserver.spec import loading
from mockserver.spec.folder import specs_folder
from mockserver.spec.openapi import Spec


class ControlCall(Value, frozen=True):
    """Parts of a control call that its operation may need besides the parameters."""

    media_type: str = ""
    content: bytes = b""
    origin: str = ""
    """Where the server listens, for example `http://127.0.0.1:8080`, independent of the Host header."""
    accept: str = ""


class ControlError(MockServerError):
    """Refusal of a control call, which changes nothing.

    `status`, `code` and all of `members` become members of the problem details.
    """

    status: ClassVar[int] = 422
    code: ClassVar[str] = "impossible"

    def __init__(self, detail: str, members: Mapping[str, Json] = EMPTY) -> None:
        super().__init__(detail)
        self.members = members


class SandboxExistsError(ControlError):
    status = 409
    code = "sandbox-exists"


class UnknownEntryError(ControlError):
    """No entry of the journal has this number any more."""

    status = 404
    code = "unknown-entry"


class UnknownScenarioError(ControlError):
    status = 404
    code = "unknown-scenario"


class UnknownVendorError(ControlError):
    status = 404
    code = "unknown-vendor"


class UnprocessableMemberError(ControlError):
    """Refusal of a well-formed call that asks for something impossible in the member at `pointer`."""

    def __init__(self, pointer: str, detail: str, cure: str = "") -> None:
        super().__init__(detail, {"errors": [_error(pointer, self.code, detail, cure)]})


def find_vendor(served: Iterable[LoadedVendor], name: str, pointer: str = "") -> LoadedVendor:
    """Return the served vendor with the name.

    If there is none, raises UnprocessableMemberError for the member at `pointer`, or UnknownVendorError if
    `pointer` is "".
    """
    by_name = {vendor.name: vendor for vendor in served}
    if name in by_name:
        return by_name[name]
    detail = f"no vendor named {name}; there are {', '.join(by_name)}"
    raise UnprocessableMemberError(pointer, detail) if pointer else UnknownVendorError(detail)


class MalformedMemberError(UnprocessableMemberError):
    status = 400
    code = "http-400"


class UnknownItemError(UnprocessableMemberError):
    """No call of the journal carried an item with this key."""

    status = 404
    code = "unknown-item"


class UnprocessableCallError(ControlError):
    """Refusal of a call with several faults; each of `errors` has `pointer`, `code`, `detail` and `try`."""

    def __init__(self, detail: str, errors: Sequence[Document]) -> None:
        super().__init__(detail, {"errors": list(errors)})


def _error(pointer: str, code: str, detail: str, cure: str) -> Document:
    error = {"pointer": pointer, "code": code, "detail": detail}
    return {**error, "try": cure} if cure else error


@cache
def control_contract() -> Spec:
    return loading.load_spec(specs_folder() / "_control.yaml")
