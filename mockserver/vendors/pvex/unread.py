"""Bodies that hold nothing, cannot be read, or are of another shape than the one that is wanted.

Source: PVEx fact sheet §3.2, §3.3.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from mockserver.codec import json
from mockserver.errors import Invalid, Malformed, Rejected
from mockserver.model import Json, Path, Reply
from mockserver.reply import media_type_of
from mockserver.vendors.pvex import details
from mockserver.vendors.pvex.faults import Subject, model_state
from mockserver.vendors.pvex.manner import Manner
from mockserver.vendors.pvex.places import is_blank, reached
from mockserver.vendors.pvex.reading import Reading
from mockserver.vendors.pvex.render import Error, crash_reply, error_reply
from mockserver.vendors.pvex.rules import of_invoice
from mockserver.vendors.pvex.words import ASSUMED, GENERAL, INVALID


def malformed(refusal: Malformed, manner: Manner) -> Reply:
    """A body that is not what its media type says; JSON names the place that its reader reached."""
    as_json = manner.reading is Reading.JSON
    if not manner.call.body or (as_json and is_blank(manner.text)):
        return _null(manner)
    if not as_json or refusal.position is None:
        said = details.of_broken_xml(refusal.detail) if manner.reading is Reading.XML else refusal.detail
        return _refused(manner, (), lambda: said)
    offset = len(manner.text.encode()[: refusal.position].decode(errors="replace"))
    path = reached(manner.text, offset)
    return _refused(manner, path, lambda: details.of_broken_json(manner.places, path, offset))


def invalid(refusal: Invalid, manner: Manner) -> Reply:
    """A body of another shape, or a single invoice with faults."""
    document = refusal.document
    if document is None:
        return _null(manner)
    if isinstance(document, dict) and not manner.listed:
        return faulty(refusal, manner)
    if isinstance(document, dict):
        path = next(((name,) for name in document), ())
        return _refused(manner, path, lambda: details.of_no_list(manner.places, path))
    return _refused(manner, (), lambda: details.of_other_shape(document, manner.places, listed=manner.listed))


def faulty(refusal: Invalid | Rejected, manner: Manner) -> Reply:
    """A single invoice that its schema, its rules, or what is stored already has something against."""
    problems = refusal.problems
    if isinstance(refusal, Invalid):
        moved = [replace(problem, path=(0, *problem.path)) for problem in problems]
        problems = (*moved, *of_invoice(0, refusal.document, manner.reading, manner.call.assumptions))
    subject = Subject(0, _sent(manner), refusal.document, problems)
    return error_reply(manner.call, Error(400, INVALID, model_state(manner, [subject])))


def _sent(manner: Manner) -> Json:
    """The names of a single invoice as they were sent; only JSON's matter."""
    if manner.reading is not Reading.JSON:
        return {}
    return json.decode_lenient(manner.call.body, media_type_of(manner.call.headers)[1])


def _null(manner: Manner) -> Reply:
    """There is no model at all: switch `null_body`."""
    position = manner.call.assumptions["null_body"]
    if position == "500":
        return crash_reply(manner.call, ASSUMED.null)
    return Reply(200) if position == "200" else error_reply(manner.call, Error(400, GENERAL))


def _refused(manner: Manner, path: Path, said: Callable[[], str]) -> Reply:
    """One key for the body, or for where it breaks; what is `said` of it takes a while to find out."""
    text = said() if manner.detailed else GENERAL
    return error_reply(manner.call, Error(400, INVALID, {manner.at(path): [text]}))
