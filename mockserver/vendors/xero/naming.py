"""Which document a reference means: invoice numbers as the sandbox compares them, and two names for one.

Source: edge-cases rows 38, 39 and 41; Xero fact sheet §2.4.
"""

from collections.abc import Iterator, Mapping, Sequence

from mockserver.model import Call, Document, Path, Problem
from mockserver.store import State
from mockserver.vendors.xero.words import say

INVOICES = "invoices"
NUMBER = "InvoiceNumber"


def numbered(number: str, call: Call, state: State) -> Sequence[Document]:
    """The invoices of that number, as the switches `ci_keys` and `trim` let numbers be alike."""
    invoices = state.collection(INVOICES)
    if call.assumptions["ci_keys"] == "off" and call.assumptions["trim"] == "off":
        return invoices.find(NUMBER, number)
    wanted = _compared(number, call)
    return [one for one in invoices.values() if _compared(one.get(NUMBER, ""), call) == wanted]


def kept(number: str, call: Call) -> str:
    """A number as it is stored: as it was sent, unless it is to be trimmed."""
    return number.strip() if call.assumptions["trim"] == "on" else number


def disagreeing(
    found: Mapping[str, Document | None], identifier: str, call: Call, path: Path
) -> Iterator[Problem]:
    """Why a reference means nothing: its two names, each with what it finds, are those of two documents."""
    ids = {document[identifier] for document in found.values() if document is not None}
    if len(ids) > 1 and call.assumptions["ids_disagree"] == "refused":
        one, other = found
        yield say("ids-disagree", path, one=one, other=other)


def _compared(number: str, call: Call) -> str:
    text = kept(number, call)
    return text.casefold() if call.assumptions["ci_keys"] == "on" else text
