"""Attachments and history of documents: list and upload files, read a file, list history, add notes.

Source: docs/vendors/xero.md#attachments, #history, #messages.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from urllib.parse import quote

from mockserver.codec.http import parse_content_type
from mockserver.errors import NotFound, Rejected
from mockserver.model import Action, Document, Item, Json, Outcome, Problem, Reply
from mockserver.sandbox.store import State
from mockserver.vendor import BatchHandler, Handler, Request, find_record, store_each
from mockserver.vendors.xero import answers, refusals
from mockserver.vendors.xero.books import add_history_line, history_of
from mockserver.vendors.xero.dates_and_amounts import (
    cut_to_seconds,
    parse_stored,
    print_now_ms,
    stored_instant,
)
from mockserver.vendors.xero.messages import item_path, make_problem, message_text
from mockserver.vendors.xero.refusals import extra_outcome
from mockserver.vendors.xero.resources import (
    BANK_TRANSACTION,
    BATCH_PAYMENT,
    CONTACT,
    CREDIT_NOTE,
    INVOICE,
    PAYMENT,
    Resource,
)

ATTACHMENTS = "attachments"
MAX_ATTACHMENTS = 10
"""Maximum number of files of a document. Source: docs/vendors/xero.md#attachments."""

_FORBIDDEN = frozenset('<>:"/\\|?*\0')
_UNSAID = "application/octet-stream"
_MEDIA_TYPES: Mapping[str, str] = {
    "bmp": "image/bmp",
    "csv": "text/csv",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "gif": "image/gif",
    "jpeg": "image/jpeg",
    "jpg": "image/jpg",
    "pdf": "application/pdf",
    "png": "image/png",
    "txt": "text/plain",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}
"""Media type by file name ending, for a file of no or unknown type; `image/jpg` is the vendor's spelling."""

_WITH_FILES = (BANK_TRANSACTION, CONTACT, CREDIT_NOTE, INVOICE)
"""The resources whose documents have attachments."""

_WITH_HISTORY = (*_WITH_FILES, BATCH_PAYMENT, PAYMENT)
_ONLINE_TYPES = (*INVOICE.sales, *CREDIT_NOTE.sales)

_SHOWN = ("AttachmentID", "FileName", "Url", "MimeType", "ContentLength")

_HISTORY_NAMES = ("BankTransactions", "BatchPayment", "Contact", "CreditNote", "Invoice", "Payment")


def list_attachments(request: Request, state: State) -> Reply:
    shown = represent_attachments(_existing_key(request, state), request, state)
    return answers.success_reply({"Attachments": shown}, request.call, state)


def get_attachment(request: Request, state: State) -> Reply:
    key, name = _key(request), str(request.parameters["FileName"])
    attachment = _find_attachment(key, "FileName", name, state) or _find_attachment(
        key, "AttachmentID", answers.id_parameter(request, "FileName"), state
    )
    if attachment is None:
        raise NotFound(ATTACHMENTS, name)
    shown = quote(attachment["FileName"], safe=" ()[]&,;=+")
    disposition = ("Content-Disposition", f'attachment; filename="{shown}"')
    headers = (*answers.common_headers(request.call, state), disposition)
    return Reply(200, b64decode(attachment["Content"]), attachment["MimeType"], headers)


def put_attachment(request: Request, state: State) -> Reply:
    """Attach the sent file to a document. If an attached file has the sent name, replace that file."""
    resource, key = _resource(request), _key(request)
    document = resource.rows(state).get(key)
    sent = _sent_file(request)
    if problems := tuple(_problems(request, document, sent, state)):
        raise Rejected(*problems, document={"AttachmentID": answers.ZERO_ID, **sent})
    assert document is not None  # noqa: S101 - its absence is one of the problems
    online = bool(request.parameters.get("IncludeOnline")) and document.get("Type") in _ONLINE_TYPES
    kept = _keep_file(key, {**sent, "IncludeOnline": online}, request.call.body, state)
    changed = {**document, "HasAttachments": True, "UpdatedDateUTC": stored_instant(state.now)}
    resource.store(changed, state)
    details = message_text("history-file", name=sent["FileName"], app=answers.PROVIDER)
    add_history_line(key, "history-attached", state, details)
    return answers.success_reply({"Attachments": [_represent(kept, request)]}, request.call, state)


def _sent_file(request: Request) -> dict[str, Json]:
    """Return the sent file's name, media type and size. Answers show them even if the file is rejected."""
    name = str(request.parameters["FileName"])
    declared = parse_content_type(request.call.headers)[0] or _UNSAID
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    media_type = _MEDIA_TYPES.get(ending, declared) if declared == _UNSAID else declared
    return {"FileName": name, "MimeType": media_type, "ContentLength": len(request.call.body)}


def _problems(request: Request, document: Document | None, sent: Document, state: State) -> Iterator[Problem]:
    key, name = _key(request), sent["FileName"]
    if document is None:
        yield make_problem("attached-to-nothing", ("path", _resource(request).id), id=key)
    if _FORBIDDEN & set(name):
        yield make_problem("not-allowed", ("path", "FileName"), field="FileName")
    if "." not in name and sent["MimeType"] == _UNSAID:
        yield make_problem("file-type", ("path", "FileName"))
    attachments = _attachments_of(key, state)
    if len(attachments) >= MAX_ATTACHMENTS and all(
        attachment["FileName"] != name for attachment in attachments
    ):
        yield make_problem("too-many-files", limit=MAX_ATTACHMENTS)


def _keep_file(key: str, sent: Document, body: bytes, state: State) -> Document:
    stored, before = state.collection(ATTACHMENTS), _find_attachment(key, "FileName", sent["FileName"], state)
    number = before["Number"] if before else len(_attachments_of(key, state)) + 1
    document = {
        "DocumentID": key,
        "Number": number,
        "AttachmentID": before["AttachmentID"] if before else state.uuid(),
        **sent,
        "Content": b64encode(body).decode(),
    }
    stored[f"{key}/{number:06d}"] = document
    return document


def _attachments_of(key: str, state: State) -> list[Document]:
    return state.collection(ATTACHMENTS).find("DocumentID", key)


def represent_attachments(key: str, request: Request, state: State) -> list[Json]:
    return [_represent(attachment, request) for attachment in _attachments_of(key, state)]


def _find_attachment(key: str, member: str, value: str, state: State) -> Document | None:
    return next(
        (attachment for attachment in _attachments_of(key, state) if attachment[member] == value), None
    )


def _represent(attachment: Document, request: Request) -> Json:
    call = request.call
    document = f"{_resource(request).plural}/{attachment['DocumentID']}"
    path = f"/api.xro/2.0/{document}/Attachments/{quote(attachment['FileName'])}"
    return {
        **answers.pick_members({**attachment, "Url": f"{call.origin}{call.mount}{path}"}, *_SHOWN),
        **({"IncludeOnline": True} if attachment["IncludeOnline"] else {}),
    }


def list_history(request: Request, state: State) -> Reply:
    lines = history_of(_existing_key(request, state), state)
    return answers.success_reply({"HistoryRecords": lines}, request.call, state)


def note_problems(item: Item, request: Request) -> Iterator[Problem]:
    if not item.document.get("Details"):
        yield make_problem("details-missing", (*item_path(item, request), "Details"))


def check_note(_item: Item, request: Request, state: State) -> Iterator[Problem]:
    resource = _resource(request)
    if _key(request) not in resource.rows(state):
        yield make_problem("not-here", ("path", resource.id))


def create_note(item: Item, request: Request, state: State) -> Outcome:
    line = add_history_line(_key(request), "history-note", state, item.document["Details"])
    return Outcome(item, Action.CREATED, line)


def represent_created_note(outcome: Outcome, _request: Request, _state: State) -> Json:
    """Return a note as the answer to its creation shows it: without Changes and User, time without offset.

    Source: docs/vendors/xero.md#history (the example in the vendor's document).
    """
    note: Document = outcome.document
    return {
        "DateUTCString": cut_to_seconds(note["DateUTC"]),
        "DateUTC": print_now_ms(parse_stored(note["DateUTC"])),
        **answers.pick_members(note, "Details"),
        "ValidationErrors": [],
    }


def represent_rejected_note(outcome: Outcome, request: Request, _state: State) -> dict[str, Json]:
    return answers.pick_members(answers.fitting_members(outcome, request), "Details")


def _resource(request: Request) -> Resource:
    return next(resource for resource in _WITH_HISTORY if resource.id in request.parameters)


def _key(request: Request) -> str:
    return answers.id_parameter(request, _resource(request).id)


def _existing_key(request: Request, state: State) -> str:
    """Return the id that the path names. Raises NotFound if no document has this id."""
    find_record(_resource(request).collection, _key(request), state)
    return _key(request)


_NOTES = BatchHandler(
    check=check_note,
    apply=store_each(create_note),
    render=answers.render_results("HistoryRecords", lambda: represent_created_note, represent_rejected_note),
    rules=(refusals.nul_problems, note_problems),
    extra_outcome=extra_outcome("Details"),
)
BATCHES: Mapping[str, BatchHandler] = dict.fromkeys(
    (
        "createBankTransactionHistoryRecord",
        "createBatchPaymentHistoryRecord",
        "createContactHistory",
        "createCreditNoteHistory",
        "createInvoiceHistory",
        "createPaymentHistory",
    ),
    _NOTES,
)
_OF_FILES: Mapping[str, Handler] = {
    "get{}Attachments": list_attachments,
    "get{}AttachmentByFileName": get_attachment,
    "create{}AttachmentByFileName": put_attachment,
    "update{}AttachmentByFileName": put_attachment,
}
OPERATIONS: Mapping[str, Handler] = {
    **{f"get{name}History": list_history for name in _HISTORY_NAMES},
    **{form.format(one.name): handler for form, handler in _OF_FILES.items() for one in _WITH_FILES},
}
