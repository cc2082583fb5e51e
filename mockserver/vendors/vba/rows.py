"""What becomes of the schema's findings: the framework refuses the call, or the database the row."""

from msgspec.structs import replace

from mockserver.model import Call, Problem
from mockserver.vendor import keep_known
from mockserver.vendors.vba import words
from mockserver.vendors.vba.names import Names, column, names_at

TRUNCATED, NULL_KEY = "truncated", "null-key"
OF_THE_DATABASE = frozenset({TRUNCATED, NULL_KEY})
"""Rules of the database's that a schema spells; a batch's other rows do not suffer from them."""


def grade(problem: Problem, call: Call) -> Problem | None:
    """A missing key is assigned, a text too long and a null row are as the switches say.

    Source: VBA fact sheet §3.3, §3.4 (`missing_key`, `length_errors`, `null_row`).
    """
    names = names_at(call.path)
    if problem.rule == "required" and problem.path[-1:] == (names.key,):
        if call.assumptions["missing_key"] == "assign":
            return None
        return replace(problem, detail=words.required(column(names.key)))
    if problem.rule == "maxLength" and problem.path[:1] != ("path",):
        return _over_length(problem, call, names)
    if _is_null_row(problem) and call.assumptions["null_row"] == "item":
        return replace(problem, rule=NULL_KEY, detail=words.null_key(_database(call), names))
    return keep_known(problem, call)


def _over_length(problem: Problem, call: Call, names: Names) -> Problem:
    member = str(problem.path[-1])
    if call.assumptions["length_errors"] == "request":
        return replace(problem, detail=words.over_length(member, problem.expected))
    text = words.truncated(_database(call), names.table, member, problem.found, problem.expected)
    return replace(problem, rule=TRUNCATED, detail=text)


def _is_null_row(problem: Problem) -> bool:
    at_row = len(problem.path) == 1 and isinstance(problem.path[0], int)
    return at_row and problem.rule == "type" and problem.found is None


def _database(call: Call) -> str:
    return call.headers.get("vbasoftware-database", "")
