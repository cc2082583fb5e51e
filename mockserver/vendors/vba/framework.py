"""ASP.NET Core's automatic 400: what a schema found in the framework's words, and its own document.

Source: VBA fact sheet §3.2, §3.3, §3.6.
"""

from mockserver.errors import Invalid, Malformed, Refusal
from mockserver.model import Call, Document, Path, Problem, Reply
from mockserver.reply import PROBLEM, json_reply
from mockserver.store import State
from mockserver.vendors.vba import words
from mockserver.vendors.vba.names import column, names_at
from mockserver.vendors.vba.places import place_of_byte, place_of_value
from mockserver.vendors.vba.rows import OF_THE_DATABASE
from mockserver.vendors.vba.single import KEYS_DIFFER

_PARAMETERS = ("query", "path", "header")
_WORDED = ("maxLength", "minItems", "required", KEYS_DIFFER)
"""Rules whose problem has its sentence already."""

_TYPES = {"integer": "System.Int32", "string": "System.String", "boolean": "System.Boolean"}
_REQUIRED_DATES = ("entry_Date", "update_Date")


def validation_problem(refusal: Refusal, call: Call, state: State) -> Reply:
    """The problem document of a server that does not wrap its automatic 400 (`bad_request_style` aspnet)."""
    document = {
        "type": words.VALIDATION_TYPE,
        "title": words.VALIDATION_TITLE,
        "status": 400,
        "errors": _errors(refusal, call),
        "traceId": f"00-{state.octets(16).hex()}-{state.octets(8).hex()}-00",
    }
    return json_reply(400, document, f"{PROBLEM}; charset=utf-8")


def sentence(problem: Problem, call: Call) -> str:
    """One problem as the framework says it."""
    if problem.path and problem.path[0] in _PARAMETERS:
        if problem.rule in ("required", "minLength"):
            return words.required(str(problem.path[1]))
        return words.not_valid("" if problem.found is None else problem.found)
    if problem.rule in OF_THE_DATABASE or problem.rule in _WORDED:
        return problem.detail
    said = words.unreadable(_dotnet_type(problem, call))
    return f"{said} Path: {_json_path(problem.path)} | {place_of_value(call, problem.path)}."


def unreadable(refusal: Malformed, call: Call) -> str:
    """A body that is no JSON, or none at all."""
    if not call.body:
        return words.NO_BODY
    said = words.unreadable(names_at(call.path).body_at(call.path))
    return f"{said} Path: $ | {place_of_byte(call, refusal.position or 0)}."


def _errors(refusal: Refusal, call: Call) -> Document:
    """Sentences by place; the JSON reader stops at the first value that it cannot read."""
    if isinstance(refusal, Malformed):
        return {"$" if call.body else "": [unreadable(refusal, call)]}
    problems = refusal.problems if isinstance(refusal, Invalid) else ()
    unread = [problem for problem in problems if _is_of_reader(problem)]
    errors: dict[str, list[str]] = {}
    for problem in unread[:1] or problems:
        if problem.rule not in OF_THE_DATABASE:
            errors.setdefault(_place(problem), []).append(sentence(problem, call))
    return errors


def _is_of_reader(problem: Problem) -> bool:
    in_body = not problem.path or problem.path[0] not in _PARAMETERS
    return in_body and problem.rule not in OF_THE_DATABASE and problem.rule not in _WORDED


def _place(problem: Problem) -> str:
    """The key under which ASP.NET lists it: a parameter's name, a JSON path, or a model's path."""
    if problem.path and problem.path[0] in _PARAMETERS:
        return str(problem.path[1])
    if _is_of_reader(problem):
        return _json_path(problem.path)
    return _model_path(problem.path)


def _dotnet_type(problem: Problem, call: Call) -> str:
    names = names_at(call.path)
    member = str(problem.path[-1]) if problem.path else ""
    if member.endswith("_Date"):
        return "System.DateTime" if member in _REQUIRED_DATES else "System.Nullable`1[System.DateTime]"
    if problem.rule in ("minimum", "maximum"):
        return _TYPES["integer"]
    if not problem.path:
        return names.body_at(call.path)
    wanted = [kind for kind in problem.expected if kind != "null"] if problem.rule == "type" else ["string"]
    return _TYPES.get(wanted[0], names.model)


def _json_path(path: Path) -> str:
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)


def _model_path(path: Path) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{column(step)}" for step in path).lstrip(".")
