"""How answers show a document in a list, alone, saved or rejected; `resources.yaml` lists the members.

Source: docs/vendors/xero.md#headers-and-parameters, #filters-and-order, #error-shapes, #payment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from msgspec import field

from mockserver.errors import NotFound
from mockserver.model import EMPTY, Document, Item, Json, Outcome, Reply, Value
from mockserver.sandbox.store import State
from mockserver.vendor import BatchHandler, CheckItem, Handler, ItemRule, Request, find_record, store_each
from mockserver.vendors.xero import answers, lists
from mockserver.vendors.xero.attachments_and_history import represent_attachments
from mockserver.vendors.xero.books import allocations_of, credits_on, find_in_path
from mockserver.vendors.xero.dates_and_amounts import NO_MONEY, amount_members, print_date, print_unit
from mockserver.vendors.xero.lines import find_item, is_precise
from mockserver.vendors.xero.refusals import extra_outcome, nul_problems
from mockserver.vendors.xero.resources import (
    ACCOUNT,
    BANK_TRANSACTION,
    CONTACT,
    CREDITS,
    INVOICE,
    PAYMENT,
    DocumentKind,
    Resource,
)

_ADDRESS_LINES = ("AddressLine1", "AddressLine2", "AddressLine3", "AddressLine4")
_PLACE = ("City", "Region", "PostalCode", "Country")
_TRACKING = ("SalesTrackingCategories", "PurchasesTrackingCategories")
_PHONE_MEMBERS = ("PhoneNumber", "PhoneAreaCode", "PhoneCountryCode")
ACTIVE = "ACTIVE"
Show: TypeAlias = Callable[[Document, Request, State], Json]
Find: TypeAlias = Callable[[Resource, Request, State], Document | None]
Store: TypeAlias = Callable[[Item, Request, State], Outcome]

_UNKNOWN_PHONES: Mapping[str, Document] = {
    kind: {"PhoneType": kind, **dict.fromkeys(_PHONE_MEMBERS, "")}
    for kind in ("DDI", "DEFAULT", "FAX", "MOBILE")
}


def list_handler(resource: Resource, show: Show, show_unpaged: Show | None = None) -> Handler:
    """Return the operation that lists documents.

    `show_unpaged`, if given, replaces `show` for a list without pages and for a summary.
    """

    def list_documents(request: Request, state: State) -> Reply:
        asked = request.parameters
        summarised = asked.get("summaryOnly", False)
        if summarised and resource is INVOICE:
            lists.refuse_summary_filters(request)
        listed = _listed_documents(resource, request, state)
        matches: Sequence[Document] = lists.select_documents(listed, resource.entity, request, state)
        if lists.is_unmodified(matches, request):
            return Reply(304, headers=answers.common_headers(request.call, state))
        paged = summarised or lists.is_page_requested(request) or asked.get("Statuses")
        shown = show if paged and not summarised else show_unpaged or show
        members: dict[str, Json] = {}
        if paged:
            members["pagination"], matches = lists.cut_page(matches, request)
        documents = [shown(match, request, state) for match in matches]
        if summarised:
            heavy = resource.heavy.split()
            documents = [{name: one[name] for name in one if name not in heavy} for one in documents]
        members[resource.plural] = documents
        return answers.success_reply(members, request.call, state)

    return list_documents


def _listed_documents(resource: Resource, request: Request, state: State) -> list[Document]:
    """Return the documents that the parameters of the list select, before `where`, `order` and pages."""
    asked = request.parameters
    matches = list(resource.rows(state).values())
    if resource.archived and not asked.get("includeArchived", False):
        matches = [match for match in matches if match[resource.archived] == ACTIVE]
    for parameter, member in resource.parameters.items():
        if given := asked.get(parameter):
            wanted = {answers.stored_id(str(one)) if member.endswith("ID") else one for one in given}
            matches = [match for match in matches if match.get(member) in wanted]
    if asked.get("createdByMyApp", False):
        matches = [match for match in matches if match.get("App") == request.call.principal.name]
    if term := asked.get("searchTerm"):
        matches = lists.search_documents(matches, term, *resource.searched)
    return matches


def get_handler(resource: Resource, show: Show, find: Find = find_in_path) -> Handler:
    """Return the operation that shows one document, found by `find`."""

    def get_document(request: Request, state: State) -> Reply:
        document = find(resource, request, state)
        if document is None:
            raise NotFound(resource.collection, str(request.parameters[resource.id]))
        return answers.success_reply({resource.plural: [show(document, request, state)]}, request.call, state)

    return get_document


def find_by_id(resource: Resource, request: Request, state: State) -> Document:
    return find_record(resource.collection, answers.id_parameter(request, resource.id), state)


def read_operations(
    resource: Resource,
    show: Show,
    show_unpaged: Show | None = None,
    find: Find = find_in_path,
    alone: Show | None = None,
) -> Mapping[str, Handler]:
    """Return two operations: list documents; read one document, shown by `alone` if given, else by `show`."""
    return {
        f"get{resource.plural}": list_handler(resource, show, show_unpaged),
        f"get{resource.name}": get_handler(resource, alone or show, find),
    }


def write_operations(
    resource: Resource, create: BatchHandler, update: BatchHandler
) -> Mapping[str, BatchHandler]:
    return {
        f"create{resource.plural}": create,
        f"updateOrCreate{resource.plural}": update,
        f"update{resource.name}": update,
    }


def document_operations(resource: Resource) -> Mapping[str, Handler]:
    find = find_in_path if isinstance(resource, DocumentKind) else find_by_id

    def show(document: Document, request: Request, state: State) -> Json:
        contact = represent_contact(contact_of(document, state))
        return _represent(resource, document, contact, represent_lines(document, request, state), state)

    def show_alone(document: Document, request: Request, state: State) -> Json:
        contact = represent_contact(contact_of(document, state), alone=True)
        lines = represent_lines(document, request, state, alone=True)
        attached = {"Attachments": represent_attachments(document[resource.id], request, state)}
        return _represent(resource, {**document, **attached}, contact, lines, state)

    def show_unpaged(document: Document, _request: Request, state: State) -> Json:
        return _represent(resource, document, embedded_contact(contact_of(document, state)), [], state)

    return read_operations(resource, show, show_unpaged, find, show_alone)


def saved_by(show: Show, **told: str) -> answers.PrepareSaved:
    """Return a factory of the function that shows a saved document by `show` and adds the members `told`."""
    return lambda: lambda outcome, *asked: {**show(outcome.document, *asked), **told}


def saved_documents(resource: Resource) -> answers.PrepareSaved:
    """Return a factory, called once for each reply, of the function that shows saved documents with lines.

    The contact is taken from the outcome, so it is shown even if a rule prevents its storage.
    """

    def prepare() -> answers.RenderSaved:
        printer = ContactPrinter()

        def show(outcome: Outcome, request: Request, state: State) -> Json:
            saved = outcome.document
            contact, lines = (
                printer.represent(saved["Contact"]),
                represent_lines(saved, request, state, alone=True),
            )
            return {**_represent(resource, saved, contact, lines, state), "StatusAttributeString": "OK"}

        return show

    return prepare


def _represent(
    resource: Resource, document: Document, contact: Json, lines: list[Json], state: State
) -> dict[str, Json]:
    parts = _parts_of(resource, document, state)
    return resource.represent({**document, **parts, "Contact": contact, "LineItems": lines})


def _parts_of(resource: Resource, document: Document, state: State) -> Mapping[str, Json]:
    """Return the members that come from other records, except for the contact and the lines."""
    if resource is INVOICE:
        return {
            "Payments": payments_of(document, INVOICE, state),
            **credits_on(document, state),
            "IsDiscounted": "TotalDiscount" in document,
        }
    if resource is BANK_TRANSACTION:
        return {"BankAccount": embedded_account(document, state, "Code", "Name")}
    if isinstance(resource, DocumentKind):
        unused = document[resource.unsettled] == document["Total"]
        return {
            "Payments": [] if unused else payments_of(document, resource, state),
            "ID": document[resource.id],
            "Allocations": allocations_of(document, resource, state),
        }
    return EMPTY


def represent_paid_invoice(invoice: Document, printer: ContactPrinter, state: State) -> Json:
    """Return a paid invoice as the answer about a payment shows it: with lines and amounts.

    The lists of payments and credits are empty, so that payments in a batch do not repeat these lists.
    """
    parts = {
        **{name: [] for name in ("Payments", *(kind.plural for kind in CREDITS))},
        "IsDiscounted": "TotalDiscount" in invoice,
        "Contact": printer.represent(contact_of(invoice, state)),
        "LineItems": [_represent_line(line, state, precise=False) for line in invoice["LineItems"]],
    }
    return INVOICE.represent({**invoice, **parts})


def contact_of(document: Document, state: State) -> Document:
    return CONTACT.rows(state)[document["ContactID"]]


def attach_contact(document: Document, state: State) -> Document:
    return {**document, "Contact": contact_of(document, state)}


def represent_contact(contact: Document, *, alone: bool = False) -> dict[str, Json]:
    """Return all members of a contact, always with two addresses and four phones.

    If `alone`, lists of tracking categories are shown even if they are empty.
    """
    parts = {
        **({name: [] for name in _TRACKING} if alone else {}),
        **answers.pick_members(contact, *_TRACKING),
        "Addresses": represent_addresses(contact["Addresses"]),
        "Phones": represent_phones(contact["Phones"]),
        "ContactPersons": contact.get("ContactPersons", []),
    }
    return CONTACT.represent({**contact, **parts})


def represent_addresses(stored: Iterable[Document]) -> list[Json]:
    """Return a postal and a street address, in this order; an unknown address has empty members."""
    known = {one.get("AddressType", "STREET"): one for one in stored}
    return [
        _represent_address(kind, known[kind]) if kind in known else unknown
        for kind, unknown in _UNKNOWN_ADDRESSES.items()
    ]


def represent_phones(stored: Iterable[Document]) -> list[Json]:
    """Return a phone of each of four types; an unknown phone has empty members."""
    known = {one.get("PhoneType", "DEFAULT"): one for one in stored}
    return [
        {**unknown, **answers.pick_members(known[kind], *_PHONE_MEMBERS)} if kind in known else unknown
        for kind, unknown in _UNKNOWN_PHONES.items()
    ]


def _represent_address(kind: str, address: Document) -> Json:
    return {
        "AddressType": kind,
        **answers.pick_members(address, *_ADDRESS_LINES),
        **{name: address.get(name, "") for name in _PLACE},
        **answers.pick_members(address, "AttentionTo"),
    }


_UNKNOWN_ADDRESSES: Mapping[str, Document] = {
    kind: _represent_address(kind, EMPTY) for kind in ("POBOX", "STREET")
}


def show_contact(contact: Document, _request: Request, state: State) -> Json:
    return represent_contact({**contact, **_balances(contact, state)})


def show_contact_alone(contact: Document, request: Request, state: State) -> Json:
    attached = {"Attachments": represent_attachments(contact[CONTACT.id], request, state)}
    alone = request.call.assumptions["tracking_lists"] == "shown"
    return represent_contact({**contact, **_balances(contact, state), **attached}, alone=alone)


def _balances(contact: Document, state: State) -> dict[str, Json]:
    """Return the open and overdue sums of a contact's approved sales and bills; {} if no amount is open."""
    sums = {kind: {"Outstanding": NO_MONEY, "Overdue": NO_MONEY} for kind in (INVOICE.sale, INVOICE.purchase)}
    today = state.now.date().isoformat()
    for invoice in INVOICE.rows(state).find(CONTACT.id, contact[CONTACT.id]):
        if invoice["Status"] == "AUTHORISED" and invoice["Type"] in sums:
            of, due = sums[invoice["Type"]], invoice[INVOICE.unsettled]
            of["Outstanding"] += due
            of["Overdue"] += due if invoice.get("DueDate", today) < today else NO_MONEY
    if not any(of["Outstanding"] for of in sums.values()):
        return {}
    receivable, payable = (amount_members(of, *of) for of in sums.values())
    return {"Balances": {"AccountsReceivable": receivable, "AccountsPayable": payable}}


def embedded_contact(contact: Document) -> Json:
    """Return a contact as lists of other documents show it: ids, name and empty lists."""
    empty: dict[str, Json] = {name: [] for name in ("Addresses", "Phones", "ContactGroups", "ContactPersons")}
    return {
        **answers.pick_members(contact, "ContactID", "ContactNumber", "Name"),
        **empty,
        "HasValidationErrors": False,
    }


class ContactPrinter(Value, frozen=True):
    """Represents contacts for one answer, and reuses the representation of a contact that comes again."""

    built: dict[str, tuple[Document, Json]] = field(default_factory=dict)

    def represent(self, contact: Document) -> Json:
        key = contact.get("ContactID", "")
        known = self.built.get(key)
        if known is None or known[0] is not contact:
            known = self.built[key] = (contact, represent_contact(contact, alone=True))
        return known[1]


def embedded_account(document: Document, state: State, *names: str) -> Json:
    account = ACCOUNT.rows(state).get(document["AccountID"]) or EMPTY
    return {"AccountID": document["AccountID"], **answers.pick_members(account, *names)}


def represent_lines(document: Document, request: Request, state: State, *, alone: bool = False) -> list[Json]:
    """Return the lines of a document in the requested precision; if `alone`, with empty ValidationErrors."""
    shown = [_represent_line(line, state, precise=is_precise(request)) for line in document["LineItems"]]
    return [{**line, "ValidationErrors": []} for line in shown] if alone else shown


def _represent_line(line: Document, state: State, *, precise: bool) -> dict[str, Json]:
    item = find_item(line, state)
    return {
        **answers.pick_members(line, "LineItemID", "Description"),
        **amount_members(line, "Quantity"),
        "UnitAmount": print_unit(line["UnitAmount"], precise=precise),
        **answers.pick_members(line, "ItemCode", "AccountCode", "AccountID", "TaxType"),
        **amount_members(line, "TaxAmount", "LineAmount", "DiscountRate", "DiscountAmount"),
        **({} if item is None else {"Item": answers.pick_members(item, "ItemID", "Name", "Code")}),
        "Tracking": line.get("Tracking", EMPTY) or [],
    }


def payments_of(document: Document, kind: DocumentKind, state: State) -> list[Json]:
    """Return the payments on a document, oldest first, without deleted payments.

    Source: docs/vendors/xero.md#state; the members of a payment are assumed.
    """
    payments = PAYMENT.rows(state).find(kind.id, document[kind.id])
    kept = [payment for payment in payments if payment["Status"] != "DELETED"]
    return [
        _embedded_payment(one) for one in sorted(kept, key=lambda one: (one["Date"], one["UpdatedDateUTC"]))
    ]


def _embedded_payment(payment: Document) -> Json:
    return {
        **answers.pick_members(payment, "PaymentID", "BatchPaymentID"),
        "Date": print_date(payment["Date"]),
        **amount_members(payment, "Amount"),
        **answers.pick_members(payment, "Reference"),
        **amount_members(payment, "CurrencyRate"),
        "HasAccount": False,
        "HasValidationErrors": False,
    }


def echo(resource: Resource, sent: Document, key: str) -> dict[str, Json]:
    return answers.echo_members({**sent, resource.id: key}, resource.echoed)


def echo_rejected(resource: Resource, **flags: bool) -> answers.RenderRejected:
    """Return the function that shows a rejected document: an update with its id, a creation with zero id."""

    def represent(outcome: Outcome, request: Request, _state: State) -> dict[str, Json]:
        sent = answers.fitting_members(outcome, request)
        return {**echo(resource, sent, answers.rejected_id(sent, resource.id, request)), **flags}

    return represent


def is_filled(request: Request) -> bool:
    """Return whether refused elements show stored members (assumption `refused_element`)."""
    return request.call.assumptions["refused_element"] == "filled"


def batch_handler(  # noqa: PLR0913 - the parts of an operation
    resource: Resource,
    check: CheckItem,
    store: Store,
    *rules: ItemRule,
    saved: answers.PrepareSaved,
    rejected: answers.RenderRejected,
    named: str = "Reference",
    ids: tuple[str, ...] = (),
    warnings: tuple[ItemRule, ...] = (),
) -> BatchHandler:
    """Return a batch operation of independent elements, which clients identify by the member `named`."""
    return BatchHandler(
        check=check,
        apply=store_each(store),
        render=answers.render_results(resource.plural, saved, rejected),
        rules=(nul_problems, *rules),
        warning_rules=warnings,
        extra_outcome=extra_outcome(named, resource.id, *ids),
    )
