"""A public API: its file as it was published, which judges answers, and calls that the file allows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlencode

from jsonschema.exceptions import UnknownType, ValidationError
from jsonschema.validators import Draft4Validator, extend
from openapi_schema_validator import OAS30Validator, OAS31Validator
from referencing import Registry, Resource

from mockserver.codec import json
from mockserver.contract.samples import SampleMember
from mockserver.engine.drawn_values import Chance, draw_value
from mockserver.engine.explanation import Explanation, explain
from mockserver.engine.registry import LoadedVendor, load_vendor
from mockserver.errors import MalformedBody
from mockserver.model import EMPTY, Document, Json, escape_step, unescape_step
from mockserver.spec.openapi import MediaType, Operation, Parameter, merged
from mockserver.spec.source_files import parse, read_text

_NULLABLE = ("$ref", "allOf", "anyOf", "enum", "type")
"""Keywords that do not refuse null beside `nullable: true`, as vendors' own examples show."""

_SLASHED = re.compile(r"/(.*)/[a-z]*", re.DOTALL)
"""A pattern in the slashes of JavaScript, which would match nothing if it were taken by the letter."""

_FORM_OF_PARAMETER = ("type", "format", "pattern", "enum", "minLength", "maxLength", "minimum")
_URI = "urn:public-file"
_TRIES = 12
_FORM = "application/x-www-form-urlencoded"
_UNJUDGED: Json = object()


def _is_nullable(schema: Any) -> bool:
    return bool(schema.get("nullable") or schema.get("x-nullable"))


def _lenient(keyword: str) -> Callable[..., Iterator[ValidationError]]:
    """Return the check of a keyword that lets null pass where the schema is nullable."""
    of_draft_4 = {one: Draft4Validator.VALIDATORS[one] for one in ("anyOf", "type")}
    check = {**OAS30Validator.VALIDATORS, **of_draft_4}[keyword]

    def judged(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        if not (instance is None and _is_nullable(schema)):
            yield from check(validator, value, instance, schema) or ()

    return judged


def _one_of(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """Judge `oneOf`; beside a discriminator, which tells the choice, as `anyOf`."""
    check = Draft4Validator.VALIDATORS["anyOf" if "discriminator" in schema else "oneOf"]
    if not (instance is None and _is_nullable(schema)):
        yield from check(validator, value, instance, schema) or ()


def _pattern(_validator: Any, value: Any, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    found = _SLASHED.fullmatch(value)
    flags = re.IGNORECASE if found and value.endswith("i") else re.NOFLAG
    pattern = found[1] if found else value
    if isinstance(instance, str) and re.search(pattern, instance, flags) is None:
        yield ValidationError(f"{instance!r} does not match {value!r}")


_OURS = {**{one: _lenient(one) for one in _NULLABLE}, "pattern": _pattern, "oneOf": _one_of}
_JUDGE_3_0 = extend(OAS30Validator, _OURS)
_JUDGE_3_1 = extend(OAS31Validator, _OURS)


@dataclass(frozen=True, slots=True)
class Asked:
    """A call as it is sent, and the document of its body."""

    operation: Operation
    path: str
    headers: Mapping[str, str]
    body: bytes = b""
    document: Json = None


@dataclass
class PublicApi:
    """A file, and what `mockserver` makes of it."""

    file: Path
    raw: Document = field(init=False)
    vendor: LoadedVendor = field(init=False)
    explained: Mapping[str, Explanation] = field(init=False)
    _registry: Registry[Any] = field(init=False)
    _form_of: type = field(init=False)
    _in_paths: dict[str, str] = field(default_factory=dict)
    """Values of path parameters by name and form, so that the calls of one kind have the same parents."""

    def __post_init__(self) -> None:
        self.raw = parse(read_text(self.file), self.file.name)
        self.vendor = load_vendor(self.file)
        self.explained = {one.id: one for one in explain(self.vendor)}
        self._registry = Registry().with_resource(_URI, Resource.opaque(self.raw))
        self._form_of = _JUDGE_3_1 if str(self.raw.get("openapi")).startswith("3.1") else _JUDGE_3_0

    @property
    def served(self) -> Document:
        return self.vendor.spec.document

    def fault_of(self, operation: Operation, status: int, media_type: str, body: bytes) -> str:
        """Return what is wrong with an answer, by the published file; "" if nothing is."""
        place, declared = self._declared(operation, status)
        if declared is None:
            return f"{status} is not declared"
        schema_place, schema = self._schema(place, declared, media_type)
        if schema is _UNJUDGED:
            return ""
        if schema is None:
            return f"{media_type} is not declared"
        judge = self._form_of({"$ref": f"{_URI}#{schema_place}"}, registry=self._registry)
        try:
            judge.validate(json.decode(body) if media_type.endswith("json") else body.decode())
        except (UnknownType, AttributeError, TypeError):
            return ""  # the schema is broken
        except (MalformedBody, ValidationError) as error:
            place = getattr(error, "json_path", "the body")
            return f"{error.args[0][:200]} at {place}"
        return ""

    def _declared(self, operation: Operation, status: int) -> tuple[str, Json]:
        found = self.raw["paths"].get(operation.path, self.raw["paths"].get(operation.path[1:], EMPTY))
        place = f"/paths/{escape_step(operation.path)}"
        place, item = self._followed(place, found)
        place, node = self._followed(f"{place}/{operation.method}", item.get(operation.method, EMPTY))
        answers = {str(name): one for name, one in node.get("responses", EMPTY).items()}
        for key in (str(status), f"{status // 100}XX", f"{status // 100}xx", "default"):
            if key in answers:
                return self._followed(f"{place}/responses/{key}", answers[key])
        return place, None

    def _schema(self, place: str, declared: Document, media_type: str) -> tuple[str, Json]:
        if "schema" in declared:  # Swagger 2.0
            return f"{place}/schema", declared["schema"]
        contents = declared.get("content") or EMPTY
        if not contents or not media_type.endswith("json"):
            return "", _UNJUDGED
        kind = media_type.partition("/")[0]
        for name, node in contents.items():
            if name.partition(";")[0].strip().lower() in (media_type, "*/*", f"{kind}/*"):
                inside = f"{place}/content/{escape_step(name)}/schema"
                return (inside, node["schema"]) if "schema" in node else ("", _UNJUDGED)
        return "", None

    def _followed(self, place: str, node: Json) -> tuple[str, Json]:
        while isinstance(node, dict) and isinstance(node.get("$ref"), str):
            place, target = node["$ref"].removeprefix("#"), self.raw
            for step in map(unescape_step, place[1:].split("/")):
                target = target[step if step in target else unquote(step)]
            node = target
        return place, node

    def ask(
        self, operation: Operation, keys: Mapping[str, str] = EMPTY, number: int = 1, record: Json = None
    ) -> Asked | None:
        """Return a call that the file allows; None if no valid value was found for a part of the call.

        `keys` are values of path parameters; `number` makes calls of one operation differ. A query parameter
        that has to be sent has the value of the member of `record` with its name, so that it finds that.
        """
        headers, query = self._credentials(operation)
        path = operation.path
        for one in (one for one in operation.parameters if one.required or one.place == "path"):
            if (text := self._value(one, keys, number, record)) is None:
                return None
            if one.place == "path":
                path = path.replace("{" + one.name + "}", quote(text, safe=""))
            elif one.place in ("query", "header") and one.name.lower() != "content-length":
                (query if one.place == "query" else headers)[one.name] = text
        path += f"?{urlencode(query)}" if query else ""
        if not operation.bodies:
            return Asked(operation, path, headers)
        body = min(
            operation.bodies, key=lambda one: (not one.name.endswith("json"), "json-patch" in one.name)
        )
        schema = operation.node["requestBody"]["content"][body.name].get("schema", EMPTY)
        for document in self._documents(schema, number):
            made = self.with_body(Asked(operation, path, headers), body, document)
            if made.body:
                return made
        return Asked(operation, path, headers) if not operation.body_required else None

    @staticmethod
    def with_body(asked: Asked, body: MediaType, document: Json) -> Asked:
        media_type = body.name if "*" not in body.name else "application/json"
        if media_type == _FORM:
            sent = urlencode(list(_flat("", document))).encode()
        elif media_type == "multipart/form-data":
            media_type, sent = f"{media_type}; boundary=x", _parts(document)
        elif isinstance(document, str) and not media_type.endswith("json"):
            sent = document.encode()
        else:
            sent = json.encode(document)
        headers = {**asked.headers, "Content-Type": media_type}
        return Asked(asked.operation, asked.path, headers, sent, document)

    def _judge(self, schema: Document) -> OAS30Validator:
        """Return the judge of bodies by a schema that refers to the served form's components."""
        return OAS30Validator({**self.served, "allOf": [schema]})

    def _documents(self, schema: Document, number: int) -> Iterator[Json]:
        """Yield valid bodies: an example, the least, then drawn ones."""
        judge = self._judge(schema)
        sample = SampleMember.of(self.served, "", schema)
        with suppress(RecursionError, ValueError, ArithmeticError):
            if (made := sample.good(1000 + number)) is not None and judge.is_valid(made):
                yield made
        for turn in range(number * 2, number * 2 + _TRIES):
            with suppress(RecursionError, ValueError, ArithmeticError):
                made = draw_value(self.served, schema, turn, Chance(f"public/{number}", 2026))
                made = _sendable(self.served, schema, made)
                if judge.is_valid(made):
                    yield made

    def _value(self, parameter: Parameter, keys: Mapping[str, str], number: int, record: Json) -> str | None:
        name = parameter.name
        if parameter.place == "path":  # calls of one kind have one parent
            node = merged(self.served, parameter.schema)
            form = f"{name} {[node.get(word) for word in _FORM_OF_PARAMETER]}"
            found = keys.get(name) or self._in_paths.get(form) or self._text(parameter, 1)
            return self._in_paths.setdefault(form, found) if found and name not in keys else found
        known = record.get(name) if isinstance(record, dict) else None
        if isinstance(known, dict):
            known = next((inner for key, inner in known.items() if key.endswith("id")), None)
        return str(known) if isinstance(known, str | int) else self._text(parameter, number)

    def _text(self, parameter: Parameter, number: int) -> str | None:
        sample = SampleMember.of(self.served, parameter.name, parameter.schema)
        with suppress(RecursionError, ValueError, ArithmeticError):
            made = sample.good(1000 + number)
            if made in (None, ""):
                made = draw_value(self.served, parameter.schema, number, Chance("public", 2026))
            if isinstance(made, list):
                made = made[0] if made else None
            if isinstance(made, bool):
                return str(made).lower()
            return str(made) if made and not isinstance(made, dict) else None
        return None

    def _credentials(self, operation: Operation) -> tuple[dict[str, str], dict[str, str]]:
        headers, query = {"Accept": "application/json, */*;q=0.5"}, {}
        for name in operation.security[0] if operation.security else ():
            scheme = self.served["components"]["securitySchemes"].get(name, EMPTY)
            kind, place = scheme.get("type"), scheme.get("in")
            if kind == "apiKey" and place == "query":
                query[scheme["name"]] = "key"
            elif kind == "apiKey":
                headers |= (
                    {"Cookie": f"{scheme['name']}=key"} if place == "cookie" else {scheme["name"]: "key"}
                )
            elif scheme.get("scheme", "").lower() == "basic":
                headers["Authorization"] = "Basic dXNlcjpwYXNz"
            else:
                headers["Authorization"] = "Bearer token"
        return headers, query

    def wrong(self, asked: Asked) -> Asked | None:
        """Return the call with a JSON body that breaks its schema in one member; None if there is none."""
        body = next((one for one in asked.operation.bodies if one.name.endswith("json")), None)
        if body is None or not isinstance(asked.document, dict):
            return None
        judge = self._judge(body.schema)
        node = merged(self.served, body.schema)
        members = node.get("properties", EMPTY)
        spoilt = [
            {name: one for name, one in asked.document.items() if name != lost}
            for lost in node.get("required", ())
        ]
        spoilt += [{**asked.document, name: {"no": ["such"]}} for name in members]
        for document in spoilt:
            if not judge.is_valid(document):
                return self.with_body(asked, body, document)
        return None


def _sendable(document: Document, schema: Document, value: Json) -> Json:
    """Return the value without members that only answers have."""
    if not isinstance(value, dict):
        return value
    members = merged(document, schema).get("properties", EMPTY)
    return {
        name: one
        for name, one in value.items()
        if not merged(document, members.get(name, EMPTY)).get("readOnly")
    }


def _flat(name: str, value: Json) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for inner, one in value.items():
            yield from _flat(f"{name}[{inner}]" if name else inner, one)
    elif isinstance(value, list):
        for place, one in enumerate(value):
            yield from _flat(f"{name}[{place}]", one)
    else:
        yield name, str(value).lower() if isinstance(value, bool) else str(value)


def _parts(document: Json) -> bytes:
    parts = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
        for name, text in _flat("", document)
    )
    return f"{parts}--x--\r\n".encode()
