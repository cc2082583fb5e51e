"""Write the outcomes of a batch as its spec declares them, for a batch without a vendor's own answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mockserver.codec.http import JSON_TYPE, json_reply
from mockserver.codec.instants import print_instant
from mockserver.engine.member_names import pick
from mockserver.engine.schema_filling import Message, SchemaFilling, takes
from mockserver.model import EMPTY, Action, Document, Json, Outcome, Path, Reply
from mockserver.sandbox.store import State
from mockserver.spec.openapi import Batch, Operation, Spec, parse_pointer, resolve
from mockserver.vendor import FAULT_RULE, BatchResult, RenderBatch

_LIMITS = frozenset({"enum", "format", "pattern", "minLength", "maxLength"})
_STATUSES = {Action.CREATED: 201, Action.UPDATED: 200, Action.UNCHANGED: 200}
_WORDS: Mapping[Action, tuple[str, ...]] = {
    Action.CREATED: ("created", "new", "inserted", "added", "stored", "ok", "success", "accepted", "done"),
    Action.UPDATED: ("updated", "changed", "modified", "replaced", "stored", "ok", "success", "accepted"),
    Action.UNCHANGED: ("unchanged", "updated", "ok", "success", "accepted", "done"),
    Action.REJECTED: ("rejected", "failed", "failure", "error", "invalid", "refused", "denied", "400"),
    Action.SKIPPED: ("skipped", "aborted", "cancelled", "rejected", "failed", "error", "400"),
}


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """The answer that an operation declares for success: status, JSON media type, schema."""

    status: int
    media_type: str
    schema: Document


def declared_form(contract: Spec, operation: Operation, otherwise: int) -> AnswerForm:
    """Return the form of the first 2xx that the operation declares; of the status `otherwise` without one."""
    codes = (int(code) for code in operation.responses if code.startswith("2") and code.isdigit())
    status = next(codes, otherwise)
    document = contract.document
    responses = document["paths"][operation.path][operation.method]["responses"]
    key = next((one for one in (str(status), "2XX") if one in responses), "")
    contents: Mapping[str, Any] = resolve(document, responses[key]).get("content", EMPTY) if key else EMPTY
    media_type = next((name for name in contents if name.endswith("json")), JSON_TYPE)
    return AnswerForm(status, media_type, contents.get(media_type, EMPTY).get("schema", EMPTY))


@dataclass(frozen=True, slots=True)
class _Rows:
    """Writes one row an item; `places` are the pointers into it, `schemas` what the spec says of them.

    `is_flat`: the places are members of the row, and none of them is an object.
    """

    filling: SchemaFilling
    key: tuple[str, ...]
    places: Mapping[str, Path]
    row: Document
    schemas: Mapping[str, Document]
    is_flat: bool

    def row_of(self, outcome: Outcome, now: str) -> Json:
        """Return the row of one item: status, message and key, and what else its schema requires."""
        made: Json = {}
        for name, value in (
            ("status", self._status(outcome)),
            ("message", self._message(outcome)),
            ("key", self._key(outcome)),
        ):
            if name in self.places and value is not None:
                made = _with_value_at(made, self.places[name], value)
        if not self.row or (self.is_flat and all(name in made for name in self.row.get("required", ()))):
            return made  # a batch may have thousands of items
        return self.filling.fill(self.row, _message_of(outcome, now), made)

    def _status(self, outcome: Outcome) -> Json:
        status, node = item_status(outcome), self.schemas.get("status", EMPTY)
        if node.get("enum"):
            return pick(node["enum"], status, outcome.action, *_WORDS[outcome.action], *node["enum"])
        if node.get("type") == "boolean":
            return outcome.accepted
        return str(outcome.action) if node.get("type") == "string" else status

    def _message(self, outcome: Outcome) -> Json:
        node = self.schemas.get("message", EMPTY)
        if node.get("type") in ("array", "object"):
            return None if outcome.accepted else self.filling.fill(node, _message_of(outcome))
        is_apart = "status" not in self.places or len(self.places.get("message", ())) > 1
        if outcome.accepted and is_apart:
            return None
        if _LIMITS.isdisjoint(node):
            return _sentence(outcome)
        return self.filling.fill({"properties": {"message": node}}, _message_of(outcome))["message"]

    def _key(self, outcome: Outcome) -> Json:
        """Return the key with the type of the item's member, or the type that the row's schema has for it."""
        document = outcome.item.document
        there: Document = document if isinstance(document, dict) else EMPTY
        node = self.schemas.get("key", EMPTY)
        if len(self.key) == 1:
            sent = there.get(self.key[0], outcome.item.key)
            value = _as_type(sent, node.get("type", ""))
            return value if takes(node, value) else None
        if node.get("type") == "object":
            nodes = {name: self.filling.at(node, (name,)) for name in self.key}
            return {name: there[name] for name in self.key if takes(nodes[name], there.get(name))}
        return outcome.item.key


def render_outcomes(contract: Spec, batch: Batch, form: AnswerForm) -> RenderBatch:
    """Return one row an item at `outcome.list`, in the types that the answer's schema declares."""
    filling = SchemaFilling(contract.document)
    target = {name: parse_pointer(pointer) for name, pointer in batch.outcome.items()}
    listed = filling.at(form.schema, target["list"])
    row = filling.merged(listed.get("items", EMPTY))
    places: dict[str, Path] = {name: target[name] for name in ("status", "message", "key") if name in target}
    schemas: dict[str, Document] = {name: filling.at(row, path) for name, path in places.items()}
    is_flat = all(len(path) == 1 for path in places.values())
    is_flat = is_flat and not any("properties" in node for node in schemas.values())
    rows = _Rows(filling, batch.key, places, row, schemas, is_flat)

    def render(result: BatchResult, state: State) -> Reply:
        now = print_instant(state.now)
        document: Json = _with_value_at(
            {}, target["list"], [rows.row_of(one, now) for one in result.outcomes]
        )
        counts = _counts(result.outcomes)
        if "count" in target:
            document = _with_value_at(document, target["count"], counts["accepted"])
        if isinstance(document, dict) and form.schema:
            said = Message(form.status, "", is_refusal=False, counts=counts)
            document = filling.fill(form.schema, said, document)
        return json_reply(form.status, document, form.media_type)

    return render


def item_status(outcome: Outcome) -> int:
    """Return the status of an item: 422 for a rejected one, unless a scenario says which."""
    said = [problem.expected for problem in outcome.problems if problem.rule == FAULT_RULE]
    if outcome.problems:
        return next((status for status in said if status is not None), 422)
    return _STATUSES.get(outcome.action, 424)


def _sentence(outcome: Outcome) -> str:
    return "; ".join(one.detail for one in outcome.problems) or outcome.action.capitalize()


def _message_of(outcome: Outcome, now: str = "") -> Message:
    document = outcome.item.document
    return Message(
        item_status(outcome),
        _sentence(outcome),
        outcome.action.capitalize(),
        outcome.problems[0].code if outcome.problems else str(outcome.action),
        outcome.problems,
        now,
        document=document if isinstance(document, dict) else EMPTY,
        is_refusal=not outcome.accepted,
    )


def _counts(outcomes: tuple[Outcome, ...]) -> Mapping[str, int]:
    by_action = Counter(str(one.action) for one in outcomes)
    accepted = sum(one.accepted for one in outcomes)
    return {**by_action, "total": len(outcomes), "accepted": accepted, "rejected": len(outcomes) - accepted}


def _as_type(value: Json, kind: str) -> Json:
    """Return a key as the type of the schema, where it is a number or a text of one."""
    if kind == "string" and isinstance(value, (int, Decimal)):
        return str(value).lower() if isinstance(value, bool) else str(value)
    if kind in ("integer", "number") and isinstance(value, str):
        return int(value) if value.isascii() and value.isdecimal() else None
    return value


def _with_value_at(document: Json, path: Path, value: Json) -> Json:
    if not path:
        return value
    inner: Mapping[str, Any] = document if isinstance(document, dict) else {}
    step = str(path[0])
    return {**inner, step: _with_value_at(inner.get(step, {}), path[1:], value)}
