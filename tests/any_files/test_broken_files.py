"""Files with something odd in a random place are served in part, or refused with a plain message."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any

import pytest

from mockserver.errors import SpecError
from mockserver.server.application import Options
from mockserver.spec.loading import MALFORMED, vendor_name
from mockserver.spec.openapi import parameter_names
from mockserver.spec.source_files import parse
from tests.any_files.support import made_up_files, write_files
from tests.support.client import Client
from tests.support.frozen_app import create_frozen_app

MUTATIONS_OF_EACH = 4
REFERENCES = (
    "",
    "#",
    "#/nowhere",
    "#/components",
    "#/paths",
    "#/info/title",
    "//[x",
    "nowhere.yaml",
    "x" * 300,
)
DEEP: Any = json.loads('{"items":' * 90 + "{}" + "}" * 90)
ODD: list[Any] = [
    *[None, True, 0, -1, 2**64, 0.5, "", "a", "object", "1e999999999", "[", "\ud800"],
    *[[], {}, [None], [[]], [{}], ["string", "null"], {"a": None}, {"$ref": 1}, {"type": "array"}, DEEP],
    *[{"$ref": reference} for reference in REFERENCES],
    *[{"name": "a", "in": "path"}, {"enum": [None]}, {"pattern": "(?<a"}, {"minLength": 10**9}],
]
WORDS = (
    "$ref",
    "type",
    "items",
    "required",
    "enum",
    "allOf",
    "not",
    "example",
    "schema",
    "content",
    "responses",
)
WORDS += (
    "parameters",
    "security",
    "head",
    "204",
    "default",
    "properties",
    "{id}",
    "/{a}{b}",
    "X-ü",
    "",
    "x-batched",
)
ODD_TEXTS = (
    "1e400",
    "NaN",
    "!!binary YQ==",
    "2026-01-01",
    "{a: 1, a: 2}",
    "{<<: {a: 1}}",
    "&a [*a]",
    "=",
    "0x1F",
)


def places(node: Any) -> list[tuple[Any, Any]]:
    """Every member and element: its holder and its name or number."""
    inside = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [found for name, child in inside for found in ((node, name), *places(child))]


def mutated(document: Any, random: Random) -> str:
    """The text of the document with one to three odd things in it."""
    for _ in range(random.randint(1, 3)):
        holder, name = random.choice(places(document) or [({"": 1}, "")])
        match random.randrange(4):
            case 0 if isinstance(holder, dict):
                holder[random.choice(WORDS)] = holder.pop(name)
            case 1:
                holder[name] = f"<<{random.choice(ODD_TEXTS)}>>"
            case 2:
                holder[name] = deepcopy(
                    random.choice([holder[name] for holder, name in places(document)] or ODD)
                )
            case _:
                holder[name] = deepcopy(random.choice(ODD))
    return re.sub(r'"<<(.*?)>>"', r"\1", json.dumps(document, default=float))


@pytest.mark.parametrize("name", sorted(made_up_files()))
def test_an_odd_thing_anywhere_breaks_nothing(name: str, tmp_path: Path) -> None:
    file, random = write_files(name, tmp_path), Random(name)
    document = parse(file.read_text(encoding="utf-8-sig"), file.name)
    for _ in range(MUTATIONS_OF_EACH):
        file.write_text(mutated(deepcopy(document), random), encoding="utf-8")
        try:
            app = create_frozen_app(Options(files=(file,), vendors=(vendor_name(file),)))
        except SpecError as error:
            assert MALFORMED not in str(error)
            continue
        client = Client(app.entry, {}).within(f"/{vendor_name(file)}", Authorization="Bearer some-token")
        for operation in list(app.served[0].spec.operations.values())[:6]:
            path = operation.path
            for parameter in parameter_names(path):
                path = path.replace(f"{{{parameter}}}", "1")
            if path.isascii() and " " not in path:
                assert client.request(operation.method.upper(), path).status in {*range(200, 500), 501}
