"""What an answer tells beside the rows of a batch: counts, flags, and a word for the whole call."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mockserver.engine.told_rows import text_at
from mockserver.model import Document, Json, Reply
from mockserver.spec.batch_forms import Batch
from mockserver.spec.openapi import plain
from mockserver.spec.outcomes import Side, side_of

COUNTS: Mapping[str, tuple[str, ...]] = {
    "total": ("total", "count", "received", "totalcount", "items", "size", "length", "processed"),
    "accepted": ("accepted", "succeeded", "success", "successes", "successful", "ok", "stored", "imported"),
    "rejected": ("rejected", "failed", "error", "errors", "failure", "failures", "invalid", "unsuccessful"),
    "created": ("created", "inserted", "new"),
    "updated": ("updated", "changed"),
    "skipped": ("skipped",),
    "unchanged": ("unchanged",),
}
"""For the total and each outcome, names of the member that has the number of items."""

_AROUND = re.compile(
    "^(number(of)?|num|total|countof|items|records|rows)|((item|record|row)s?)?(count|total)$|(items|records|rows)$"
)
_FLAG = re.compile(
    "^(?P<some>has|any|some|contains)?(is)?(?P<all>all)?(?P<no>no(?!t)|without)?(?P<what>.*?)(?P<free>free)?$"
)
_GOOD_FLAG = re.compile("success|successful|succeeded|ok|accepted|valid")
_OF_CALL = re.compile("status|state|result|outcome")
_END = re.compile("complete|finished|done|processed")
_USUAL: Mapping[Side, str] = {"good": "complete", "partial": "partial", "bad": "failed"}


def batch_fact(name: str, node: Document, counts: Mapping[str, int]) -> Json:
    """Return the value of a member beside the rows; None if its name and schema do not tell the meaning."""
    called, bad, total = plain(name), counts.get("rejected", 0), counts.get("total", 0)
    whole: Side = "good" if not bad else "bad" if bad == total else "partial"
    if node.get("enum") or node.get("type", "string") == "string":
        return _word(called, node, whole)
    if node.get("type") == "boolean":
        return _flag(called, whole)
    names = (called, _AROUND.sub("", called) or "total")
    kinds = (kind for one in names for kind, known in COUNTS.items() if one in known)
    kind = next(kinds, None)
    return counts.get(kind, 0) if kind else None


def told_facts(reply: Reply, document: Json, batch: Batch) -> dict[str, str]:
    """Return the facts about all items that the body and the headers of a reply tell."""
    headers = {name.lower(): text for name, text in reply.headers}
    found = {fact: text_at(document, place) for fact, place in batch.outcome.summary.items()}
    found |= {fact: headers.get(name.lower()) for fact, name in batch.outcome.headers.items()}
    return {fact: text for fact, text in found.items() if text is not None}


def _flag(called: str, whole: Side) -> bool | None:
    """Return whether all, some or no items are good (or bad), as the flag's name asks; None if unclear."""
    read = _FLAG.fullmatch(called)
    what = read["what"] if read else ""
    meant = "good" if _GOOD_FLAG.fullmatch(what) else side_of(what).replace("good", "")
    if read and (read["no"] or read["free"]):
        return whole == "good" if meant == "bad" else None
    if read and ((meant == "bad" and read["all"]) or (meant == "good" and read["some"])):
        return (whole == "bad") is (meant == "bad")
    return {"good": whole == "good", "bad": whole != "good", "partial": whole == "partial"}.get(meant)


def _word(called: str, node: Document, whole: Side) -> Json:
    """Return the word for the outcome of the whole call: from the `enum`, or in the style of the example."""
    if words := node.get("enum"):
        known = {side_of(one): one for one in reversed(words)}
        tells_end = bool(_END.search(plain(known.get("good", ""))))
        if not {"bad", "partial"} & known.keys() and not tells_end:
            return None
        is_end = {"bad", "partial"}.isdisjoint(known)  # whether the words tell only that the call has ended
        # A call with some bad items has ended, too.
        otherwise = known["good"] if tells_end and whole == "partial" else known.get("")
        return (
            known.get("good" if is_end else whole, otherwise)
            if _OF_CALL.search(called) or not is_end
            else None
        )
    example = str(node.get("example", ""))
    if not _OF_CALL.search(called) or example.isdecimal() or not side_of(example):
        return None
    word = {**_USUAL, side_of(example): example}[whole]
    return word.upper() if example.isupper() else word.capitalize() if example.istitle() else word
