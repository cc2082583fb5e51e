"""Profiles read from `x-contract` in a spec, or from a YAML file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

from msgspec.structs import replace

from mockserver.contract.inference import infer_batch
from mockserver.contract.profile import (
    BatchProfile,
    Facts,
    FixturePins,
    IdempotencyRule,
    LimitedCredentials,
    OpenCase,
    Profile,
    RefusalRule,
    Tolerance,
)
from mockserver.contract.profile_file.batches import WrittenBatch
from mockserver.contract.profile_file.entries import (
    BatchEntry,
    ProfileEntry,
    Template,
    WrittenPlace,
    plain,
    read_scope,
    typed,
)
from mockserver.contract.profile_reads import FactCheck, FactRead, ListProfile
from mockserver.errors import SpecError
from mockserver.model import Document, Json, Value
from mockserver.spec.openapi import Spec
from mockserver.spec.patterns import foreign_pattern
from mockserver.spec.source_files import parse_yaml

T = TypeVar("T")

MEMBER = "x-contract"
_PART = re.compile(r"\{(\w+)\}")


def profile_of_spec(spec: Spec) -> Profile | None:
    """Return the profile in `x-contract` of the spec and of its operations, or None without `x-contract`.

    Raises SpecError: the profile cannot be read, or does not fit the spec.
    """
    file = f"{spec.name}.yaml"
    batches: dict[str, tuple[Json, WrittenPlace]] = {}
    for one in spec.operations.values():
        if MEMBER in one.node:
            place = WrittenPlace(file, spec.text, (*one.place, MEMBER), (f"{one.id}: {MEMBER}",))
            batches[one.id] = (one.node[MEMBER], place)
    if MEMBER not in spec.document and not batches:
        return None
    place = WrittenPlace(file, spec.text, (MEMBER,), (MEMBER,))
    return _WrittenProfile(spec, spec.document.get(MEMBER, {}), place, batches).profile()


def profile_of_file(file: Path, spec: Spec) -> Profile:
    """Return the profile in a YAML file, for the API of a spec.

    Raises SpecError: the file cannot be read, or does not fit the spec.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeError) as error:
        raise SpecError(f"{file.name}: {error}") from None
    document = parse_yaml(text, file.name)
    return _WrittenProfile(spec, document, WrittenPlace(file.name, text), {}).profile()


class _WrittenProfile(Value, frozen=True):
    """The document of a profile, and the spec to which the profile applies."""

    spec: Spec
    document: Json
    place: WrittenPlace
    batches: Mapping[str, tuple[Json, WrittenPlace]]
    """Batch entries in `x-contract` of operations, each with its place, by operation."""

    def profile(self) -> Profile:
        entry = typed(ProfileEntry, self.document, self.place)
        facts = {name: str(value) for name, value in entry.facts.items()}
        scope = read_scope(entry, self.place, facts)
        self._check_credentials(entry)
        place = self.place.at("headers")
        templates = {
            name.lower(): Template(text, place.at(name)).checked(scope.in_calls)
            for name, text in entry.headers.items()
        }

        def headers(facts: Facts, tenant: int) -> Mapping[str, str]:
            values = read_scope(entry, self.place, facts).of_tenant(tenant)
            return {name: one.text(values) for name, one in templates.items()}

        @cache
        def batches(named: tuple[tuple[str, str], ...]) -> tuple[BatchProfile, ...]:
            return self._batches(entry, dict(named))

        made = Profile(
            facts=facts,
            credentials=entry.credentials,
            headers=headers,
            batches=lambda facts: batches(tuple(facts.items())),
            pins=self._pins(entry),
            tolerances=self._tolerances(entry),
            fact_checks=tuple(self._fact_checks(entry, facts)),
            lists=tuple(self._lists(entry)),
            open_cases=self._plain_list(OpenCase, entry.open_cases, "open-cases"),
            refusals=self._plain_list(RefusalRule, entry.refusals, "refusals"),
            limited=self._plain_list(LimitedCredentials, entry.limited, "limited"),
            idempotency=None
            if entry.idempotency is None
            else plain(IdempotencyRule, entry.idempotency, self.place.at("idempotency")),
            message_exceptions=self._message_exceptions(entry),
            no_positions=entry.no_positions,
        )
        made.batches(facts)
        return made

    def _message_exceptions(self, entry: ProfileEntry) -> tuple[str, ...]:
        for number, pattern in enumerate(entry.message_exceptions):
            if foreign_pattern(pattern) is None:
                self.place.at("message-exceptions", number).fail(f"no regular expression: {pattern}")
        return tuple(entry.message_exceptions)

    def _plain_list(self, kind: type[T], documents: Sequence[Document], name: str) -> tuple[T, ...]:
        place = self.place.at(name)
        return tuple(plain(kind, document, place.at(number)) for number, document in enumerate(documents))

    def _batches(self, entry: ProfileEntry, facts: Facts) -> tuple[BatchProfile, ...]:
        """Return the batch profiles in the order of the spec. Infer the profile if a batch has no entry."""
        scope, written = read_scope(entry, self.place, facts), self._entries(entry)
        made: list[BatchProfile | None] = []
        for operation in self.spec.operations.values():
            if operation.batch is None or operation.id not in written:
                made.append(infer_batch(self.spec, operation))
                continue
            document, place = written[operation.id]
            batch = typed(BatchEntry, document, place)
            made.append(WrittenBatch(self.spec, operation, operation.batch, batch, place, scope).profile())
        return tuple(one for one in made if one is not None)

    def _entries(self, entry: ProfileEntry) -> Mapping[str, tuple[Json, WrittenPlace]]:
        place = self.place.at("batches")
        entries = {name: (value, place.at(name)) for name, value in entry.batches.items()} | dict(
            self.batches
        )
        known = [operation.id for operation in self.spec.operations.values() if operation.batch]
        for name, (_, where) in entries.items():
            if name in self.batches and name in entry.batches:
                where.fail("it is in batches too; keep one of them")
            if name not in known:
                listed = ", ".join(known) or "none"
                where.fail(f"{name} is not a batch operation of the spec; it has {listed}")
        return entries

    def _check_credentials(self, entry: ProfileEntry) -> None:
        schemes = self.spec.document.get("components", {}).get("securitySchemes", {})
        for name in entry.credentials:
            if name not in schemes:
                listed = ", ".join(schemes) or "none"
                self.place.at("credentials", name).fail(
                    f"the spec has no such security scheme; it has {listed}"
                )

    def _pins(self, entry: ProfileEntry) -> FixturePins:
        place = self.place.at("pins")
        pins = plain(FixturePins, entry.pins, place)
        return replace(
            pins,
            known=self._by_operation(pins.known, place.at("known")),
            bodies=self._by_operation(pins.bodies, place.at("bodies")),
            expected_statuses=self._by_operation(pins.expected_statuses, place.at("expected-statuses")),
        )

    def _by_operation(self, given: Mapping[str, T], place: WrittenPlace) -> Mapping[str, T]:
        """Return values by operation, from values whose keys may name several operations (`a, b`)."""
        made: dict[str, T] = {}
        for key, value in given.items():
            for name in key.split(", "):
                if name not in self.spec.operations:
                    replace(place.at(key), label=(*place.label, name)).fail("the spec has no such operation")
                made[name] = value
        return made

    def _lists(self, entry: ProfileEntry) -> Iterator[ListProfile]:
        for number, one in enumerate(entry.lists):
            place = self.place.at("lists", number)
            made = plain(ListProfile, one, place)
            if made.operation not in self.spec.operations:
                place.at("operation").fail(f"the spec has no operation {made.operation}")
            yield made

    def _fact_checks(self, entry: ProfileEntry, facts: Facts) -> Iterator[FactCheck]:
        for number, document in enumerate(entry.fact_checks):
            at = self.place.at("fact-checks", number)
            check = plain(FactCheck, document, at)
            if check.fact not in facts:
                at.at("fact").fail(f"{check.fact} is not one of the facts; they are {', '.join(facts)}")
            for name in check.needed_by:
                if name not in self.spec.operations:
                    at.at("needed-by").fail(f"the spec has no operation {name}")
            for place_in_list, read in enumerate(check.reads):
                _check_read(self.spec, read, at.at("reads", place_in_list), facts)
            yield check

    def _tolerances(self, entry: ProfileEntry) -> Mapping[str, tuple[Tolerance, ...]]:
        made: dict[str, tuple[Tolerance, ...]] = {}
        for number, one in enumerate(entry.tolerances):
            place = self.place.at("tolerances", number)
            rest = {name: value for name, value in one.items() if name != "operations"}
            tolerance = plain(Tolerance, rest, place)
            for name in typed(list[str], one.get("operations", [""]), place.at("operations")):
                if name and name not in self.spec.operations:
                    place.at("operations").fail(f"the spec has no operation {name}")
                made[name] = (*made.get(name, ()), tolerance)
        return made


def _check_read(spec: Spec, read: FactRead, place: WrittenPlace, facts: Facts) -> None:
    operation = spec.operations.get(read.operation)
    if operation is None or operation.method != "get":
        place.at("operation").fail(f"the spec has no GET that is called {read.operation}")
    given, wanted = set(read.path), set(_PART.findall(operation.path))
    if given != wanted:
        named = ", ".join(sorted(wanted)) or "nothing"
        found = ", ".join(sorted(given)) or "nothing"
        place.at("path").fail(f"{operation.path} takes {named}, found {found}")
    for name in read.query:
        if not operation.has_parameter(name):
            place.at("query", name).fail(f"{operation.id} has no such parameter")
    texts: Mapping[str, str] = {**read.path, **read.query}
    for name, text in texts.items():
        Template(text, place.at("path" if name in read.path else "query", name)).checked(facts)
