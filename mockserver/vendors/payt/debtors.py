"""Writing a debtor.

Source: Payt fact sheet §2.7, §4.1; an absent member stays, null clears it (assumed).
"""

from __future__ import annotations

from mockserver.clock import print_instant
from mockserver.model import Action, Document, Item, Outcome
from mockserver.store import State
from mockserver.vendor import Request
from mockserver.vendors.payt import identity
from mockserver.vendors.payt.keeping import kept_contact
from mockserver.vendors.payt.reading import completed, meant
from mockserver.vendors.payt.wording import fault

DEBTORS = "debtors"

_TEXTS = (
    "debtor_number",
    "debtor_identifier",
    "name",
    "bank_account_name",
    "bank_account_number",
    "category",
    "coc_number",
    "language_code",
    "oin_number",
    "peppol_identifier",
    "relation_manager",
    "remark",
    "vat_number",
    "is_company",
    "peppol_enabled",
)
_OPTIONAL = (*_TEXTS[_TEXTS.index("bank_account_name") :], "contact_identifier")


def keep(item: Item, request: Request, state: State) -> Outcome:
    """Create or update the debtor.

    Source: Payt fact sheet §2.7.
    """
    record = completed(meant(item.document, request), _OPTIONAL, request)
    stored = identity.debtor(record, state, request.call.assumptions).stored
    was = stored or _new(request.tenant, state)
    contact = kept_contact(record, was.get("contact_identifier"), state)
    debtor = {
        **was,
        **{member: record[member] for member in _TEXTS if member in record},
        "contact_identifier": contact.value,
        "updated_at": print_instant(state.now),
    }
    if "country_code" in record:
        debtor["postal_address"] = {**was.get("postal_address", {}), "country_code": record["country_code"]}
    if "labels" in record:
        debtor["labels"] = list(dict.fromkeys(record["labels"] or ()))
    state.collection(DEBTORS)[debtor["id"]] = debtor
    warned = (fault(contact.warning, item, contact.field, of=DEBTORS),) if contact.warning else ()
    action = Action.UPDATED if stored else Action.CREATED
    return Outcome(item, action, debtor, warnings=warned)


def _new(administration_id: str, state: State) -> Document:
    return {"id": str(state.next(DEBTORS)), "administration_id": administration_id}
