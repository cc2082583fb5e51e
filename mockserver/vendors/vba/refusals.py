"""Whole calls refused: bare by the gateway, in the envelope by the service."""

from http import HTTPStatus

from mockserver.errors import (
    Forbidden,
    Invalid,
    Malformed,
    MethodNotAllowed,
    NotFound,
    Refusal,
    Rejected,
    Unauthorized,
)
from mockserver.model import Call, Path, Problem, Reply
from mockserver.reply import STATUSES, json_reply
from mockserver.spec import Operation
from mockserver.store import State
from mockserver.vendors.vba.access import GATEWAY
from mockserver.vendors.vba.envelope import failed

API_KEY = "apiKeyAuth"
PROBLEM_TYPES = "https://httpstatuses.com/"

# The sheet has 500 for a rule that a single record breaks; a 5xx is never unasked (design §8.7).
_STATUSES = {**STATUSES, "rejected": 400}
_TITLES = {413: "Payload Too Large"}
_TYPES = {"integer": "System.Int32", "string": "System.String", "boolean": "System.Boolean"}
_LIST = "System.Collections.Generic.List`1[VBAPI.Models.ClaimInvoice]"
_UNREADABLE = f"The JSON value could not be converted to {_LIST}."
_REQUIRED_DATES = ("entry_Date", "update_Date")


def refuse(refusal: Refusal, call: Call, _operation: Operation | None, state: State) -> Reply:
    """The vendor's answer to a call that is refused whole.

    Source: VBA fact sheet §3.1, §3.2.
    """
    if _is_gateways(refusal):
        return json_reply(
            403, {"message": "Forbidden"}, headers=(("x-amzn-ErrorType", "ForbiddenException"),)
        )
    status = _STATUSES[refusal.code]
    error = {
        "type": f"{PROBLEM_TYPES}{status}",
        "title": _TITLES.get(status, HTTPStatus(status).phrase),
        "status": status,
        "detail": _detail(refusal, call),
        "instance": call.path,
    }
    return failed(error, call, state, _headers(refusal))


def _is_gateways(refusal: Refusal) -> bool:
    if isinstance(refusal, Forbidden):
        return refusal.reason == GATEWAY
    return isinstance(refusal, Unauthorized) and refusal.scheme == API_KEY


def _headers(refusal: Refusal) -> tuple[tuple[str, str], ...]:
    if isinstance(refusal, MethodNotAllowed):
        return (("Allow", ", ".join(refusal.allowed)),)
    if isinstance(refusal, Unauthorized):
        return (("WWW-Authenticate", "Bearer"),)
    return ()


def _detail(refusal: Refusal, call: Call) -> str | None:
    match refusal:
        case Invalid(problems=problems):
            return _sentence(problems[0])
        case Rejected(problems=problems):
            return " ".join(problem.detail for problem in problems)
        case NotFound(what="path"):
            return None
        case NotFound(key=key):
            return f"The requested resource ({key}) was not found."
        case Malformed(position=position):
            return f"{_UNREADABLE} Path: $ | {_place(call.body, position or 0)}."
    return None


def _place(body: bytes, position: int) -> str:
    """Where in its lines the body stops being JSON, as System.Text.Json says it."""
    read = body[:position]
    line = read.count(b"\n")
    column = position - read.rfind(b"\n") - 1
    return f"LineNumber: {line} | BytePositionInLine: {column}"


def _sentence(problem: Problem) -> str:
    """A schema's problem in ASP.NET's words.

    Source: VBA fact sheet §3.2, §3.3, §3.6.
    """
    place = str(problem.path[0]) if problem.path else ""
    if place in ("query", "path", "header"):
        if problem.rule == "required" or problem.rule == "minLength":  # noqa: PLR1714 - reads as two cases
            return f"The {problem.path[1]} field is required."
        return f"The value '{problem.found if problem.found is not None else ''}' is not valid."
    if problem.rule == "maxLength":
        return problem.detail
    path = _json_path(problem.path)
    return f"The JSON value could not be converted to {_dotnet_type(problem)}. Path: {path}."


def _dotnet_type(problem: Problem) -> str:
    name = str(problem.path[-1]) if problem.path else ""
    if name.endswith("_Date"):
        return "System.DateTime" if name in _REQUIRED_DATES else "System.Nullable`1[System.DateTime]"
    if problem.rule in ("minimum", "maximum"):
        return _TYPES["integer"]
    wanted = [kind for kind in problem.expected if kind != "null"] if problem.rule == "type" else ["string"]
    if wanted[0] == "array":
        return _LIST
    return _TYPES.get(wanted[0], "VBAPI.Models.ClaimInvoice")


def _json_path(path: Path) -> str:
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
