"""The vendors: addresses, operations, assumptions in the sandbox; also the server's settings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from flask import Blueprint, Response, request

from mockserver.console.pages import action, page
from mockserver.console.screen import CONSOLE, ControlRefusal, Screen, Visit, find_one, move_to
from mockserver.model import EMPTY, Document, Json

BLUEPRINT = Blueprint("vendors", __name__, url_prefix=CONSOLE)


_PAGE = re.compile(r"docs/([a-z0-9/-]+)\.md(#[a-z0-9-]+)?")


@page(BLUEPRINT, "/vendors")
def show_vendors(visit: Visit) -> Screen:
    assumptions = _assumptions(visit)
    vendors = [
        {**vendor, "base": visit.base(vendor["base"]), "changed": len(_changed(assumptions, vendor["name"]))}
        for vendor in visit.control.get("/vendors")
    ]
    health = visit.control.get("/health")
    settings = visit.control.get("/settings")
    return Screen("vendors.html", {"vendors": vendors, "health": health, "settings": settings})


@page(BLUEPRINT, "/vendors/<vendor>")
def show_vendor(
    visit: Visit, refused: Document | None = None, status: int = 200, typed: Mapping[str, str] = EMPTY
) -> Screen:
    """Show one vendor with its assumptions; `typed` are the values of a form that was refused."""
    vendor = _vendor(visit)
    assumptions = [
        {**one, "links": list(_links(one["source"])), "shown": typed.get(one["id"], one["value"])}
        for one in sorted(_assumptions(visit), key=lambda one: bool(one["value"] == one["default"]))
        if _is_of(one, vendor["name"])
    ]
    access = visit.control.get(f"/vendors/{vendor['name']}/access")
    return Screen(
        "vendor.html",
        {
            **vendor,
            "base": visit.base(vendor["base"]),
            "access": access,
            "assumptions": assumptions,
            "changed": len(_changed(assumptions, vendor["name"])),
            "saved": request.args.get("saved", ""),
            "refused": refused,
        },
        status,
    )


@action(BLUEPRINT, "/vendors/<vendor>")
def save(visit: Visit) -> Screen | Response:
    vendor = _vendor(visit)
    own = [one for one in _assumptions(visit) if _is_of(one, vendor["name"])]
    changes: dict[str, Json]
    if "restore" in request.form:
        changes = {one["id"]: None for one in own if one["value"] != one["default"]}
    else:
        changes = dict(_changes(own, request.form))
    try:
        if changes:
            visit.control.patch(visit.of_sandbox("/assumptions"), changes)
    except ControlRefusal as refusal:
        return show_vendor(visit, refusal.problem, refusal.status, request.form)
    return move_to(visit.address(f"/vendors/{vendor['name']}", saved=len(changes)))


def _vendor(visit: Visit) -> Document:
    vendors, name = visit.control.get("/vendors"), visit.path["vendor"]
    detail = f"no vendor named {name}; there are {', '.join(one['name'] for one in vendors)}"
    return find_one(vendors, "name", name, "unknown-vendor", detail)


def _assumptions(visit: Visit) -> list[Document]:
    found: list[Document] = visit.control.get(visit.of_sandbox("/assumptions"))
    return found


def _is_of(assumption: Document, vendor: str) -> bool:
    return bool(assumption["id"].startswith(f"{vendor}."))


def _changed(assumptions: Sequence[Document], vendor: str) -> list[Document]:
    return [one for one in assumptions if _is_of(one, vendor) and one["value"] != one["default"]]


def _changes(own: list[Document], form: Mapping[str, str]) -> Iterator[tuple[str, Json]]:
    for one in own:
        chosen = form.get(one["id"], one["value"])
        if chosen != one["value"]:
            yield one["id"], None if chosen == one["default"] else chosen


def _links(source: str) -> Iterator[Document]:
    for part in source.split("; "):
        page = _PAGE.fullmatch(part)
        address = f"{CONSOLE}/docs/{page[1]}{page[2] or ''}" if page else None
        yield {"text": part.removeprefix("docs/"), "address": address}
