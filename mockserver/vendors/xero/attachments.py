"""Attachments of documents: list, upload, download.

Source: docs/vendors/xero.md#attachments.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from urllib.parse import quote

from mockserver.codec.http import parse_content_type
from mockserver.errors import NotFound, Rejected
from mockserver.model import Document, Json, Problem, Reply
from mockserver.sandbox.store import State
from mockserver.vendor import Handler, Request, find_record
from mockserver.vendors.xero.dates import stored_instant
from mockserver.vendors.xero.history.history import add_history_line
from mockserver.vendors.xero.invoices.storage import INVOICES
from mockserver.vendors.xero.messages import make_problem, message_text
from mockserver.vendors.xero.replies.envelope import (
    PROVIDER,
    ZERO_ID,
    common_headers,
    id_parameter,
    pick_members,
    success_reply,
)

ATTACHMENTS = "attachments"
MAX_ATTACHMENTS = 10
"""Most files of one document. Source: docs/vendors/xero.md#attachments."""

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
"""Media types of files whose sender says none, by the ending of the name; `image/jpg` is the vendor's."""

_SHOWN = ("AttachmentID", "FileName", "Url", "MimeType", "ContentLength")


def list_attachments(request: Request, state: State) -> Reply:
    """Return the attachments of one invoice, the oldest first.

    Raises:
        NotFound: the tenant has no invoice of that id.
    """
    key = id_parameter(request, "InvoiceID")
    find_record(INVOICES, key, state)
    shown = [_represent(one, request) for one in _attachments_of(key, state)]
    return success_reply({"Attachments": shown}, request.call, state)


def get_attachment(request: Request, state: State) -> Reply:
    """Return the bytes of one attachment, named by file name or by id.

    Raises:
        NotFound: the invoice has none of that name.
    """
    key, name = id_parameter(request, "InvoiceID"), str(request.parameters["FileName"])
    found = _find_attachment(key, name, state) or _find_by_id(key, id_parameter(request, "FileName"), state)
    if found is None:
        raise NotFound(ATTACHMENTS, name)
    shown = quote(found["FileName"], safe=" ()[]&,;=+")
    disposition = ("Content-Disposition", f'attachment; filename="{shown}"')
    return Reply(
        200,
        b64decode(found["Content"]),
        found["MimeType"],
        (*common_headers(request.call, state), disposition),
    )


def put_attachment(request: Request, state: State) -> Reply:
    """Keep a file with an invoice, in the place of one of the same name.

    Raises:
        Rejected: there is no such invoice, or it takes no such file.
    """
    key = id_parameter(request, "InvoiceID")
    invoice = state.collection(INVOICES).get(key)
    sent = _sent_file(request)
    if problems := tuple(_problems(key, invoice, sent, state)):
        raise Rejected(*problems, document={"AttachmentID": ZERO_ID, **sent})
    assert invoice is not None  # noqa: S101 - its absence is one of the problems
    online = bool(request.parameters.get("IncludeOnline")) and invoice["Type"] == "ACCREC"
    kept = _keep_file(key, {**sent, "IncludeOnline": online}, request.call.body, state)
    state.collection(INVOICES)[key] = {
        **invoice,
        "HasAttachments": True,
        "UpdatedDateUTC": stored_instant(state.now),
    }
    details = message_text("history-file", name=sent["FileName"], app=PROVIDER)
    add_history_line(key, "history-attached", state, details)
    return success_reply({"Attachments": [_represent(kept, request)]}, request.call, state)


def _sent_file(request: Request) -> dict[str, Json]:
    """Return name, media type and size of the file that was sent, as an error shows them too."""
    name = str(request.parameters["FileName"])
    declared = parse_content_type(request.call.headers)[0] or _UNSAID
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    media_type = _MEDIA_TYPES.get(ending, declared) if declared == _UNSAID else declared
    return {"FileName": name, "MimeType": media_type, "ContentLength": len(request.call.body)}


def _problems(key: str, invoice: Document | None, sent: Document, state: State) -> Iterator[Problem]:
    """Yield why the file cannot be kept. Source: docs/vendors/xero.md#attachments."""
    name = sent["FileName"]
    if invoice is None:
        yield make_problem("attached-to-nothing", ("path", "InvoiceID"), id=key)
    if _FORBIDDEN & set(name):
        yield make_problem("not-allowed", ("path", "FileName"), field="FileName")
    if "." not in name and sent["MimeType"] == _UNSAID:
        yield make_problem("file-type", ("path", "FileName"))
    found = _attachments_of(key, state)
    if len(found) >= MAX_ATTACHMENTS and all(one["FileName"] != name for one in found):
        yield make_problem("too-many-files", limit=MAX_ATTACHMENTS)


def _keep_file(key: str, sent: Document, body: bytes, state: State) -> Document:
    stored, before = state.collection(ATTACHMENTS), _find_attachment(key, sent["FileName"], state)
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


def _find_attachment(key: str, name: str, state: State) -> Document | None:
    return next((one for one in _attachments_of(key, state) if one["FileName"] == name), None)


def _find_by_id(key: str, attachment: str, state: State) -> Document | None:
    return next((one for one in _attachments_of(key, state) if one["AttachmentID"] == attachment), None)


def _represent(attachment: Document, request: Request) -> Json:
    """Return an attachment as lists show it, with an address on this server."""
    call = request.call
    path = f"/api.xro/2.0/Invoices/{attachment['DocumentID']}/Attachments/{quote(attachment['FileName'])}"
    return {
        **pick_members({**attachment, "Url": f"{call.origin}{call.mount}{path}"}, *_SHOWN),
        **({"IncludeOnline": True} if attachment["IncludeOnline"] else {}),
    }


OPERATIONS: Mapping[str, Handler] = {
    "getInvoiceAttachments": list_attachments,
    "getInvoiceAttachmentByFileName": get_attachment,
    "createInvoiceAttachmentByFileName": put_attachment,
    "updateInvoiceAttachmentByFileName": put_attachment,
}
