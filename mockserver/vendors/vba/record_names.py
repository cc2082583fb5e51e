"""Names of claim invoices and payees in JSON, in the database and in .NET."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RecordNames:
    """Names of one kind of record: `key` is its key on the wire, `parameter` the path's."""

    entity: str
    table: str
    key: str
    parameter: str
    collection: str

    @property
    def model(self) -> str:
        """The .NET class, its namespace assumed."""
        return f"VBAPI.Models.{self.entity}"

    def body_type(self, path: str) -> str:
        """Return the .NET type of a body sent to `path`: a list of the class for batches."""
        listed = re.fullmatch("/[^/]+-batch", path)  # a payee's own path may end like that too
        return f"System.Collections.Generic.List`1[{self.model}]" if listed else self.model


CLAIM_INVOICE = RecordNames("ClaimInvoice", "Claim_Invoice", "invoice_Key", "invoiceKey", "claim-invoices")
PAYEE = RecordNames("Payee", "Payee", "payee_ID", "payeeID", "payees")


def names_for_path(path: str) -> RecordNames:
    """Return the kind of record that a path is about."""
    return PAYEE if path.startswith("/payees") else CLAIM_INVOICE


def column_name(member: str) -> str:
    """Return a wire name as the column's: `payee_ID` is `Payee_ID`."""
    return member[:1].upper() + member[1:]
