"""The generated part of a vendor's page: what its spec, its package and its cases say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mockserver.control.cases.catalogue import vendor_cases
from mockserver.engine.auth import CREDENTIALS
from mockserver.engine.registry import LoadedVendor
from mockserver.model import Document
from mockserver.sandbox.assumptions import Assumption
from mockserver.spec.openapi import Operation, Parameter
from tests.docs import fixture_tables
from tests.docs.markdown import code, table

_BOUNDS = {
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} elements",
    "maxItems": "at most {} elements",
    "minimum": "at least {}",
    "maximum": "at most {}",
}


def describe(vendor: LoadedVendor) -> str:
    """Return the generated part of the vendor's page."""
    parts = {
        "Operations": _operations(vendor),
        "Headers": _headers(vendor),
        "Lengths and ranges": _bounds(vendor),
        "Assumptions": _assumptions(vendor),
        "Credentials in the fixtures": _credentials(vendor),
        "Records in the fixtures": fixture_tables.describe(vendor.fixtures),
        "Cases": _cases(vendor),
    }
    return "## Reference\n\n" + "\n\n".join(f"### {title}\n\n{text}" for title, text in parts.items())


def _operations(vendor: LoadedVendor) -> str:
    return table(
        ("operation", "call", "batch", "answers", "scopes"),
        (_operation(vendor.name, one) for one in vendor.spec.operations.values()),
    )


def _operation(vendor: str, operation: Operation) -> Sequence[str]:
    batch = operation.batch
    scopes = ", ".join(code(scope) for scope in sorted(operation.scopes))
    return (
        operation.id,
        code(f"{operation.method.upper()} /{vendor}{operation.path}"),
        "" if batch is None else "all or nothing" if batch.atomic else "per item",
        ", ".join(operation.responses),
        scopes,
    )


def _headers(vendor: LoadedVendor) -> str:
    operations = vendor.spec.operations.values()
    users: dict[str, list[tuple[str, Parameter]]] = {}
    for operation in operations:
        for parameter in operation.parameters:
            if parameter.place == "header":
                users.setdefault(parameter.name, []).append((operation.id, parameter))
    security = ", ".join(code(name) for name in vendor.schemes) or "none"
    rows = ((code(name), *_users(found, len(operations))) for name, found in sorted(users.items()))
    return f"Security schemes: {security}.\n\n" + table(("header", "operations", "required"), rows)


def _users(found: Sequence[tuple[str, Parameter]], everybody: int) -> tuple[str, str]:
    names = [name for name, _ in found]
    required = [name for name, parameter in found if parameter.required]
    return (
        "all" if len(names) == everybody else ", ".join(names),
        "yes" if len(required) == len(names) else ", ".join(required) or "no",
    )


def _bounds(vendor: LoadedVendor) -> str:
    schemas: Mapping[str, Any] = vendor.spec.document.get("components", {}).get("schemas", {})
    rows = (
        (code(f"{schema}.{member}"), bounds)
        for schema, node in schemas.items()
        for member, value in node.get("properties", {}).items()
        if (bounds := ", ".join(_bounds_of(value)))
    )
    return table(("member", "bounds"), rows)


def _bounds_of(node: Mapping[str, Any]) -> Iterator[str]:
    for keyword, text in _BOUNDS.items():
        if keyword in node:
            yield text.format(node[keyword])


def _assumptions(vendor: LoadedVendor) -> str:
    return table(
        ("id", "default", "alternatives", "what it decides", "source"),
        (_assumption(vendor.name, one) for one in vendor.all_assumptions),
    )


def _assumption(vendor: str, assumption: Assumption) -> Sequence[str]:
    return (
        code(f"{vendor}.{assumption.name}"),
        code(assumption.default) or "empty",
        ", ".join(code(value) for value in assumption.alternatives),
        assumption.meaning,
        ", ".join(_link(source) for source in assumption.source.split("; ")),
    )


def _link(source: str) -> str:
    page, _, anchor = source.removeprefix("docs/").partition("#")
    return f"[{anchor}](../{page}#{anchor})"


def _credentials(vendor: LoadedVendor) -> str:
    found = vendor.fixtures.get(f"{vendor.name}/", {}).get(CREDENTIALS, {})
    return table(
        ("credential", "scheme", "kind", "what else it has"),
        ((code(name), node["scheme"], node["kind"], _rest(node)) for name, node in found.items()),
    )


def _rest(node: Document) -> str:
    rest = {name: value for name, value in node.items() if name not in ("scheme", "kind")}
    return "; ".join(f"{name} {_text(value)}" for name, value in rest.items())


def _text(value: Any) -> str:
    return ", ".join(str(one) for one in value) or "none" if isinstance(value, list | tuple) else str(value)


def _cases(vendor: LoadedVendor) -> str:
    rows = (
        (
            f"[{entry.row.id}](../catalogue.md#{entry.row.id})",
            entry.case.says or entry.row.trigger,
            entry.differs,
        )
        for entry in vendor_cases(vendor.name)
    )
    return table(("case", "what it shows", "how the vendor differs"), rows)
