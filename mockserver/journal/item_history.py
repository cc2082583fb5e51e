"""The history of an item: the calls that carried the item, and its outcome in each call."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from msgspec.structs import replace

from mockserver.codec import json
from mockserver.codec.http import BODILESS_STATUSES
from mockserver.codec.instants import print_instant
from mockserver.engine.batch import EnvelopeReader
from mockserver.engine.idempotency import LIFETIME_ASSUMPTION, sent_key
from mockserver.engine.negotiation import parse_preference
from mockserver.engine.registry import LoadedVendor
from mockserver.engine.told_rows import answered_document, row_pointers
from mockserver.errors import Refusal
from mockserver.journal.entry import SILENT_FAULTS, Entry
from mockserver.journal.item_values import find_amount, find_currency
from mockserver.journal.view import Packaged, View, describe_effect, find_rules
from mockserver.model import (
    LOST,
    SAFE_METHODS,
    Action,
    Answer,
    AppliedEffect,
    Call,
    Document,
    Item,
    Json,
    Value,
    join_key,
    parse_pointer,
    texts_in,
    value_at,
)
from mockserver.sandbox.store import State
from mockserver.scenario.rule_words import counted
from mockserver.spec.batch_forms import Batch
from mockserver.spec.openapi import Operation, Spec

REPEATED = "repeated"
"""Action of an item whose call got the answer that was stored under the call's idempotency key."""

UNREAD = "unread"
"""Action of an item in a call that was refused before its items were read."""

_ACCEPTED = (Action.CREATED, Action.UPDATED, Action.UNCHANGED)
_OF_BODY = frozenset({"MALFORMED_RESPONSE_CHUNK", "TRUNCATED_BODY", "WRONG_LENGTH", "LENGTH_TOO_SMALL"})
"""Transport faults of the body, which do not apply to an answer without a body."""

_OF_SHORT_BODY = frozenset({"", "TRUNCATED_BODY", "LENGTH_TOO_SMALL"})
"""Transport faults that shorten a body, which do not apply to an empty body."""

_BROKEN = SILENT_FAULTS | _OF_BODY
"""Transport faults after which a client has no whole answer."""

_FIRST_REDIRECT, _FIRST_REFUSAL, _FIRST_SERVER_ERROR = 300, 400, 500
_REPLACING = ("status", "body", "example")
_NAMING = frozenset({"key", "index", "record", "echo"})
"""Members of a row by which a client finds the row's item."""

_MOVING = frozenset({"omitted", "duplicated"})
"""Effects of rules that give an item another number of rows than one."""

_OF_WARNINGS = -1

_NO_COMMITS = ("none", {"partial": 0})
KEYLESS = re.compile(r"(#[0-9a-f]{12})(\.[0-9]+)?$")
"""End of the identity of an item without a key: a digest, and the number of the item among equal items."""


class Told(StrEnum):
    """What the answer told the client about an item."""

    STORED = "stored"
    REJECTED = "rejected"
    REFUSED = "refused"
    """The whole call was refused and had no effect, or a good item was not stored because of other items."""
    NOTHING = "nothing"
    """The answer was lost, broken or unclear, or left the item out."""


class ItemAttempt(Value, frozen=True):
    """An item in one call."""

    number: int
    index: int
    at: datetime
    """Arrival of the call, by the sandbox's clock."""
    until: datetime
    """End of the answer, by the sandbox's clock."""
    action: str
    """An action of the journal, `lost`, `repeated` or `unread`."""
    stored: bool
    """Whether the item took effect."""
    told: Told
    status: int | None
    answered: bool = True
    """Whether a whole answer to the call reached the client."""
    code: str = ""
    """Code of the item's first problem, or of the refusal."""
    detail: str = ""
    """Text of the item's first problem or of the refusal, or what a rule did to the item."""
    warning: str = ""
    rules: tuple[str, ...] = ()
    fault: str = ""
    document: Json = None
    record: Json = None
    """The stored record, as the answer shows it; None if it shows none, or if a rule changed its rows."""
    minor: frozenset[str] = frozenset()
    """Names of members whose amounts are in minor units, such as cents."""
    forwarded_to: str = ""
    """Address of the real server that answered the call; "" if the mock answered."""

    @property
    def created(self) -> bool:
        return self.stored and self.action == Action.CREATED

    @property
    def amount(self) -> Decimal | None:
        """Return the amount as it is stored, or as it was sent if the answer does not show the record."""
        return find_amount(self.document, self.record, self.minor)

    @property
    def money(self) -> Document:
        """Return amount and currency as JSON."""
        amount = self.amount
        text = None if amount is None else f"{amount:f}"
        return {"amount": text, "currency": find_currency(self.document) or None}

    def document_since(self, first: datetime, before: ItemAttempt | None) -> Document:
        """Return the attempt as JSON, with milliseconds since `first` and since the answer to `before`."""
        waited = None if before is None else max(0, millis_between(before.until, self.at))
        return {
            "call": self.number,
            "index": self.index,
            "at": print_instant(self.at),
            "sinceFirstMillis": millis_between(first, self.at),
            "waitedMillis": waited,
            "answeredMillis": millis_between(first, self.until),
            "action": self.action,
            "stored": self.stored,
            "told": str(self.told),
            "status": self.status,
            "code": self.code or None,
            "detail": self.detail or None,
            "warning": self.warning or None,
            "rules": list(self.rules),
            "fault": self.fault or None,
            "forwardedTo": self.forwarded_to or None,
            **self.money,
        }


class ItemHistory(Value, frozen=True):
    """All attempts of one item, oldest first; `key` is the item's identity in the journal."""

    vendor: str
    operation: str
    key: str
    attempts: tuple[ItemAttempt, ...]
    records: str = ""
    """Collection of the item's records, whatever operation writes them; "" if it is not known."""

    @property
    def stored(self) -> bool:
        """Return whether an attempt took effect."""
        return bool(self.versions)

    @property
    def versions(self) -> list[Json]:
        """Return the documents that took effect, oldest first."""
        return [attempt.document for attempt in self.attempts if attempt.stored]

    @property
    def decisive(self) -> ItemAttempt:
        """Return the newest attempt that took effect; if none did, the newest one that is known whole."""
        stored, whole = (
            [one for one in self.attempts if one.stored],
            [one for one in self.attempts if one.document is not None],
        )
        return (stored or whole or self.attempts)[-1]

    @property
    def created(self) -> int:
        """Return how often the item was created."""
        return sum(attempt.created for attempt in self.attempts)

    @property
    def says(self) -> str:
        """Return a sentence such as: stored by attempt 1 of 4; attempts 2 to 4 were refused."""
        stored = [str(number) for number, attempt in enumerate(self.attempts, 1) if attempt.stored]
        if not stored:
            return f"never stored ({counted(len(self.attempts), 'attempt')})"
        places = f"attempt{'' if len(stored) == 1 else 's'} {', '.join(stored)}"
        said, later = f"stored by {places} of {len(self.attempts)}", self.attempts[int(stored[-1]) :]
        if not later:
            return said
        first, last = len(self.attempts) - len(later) + 1, len(self.attempts)
        refused = all(one.told in (Told.REJECTED, Told.REFUSED) for one in later)
        which = f"attempt {last} was" if first == last else f"attempts {first} to {last} were"
        return f"{said}; {which} {'refused' if refused else 'not stored'}"

    def document(self, view: View) -> Document:
        """Return the history as JSON, with times in milliseconds since the first attempt."""
        first = self.attempts[0].at
        attempts = zip(self.attempts, (None, *self.attempts), strict=False)
        return {
            "vendor": self.vendor,
            "operation": self.operation,
            "key": view.key(self.key),
            "stored": self.stored,
            "says": self.says,
            "attempts": [one.document_since(first, before) for one, before in attempts],
        }


def has_own_key(history: ItemHistory) -> bool:
    """Return whether the item has a key that the client sent; if not, it may stand for equal items."""
    return bool(history.key) and not KEYLESS.search(history.key)


def arrived(entry: Entry) -> datetime:
    """Return when the call arrived, by the sandbox's clock."""
    return entry.call.now or entry.began


def answered(entry: Entry) -> datetime:
    """Return when the answer ended, by the sandbox's clock."""
    return arrived(entry) + timedelta(milliseconds=entry.duration_ms + entry.delay_ms)


def millis_between(first: datetime, later: datetime) -> int:
    return round((later - first) / timedelta(milliseconds=1))


class _Earlier(Value, frozen=True):
    """What an earlier answer told about its items."""

    at: datetime
    """Arrival of the call."""
    told: Mapping[str, Told]
    """What the answer told of each item, by the item's identity in the journal."""


def find_histories(
    entries: Iterable[Entry],
    served: Iterable[LoadedVendor],
    packaged: Packaged = dict,
    key: str | None = None,
) -> tuple[ItemHistory, ...]:
    """Return the histories of all items, or of the items with `key`, in the order of their first attempts.

    An item that is sent by several operations on one collection, such as a batch and then a single call, has
    one history. The entries are of one sandbox, oldest first. `packaged` returns the scenarios that headers
    may name.
    """
    found: dict[tuple[str, str, str], tuple[str, str, list[ItemAttempt]]] = {}
    earlier: dict[str, _Earlier] = {}
    vendors = {vendor.name: vendor for vendor in served}
    for entry in entries:
        vendor = vendors.get(entry.call.vendor)
        operation = vendor.spec.operations.get(entry.operation or "") if vendor else None
        if not (vendor and operation and _writes(entry, operation, vendor) and _may_carry(entry, key)):
            continue
        records = vendor.spec.collections[operation.id]
        for name, attempt in _attempts(entry, operation, vendor, earlier, packaged):
            if key in (None, name):
                attempt = replace(attempt, minor=vendor.spec.minor_amounts)  # noqa: PLW2901
                place = (vendor.name, records or operation.id, name)
                found.setdefault(place, (operation.id, records, []))[2].append(attempt)
    return tuple(
        ItemHistory(vendor_name, operation_id, name, tuple(attempts), records)
        for (vendor_name, _, name), (operation_id, records, attempts) in found.items()
    )


def _attempts(
    entry: Entry,
    operation: Operation,
    vendor: LoadedVendor,
    earlier: dict[str, _Earlier],
    packaged: Packaged,
) -> Iterator[tuple[str, ItemAttempt]]:
    """Yield key and attempt of each item; `earlier` collects answers by fingerprint and idempotency key."""
    sent = _sent_items(entry.call, operation, vendor)
    place = f"{entry.call.fingerprint} {sent_key(vendor.spec, entry.call)}"
    before = earlier.get(place)
    rules = list(find_rules(entry, packaged).values()) if entry.applied else []
    decided = entry.decided.items() if operation.batch else _single_outcome(entry, sent, rules)
    answer = told_by_answer(entry, packaged, operation)
    is_kept = before is not None and not place.endswith(" ") and _is_kept(entry, before.at, vendor)
    if not decided or (is_kept and not operation.batch):
        for item in sent:
            # What a real server stored is not known if its answer cannot be read.
            is_unknown = bool(entry.forwarded_to) and answer is Told.STORED
            told, action = Told.NOTHING if is_unknown else answer, UNREAD
            if before is not None and entry.refusal is None:
                action = REPEATED
                told = before.told.get(item.identity, answer) if answer is Told.STORED else answer
            yield item.identity, _attempt(entry, item.index, action, told, item.document)
        return
    documents = {item.index: item.document for item in sent}
    has_money = any(find_amount(item.document) is not None for item in sent)
    rows = _answered_rows(entry, operation) if has_money or entry.decided.warnings else {}
    has_records = not _moves_rows(entry, rules)
    shown: dict[str, Told] = {}
    told_each = _told_of_items(entry, operation, [action for _, action in decided], rules)
    for index, (name, action) in enumerate(decided):
        shown[name] = told_each[index]
        told = shown[name] if answer is Told.STORED else answer
        attempt = _attempt(entry, index, str(action), told, documents.get(index))
        record = rows.get(index) if attempt.stored and has_records else None
        texts = texts_in([rows.get(index), rows.get(_OF_WARNINGS)])
        is_shown = attempt.warning != "" and any(attempt.warning in text for text in texts)
        yield name, replace(attempt, record=record, warning=attempt.warning if is_shown else "")
    if operation.batch or decided[0][1] in _ACCEPTED:
        earlier[place] = _Earlier(arrived(entry), shown)


def _answered_rows(entry: Entry, operation: Operation) -> Mapping[int, Json]:
    """Return what the answer says of each item, by index; at `_OF_WARNINGS`, its list of warnings if any."""
    document, batch = answered_document(entry.reply, operation), operation.batch
    if batch is None:
        return {0: document}
    pointers = row_pointers([key for key, _ in entry.decided.items()], batch, document)
    rows = {index: value_at(document, parse_pointer(pointer)) for index, pointer in pointers.items()}
    warned = batch.outcome.rows_of("warned")
    return {**rows, _OF_WARNINGS: value_at(document, warned.place)} if warned else rows


def _moves_rows(entry: Entry, rules: Sequence[Document]) -> bool:
    """Return whether rules may have changed the rows of the answer, or moved them to other items."""
    is_changed = any("envelope" in rule or _replaces_answer(rule) for rule in rules)
    return is_changed or any(not _MOVING.isdisjoint(effect.did) for effect in entry.effects.values())


def _is_kept(entry: Entry, since: datetime, vendor: LoadedVendor) -> bool:
    """Return whether the server still has the answer that it stored under the call's idempotency key."""
    lifetime = entry.call.assumptions.get(LIFETIME_ASSUMPTION)
    is_over = lifetime is not None and arrived(entry) - since >= timedelta(seconds=int(lifetime))
    return vendor.replay_hooks(entry.call).replay is not None and not is_over


def _sent_items(call: Call, operation: Operation, vendor: LoadedVendor) -> Sequence[Item]:
    """Return the items as they were sent, or no items if the body cannot be read or was cut."""
    reader = EnvelopeReader(vendor.spec, vendor.plans, vendor.vendor.classify)
    try:
        request = reader.open(call, vendor.spec.match(call.method, call.path), _refuse_dispatch)
    except Refusal:
        return ()
    if operation.batch:
        return request.items
    return (_single_item(call, operation, vendor.spec, request.document),)


def _single_item(call: Call, operation: Operation, spec: Spec, document: Json) -> Item:
    """Return the item of a single write, with the key that the item has in batches of its collection."""
    twin = spec.batches.get(operation.collection) if operation.collection else None
    if twin and not twin.requests and call.method == "POST":
        found = [value_at(document, path) for path in twin.key_paths]
        if None not in found:
            return Item(0, join_key(list(map(str, found))) if len(found) > 1 else str(found[0]), document)
        return Item(0, "", document, json.digest(document))
    if twin and call.method in ("PUT", "PATCH") and operation.path.endswith("}"):
        return Item(0, call.path.rpartition("/")[2], document)
    digest = json.digest(document) if call.method == "POST" else ""
    return Item(0, f"{call.method} {call.path}", document, digest)


def _refuse_dispatch(_call: Call, _state: State) -> Answer:
    raise AssertionError("a recorded call is read, not answered")


def _writes(entry: Entry, operation: Operation, vendor: LoadedVendor) -> bool:
    """Return whether the call is meant to change records. A login is not."""
    if operation.batch:
        return True
    is_login = operation.id in vendor.spec.logins
    return entry.call.method not in SAFE_METHODS and not operation.safe and not is_login


def _may_carry(entry: Entry, key: str | None) -> bool:
    """Return whether the item `key` may be in the call, judged by outcomes; reading the body is slower."""
    return key is None or not entry.decided.counts or json.encode(key) in entry.decided.packed


def _single_outcome(
    entry: Entry, sent: Sequence[Item], rules: Sequence[Document]
) -> list[tuple[str, Action]]:
    """Return a list with key and action of a single write, or an empty list if there is no outcome.

    There is no outcome if the body is unreadable, the call was refused, or the answer is an example that
    `Prefer` named. The action follows from the rules that decide the outcome, otherwise from the status.
    """
    is_example = parse_preference(entry.call.headers) is not None and not rules
    if not sent or entry.refusal is not None or is_example:
        return []
    did = _did(entry, 0)
    done = Action.CREATED if entry.call.method == "POST" else Action.UPDATED
    if any(rule.get("commit") in _NO_COMMITS for rule in rules):
        done = Action.SKIPPED
    elif "failed" in did or "held" in did:
        done = done if "stored" in did else Action.REJECTED
    elif not any(map(_replaces_answer, rules)) and entry.reply.status >= _FIRST_REDIRECT:
        done = Action.REJECTED
    elif "not-stored" in did:
        done = Action.SKIPPED
    return [(sent[0].identity, done)]


def _did(entry: Entry, index: int) -> tuple[str, ...]:
    """Return the words for what rules did to an item."""
    return entry.effects[index].did if index in entry.effects else ()


def _attempt(entry: Entry, index: int, action: str, told: Told, document: Json) -> ItemAttempt:
    problem = next(iter(entry.decided.problems.get(index, ())), None)
    warning = next(iter(entry.decided.warnings.get(index, ())), None)
    rules = _rules_of_item(entry, index)
    # A call without a batch has no outcomes in its entry, and so no problem that tells of the loss.
    is_kept_back = action == Action.SKIPPED and not entry.decided.counts
    whole = AppliedEffect(", ".join(rules), ("not-stored",)) if is_kept_back else None
    effect = entry.effects.get(index, whole)
    is_refused = problem is None and told in (Told.REFUSED, Told.REJECTED)
    done = "" if effect is None or action in (REPEATED, UNREAD) else describe_effect(effect)
    is_lie = told is Told.STORED or "not-stored" in _did(entry, index)
    if (is_kept_back and is_lie) or (problem and problem.code == LOST):
        action = LOST
    return ItemAttempt(
        number=entry.number,
        index=index,
        at=arrived(entry),
        until=answered(entry),
        action=action,
        stored=action in _ACCEPTED,
        told=told,
        status=entry.status,
        answered=_is_answered(entry),
        code=problem.code if problem else (entry.refusal or "") if is_refused else "",
        detail=problem.detail if problem else entry.reason if is_refused else done,
        warning=warning.detail if warning else "",
        rules=rules,
        fault=entry.fault,
        document=document,
        forwarded_to=entry.forwarded_to,
    )


def _rules_of_item(entry: Entry, index: int) -> tuple[str, ...]:
    """Return the rules that changed the whole call or this item. Omit rules that changed only other items."""
    others = {effect.rule for at, effect in entry.effects.items() if at != index}
    own = entry.effects[index].rule if index in entry.effects else ""
    return tuple(rule for rule in entry.applied if rule == own or rule not in others)


def _replaces_answer(rule: Document) -> bool:
    return any(member in rule.get("response", {}) for member in _REPLACING)


def told_by_answer(entry: Entry, packaged: Packaged = dict, operation: Operation | None = None) -> Told:
    """Return what the answer tells of all items together; STORED if the outcomes of single items decide."""
    batch = operation.batch if operation else None
    status = entry.status
    if status is None or not _is_answered(entry) or (entry.off_contract and not entry.forwarded_to):
        return Told.NOTHING
    if status >= _FIRST_SERVER_ERROR or _FIRST_REDIRECT <= status < _FIRST_REFUSAL:
        return Told.NOTHING
    rules = find_rules(entry, packaged).values()
    if any(_replaces_answer(rule) for rule in rules):
        return Told.REFUSED if status >= _FIRST_REFUSAL else Told.NOTHING
    has_count = batch is None or batch.outcome.count_name
    if any("drift" in rule.get("envelope", {}) for rule in rules) or (has_count and _miscount(entry, rules)):
        return Told.NOTHING
    if not entry.decided.counts and status >= _FIRST_REFUSAL:
        return Told.REFUSED
    return Told.STORED


def _is_answered(entry: Entry) -> bool:
    """Return whether a whole answer reached the client."""
    fraction = entry.delivery.fraction if entry.delivery else None
    is_cut = fraction is not None and fraction < 1
    has_no_body = entry.status in BODILESS_STATUSES and entry.fault in ("", *_OF_BODY)
    has_no_body |= not entry.reply.body and entry.fault in _OF_SHORT_BODY
    return entry.status is not None and (has_no_body or not (is_cut or entry.fault in _BROKEN))


def _miscount(entry: Entry, rules: Iterable[Document]) -> int:
    """Return how wrong the answer's count is: `countAdd` minus the omitted items; 0 without `countAdd`."""
    added: int = sum(rule.get("envelope", {}).get("countAdd", 0) for rule in rules)
    return added and added - sum("omitted" in effect.did for effect in entry.effects.values())


def _told_of_items(
    entry: Entry, operation: Operation, actions: Sequence[Action], rules: Sequence[Document]
) -> Sequence[Told]:
    """Return what the vendor's own answer says of each item; counts alone tell only equal outcomes."""
    told = [_told_of_item(entry, operation, index, one, rules) for index, one in enumerate(actions)]
    has_counts_alone = operation.batch is not None and operation.batch.outcome.has_counts_alone
    has_phantom = any("phantom" in rule.get("envelope", {}) for rule in rules)
    if has_counts_alone and (has_phantom or len(set(told)) > 1):
        return [Told.NOTHING] * len(told)
    # A count of accepted items that does not add up tells of none of those that have no row.
    form = operation.batch.outcome if operation.batch else None
    if form and form.names_failures_alone and form.counts_accepted and Told.NOTHING in told:
        return [Told.NOTHING if one is Told.STORED else one for one in told]
    return told


def _told_of_item(
    entry: Entry, operation: Operation, index: int, action: Action, rules: Sequence[Document]
) -> Told:
    """Return what the vendor's own answer says of an item.

    If outcomes do not name their items, a client takes a repeated or extra outcome for the outcome of an
    omitted item; then return STORED for an omitted item.
    """
    did, batch = _did(entry, index), operation.batch
    if "omitted" in did and batch is not None:
        return Told.STORED if _has_substitute(entry, batch, rules) else _told_by_absence(batch)
    if "failed" in did or "held" in did:
        return Told.REJECTED
    declared = operation.batch.outcome.statuses.values() if operation.batch else ()
    is_refusal = entry.reply.status >= _FIRST_REFUSAL and entry.reply.status not in declared
    is_refusal = is_refusal and not any(map(_replaces_answer, rules))
    if action is Action.SKIPPED:
        # If a rule does not store an item, the item is answered as if it were stored.
        is_lie = "not-stored" in did or any(rule.get("commit", "full") != "full" for rule in rules)
        if is_lie and not is_refusal:
            return Told.STORED
        return Told.NOTHING if batch is not None and batch.atomicity.cuts_off else Told.REFUSED
    if action in _ACCEPTED:
        # A refusal because of single items shows only the rejected items.
        return Told.NOTHING if is_refusal else Told.STORED
    return Told.REJECTED


def _told_by_absence(batch: Batch) -> Told:
    """Return what an answer without a row for an item, and without a count, tells of the item."""
    subsets = {rows.subset for rows in batch.outcome.rows}
    if batch.outcome.count_name or batch.outcome.tells_all:
        return Told.NOTHING
    return Told.REJECTED if "accepted" in subsets else Told.STORED


def _has_substitute(entry: Entry, batch: Batch, rules: Sequence[Document]) -> bool:
    """Return whether a false count, or an extra or repeated outcome, hides that an outcome is omitted.

    If the answer names only failures and counts no accepted items, an omitted item counts as stored.
    """
    form = batch.outcome
    if form.names_failures_alone and not form.counts_accepted:
        return True
    accepted = [rows for rows in form.rows if rows.subset in ("all", "accepted")]
    if any(rows.names or not _NAMING.isdisjoint(rows.members) for rows in accepted):
        return False
    if form.names_failures_alone and any("countAdd" in rule.get("envelope", {}) for rule in rules):
        return not _miscount(entry, rules)
    phantoms = not form.names_failures_alone and any("phantom" in rule.get("envelope", {}) for rule in rules)
    return phantoms or any("duplicated" in effect.did for effect in entry.effects.values())
