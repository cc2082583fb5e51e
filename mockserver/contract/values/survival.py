"""Compare what the answers show of an item with what was sent; collect what was lost, and why."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal

from mockserver.contract.exchange import Exchange
from mockserver.contract.finding import Finding
from mockserver.contract.profile import Json
from mockserver.contract.value_rules import LossKind, ValueRules
from mockserver.contract.values.checks import MEDIA_TYPES, check_for
from mockserver.contract.values.hard_values import HardValue
from mockserver.contract.values.losses import WORDS, Loss, decimals_of, find_losses
from mockserver.contract.values.members import MemberPath, ValueMember
from mockserver.contract.values.rows import MISSING, value_at
from mockserver.contract.values.trials import ValueTrial

_EXCERPT = 80
_USUAL = "application/json"
_TOLD = 8
"""Values of a finding that are told; of more of them the number is."""

HowShown = Literal["reading it", "the list", "the answer to it"]


@dataclass(frozen=True, slots=True)
class ShownRecord:
    """What an answer shows of an item: `at` points there, `is_text` where the answer has no types (XML)."""

    how: HowShown
    record: Mapping[str, Json]
    exchange: Exchange
    at: str
    is_text: bool = False


@dataclass(frozen=True, slots=True)
class SentItem:
    """An item that was accepted, and its place in the batch; `before` is the one that it updates, if any."""

    trial: ValueTrial
    place: int
    exchange: Exchange
    step: str
    before: SentItem | None = None


@dataclass(frozen=True, slots=True)
class _LostValue:
    check: str
    said: str
    finding: Finding


@dataclass(slots=True)
class ValueSurvival:
    """What became of all values of an operation so far.

    `changed` counts the values that the vendor changed by design, or that a server may change, by member and
    kind, `compared` those that were compared, by check.
    """

    operation: str
    rules: ValueRules
    changed: Counter[tuple[str, LossKind]] = field(default_factory=Counter)
    compared: Counter[str] = field(default_factory=Counter)
    _lost: dict[tuple[str, LossKind], _LostValue] = field(default_factory=dict)
    _shown: set[tuple[str, MemberPath]] = field(default_factory=set)

    def compare(self, sent: SentItem, shown: ShownRecord) -> None:
        """Compare every changed member of the item that the answer shows."""
        for member, hard in sent.trial.changes:
            value = value_at(shown.record, self._path(member))
            losses = self._losses(member, hard, value, shown)
            if losses is None:
                continue
            if self._is_kept(member, losses, value, sent, shown):
                losses = (Loss("kept"),)
            if value not in (None, "", MISSING):
                self._shown.add((shown.how, member.path))
            is_other = bool(sent.trial.media_type) or shown.is_text
            check = MEDIA_TYPES if is_other else check_for(member.kind)
            self.compared[check] += 1
            for loss in losses:
                if self._is_declared(member, loss):
                    self.changed[member.name, loss.kind] += 1
                elif (member.name, loss.kind) not in self._lost:
                    told = _sentence(member, hard, value, sent, shown, loss)
                    found = self._finding(check, told, (hard.value, value), sent, shown, member)
                    self._lost[member.name, loss.kind] = _LostValue(check, told, found)

    def _is_declared(self, member: ValueMember, loss: Loss) -> bool:
        if loss.kind == "seventh digit lost":
            return True
        return any(loss.is_declared(one) for one in self.rules.changes if one.member in ("", member.name))

    def _is_kept(
        self, member: ValueMember, losses: Sequence[Loss], value: Json, sent: SentItem, shown: ShownRecord
    ) -> bool:
        """Return whether the answer shows what the record held before an update, and not what was sent."""
        before = sent.before.trial.values if sent.before else {}
        if member.path not in before or all(self._is_declared(member, one) for one in losses):
            return False
        of_before = find_losses(member.kind, before[member.path], value, is_text=shown.is_text)
        return all(self._is_declared(member, one) for one in of_before)

    def findings(self) -> Iterator[Finding]:
        """Yield one for each check; it tells of every member and kind of loss."""
        by_check: dict[str, list[_LostValue]] = {}
        for one in self._lost.values():
            by_check.setdefault(one.check, []).append(one)
        for listed in by_check.values():
            first, *others = listed
            said = "; also ".join([first.said, *(one.said for one in others[: _TOLD - 1])])
            if len(listed) > _TOLD:
                said = f"{said}; and {len(listed) - _TOLD} more"
            yield replace(first.finding, said=said)

    def _path(self, member: ValueMember) -> MemberPath:
        first, *rest = member.path
        return (self.rules.shown_as.get(member.name, self.rules.shown_as.get(first, first)), *rest)

    def _losses(
        self, member: ValueMember, hard: HardValue, value: Json, shown: ShownRecord
    ) -> Sequence[Loss] | None:
        """Return the losses; None where the answer does not show the member, and never did."""
        known = (shown.how, member.path) in self._shown
        if value is MISSING:
            if not known or hard.value in (None, "") or shown.how == "the answer to it":
                return None
            return (Loss("lost"),)
        if shown.how == "the answer to it" and value in (None, "") and not known:
            return None
        losses = find_losses(member.kind, hard.value, value, is_text=shown.is_text)
        return losses or self._scale_losses(member, hard, value, shown)

    def _scale_losses(
        self, member: ValueMember, hard: HardValue, value: Json, shown: ShownRecord
    ) -> Sequence[Loss]:
        wanted, printed = self.rules.decimals.get(member.name), decimals_of(value)
        if wanted is None or printed is None or shown.is_text or hard.value is None:
            return ()
        least = max(1, decimals_of(hard.value) or 0) if wanted < 0 else wanted
        return (Loss("scale lost"),) if printed < least else ()

    def _finding(  # noqa: PLR0913, PLR0917 - the parts of a finding
        self,
        check: str,
        said: str,
        values: tuple[Json, Json],
        sent: SentItem,
        shown: ShownRecord,
        member: ValueMember,
    ) -> Finding:
        pointer = "" if shown.is_text else "/".join([shown.at, *self._path(member)])
        same = shown.exchange is sent.exchange
        earlier = (sent.before,) if sent.before else ()
        exchanges = (*(one.exchange for one in earlier), sent.exchange, *(() if same else (shown.exchange,)))
        expected, came = (value_text(value) for value in values)
        steps = (*(one.step for one in earlier), sent.step)
        return Finding(check, self.operation, said, pointer, expected, came, exchanges, steps)


def _sentence(  # noqa: PLR0913, PLR0917 - the parts of a sentence
    member: ValueMember, hard: HardValue, value: Json, sent: SentItem, shown: ShownRecord, loss: Loss
) -> str:
    written = f" in {sent.trial.media_type}" if sent.trial.media_type else ""
    media_type = shown.exchange.response.media_type
    read = f" in {media_type}" if media_type != _USUAL else ""
    update = ", an update of a record that is there" if sent.before else ""
    return (
        f"sent {value_text(hard.value)} as {member.name} of item {sent.place}{written}{update}; "
        f"{shown.how}{read} shows {value_text(value)}: {WORDS[loss.kind]}"
    )


def value_text(value: Json) -> str:
    """Return a value as JSON has it, with escapes for what cannot be seen or is not ASCII."""
    if value is MISSING:
        return "nothing"
    text = format(value, "f") if isinstance(value, Decimal) else json.dumps(value, default=str)
    return (
        text if len(text) <= _EXCERPT else f"{text[: _EXCERPT // 2]}… ({len(text)} characters) …{text[-16:]}"
    )
