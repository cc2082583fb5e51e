"""Every code that a message of ours may carry, found in the source: of problems, refusals and commands.

Found are the texts that are given for something named `code`: a parameter, a field, a member of JSON, a table
whose name has CODES, and the last text of a tuple that begins with a status. A code with a part that is known
only at run time (`http-404`) is found by its beginning, `http-`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path

import mockserver

PACKAGE = Path(mockserver.__file__).parent
_CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*-?")
_NAME = "code"
_LEAST_STATUS = 400


@dataclass(frozen=True, slots=True)
class _Parameter:
    """The parameter that becomes a code: its name, its place among the arguments, what stands before it."""

    name: str
    place: int
    prefix: str = ""


@cache
def message_codes() -> frozenset[str]:
    """Return all codes; one that ends with `-` is the beginning of several."""
    parsed = (ast.parse(file.read_text(encoding="utf-8")) for file in _files())
    modules = [(module, _functions(module)) for module in parsed]
    public = {name: one for _, own in modules for name, one in own.items() if name[0] != "_"}
    found = chain.from_iterable(_codes(module, {**public, **own}) for module, own in modules)
    return frozenset(text for text in found if _CODE.fullmatch(text))


def _files() -> Iterator[Path]:
    """Yield the modules outside the vendors, whose codes are the vendors' own."""
    return (file for file in sorted(PACKAGE.rglob("*.py")) if not file.is_relative_to(PACKAGE / "vendors"))


def _functions(module: ast.Module) -> Mapping[str, _Parameter]:
    """Return the parameter that becomes a code, by function or class."""
    found: dict[str, _Parameter] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef) and node.name != "__init__":
            names = [one.arg for one in node.args.args if one.arg not in ("self", "cls")]
            prefixed = dict(_prefixed(node))
            chosen = next((name for name in names if name in prefixed), _NAME)
        elif isinstance(node, ast.ClassDef):
            names, prefixed, chosen = _fields(node), {}, _NAME
        else:
            continue
        if chosen in names:
            found[node.name] = _Parameter(chosen, names.index(chosen), prefixed.get(chosen, ""))
    return found


def _fields(node: ast.ClassDef) -> list[str]:
    for one in node.body:
        if isinstance(one, ast.FunctionDef) and one.name == "__init__":
            return [parameter.arg for parameter in one.args.args[1:]]
    annotated = (one for one in node.body if isinstance(one, ast.AnnAssign))
    return [one.target.id for one in annotated if isinstance(one.target, ast.Name)]


def _prefixed(function: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    """Yield parameters that are put behind a text to make a code, as in `f"unknown-{kind}"`."""
    for node in ast.walk(function):
        if isinstance(node, ast.JoinedStr) and len(node.values) == 2:
            text, value = node.values
            names = [one.id for one in ast.walk(value) if isinstance(one, ast.Name)]
            if isinstance(text, ast.Constant) and re.fullmatch(r"[a-z-]+-", str(text.value)) and names:
                yield names[0], str(text.value)


def _codes(module: ast.Module, functions: Mapping[str, _Parameter]) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            yield from _codes_of_call(node, functions)
        elif isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            named = (value for key, value in pairs if isinstance(key, ast.Constant) and key.value == _NAME)
            yield from chain.from_iterable(map(_texts, named))
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            yield from _codes_of_assignment(node, node.value)
        elif isinstance(node, ast.Tuple):
            yield from _code_of_tuple(node)


def _codes_of_call(node: ast.Call, functions: Mapping[str, _Parameter]) -> Iterator[str]:
    name = getattr(node.func, "id", getattr(node.func, "attr", ""))
    parameter = functions.get(name, _Parameter(_NAME, len(node.args)))
    given = [one.value for one in node.keywords if one.arg == parameter.name]
    if parameter.place < len(node.args):
        given.append(node.args[parameter.place])
    for text in chain.from_iterable(map(_texts, given)):
        yield f"{parameter.prefix}{text.replace(' ', '-')}"


def _codes_of_assignment(node: ast.Assign | ast.AnnAssign, value: ast.expr) -> Iterator[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    names = [one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)]
    if _NAME in names:
        yield from _texts(value)
    elif isinstance(value, ast.Dict) and any("CODES" in name for name in names):
        yield from chain.from_iterable(map(_texts, value.values))


def _code_of_tuple(node: ast.Tuple) -> Iterator[str]:
    texts = [one.value for one in node.elts if isinstance(one, ast.Constant)]
    is_refusal = len(texts) > 1 and isinstance(texts[0], int) and texts[0] >= _LEAST_STATUS
    if is_refusal and "-" in str(texts[-1]):
        yield str(texts[-1])


def _texts(value: ast.expr) -> Iterator[str]:
    match value:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=one, orelse=other):
            yield from (*_texts(one), *_texts(other))
        case ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]):
            yield text
        case ast.Tuple(elts=[first, *_]):
            yield from _texts(first)
        case ast.Call(func=ast.Attribute(value=ast.Dict() as table, attr="get"), args=[_, default]):
            yield from chain.from_iterable(map(_texts, (*table.values, default)))
