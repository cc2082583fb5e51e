"""The JSON Schema of the scenario language, and sentences that describe violations of the schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path as FilePath
from typing import Any, NamedTuple

import jsonschema_rs

from mockserver.codec import yaml
from mockserver.model import Document, Json, Path
from mockserver.scenario.rule_words import counted
from mockserver.scenario.yaml_positions import UNKNOWN_KEY, DocumentProblem
from mockserver.spec.schema_problems import locate_instance

SCHEMA: Document = yaml.load((FilePath(__file__).parent / "schema.yaml").read_text(encoding="utf-8"))
"""JSON Schema 2020-12 of a scenario; it accepts any text as the name of a vendor."""

_VALIDATOR = jsonschema_rs.Draft202012Validator(dict(SCHEMA))
_MAX_LENGTH = 80
_MIN_SIMILARITY = 0.7
_TYPE_NAMES: Mapping[str, str] = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
}
_INVALID_NAME_CHARACTERS = re.compile(r"[^a-z0-9]+")


def build_schema(vendors: Iterable[str]) -> Document:
    match = SCHEMA["$defs"]["match"]
    named = {**match["properties"]["vendor"], "enum": sorted(vendors)}
    closed = {**match, "properties": {**match["properties"], "vendor": named}}
    return {**SCHEMA, "$defs": {**SCHEMA["$defs"], "match": closed}}


class _SchemaError(NamedTuple):
    """A violated keyword of the schema."""

    path: Path
    keyword: str
    wanted: Json
    """Value of the keyword."""
    schema: Document
    """Part of the schema that has the keyword."""
    found: Json
    """Value at `path` in the document."""


def find_schema_errors(document: Json) -> tuple[DocumentProblem, ...]:
    broken = [_schema_error(error, document) for error in _VALIDATOR.iter_errors(document)]
    named = {one.path for one in broken if one.keyword in ("required", "additionalProperties")}
    found = (
        finding
        for one in broken
        if one.path not in named or one.keyword not in ("minProperties", "maxProperties")
        for finding in _PROBLEMS_BY_KEYWORD[one.keyword](one)
    )
    return tuple(dict.fromkeys(found))


def closest_match(word: str, known: Iterable[str]) -> str:
    """Return the known word that is most similar to `word`; "" if no known word is similar."""
    plain = {_without_separators(one): one for one in known}
    near = get_close_matches(_without_separators(word), plain, 1, _MIN_SIMILARITY)
    return plain[near[0]] if near else ""


def describe(value: Json) -> str:
    if isinstance(value, str):
        return f'the text "{shorten(value)}"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return f"an object with {counted(len(value), 'member')}" if value else "an empty object"
    if isinstance(value, list):
        return f"a list of {len(value):,}" if value else "an empty list"
    return f"the number {shorten(str(value))}"


def shorten(text: str) -> str:
    return text if len(text) <= _MAX_LENGTH else f"{text[: _MAX_LENGTH - 1]}…"


def _without_separators(word: str) -> str:
    return word.lower().replace("-", "").replace("_", "")


def _schema_error(error: jsonschema_rs.ValidationError, document: Json) -> _SchemaError:
    path, found = locate_instance(error, document)
    keyword = str(error.schema_path[-1])
    schema = _value_at(SCHEMA, error.schema_path[:-1])
    return _SchemaError(path, keyword, schema[keyword], schema, found)


def _value_at(document: Json, path: Sequence[str | int]) -> Any:
    for step in path:
        document = document[step]
    return document


def _wrong_type(one: _SchemaError) -> Iterator[DocumentProblem]:
    kinds = [one.wanted] if isinstance(one.wanted, str) else one.wanted
    expected = " or ".join(_TYPE_NAMES[kind] for kind in kinds)
    cure = f"give it {expected}"
    if one.wanted == "string" and not isinstance(one.found, (dict, list)):
        cure = f'quote it: "{_as_text(one.found)}"'
    elif isinstance(one.found, str) and {"integer", "number", "boolean"}.intersection(kinds):
        cure = f"{cure}, without quotes"
    yield DocumentProblem(one.path, "wrong-type", f"expected {expected}, found {describe(one.found)}", cure)


def _as_text(value: Json) -> str:
    return describe(value) if isinstance(value, bool) else "" if value is None else shorten(str(value))


def _unknown_keys(one: _SchemaError) -> Iterator[DocumentProblem]:
    known = one.schema["properties"]
    allowed = f"keys allowed here: {', '.join(sorted(known))}"
    for name in one.found:
        if name not in known:
            near = closest_match(name, (other for other in known if other not in one.found))
            cure = f'rename it to "{near}"; {allowed}' if near else f"take it out; {allowed}"
            yield DocumentProblem((*one.path, name), UNKNOWN_KEY, f'unknown key "{shorten(name)}"', cure)


def _missing_keys(one: _SchemaError) -> Iterator[DocumentProblem]:
    for name in one.wanted:
        if name not in one.found:
            yield DocumentProblem(one.path, "missing-key", f'the key "{name}" is missing', f'add "{name}"')


def _not_a_choice(one: _SchemaError) -> Iterator[DocumentProblem]:
    words = [str(word) for word in one.wanted]
    detail = f"expected one of {', '.join(words)}, found {describe(one.found)}"
    near = closest_match(one.found, words) if isinstance(one.found, str) else ""
    yield DocumentProblem(one.path, "not-a-choice", detail, f"write {near or 'one of them'}")


def _not_the_constant(one: _SchemaError) -> Iterator[DocumentProblem]:
    wanted = _as_text(one.wanted)
    yield DocumentProblem(
        one.path, "not-a-choice", f"expected {wanted}, found {describe(one.found)}", f"write {wanted}"
    )


def _bad_name(one: _SchemaError) -> Iterator[DocumentProblem]:
    slug = _INVALID_NAME_CHARACTERS.sub("-", one.found.lower()).strip("-")[:64].strip("-")
    rule = "lower-case letters, digits and hyphens, at most 64"
    cure = f"write {slug}: {rule}" if slug else f"use {rule}"
    yield DocumentProblem(one.path, "bad-name", f'"{shorten(one.found)}" is not a name', cure)


def _out_of_range(one: _SchemaError) -> Iterator[DocumentProblem]:
    least, most = one.schema.get("minimum"), one.schema.get("maximum")
    span = f"from {least:,} to {most:,}" if most is not None else f"of {least:,} or more"
    detail = f"expected a number {span}, found {shorten(str(one.found))}"
    yield DocumentProblem(one.path, "out-of-range", detail, f"write a number {span}")


def _too_long(one: _SchemaError) -> Iterator[DocumentProblem]:
    detail = f"expected at most {counted(one.wanted, 'character')}, found {len(one.found):,}"
    yield DocumentProblem(one.path, "too-long", detail, "shorten it")


def _too_short(one: _SchemaError) -> Iterator[DocumentProblem]:
    yield DocumentProblem(
        one.path, "empty", "expected a text, found an empty one", "write one, or take the key out"
    )


def _too_few_elements(one: _SchemaError) -> Iterator[DocumentProblem]:
    yield DocumentProblem(
        one.path, "empty", "expected one or more, found an empty list", "add one, or take the key out"
    )


def _too_many_elements(one: _SchemaError) -> Iterator[DocumentProblem]:
    detail = f"expected at most {one.wanted:,}, found {len(one.found):,}"
    yield DocumentProblem(
        one.path, "too-many", detail, "take some out, or spread them over several scenarios"
    )


def _wrong_member_count(one: _SchemaError) -> Iterator[DocumentProblem]:
    """Yield the problem of an object that has too few or too many members."""
    choices = [
        name for name in one.schema.get("properties", ()) if name not in one.schema.get("required", ())
    ]
    chosen = [name for name in one.found if name in choices]
    if not choices:
        expected = "at least one" if one.keyword == "minProperties" else f"at most {one.wanted}"
    else:
        exactly = "maxProperties" in one.schema
        expected = f"{'exactly' if exactly else 'at least'} one of {', '.join(choices)}"
    found = ", ".join(chosen) or ("none" if choices else f"{len(one.found):,}")
    code = "too-many" if one.keyword == "maxProperties" else "empty"
    cure = "take some of them out" if code == "too-many" else "add one, or take the key out"
    yield DocumentProblem(one.path, code, f"expected {expected}, found {found}", cure)


def _bad_commit(one: _SchemaError) -> Iterator[DocumentProblem]:
    detail = f"expected full, none or {{partial: k}}, found {describe(one.found)}"
    near = closest_match(one.found, ("full", "none")) if isinstance(one.found, str) else ""
    yield DocumentProblem(one.path, "not-a-choice", detail, f"write {near or 'full, none or {partial: 1}'}")


_PROBLEMS_BY_KEYWORD: Mapping[str, Callable[[_SchemaError], Iterator[DocumentProblem]]] = {
    "type": _wrong_type,
    "additionalProperties": _unknown_keys,
    "required": _missing_keys,
    "enum": _not_a_choice,
    "const": _not_the_constant,
    "pattern": _bad_name,
    "minimum": _out_of_range,
    "maximum": _out_of_range,
    "maxLength": _too_long,
    "minLength": _too_short,
    "minItems": _too_few_elements,
    "maxItems": _too_many_elements,
    "minProperties": _wrong_member_count,
    "maxProperties": _wrong_member_count,
    "oneOf": _bad_commit,
}
