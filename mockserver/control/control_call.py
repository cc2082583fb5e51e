"""Calls of the control plane, errors that refuse a control call, and the control plane's spec."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from typing import ClassVar

from mockserver.engine.registry import LoadedVendor
from mockserver.errors import MockServerError
from mockserver.model import EMPTY, Document, Json, Value
from mockserver.spec import loading
from mockserver.spec.folder import specs_folder
from mockserver.spec.openapi import Spec


class ControlCall(Value, frozen=True):
    """Parts of a control call that an operation may need besides the parameters."""

    media_type: str = ""
    content: bytes = b""
    origin: str = ""
    """URL at which the server listens, for example `http://127.0.0.1:8080`, whatever the Host header says."""
    accept: str = ""


class ControlError(MockServerError):
    """Refusal of a control call, which changes nothing.

    `status`, `code` and all of `members` become members of the problem details.
    """

    status: ClassVar[int] = 422
    code: str = "impossible"

    def __init__(self, detail: str, members: Mapping[str, Json] = EMPTY, code: str = "") -> None:
        super().__init__(detail)
        self.members, self.code = members, code or self.code


class ConflictError(ControlError):
    """Refusal because the present state of a sandbox, its journal or a run does not allow the call."""

    status = 409


class UnknownNameError(ControlError):
    """Refusal because no object has the given name or number, or the object is no longer stored."""

    status = 404


class UnprocessableMemberError(ControlError):
    """Refusal of a well-formed call whose member at `pointer` asks for something impossible."""

    def __init__(self, pointer: str, detail: str, cure: str = "") -> None:
        super().__init__(detail, {"errors": [_error(pointer, self.code, detail, cure)]})


def find_vendor(served: Iterable[LoadedVendor], name: str, pointer: str = "") -> LoadedVendor:
    """Return the served vendor with the name.

    If there is none, raises UnprocessableMemberError for the member at `pointer`, or UnknownNameError if
    `pointer` is "".
    """
    by_name = {vendor.name: vendor for vendor in served}
    if name in by_name:
        return by_name[name]
    detail = f"no vendor named {name}; there are {', '.join(by_name)}"
    raise (
        UnprocessableMemberError(pointer, detail, suggestion(name, by_name))
        if pointer
        else UnknownNameError(detail, code="unknown-vendor")
    )


def suggestion(word: str, known: Iterable[str]) -> str:
    words = list(known)
    near = get_close_matches(word, words, 1)
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(words[:10])}"


class MalformedMemberError(UnprocessableMemberError):
    status = 400
    code = "http-400"


class UnprocessableCallError(ControlError):
    """Refusal of a call with one or more errors, each with `pointer`, `code`, `detail` and perhaps `try`."""

    def __init__(self, detail: str, errors: Sequence[Document]) -> None:
        super().__init__(detail, {"errors": list(errors)})


def _error(pointer: str, code: str, detail: str, cure: str) -> Document:
    error = {"pointer": pointer, "code": code, "detail": detail}
    return {**error, "try": cure} if cure else error


@cache
def control_contract() -> Spec:
    return loading.load_spec(specs_folder() / "_control.yaml")
