"""Find all problems of a spec at once: what prevents serving, violations of OpenAPI, probable mistakes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from mockserver.cli.options import choices, either, nearest, shown
from mockserver.cli.spec_cures import cure_of, members_of, openapi_cure
from mockserver.codec.yaml import TextPosition
from mockserver.contract.profile_file.profile import profile_of_spec
from mockserver.engine.registry import is_own_file, load_document, vendor_packages
from mockserver.errors import MockServerError, SpecError
from mockserver.model import Path as NodePath
from mockserver.model import Value, pointer_of
from mockserver.spec.batch_forms import Batch, OutcomeForm
from mockserver.spec.loading import (
    MALFORMED,
    BrokenReference,
    find_broken_references,
    index,
    load_own,
    load_spec,
)
from mockserver.spec.marks import answer_schema
from mockserver.spec.openapi import METHODS, Operation, Spec
from mockserver.spec.overlay import Overlay, apply_overlays
from mockserver.spec.patterns import without_slow_patterns
from mockserver.spec.source_files import PARTS, parse_yaml, read_source, read_text
from mockserver.spec.yaml_positions import START, compose, place_in

_MOST_PROBLEMS = 20
_NOTE_CURE = "write it as docs/your-own-api.md says; the rest of the file is served"
_PROFILE_CURE = "what the table of x-contract in docs/own-spec.md says"
_OF_TYPES = re.compile(r"OpenAPI: \{|is not valid under any of the given schemas")

_OPERATION_STEPS = 3
_TYPES = ("string", "number", "integer", "boolean", "array", "object")
_TYPE_NAMES = {
    **dict.fromkeys(("int", "long", "int32", "int64", "short"), "integer"),
    **dict.fromkeys(("float", "double", "decimal", "numeric"), "number"),
    **dict.fromkeys(("str", "text", "char", "varchar"), "string"),
    **{name: f"string, format: {name}" for name in ("date", "uuid", "email", "uri")},
    **dict.fromkeys(("datetime", "date-time", "timestamp"), "string, format: date-time"),
    **dict.fromkeys(("list", "tuple", "set"), "array"),
    **dict.fromkeys(("dict", "map", "json", "struct"), "object"),
    "bool": "boolean",
}
_SCHEMA_PLACES = frozenset({"schema", "schemas"})
_VALUES = frozenset({"example", "examples", "default", "enum"})
_PATH_PARAMETER = re.compile(r"Path parameter '(.+)' for '(\w+)' operation in '(.+)' was not resolved")
_DONE = "{description: done, content: {application/json: {}}}"
_ANSWERS = {
    '"204"': "{description: deleted}",
    "default": "{description: refused, content: {application/problem+json: {schema: {type: object}}}}",
}


class SpecProblem(Value, frozen=True):
    """A problem of a spec, with its place in the file."""

    file: Path
    place: TextPosition
    pointer: str
    what: str
    """A sentence about the problem."""
    cure: str
    """What to write instead."""
    is_warning: bool = False
    """Whether the problem may be intended, or does not prevent serving."""


def find_problems(
    file: Path, overlays: Sequence[Overlay] = (), *, schema: bool = True
) -> tuple[SpecProblem, ...]:
    """Return the problems of a spec, sorted by place.

    Without `schema`, leave out probable mistakes, and violations of OpenAPI that do not stop the loader.
    """
    try:
        if is_own_file(file) and not file.stem.startswith("_"):
            source = read_source(file)
            for _ in apply_overlays(source.document, overlays):
                pass  # the notes below report actions without a target
            if schema and source.faults:
                raise source.faults[0]
            faults = _own_faults(file, source.document, overlays, schema=schema)
            return _placed(file, source.text, source.document, faults)
        text = read_text(file)
        document = parse_yaml(text, file.name)
    except SpecError as error:
        place = TextPosition(*error.place or START)
        return (SpecProblem(file, place, "", shown(error.message), error.cure),)
    if not isinstance(document, dict):
        what = "expected an OpenAPI document, found no mapping"
        return (SpecProblem(file, START, "", what, "openapi: 3.0.3"),)
    notes = apply_overlays(document, overlays)
    unused = [Misfit(one.path, one.message, one.cure, is_warning=True) for one in notes]
    problems = _problems(file, document, schema=schema)
    doubts = _doubts(file, overlays) if schema and not problems else ()
    return _placed(file, text, document, [*unused, *problems, *doubts])


def _placed(
    file: Path, text: str, document: dict[str, Any], found: Iterable[Misfit]
) -> tuple[SpecProblem, ...]:
    """Return the problems with their places in the text, sorted, without duplicates."""
    each = set(found)
    root = compose(text) if each else None
    problems = [
        SpecProblem(
            file, place_in(root, one.path), _pointer(one.path, document), one.what, one.cure, one.is_warning
        )
        for one in each
    ]
    return tuple(sorted(problems, key=lambda one: (one.place, one.what)))


def _own_faults(
    file: Path, document: dict[str, Any], overlays: Sequence[Overlay], *, schema: bool
) -> Iterator[Misfit]:
    """Yield the faults of a user's own file (see `is_own_file`).

    If `schema`, also yield violations of OpenAPI, and warnings of parts left out or read differently.
    """
    is_judged = schema
    try:
        spec = load_own(file, overlays)
        for note in spec.notes if schema else ():
            yield Misfit(note.path, note.message, note.cure or _NOTE_CURE, is_warning=True)
        load_document(spec, file.name)
    except SpecError as error:
        yield Misfit(error.path, error.message, cure_of(error, document))
        is_judged = schema and error.path != ("openapi",)  # an unsupported version has other rules
    if is_judged:
        yield from _violations(document)


def _violations(document: dict[str, Any]) -> list[Misfit]:
    """Return violations of OpenAPI, and broken references within the document."""
    broken = list(find_broken_references(document))
    there = [one for one in broken if one.problem.startswith("$ref: #/") and f"/{PARTS}/" not in one.problem]
    whole = without_references(document, broken)
    types = list(wrong_types(whole)) if str(document.get("openapi")).startswith("3.0") else []
    return [*reference_problems(there), *types[:_MOST_PROBLEMS], *_disallowed(whole, broken, types)]


def _disallowed(
    whole: dict[str, Any], broken: Sequence[BrokenReference], types: Sequence[object]
) -> list[Misfit]:
    """Return violations of OpenAPI that broken references do not cause.

    If `types` is not empty, leave out the validators' messages on types: they contain whole objects.
    """
    return [
        one
        for one in openapi_problems(whole)
        if is_own_fault(one, broken) and not (types and _OF_TYPES.search(one.what))
    ]


def _doubts(file: Path, overlays: Sequence[Overlay]) -> Iterator[Misfit]:
    """Yield probable mistakes in a spec that can be served; skip specs of vendors with a package.

    Also yield the fault, if any, in the spec's `x-contract`, which only the contract suite reads.
    """
    if file.stem not in vendor_packages() and not file.stem.startswith("_"):
        spec = load_spec(file, overlays)
        yield from find_misfits(spec)
        yield from find_unstated_statuses(spec)
        try:
            profile_of_spec(spec)
        except SpecError as error:
            yield Misfit(error.path, error.message, _PROFILE_CURE)


def _problems(file: Path, document: dict[str, Any], *, schema: bool) -> list[Misfit]:
    broken = list(find_broken_references(document))
    whole = without_references(document, broken)
    refused = [one for one in _loader_problems(file, whole) if is_own_fault(one, broken)]
    types = list(wrong_types(whole))
    disallowed = _disallowed(whole, broken, types)
    malformed = [one for one in refused if MALFORMED in one.what]
    if malformed and (disallowed or broken):
        refused = [one for one in refused if one not in malformed]
    shown_ones = disallowed if schema or malformed else []
    if types:  # the validators' messages on types dump whole objects
        refused = [one for one in refused if "cannot be compiled" not in one.what]
    return [*reference_problems(broken), *types[:_MOST_PROBLEMS], *refused, *shown_ones]


def _loader_problems(file: Path, document: dict[str, Any]) -> Iterator[Misfit]:
    """Yield up to 20 errors of the loader, although the loader stops at its first error.

    After each error, remove its cause from a copy of the document, and load the copy again.
    """
    rest = deepcopy(document)
    for _ in range(_MOST_PROBLEMS):
        error = _load(file, rest)
        if error is None:
            return
        yield Misfit(error.path, error.message, cure_of(error, document))
        if not (_removed_part(error, rest) or _removed(error.path, rest)):
            return


def _load(file: Path, document: dict[str, Any]) -> SpecError | None:
    """Return the first problem that the loader finds in the document, or None if the document loads."""
    try:
        load_document(index(file.stem, "", document, file.name), file.name)
    except SpecError as error:
        return error
    except MockServerError as error:
        return SpecError(str(error).removeprefix(f"{file.stem}: "))
    return None


def _removed(path: NodePath, document: dict[str, Any]) -> bool:
    """Replace a faulty version or info, or remove a faulty operation; return whether to load again."""
    if path == ("openapi",):
        changed = document.get("openapi") != "3.0.3"
        document["openapi"] = "3.0.3"
        return changed
    if path == ("info",):
        document["info"] = {"title": "x", "version": "1"}
        return True
    if path[:1] == ("paths",) and len(path) > 2:  # noqa: PLR2004 - a path and a method
        del document["paths"][path[1]][path[2]]
        return any(method in item for item in document["paths"].values() for method in METHODS)
    return False


def _removed_part(error: SpecError, document: dict[str, Any]) -> bool:
    """If the faulty part is optional, remove or rename it; return whether the document was changed."""
    is_unnecessary = error.known or error.path[:1] == ("x-paths",) or "securitySchemes" in error.cure
    if not is_unnecessary:
        return False
    node: Any = document
    for step in error.path[:-1]:
        node = node.get(step) if isinstance(node, dict) else None
    name = error.path[-1]
    if not isinstance(node, dict) or name not in node:
        return False
    value = node.pop(name)
    if near := nearest(str(name), error.known):
        node.setdefault(near, value)
    return True


def _pointer(path: NodePath, document: Any) -> str:
    """Return the JSON Pointer of the path up to the first step that the document lacks."""
    there: list[str | int] = []
    node: Any = document
    for step in path:
        try:
            node = node[step]
        except (KeyError, IndexError, TypeError):
            break
        there.append(step)
    return pointer_of(there)


def reference_problems(broken: Sequence[BrokenReference]) -> Iterator[Misfit]:
    for one in broken:
        yield Misfit((*one.path, "$ref"), one.problem, _cure(one))


def _cure(broken: BrokenReference) -> str:
    if broken.nearest:
        return f'$ref: "{broken.nearest}"'
    if not broken.problem.endswith("points at nothing"):
        return 'write what it stands for, or $ref: "#/components/schemas/NAME"'
    reference = broken.problem.split(" ", 2)[1]
    *parents, name = reference.removeprefix("#/").split("/")
    return f"add {name} to {'.'.join(parents) or 'the document'}"


def without_references(document: dict[str, Any], broken: Sequence[BrokenReference]) -> dict[str, Any]:
    """Return a copy of the document in which each broken reference is an empty object."""
    made = deepcopy(document)
    for one in broken:
        node: Any = made
        for step in one.path:
            node = node[step]
        node.clear()
    return made


def is_own_fault(found: Misfit, broken: Sequence[BrokenReference]) -> bool:
    """Return whether the problem is independent of the broken references and of their removal."""
    if not broken:
        return True
    if "x-batch.items" in found.what:
        return False
    operation = found.path[:_OPERATION_STEPS]
    return not any(
        found.path[: len(one.path)] == one.path
        or (operation[:1] == ("paths",) and one.path[:_OPERATION_STEPS] == operation)
        for one in broken
    )


def openapi_problems(document: dict[str, Any]) -> list[Misfit]:
    """Return the first violations of OpenAPI, at most 20."""
    found: list[Misfit] = []
    try:
        for error in _errors(document):
            if len(found) == _MOST_PROBLEMS:
                break
            what = error.message.partition("\n")[0]
            if what.startswith("Operation ID "):  # our loader also names the other operation
                continue
            parameter = _PATH_PARAMETER.fullmatch(what)
            path = ("paths", parameter[3], parameter[2]) if parameter else tuple(error.absolute_path)
            found.append(Misfit(path, f"OpenAPI: {shown(what)}", openapi_cure(what)))
    except Exception:  # noqa: BLE001 - the library ends in errors of any kind where a structure is wrong
        return found
    return found


def wrong_types(node: Any, path: NodePath = ()) -> Iterator[Misfit]:
    if isinstance(node, list):
        for index, one in enumerate(node):
            yield from wrong_types(one, (*path, index))
    if not isinstance(node, dict):
        return
    kind, is_schema = node.get("type"), not _SCHEMA_PLACES.isdisjoint(path)
    if is_schema and isinstance(kind, str) and kind not in _TYPES:
        near = _TYPE_NAMES.get(kind.lower()) or nearest(kind, _TYPES) or "string"
        message = f"OpenAPI: type: {shown(kind)} is not a type; there are {', '.join(_TYPES)}"
        yield Misfit((*path, "type"), message, f"type: {near}")
    for name, value in node.items():
        if name not in _VALUES and not str(name).startswith("x-"):
            yield from wrong_types(value, (*path, name))


def _errors(document: dict[str, Any]) -> Iterator[Any]:
    from openapi_spec_validator import (
        OpenAPIV2SpecValidator,
        OpenAPIV30SpecValidator,
        OpenAPIV31SpecValidator,
        OpenAPIV32SpecValidator,
    )

    version = str(document.get("openapi", document.get("swagger")))[:3]
    known = {"2.0": OpenAPIV2SpecValidator, "3.1": OpenAPIV31SpecValidator, "3.2": OpenAPIV32SpecValidator}
    made = known.get(version, OpenAPIV30SpecValidator)(without_slow_patterns(document))
    yield from made.iter_errors()


class Misfit(Value, frozen=True):
    """A problem of a spec, with its path in the document."""

    path: NodePath
    what: str
    cure: str
    is_warning: bool = False
    """Whether the problem may be intended, or does not prevent serving."""


def find_misfits(spec: Spec) -> Iterator[Misfit]:
    """Yield misfits: keys and outcome pointers that the schemas lack, and collections that no batch fills."""
    for operation in spec.operations.values():
        if operation.batch:
            yield from _wrong_keys(spec, operation, operation.batch)
            yield from _wrong_outcomes(spec, operation, operation.batch)
        elif operation.collection:
            yield from _unfed_collection(spec, operation)


def _wrong_keys(spec: Spec, operation: Operation, batch: Batch) -> Iterator[Misfit]:
    list_pointer = "".join(f"/{step}" for step in batch.items)
    for body in operation.bodies[:1]:
        members = members_of(spec.document, body.schema)
        names = [one.rpartition("/")[2] for one in members if _is_child(one, f"{list_pointer}/*")]
        for key in batch.key if names else ():
            if key not in names:
                yield Misfit(
                    (*_place(operation), "x-batch", "key"),
                    f"{operation.id}: x-batch.key: the item schema has no {key}; it has {choices(names)}",
                    f"key: [{', '.join(_mended(batch.key, key, names))}]",
                    is_warning=not nearest(key, names),
                )


def _mended(key: Sequence[str], wrong: str, names: Sequence[str]) -> Iterator[str]:
    """Yield the members of a key. Replace `wrong` by an unused name, or omit it if all names are used."""
    free = [name for name in names if name not in key]
    for member in key:
        if member != wrong:
            yield member
        elif free:
            yield nearest(wrong, free) or free[0]


def _wrong_outcomes(spec: Spec, operation: Operation, batch: Batch) -> Iterator[Misfit]:
    schema = answer_schema(spec.document, operation.node)
    known = list(members_of(spec.document, schema)) if schema else []
    for name, inside, pointer in _outcome_pointers(batch.outcome):
        parent = _deepest(f"{inside}{pointer}", known)
        siblings = [one.removeprefix(inside) for one in known if _is_child(one, parent)]
        if f"{inside}{pointer}" in known or not siblings or (inside and inside not in known):
            continue
        near = nearest(pointer, siblings)
        yield Misfit(
            (*_place(operation), "x-batch", "outcome", *name.split(".")),
            f"{operation.id}: x-batch.outcome.{name}: the answer schema has no {pointer}; "
            f"it has {choices(siblings)}",
            f"{name}: {near or siblings[0]}",
            is_warning=not near,
        )


def _outcome_pointers(form: OutcomeForm) -> Iterator[tuple[str, str, str]]:
    """Yield name, pointer of the row ("" outside rows) and pointer of each member of `x-batch.outcome`."""
    for rows in form.rows:
        mark = "" if rows.subset == "all" else f"{rows.subset}."
        yield f"{mark}{'map' if rows.names else 'list'}", "", pointer_of(rows.place)
        for name, path in rows.members.items():
            yield f"{mark}{name}", f"{pointer_of(rows.place)}/*", pointer_of(path)
    for fact, path in form.summary.items():
        yield f"summary.{fact}", "", pointer_of(path)


def _unfed_collection(spec: Spec, operation: Operation) -> Iterator[Misfit]:
    fed = dict.fromkeys(one.batch.collection for one in spec.operations.values() if one.batch)
    if operation.collection in fed:
        return
    what = f"{operation.id}: x-collection: no batch stores in {operation.collection}; "
    near = nearest(operation.collection, fed)
    if fed:
        what += f"batches store in {choices(fed)}"
        cure = f"x-collection: {near or next(iter(fed))}"
    else:
        what += "only --fixtures can fill it"
        cure = f"collection: {operation.collection} in the x-batch that stores its records"
    yield Misfit((*_place(operation), "x-collection"), what, cure, is_warning=not near)


def _is_child(pointer: str, parent: str) -> bool:
    head, slash, name = pointer.rpartition("/")
    return bool(slash) and head == parent and name != "*"


def _deepest(pointer: str, known: list[str]) -> str:
    parent = pointer.rpartition("/")[0]
    while parent and parent not in known:
        parent = parent.rpartition("/")[0]
    return parent


def _place(operation: Operation) -> NodePath:
    return ("paths", operation.path, operation.method)


def find_unstated_statuses(spec: Spec) -> Iterator[Misfit]:
    """Yield a warning for each operation whose `responses` lack a status that the server may answer."""
    is_limited = "x-rate-limit" in spec.document
    for operation in spec.operations.values():
        possible = possible_statuses(operation, is_limited=is_limited)
        missing = [status for status in possible if not _is_stated(status, operation)]
        if missing:
            written = dict.fromkeys(f'"{status}"' if status < "3" else "default" for status in missing)
            yield Misfit(
                (*_place(operation), "responses"),
                f"{operation.id}: the server may answer {either(missing)}, which is not stated",
                f"responses: {{{', '.join(f'{name}: {_ANSWERS.get(name, _DONE)}' for name in written)}}}",
                is_warning=True,
            )


def possible_statuses(operation: Operation, *, is_limited: bool) -> list[str]:
    """Return the statuses that a vendor without a package may answer while no scenario is armed.

    A success status is included only if the spec states no success.
    """
    takes_values = any(
        parameter.place != "path" or parameter.schema.get("type") != "string"
        for parameter in operation.parameters
    )
    reads_one = operation.path.endswith("}") and not operation.bodies
    has_success = any(code.startswith("2") for code in operation.responses)
    possible = {
        "204" if operation.method == "delete" else "200": operation.batch is None and not has_success,
        "400": bool(operation.bodies) or takes_values,
        "401": bool(operation.security) and () not in operation.security,
        "404": reads_one,
        "413": bool(operation.bodies),
        "415": bool(operation.bodies),
        "429": is_limited,
    }
    answers_207 = operation.batch and not has_success
    return [*(("207",) if answers_207 else ()), *(status for status, can in possible.items() if can)]


def _is_stated(status: str, operation: Operation) -> bool:
    instead = ("422",) if status == "400" else ()  # the server answers 422 if only that is stated
    return any(one in operation.responses for one in (status, *instead, f"{status[0]}XX", "default"))
