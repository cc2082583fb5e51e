"""What cannot be read of a body, in the words of Json.NET.

Source: Xero fact sheet §3.3.
"""

from mockserver.codec import json
from mockserver.model import Path, Problem
from mockserver.vendors.xero.words import text

_LONGEST_VALUE = 200
_BY_NAME = {"Date": "System.DateTime", "ID": "System.Guid"}
"""What a member is by the end of its name, whatever the schema holds against its value."""

_TYPES = {
    "string": "System.String",
    "number": "System.Decimal",
    "integer": "System.Int64",
    "boolean": "System.Boolean",
    "array": "System.Collections.IList",
}


def sentence(problem: Problem) -> str:
    """Which value cannot be read as what, and where it stands."""
    path = _json_path(problem.path)
    if isinstance(problem.found, (dict, list)):
        return text("unexpected", value="{" if isinstance(problem.found, dict) else "[", path=path)
    value = "{null}" if problem.found is None else quoted(problem)
    return text("unconvertible", value=value, type=_type_name(problem), path=path)


def quoted(problem: Problem) -> str:
    """The value that was found, as JSON, a long one cut."""
    shown = json.encode(problem.found).decode()
    return shown if len(shown) <= _LONGEST_VALUE else f"{shown[:_LONGEST_VALUE]}…"


def _type_name(problem: Problem) -> str:
    name = _class_name(problem.path)
    for ending, kind in _BY_NAME.items():
        if name.endswith(ending):
            return kind
    own = f"Xero.Api.{name}"
    return _TYPES.get(problem.expected[0], own) if problem.rule == "type" else own


def _class_name(path: Path) -> str:
    """The member's name, of a list's element the singular of the list's; the body itself is a request."""
    *holder, last = ("Request", *path)
    return str(last) if isinstance(last, str) else str(holder[-1]).removesuffix("s")


def _json_path(path: Path) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(steps).removeprefix(".")
