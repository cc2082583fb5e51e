"""Messages of PVEx (`messages.yaml`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mockserver.vendor import MessageTable, RefusalRow, read_tables, refusal_rows

_TABLES = read_tables(__file__)
message = MessageTable(_TABLES["messages"])
REFUSALS = refusal_rows(_TABLES["refusals"])
PAGES: Mapping[str, RefusalRow] = refusal_rows(_TABLES["pages"])
EXCEPTIONS: Mapping[str, Sequence[str]] = _TABLES["exceptions"]
"""Type and message of exceptions, by problem code."""

FAULTS: Mapping[str, Sequence[str]] = _TABLES["faults"]
"""Member that the fault concerns, and name of the fault's message, by fault code."""


GENERAL_ERROR, INVALID_REQUEST = message("general-error"), message("invalid-request")
