"""What of a document is not in the language's schema, in sentences a tester can act on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

import jsonschema_rs

from mockserver.model import Document, Json, Path
from mockserver.scenario.language import SCHEMA

_VALIDATOR = jsonschema_rs.Draft202012Validator(dict(SCHEMA))
_MAX_SHOWN = 80
_NEAR = 0.7
_KINDS: Mapping[str, str] = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
}
_NO_NAME = re.compile(r"[^a-z0-9]+")


class Finding(NamedTuple):
    """Something wrong at `path`: a stable code, what was found, and what to do about it."""

    path: Path
    code: str
    detail: str
    cure: str


class _Broken(NamedTuple):
    """One keyword of the schema that does not hold: its value, the schema round it, and what was found."""

    path: Path
    keyword: str
    wanted: Json
    schema: Document
    found: Json


def structural(document: Json) -> tuple[Finding, ...]:
    """All that the schema refuses in `document`."""
    broken = [_broken(error, document) for error in _VALIDATOR.iter_errors(document)]
    named = {one.path for one in broken if one.keyword in ("required", "additionalProperties")}
    found = (
        finding
        for one in broken
        if one.path not in named or one.keyword not in ("minProperties", "maxProperties")
        for finding in _SENTENCES[one.keyword](one)
    )
    return tuple(dict.fromkeys(found))


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that `word` nearly is, "" when none is near."""
    plain = {_plain(one): one for one in known}
    near = get_close_matches(_plain(word), plain, 1, _NEAR)
    return plain[near[0]] if near else ""


def shown(value: Json) -> str:
    """A value in a few words, cut where it is long."""
    if isinstance(value, str):
        return f'the text "{cut(value)}"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return f"an object with {counted(len(value), 'member')}" if value else "an empty object"
    if isinstance(value, list):
        return f"a list of {len(value):,}" if value else "an empty list"
    return f"the number {cut(str(value))}"


def cut(text: str) -> str:
    """The text, marked where it is cut."""
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 1]}…"


def counted(number: int, noun: str) -> str:
    """`1 member`, `3 members`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _plain(word: str) -> str:
    return word.lower().replace("-", "").replace("_", "")


def _broken(error: jsonschema_rs.ValidationError, document: Json) -> _Broken:
    path = tuple(error.instance_path)
    keyword = str(error.schema_path[-1])
    schema = _at(SCHEMA, error.schema_path[:-1])
    return _Broken(path, keyword, schema[keyword], schema, _at(document, path))


def _at(document: Json, path: Sequence[str | int]) -> Any:
    for step in path:
        document = document[step]
    return document


def _of_type(one: _Broken) -> Iterator[Finding]:
    kinds = [one.wanted] if isinstance(one.wanted, str) else one.wanted
    expected = " or ".join(_KINDS[kind] for kind in kinds)
    cure = f"give it {expected}"
    if one.wanted == "string" and not isinstance(one.found, (dict, list)):
        cure = f'quote it: "{_as_text(one.found)}"'
    elif isinstance(one.found, str) and {"integer", "number", "boolean"}.intersection(kinds):
        cure = f"{cure}, without quotes"
    yield Finding(one.path, "wrong-type", f"expected {expected}, found {shown(one.found)}", cure)


def _as_text(value: Json) -> str:
    return shown(value) if isinstance(value, bool) else "" if value is None else cut(str(value))


def _unknown_keys(one: _Broken) -> Iterator[Finding]:
    known = one.schema["properties"]
    allowed = f"keys allowed here: {', '.join(sorted(known))}"
    for name in one.found:
        if name not in known:
            near = nearest(name, (other for other in known if other not in one.found))
            cure = f'rename it to "{near}"; {allowed}' if near else f"take it out; {allowed}"
            yield Finding((*one.path, name), "unknown-key", f'unknown key "{cut(name)}"', cure)


def _missing_keys(one: _Broken) -> Iterator[Finding]:
    for name in one.wanted:
        if name not in one.found:
            yield Finding(one.path, "missing-key", f'the key "{name}" is missing', f'add "{name}"')


def _choice(one: _Broken) -> Iterator[Finding]:
    words = [str(word) for word in one.wanted]
    detail = f"expected one of {', '.join(words)}, found {shown(one.found)}"
    near = nearest(one.found, words) if isinstance(one.found, str) else ""
    yield Finding(one.path, "not-a-choice", detail, f"write {near or 'one of them'}")


def _constant(one: _Broken) -> Iterator[Finding]:
    wanted = _as_text(one.wanted)
    yield Finding(one.path, "not-a-choice", f"expected {wanted}, found {shown(one.found)}", f"write {wanted}")


def _name(one: _Broken) -> Iterator[Finding]:
    slug = _NO_NAME.sub("-", one.found.lower()).strip("-")[:64].strip("-")
    rule = "lower-case letters, digits and hyphens, at most 64"
    cure = f"write {slug}: {rule}" if slug else f"use {rule}"
    yield Finding(one.path, "bad-name", f'"{cut(one.found)}" is no name', cure)


def _bound(one: _Broken) -> Iterator[Finding]:
    least, most = one.schema.get("minimum"), one.schema.get("maximum")
    span = f"from {least:,} to {most:,}" if most is not None else f"of {least:,} or more"
    detail = f"expected a number {span}, found {cut(str(one.found))}"
    yield Finding(one.path, "out-of-range", detail, f"write a number {span}")


def _too_long(one: _Broken) -> Iterator[Finding]:
    detail = f"expected at most {counted(one.wanted, 'character')}, found {len(one.found):,}"
    yield Finding(one.path, "too-long", detail, "shorten it")


def _too_short(one: _Broken) -> Iterator[Finding]:
    yield Finding(one.path, "empty", "expected a text, found an empty one", "write one, or take the key out")


def _too_few_elements(one: _Broken) -> Iterator[Finding]:
    yield Finding(
        one.path, "empty", "expected one or more, found an empty list", "add one, or take the key out"
    )


def _too_many_elements(one: _Broken) -> Iterator[Finding]:
    detail = f"expected at most {one.wanted:,}, found {len(one.found):,}"
    yield Finding(one.path, "too-many", detail, "take some out, or spread them over several scenarios")


def _members(one: _Broken) -> Iterator[Finding]:
    """Too few or too many members, where one is to be chosen or at least one is to be there."""
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
    yield Finding(one.path, code, f"expected {expected}, found {found}", cure)


def _commit(one: _Broken) -> Iterator[Finding]:
    detail = f"expected full, none or {{partial: k}}, found {shown(one.found)}"
    near = nearest(one.found, ("full", "none")) if isinstance(one.found, str) else ""
    yield Finding(one.path, "not-a-choice", detail, f"write {near or 'full, none or {partial: 1}'}")


_SENTENCES: Mapping[str, Callable[[_Broken], Iterator[Finding]]] = {
    "type": _of_type,
    "additionalProperties": _unknown_keys,
    "required": _missing_keys,
    "enum": _choice,
    "const": _constant,
    "pattern": _name,
    "minimum": _bound,
    "maximum": _bound,
    "maxLength": _too_long,
    "minLength": _too_short,
    "minItems": _too_few_elements,
    "maxItems": _too_many_elements,
    "minProperties": _members,
    "maxProperties": _members,
    "oneOf": _commit,
}
