"""Single changes of a written profile: what is called, and what it leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mockserver.contract.exchange import Request
from mockserver.contract.profile import REFUSED_STEP, DrawnValues, Json, Record, RefusedStep, Step
from mockserver.contract.written_profile.calls import WrittenCall
from mockserver.contract.written_profile.changes import FilledChange
from mockserver.contract.written_profile.entries import StepEntry, StepResult
from mockserver.contract.written_profile.items import WrittenItems
from mockserver.contract.written_profile.placeholders import Template
from mockserver.contract.written_profile.places import WrittenPlace
from mockserver.contract.written_profile.records import ComparedMember, RecordReader
from mockserver.contract.written_profile.scope import ITEM, PlaceholderScope


@dataclass(frozen=True, slots=True)
class WrittenStep:
    """A step; `change` is what it makes of a good item."""

    entry: StepEntry
    place: WrittenPlace
    call: WrittenCall
    change: FilledChange
    items: WrittenItems
    reader: RecordReader
    scope: PlaceholderScope

    def step(self) -> Step:
        """Return it as a profile has it.

        Raises:
            SpecError: what it leaves does not fit what is compared.
        """
        for name, result in (("if-there", self.entry.if_there), ("if-not", self.entry.if_not)):
            self._check(result, self.place.at(name), is_there=name == "if-there")
        return Step(self.entry.name, self._request, self._after)

    def _request(self, key: str, drawn: DrawnValues, tenant: int) -> Request:
        values = self.scope.of_item(key, drawn)
        item = self.change(self.items.item(key, drawn), values)
        return self.call.request({**values, **self.scope.of_tenant(tenant), ITEM: item})

    def _after(self, record: Record | None, drawn: DrawnValues) -> Record | RefusedStep | None:
        result = self.entry.if_not if record is None else self.entry.if_there
        if isinstance(result, Mapping):
            return {**(record or {}), **self._changed(result, drawn)}
        if result == "refused":
            return REFUSED_STEP
        if result == "unchanged":
            return record
        return self._stored(self.items.key(0), drawn) if result == "stored" else None

    def _stored(self, key: str, drawn: DrawnValues) -> Record:
        values = self.scope.of_item(key, drawn)
        return self.reader.expected(self.change(self.items.item(key, drawn), values), values)

    def _changed(self, result: Mapping[str, Json], drawn: DrawnValues) -> Record:
        values, place = self.scope.of_item("", drawn), self.place.at("if-there")
        return {
            member.name: member.compared(Template(result[member.pointer], place).fill(values))
            for member in self.reader.members
            if member.pointer in result
        }

    def _check(self, result: StepResult, place: WrittenPlace, *, is_there: bool) -> None:
        if isinstance(result, Mapping):
            known = [member.pointer for member in self.reader.members]
            self._check_members(result, place, known, is_there=is_there)
        elif result == "stored" and self._stored_by_key():
            place.fail(
                f"{self._stored_by_key()} depends on the key, which is compared anyway: take it out of shows"
            )

    def _check_members(
        self, result: Mapping[str, Json], place: WrittenPlace, known: Sequence[str], *, is_there: bool
    ) -> None:
        if not is_there:
            place.fail("expected a word: where nothing is, no member can change")
        for name, value in result.items():
            if name not in known:
                place.at(name).fail(f"shows does not compare it; it compares {', '.join(known)}")
            Template(value, place.at(name)).checked([one for one in self.scope.in_items if one != "key"])

    def _stored_by_key(self) -> str:
        """Return a compared member that depends on the key, "" if none does."""
        drawn = self.items.drawn
        one, other = (self._stored(self.items.key(number), drawn) for number in (0, 1))
        differ: list[ComparedMember] = [m for m in self.reader.members if one[m.name] != other[m.name]]
        return differ[0].pointer if differ else ""
