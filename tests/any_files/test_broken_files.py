"""Files with something odd in a random place are served in part, or refused with a plain message."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver.errors import SpecError
from mockserver.server.application import Application, Options
from mockserver.spec.loading import MALFORMED, vendor_name
from mockserver.spec.openapi import parameter_names
from mockserver.spec.source_files import parse
from tests.any_files.support import made_up_files, write_files
from tests.support.client import Client
from tests.support.frozen_app import create_frozen_app

MOST_OPERATIONS = 5
REFERENCES = ["", "#", "#/nowhere", "#/components", "#/paths", "#/info/title", "//[x", "no.yaml", "x" * 300]
DEEP: Any = json.loads('{"items":' * 90 + "{}" + "}" * 90)
ODD: list[Any] = [
    *[None, True, 0, -1, 2**64, 0.5, "", "a", "object", "1e999999999", "[", "\ud800"],
    *[[], {}, [None], [[]], [{}], ["string", "null"], {"a": None}, {"$ref": 1}, {"type": "array"}, DEEP],
    *[{"$ref": reference} for reference in REFERENCES],
    *[{"name": "a", "in": "path"}, {"enum": [None]}, {"pattern": "(?<a"}, {"minLength": 10**9}],
]
WORDS = [
    *["$ref", "type", "items", "required", "enum", "allOf", "not", "example", "properties", "schema", "x-"],
    *["content", "responses", "parameters", "security", "head", "204", "default", "X-ü", "/", "/{a}{b}"],
]
ODD_TEXTS = [
    *["1e400", "NaN", "!!binary YQ==", "2026-01-01", "=", "0x1F"],
    *["{a: 1, a: 2}", "{<<: {a: 1}}", "&a [*a]"],
]


def places(node: Any) -> list[tuple[Any, Any]]:
    """Every member and element: its holder, and its name or number."""
    inside = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [found for name, child in inside for found in ((node, name), *places(child))]


def mutated(document: Any, random: Any) -> str:
    """The text of the document with one to three odd things in it."""
    for _ in range(random.randint(1, 3)):
        there = [*places(document), ({"": None}, "")]
        (holder, name), (other, its_name) = random.choice(there), random.choice(there)
        kind = random.randrange(4)
        if kind == 0 and isinstance(holder, dict):
            holder[random.choice(WORDS)] = holder.pop(name)
        else:
            odd = [f"<<{random.choice(ODD_TEXTS)}>>", other[its_name], random.choice(ODD)]
            holder[name] = deepcopy(odd[kind - 1])
    return re.sub(r'"<<(.*?)>>"', r"\1", json.dumps(document, default=float))


def call_each(app: Application, vendor: str) -> None:
    client = Client(app.entry, {}).within(f"/{vendor}", Authorization="Bearer some-token")
    for operation in list(app.served[0].spec.operations.values())[:MOST_OPERATIONS]:
        path = operation.path
        for parameter in parameter_names(path):
            path = path.replace(f"{{{parameter}}}", "1")
        assert client.request(operation.method.upper(), quote(path)).status in {*range(200, 500), 501}


@given(st.sampled_from(sorted(made_up_files())), st.randoms(use_true_random=False))
@settings(max_examples=100, derandomize=True, database=None)
def test_an_odd_thing_anywhere_breaks_nothing(name: str, random: Any) -> None:
    with TemporaryDirectory() as folder:
        file = write_files(name, Path(folder))
        document = parse(file.read_text(encoding="utf-8-sig"), file.name)
        file.write_text(mutated(document, random), encoding="utf-8")
        try:
            app = create_frozen_app(Options(files=(file,), vendors=(vendor_name(file),)))
        except SpecError as error:
            assert MALFORMED not in str(error)  # noqa: PT017 - most files are no error
        else:
            call_each(app, vendor_name(file))
