"""Announce files by checksum, receive their upload, attach files to invoices."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha3_512

from msgspec.structs import replace

from mockserver.codec.http import json_reply, parse_content_type
from mockserver.codec.instants import parse_instant, print_instant
from mockserver.errors import InvalidCall, NotFound
from mockserver.model import Action, Call, Document, Item, Outcome, Problem, Reply
from mockserver.sandbox.store import State
from mockserver.vendor import BatchResult, Request, StoreItem, address_of
from mockserver.vendors.payt.messages import UPLOAD_MESSAGES as TEXTS

FILES = "files"
"""Collection of announced files, by checksum. `uploaded_at` is null until the bytes are uploaded."""

UPLOADS = "uploads"
"""Vendor-wide collection of announced uploads, by the token at the end of the upload URL."""

STORAGE = "/storage/uploads"
"""Path below this server's mount that stands for the vendor's storage host."""

_URL_LIFETIME = timedelta(hours=4)
_TOKEN_OCTETS = 24


def attach_file(
    posted: Document | None, stored: Document | None, state: State
) -> tuple[Document | None, bool]:
    """Return an invoice's file after `posted` is applied to `stored`, and whether `posted` can be applied.

    If `posted` names a file that is not uploaded, return `stored` and False (assumed). If `posted` is null,
    return None and True (assumed). Source: docs/vendors/payt.md#files.
    """
    if posted is None:
        return None, True
    checksum = posted.get("checksum")
    if posted.get("destroy"):
        matches = checksum is None or (stored is not None and stored["checksum"] == checksum)
        return None if matches else stored, True
    if checksum is None:
        return stored, True
    file = state.collection(FILES).get(checksum)
    if file is None or file.get("uploaded_at") is None:
        return stored, False
    return {"checksum": checksum, "filename": posted.get("filename")}, True


def announce_files(request: Request, state: State) -> StoreItem:
    """Return a function that issues a file's upload URL, but skips repeated and already uploaded files.

    Source: docs/vendors/payt.md#files.
    """
    expires_at = print_instant(state.now + _URL_LIFETIME)
    files, uploads = state.collection(FILES), state.collection(UPLOADS, "")
    root = f"{address_of(request.call)}{STORAGE}"
    given: set[str] = set()

    def keep(item: Item) -> Outcome:
        checksum = item.document["checksum"]
        known = files.get(checksum)
        if checksum in given or (known is not None and known["uploaded_at"] is not None):
            return Outcome(item, Action.UNCHANGED)
        given.add(checksum)
        file = {name: item.document[name] for name in ("checksum", "byte_size", "content_type")}
        token = urlsafe_b64encode(state.octets(_TOKEN_OCTETS)).decode()
        files[checksum] = {**file, "uploaded_at": None}
        uploads[token] = {**file, "administration_id": request.tenant, "expires_at": expires_at}
        shown = {"checksum": checksum, "url": f"{root}/{token}", "expires_at": expires_at}
        return Outcome(item, Action.CREATED, shown)

    return keep


def render_upload_urls(result: BatchResult, _state: State) -> Reply:
    """Reply with the upload URLs, in the order of the files; skip files that got no URL.

    Source: docs/vendors/payt.md#files.
    """
    shown = [
        outcome.document for outcome in result.outcomes if outcome.accepted and outcome.document is not None
    ]
    bare = result.request.call.assumptions["files_answer"] == "object"
    return json_reply(201, shown[0] if bare and len(result.outcomes) == 1 and shown else shown)


def extra_outcome(outcome: Outcome, number: int) -> Outcome:
    checksum = b64encode(sha3_512(f"phantom-{number}".encode()).digest()).decode()
    item = Item(outcome.item.index, checksum, {**outcome.item.document, "checksum": checksum})
    if outcome.document is None:
        return replace(outcome, item=item)
    root = outcome.document["url"].rpartition("/")[0]
    shown = {**outcome.document, "checksum": checksum, "url": f"{root}/phantom-{number}"}
    return replace(outcome, item=item, document=shown)


def upload_file(request: Request, state: State) -> Reply:
    """Mark an announced file as uploaded if the bytes agree with the announcement.

    Source: docs/vendors/payt.md#files (size, type and checksum are verified; the answers are assumed,
    docs/vendors/payt.md#operations-and-paths). Raises NotFound if the URL is unknown or expired;
    InvalidCall if the bytes differ from the announcement.
    """
    token = request.parameters["token"]
    announced = state.collection(UPLOADS, "").get(token)
    if announced is None or _is_expired(announced, state):
        hint = "no file is announced for this URL, or no longer; POST /v1/files gives one"
        raise NotFound(UPLOADS, token, hint=hint)
    if faults := tuple(_upload_problems(announced, request.call)):
        raise InvalidCall(faults)
    files = state.collection(FILES, announced["administration_id"])
    file = {name: announced[name] for name in ("checksum", "byte_size", "content_type")}
    files[announced["checksum"]] = {**file, "uploaded_at": print_instant(state.now)}
    return Reply(int(request.call.assumptions["upload_answer"]))


def _is_expired(announced: Document, state: State) -> bool:
    """Return whether the URL is expired; a URL without `expires_at` (as in the fixtures) never expires."""
    expires_at = announced.get("expires_at")
    return expires_at is not None and parse_instant(expires_at) <= state.now


def _upload_problems(announced: Document, call: Call) -> Iterator[Problem]:
    wanted = announced["content_type"].partition(";")[0].strip().lower()
    differs = {
        "content-type": parse_content_type(call.headers)[0] != wanted,
        "byte-size": len(call.body) != announced["byte_size"],
        "checksum": b64encode(sha3_512(call.body).digest()).decode() != announced["checksum"],
    }
    for code, told in differs.items():
        if told:
            yield Problem(code, ("upload", code), TEXTS[code])
