"""Messages of VBA (`messages.yaml`), and the names of records that messages contain."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mockserver.model import Value
from mockserver.vendor import MessageTable, read_tables, refusal_rows

_TABLES = read_tables(__file__)
message = MessageTable(_TABLES["messages"])
REFUSALS = refusal_rows(_TABLES["refusals"])
FAULTS: Mapping[str, str] = _TABLES["faults"]
"""For each code of a fault, the name of its message."""

_SHOWN_CHARACTERS = 32


class RecordNames(Value, frozen=True):
    """Names of one kind of record."""

    entity: str
    table: str
    key: str
    """Member with the key in a body."""
    parameter: str
    """Parameter with the key in a path."""
    collection: str

    @property
    def model(self) -> str:
        return f"VBAPI.Models.{self.entity}"

    @property
    def column(self) -> str:
        return column_name(self.key)

    def body_type(self, path: str) -> str:
        listed = re.fullmatch("/[^/]+-batch", path)  # the path of one payee may end in -batch too
        return f"System.Collections.Generic.List`1[{self.model}]" if listed else self.model


CLAIM_INVOICE = RecordNames("ClaimInvoice", "Claim_Invoice", "invoice_Key", "invoiceKey", "claim-invoices")
PAYEE = RecordNames("Payee", "Payee", "payee_ID", "payeeID", "payees")


def names_for_path(path: str) -> RecordNames:
    return PAYEE if path.startswith("/payees") else CLAIM_INVOICE


def column_name(member: str) -> str:
    return member[:1].upper() + member[1:]


def truncated_message(database: str, table: str, member: str, text: str, limit: int) -> str:
    """Return the message about a text that does not fit its column, which has `limit` characters."""
    shown = text[: min(limit, _SHOWN_CHARACTERS)]
    return message("truncated", database=database, table=table, column=column_name(member), shown=shown)
