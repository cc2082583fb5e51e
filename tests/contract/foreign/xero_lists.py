"""Lists of Xero: parameters of a query, filters and orders, read as its spec says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from tests.contract.foreign.xero_language import Json, UnreadableError
from tests.support.spec_documents import operation, parameters, spec

_PART = re.compile(
    r"""\s*([A-Za-z.]+)\s*(==?|>=|<=)\s*(?:"([^"]*)"|guid\("([^"]*)"\)|DateTime\((\d+),(\d+),(\d+)\))\s*"""
)
_BARE = re.compile(r"[0-9a-f]{32}", re.IGNORECASE)


def read_query(name: str, sent: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    _, path, node = operation(spec("xero"), name)
    given = {name.lower(): text for name, text in sent.items()}
    for one in parameters(spec("xero"), path, node):
        text, schema = given.get(one["name"].lower()), one["schema"]
        if one["in"] != "query" or text is None:
            continue
        yield one["name"], _read(text, schema)


def _read(text: str, schema: Mapping[str, Any]) -> Any:
    """Return the value of a parameter; raise `UnreadableError` if the spec has it otherwise."""
    kind = schema.get("type")
    if kind == "integer":
        if (
            not re.fullmatch(r"[-+]?[0-9]{1,10}", text)
            or not schema.get("minimum", int(text)) <= int(text) < 2**31
        ):
            raise UnreadableError(14)
        return int(text)
    if kind == "boolean":
        return text.lower() != "false"
    if kind == "array":
        parts = [with_dashes(one) for one in text.split(",")]
        is_guid = "$ref" in schema["items"]
        if is_guid and not all(
            re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", one) for one in parts
        ):
            raise UnreadableError(14)
        return parts if is_guid else text.split(",")
    return text


def with_dashes(text: str) -> str:
    bare = text.replace("-", "") if _BARE.fullmatch(text.replace("-", "")) else ""
    if len(text) not in (32, 36) or not bare:
        return text
    return "-".join((bare[:8], bare[8:12], bare[12:16], bare[16:20], bare[20:])).lower()


def filtered(rows: list[Json], query: Json) -> list[Json]:
    for path, sign, value in conditions(query["where"]) if query.get("where", "").strip() else ():
        rows = [row for row in rows if fits(row, path, sign, value)]
    lists = {"IDs": "InvoiceID", "InvoiceNumbers": "InvoiceNumber", "Statuses": "Status"}
    for name in lists.keys() & query.keys():
        rows = [row for row in rows if row.get(lists[name]) in query[name]]
    if "ContactIDs" in query:
        rows = [row for row in rows if row["Contact"]["ContactID"] in query["ContactIDs"]]
    if text := query.get("searchTerm"):
        shown = ("InvoiceNumber", "Reference")
        rows = [row for row in rows if any(text.lower() in row.get(one, "").lower() for one in shown)]
    return rows


def ordered(rows: list[Json], query: Json, id_name: str) -> list[Json]:
    found = re.fullmatch(
        r"\s*([A-Za-z]+)(?:\s+(ASC|DESC))?\s*", query.get("order", "UpdatedDateUTC"), re.IGNORECASE
    )
    if not found:
        raise UnreadableError(16)
    names = {name.lower(): name for row in rows for name in row}
    name = names.get(found[1].lower(), "")
    rows = sorted(rows, key=lambda row: str(row[id_name]))

    def rank(row: Json) -> tuple[bool, Any]:
        value = row.get(name)
        return value is not None, value if isinstance(value, str) or value is None else f"{value:030.4f}"

    rows.sort(key=lambda row: tuple(map(str, rank(row))), reverse=(found[2] or "").upper() == "DESC")
    return rows


def conditions(text: str) -> Iterator[tuple[list[str], str, str]]:
    """Yield path, sign and value of each condition; raise `UnreadableError` if there are others."""
    for part in re.split(r"\s+AND\s+|&&", text):
        found = _PART.fullmatch(part)
        if not found:
            raise UnreadableError(16)
        name, sign, word, guid, year, month, first = found.groups()
        try:
            value = (
                word or (guid or "").lower() or (year and date(int(year), int(month), int(first)).isoformat())
            )
        except ValueError:
            raise UnreadableError(16) from None
        yield name.split("."), sign, value or ""


def fits(row: Json, path: list[str], sign: str, value: str) -> bool:
    found: Any = row
    for name in path:
        names = {one.lower(): one for one in found} if isinstance(found, dict) else {}
        shown = names.get(f"{name}String".lower()) if name.lower() == "date" else None
        found = found.get(shown or names.get(name.lower(), "")) if names else None
    if found is None:
        return False
    text = str(found)[: len(value)] if path[-1].lower() == "date" else str(found)
    return {"==": text == value, "=": text == value, ">=": text >= value, "<=": text <= value}[sign]
