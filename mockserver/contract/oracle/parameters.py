"""Read the parameters and headers of a request, and say which are bad or doubtful."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from mockserver.contract.call_profile import Tolerance
from mockserver.contract.exchange import Request
from mockserver.contract.oracle.expectations import show_value
from mockserver.contract.oracle.leniency import Leniency
from mockserver.contract.oracle.typed_values import typed
from mockserver.contract.oracle.validation import OracleSchema, compile_schema, unfold
from mockserver.errors import MethodNotAllowed
from mockserver.model import EMPTY, Json
from mockserver.spec.openapi import Operation, Parameter, RouteMatch, Spec


def find_operation(spec: Spec, method: str, path: str) -> RouteMatch:
    """Return the operation at a path that is decoded, and the values of its parameters.

    Raises:
        NotFound: the spec has nothing there.
        MethodNotAllowed: the path that stands first has another method, whatever one after it has.
    """
    match = spec.match(method, path)
    fitting = [pattern.groups for pattern, _ in spec.routes if pattern.fullmatch(path)]
    if len(match.values) > min(fitting, default=0):
        raise MethodNotAllowed(())
    return match


_LENIENT = Leniency(spells=True)
"""A parameter is a text, and readers differ in what they take for a number or a moment."""


@dataclass(frozen=True, slots=True)
class ParameterProblems:
    """Certain and doubtful violations in a request's parameters, as sentences."""

    bad: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _CompiledParameter:
    parameter: Parameter
    schema: OracleSchema

    def wrong(self, texts: Sequence[str], tolerances: Sequence[Tolerance]) -> tuple[str, str]:
        """Return what is bad about the texts, or else doubtful; both "" where nothing is."""
        what = f"the {self.parameter.place} parameter {self.parameter.name}"
        of_this = {one.keyword for one in tolerances if one.member == self.parameter.name}
        if not texts:
            missing = f"{what} is missing" if self.parameter.required else ""
            return ("", missing) if "required" in of_this else (missing, "")
        value = self._value(texts)
        broken = self.schema.broken(value)
        if broken:
            said = f"{what} is {show_value(value)}"
            loose = not texts[-1].strip() or all(_LENIENT.may_pass(one) for one in broken)
            return ("", said) if loose or broken[0].keyword in of_this else (said, "")
        if len(texts) > 1 and self.schema.node.get("type") != "array":
            return "", f"{what} is there {len(texts)} times"
        return "", ""

    def _value(self, texts: Sequence[str]) -> Json:
        node = self.schema.node
        if node.get("type") != "array":
            return typed(texts[-1], {**node, "nullable": False})
        joined = ",".join(filter(None, texts))
        parts = texts if self.parameter.explode else joined.split(",") if joined else []
        return [typed(part, node.get("items", EMPTY)) for part in parts]


class ParameterOracle:
    """The parameters of the operations of one spec."""

    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self._known: dict[str, tuple[_CompiledParameter, ...]] = {}

    def problems(
        self,
        operation: Operation,
        request: Request,
        values: Mapping[str, str],
        tolerances: Sequence[Tolerance] = (),
    ) -> ParameterProblems:
        """Return what is wrong with a request's; `values` are those of its path."""
        query = self._query(request)
        bad, doubts = [], []
        for known in self._of(operation):
            name, place = known.parameter.name, known.parameter.place
            if place == "path":
                texts = [values[name]] if name in values else []
            elif place == "header":
                texts = [request.headers[name.lower()]] if name.lower() in request.headers else []
            else:
                texts = query.pop(self._name(name), [])
            wrong, doubt = ("", "") if place == "cookie" else known.wrong(texts, tolerances)
            bad += [wrong] if wrong else []
            doubts += [doubt] if doubt else []
        doubts += [f"the query parameter {name} is not in the spec" for name in query]
        return ParameterProblems(tuple(bad), tuple(doubts))

    def _of(self, operation: Operation) -> tuple[_CompiledParameter, ...]:
        if operation.id not in self._known:
            self._known[operation.id] = tuple(
                _CompiledParameter(one, compile_schema(unfold(self._spec.document, one.schema)))
                for one in operation.parameters
            )
        return self._known[operation.id]

    def _query(self, request: Request) -> dict[str, list[str]]:
        read: dict[str, list[str]] = {}
        _, _, query = request.path.partition("?")
        for name, text in parse_qsl(query, keep_blank_values=True, errors="replace"):
            read.setdefault(self._name(name), []).append(text)
        return read

    def _name(self, name: str) -> str:
        return name.lower() if self._spec.any_case_query else name
