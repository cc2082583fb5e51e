"""Elements that fail because an earlier one of their call did: their reason names that one.

Only contacts come about so: an invoice brings the one that it is made out to, and others name its number.
Assumed (edge-cases 64).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from mockserver.model import Document, Json, Outcome
from mockserver.vendors.xero.words import say

_UNKNOWN = "contact-unknown"


def explained(outcomes: Sequence[Outcome], plural: str) -> Sequence[Outcome]:
    """The outcomes; a contact that was not found is told with the element that should have made it."""
    brought: dict[str, int] = {}
    for outcome in outcomes:
        if outcome.problems and (number := _brings(_contact(outcome.item.document))):
            brought[number] = min(outcome.item.index, brought.get(number, outcome.item.index))
    return [_explained(outcome, brought, plural) for outcome in outcomes] if brought else outcomes


def _explained(outcome: Outcome, brought: Mapping[str, int], plural: str) -> Outcome:
    if not any(problem.rule == _UNKNOWN for problem in outcome.problems):
        return outcome
    contact, here = _contact(outcome.item.document), outcome.item.index
    cause = here if "ContactID" in contact else brought.get(contact.get("ContactNumber", ""), here)
    if cause >= here:
        return outcome
    problems = [
        say("contact-unsaved", problem.path, place=f"{plural}[{cause}]")
        if problem.rule == _UNKNOWN
        else problem
        for problem in outcome.problems
    ]
    return replace(outcome, problems=tuple(problems))


def _brings(contact: Document) -> str:
    """The number of the contact that an element would have made; "" where it would have made none so."""
    is_new = contact.get("Name") and "ContactID" not in contact
    return str(contact.get("ContactNumber", "")) if is_new else ""


def _contact(document: Json) -> Document:
    contact = document.get("Contact") if isinstance(document, dict) else None
    return contact if isinstance(contact, dict) else {}
