"""Reads a table of planted faults: a YAML file beside the module with their changes and observers.

Rows stand under their family, by the fault's name. "vba,payt-loses-one" is a row for two vendors. A row has

    says        the end of "a server that …"
    change      what makes the fault: a function that returns a `Planted`, and its arguments
    seen        what is observed: a function or method of a `VendorClient`, and its arguments
    right       what is observed at the right server
    wrong       what is observed at the server with the fault
    headers     those of the observed call, "" for one that is left out
    operations  those that a run is bounded to, unless they are the vendor's

Functions and arguments are words, such as "changes_status batch 207 200", or a list. A word is a number, a
route of the vendor, a name in the module, in `wrappers`, `vendors`,
`batch_changes` or `rollback`, or a text.
A function with a parameter `vendor` gets the vendor before its arguments.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping
from inspect import signature
from pathlib import Path
from typing import Any

from mockserver.codec import yaml
from tests.contract.planted_faults import batch_changes, rollback, vendors, wrappers
from tests.contract.planted_faults.client import Vendor, VendorClient
from tests.contract.planted_faults.fault import Family, Observer, PlantedFault
from tests.contract.planted_faults.vendors import VENDORS
from tests.contract.planted_faults.wrappers import Json

_COMMON = (wrappers, vendors, batch_changes, rollback)
_ROUTES = ("batch", "one", "list", "everything")


def read_faults(
    module: Mapping[str, Any], *changes: Mapping[str, Callable[..., Any]]
) -> tuple[PlantedFault, ...]:
    """Return the faults of a module's table; `module` is its namespace, `changes` are further names."""
    names: dict[str, Any] = {}
    for one in (*map(vars, _COMMON), module, *changes):
        names |= one
    text = Path(module["__file__"]).with_suffix(".yaml").read_text(encoding="utf-8")
    families: Mapping[Family, Mapping[str, Json]] = yaml.load(text)
    return tuple(
        fault
        for family, rows in families.items()
        for name, row in rows.items()
        for fault in _faults(family, name, row, names)
    )


def _faults(family: Family, name: str, row: Json, names: Mapping[str, Any]) -> Iterator[PlantedFault]:
    vendors, _, rest = name.partition("-")
    for one in vendors.split(","):
        vendor = VENDORS[one]
        usual = (*vendor.operations, *(vendor.single_writes if family == "state" else ()))
        verb, arguments = _words(row["change"], vendor, names)
        takes_vendor = "vendor" in signature(verb).parameters
        yield PlantedFault(
            f"{one}-{rest}",
            family,
            one,
            row["says"],
            tuple(row.get("operations", usual)),
            verb(vendor, *arguments) if takes_vendor else verb(*arguments),
            _observer(*_words(row["seen"], vendor, names), row.get("headers", {})),
            row["right"],
            row["wrong"],
        )


def _observer(verb: Any, arguments: list[Any], headers: Mapping[str, str]) -> Observer:
    method = verb if callable(verb) else getattr(VendorClient, verb)
    return lambda client: method(client, *arguments, **headers)


def _words(written: str | list[Any], vendor: Vendor, names: Mapping[str, Any]) -> tuple[Any, list[Any]]:
    """Return the function and its arguments."""
    words = shlex.split(written) if isinstance(written, str) else written
    verb, *arguments = [_word(one, vendor, names) for one in words]
    return verb, arguments


def _word(word: Any, vendor: Vendor, names: Mapping[str, Any]) -> Any:
    if not isinstance(word, str):
        return word
    if word in _ROUTES:
        return getattr(vendor, word)
    return int(word) if word.isdecimal() else names.get(word, word)
