"""Texts of Xero's messages (`messages.yaml`), and a function that makes a problem with such a text."""

from mockserver.model import Item, Json, Path, Problem
from mockserver.vendor import MessageTable, Request, read_tables

message_text = MessageTable(read_tables(__file__))
"""Returns the vendor's message for a rule. Source: docs/vendors/xero.md#messages."""


def item_path(item: Item, request: Request) -> Path:
    batch = request.operation.batch
    return (*(batch.items if batch else ()), item.index)


def make_problem(rule: str, path: Path = (), **values: Json) -> Problem:
    return Problem(rule, path, message_text(rule, **values), rule)


def member_label(path: Path) -> str:
    """Return the label of a member: its name or, inside another member or an account, both (`Account Code`).

    Source: docs/vendors/xero.md#messages (Xero-Net#285).
    """
    listed, holder, name = ("", "", *path)[-3:]
    if isinstance(holder, int):
        holder = "Account" if listed == "Accounts" else ""
    return f"{holder} {name}".lstrip()
