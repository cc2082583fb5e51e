"""Fact checks of a written profile: how the facts are found at a target."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from mockserver.contract.fact_profile import FactCheck, FactRead
from mockserver.contract.profile import Facts
from mockserver.contract.written_profile.conversion import plain
from mockserver.contract.written_profile.entries import ProfileEntry
from mockserver.contract.written_profile.placeholders import Template
from mockserver.contract.written_profile.places import WrittenPlace
from mockserver.spec.openapi import Spec

_PART = re.compile(r"\{(\w+)\}")


def read_fact_checks(
    spec: Spec, entry: ProfileEntry, place: WrittenPlace, facts: Facts
) -> tuple[FactCheck, ...]:
    """Return the fact checks that an entry describes.

    Raises:
        SpecError: the profile has no such fact, or the spec no such operation or parameter.
    """
    return tuple(_checks(spec, entry, place.at("fact-checks"), facts))


def _checks(spec: Spec, entry: ProfileEntry, place: WrittenPlace, facts: Facts) -> Iterator[FactCheck]:
    for number, document in enumerate(entry.fact_checks):
        at = place.at(number)
        check = plain(FactCheck, document, at)
        if check.fact not in facts:
            at.at("fact").fail(f"{check.fact} is none of the facts; they are {', '.join(facts)}")
        for name in check.needed_by:
            if name not in spec.operations:
                at.at("needed-by").fail(f"the spec has no operation {name}")
        for place_in_list, read in enumerate(check.reads):
            _check_read(spec, read, at.at("reads", place_in_list), facts)
        yield check


def _check_read(spec: Spec, read: FactRead, place: WrittenPlace, facts: Facts) -> None:
    operation = spec.operations.get(read.operation)
    if operation is None or operation.method != "get":
        place.at("operation").fail(f"the spec has no GET that is called {read.operation}")
    _check_names(set(read.path), set(_PART.findall(operation.path)), operation.path, place.at("path"))
    for name in read.query:
        if not operation.has_parameter(name):
            place.at("query", name).fail(f"{operation.id} has no such parameter")
    texts: Mapping[str, str] = {**read.path, **read.query}
    for name, text in texts.items():
        Template(text, place.at("path" if name in read.path else "query", name)).checked(facts)


def _check_names(given: set[str], wanted: set[str], path: str, place: WrittenPlace) -> None:
    if given != wanted:
        named = ", ".join(sorted(wanted)) or "nothing"
        place.fail(f"{path} takes {named}, found {', '.join(sorted(given)) or 'nothing'}")
