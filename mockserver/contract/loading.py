"""Load the API under test: a vendor's, or that of any OpenAPI file."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from yaml import YAMLError

from mockserver.codec import yaml
from mockserver.contract.api import ApiUnderTest
from mockserver.contract.profile import Facts, Profile
from mockserver.engine.registry import VENDORS_PACKAGE
from mockserver.errors import SpecError
from mockserver.model import Document
from mockserver.spec import loading
from mockserver.spec.folder import specs_folder
from mockserver.spec.openapi import METHODS, Operation, PathForms, Spec


def load_vendor_api(name: str, facts: Facts | None = None, profile: Path | None = None) -> ApiUnderTest:
    """Return a vendor by its spec in our folder; `profile` is a YAML file in place of its own.

    Raises SpecError, FileNotFoundError.
    """
    return load_api(specs_folder() / f"{name}.yaml", facts, profile)


def load_api(file: Path, facts: Facts | None = None, profile: Path | None = None) -> ApiUnderTest:
    """Load the API that `file` describes, with its profile.

    That is the YAML file `profile`, else the spec's `x-contract`, else that of its vendor package, if any.
    Raises SpecError.
    """
    spec = loading.load_spec(file)
    found = _profile_of_file(profile, spec) if profile else profile_of(spec)
    named: Mapping[str, str] = facts or {}
    _check_facts(found, named)
    return ApiUnderTest(spec.name, spec, found, {**found.facts, **named})


def _check_facts(profile: Profile, named: Facts) -> None:
    """Raise SpecError for a user's fact that the batches cannot use."""
    for name, text in named.items():
        try:
            profile.batches({**profile.facts, name: text})
        except (ValueError, SpecError) as error:
            raise SpecError(f"the fact {name}={text} cannot be used: {error}") from None


def profile_of(spec: Spec) -> Profile:
    """Return the profile in the spec, else that of its vendor package, else an empty one.

    Raises SpecError.
    """
    if "x-contract" not in spec.text:
        return find_profile(spec)
    from mockserver.contract.profile_file.profile import profile_of_spec  # noqa: PLC0415 - few specs need it

    return profile_of_spec(spec) or find_profile(spec)


def _profile_of_file(file: Path, spec: Spec) -> Profile:
    from mockserver.contract.profile_file.profile import profile_of_file  # noqa: PLC0415 - as above

    return profile_of_file(file, spec)


def find_profile(spec: Spec) -> Profile:
    """Return the profile in the vendor's package, an empty one if there is none.

    `profile.yaml` has everything that can be written; `complete` in the module `profile` adds the rest.
    """
    package = find_spec(f"{VENDORS_PACKAGE}.{spec.name}")
    if package is None or package.origin is None:
        return Profile()
    name, file = f"{VENDORS_PACKAGE}.{spec.name}.profile", Path(package.origin).parent / "profile.yaml"
    if not file.is_file():
        return Profile()
    try:
        written = _profile_of_file(file, spec)
    except SpecError:  # somebody's file of that name, in which operations are missing
        written = _profile_of_file(file, loading.load_spec(specs_folder() / f"{spec.name}.yaml"))
    return importlib.import_module(name).complete(written) if find_spec(name) else written


def load_foreign_api(file: Path, facts: Facts, profile: Path | None = None) -> tuple[ApiUnderTest, bool]:
    """Load the API that `file` describes, and whether it has no batch operations.

    `profile` is a YAML file with its profile. Raises SpecError: unreadable, or with batches and not servable.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise SpecError(f"{file.name}: {error}") from None
    try:
        document = yaml.load(text)
    except YAMLError as error:
        raise SpecError(f"{file.name}: not YAML: {loading.describe_yaml_error(text, error)}") from None
    if isinstance(document, Mapping) and "swagger" in document:
        message = f"Swagger {document['swagger']} is not read; convert it to OpenAPI 3 first"
        raise SpecError(f"{file.name}: {message} (with swagger2openapi, or at the file's source)")
    if not isinstance(document, Mapping) or not isinstance(document.get("paths"), Mapping):
        raise SpecError(f"{file.name}: paths is missing")
    operations = {operation.id: operation for operation in _operations(document)}
    if any("x-batch" in node for _, _, node in _nodes(document)):
        return load_api(file, facts, profile), False
    if profile:
        raise SpecError(f"{profile.name}: {file.name} has no x-batch, so there is nothing to describe")
    outline = Spec(
        file.stem,
        text,
        document,
        operations,
        (),
        (),
        PathForms(),
        any_case_query=False,
        idempotency_header="",
    )
    return ApiUnderTest(file.stem, outline, Profile(), facts), True


def _nodes(document: Document) -> Iterator[tuple[str, str, Document]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if isinstance(item, Mapping) and isinstance(item.get(method), Mapping):
                yield path, method, item[method]


def _operations(document: Document) -> Iterator[Operation]:
    for path, method, node in _nodes(document):
        security = node.get("security", document.get("security", ()))
        yield Operation(
            id=node.get("operationId") or f"{method.upper()} {path}",
            method=method,
            path=path,
            parameters=(),
            bodies=(),
            body_required=False,
            responses={},
            security=tuple(tuple(alternative) for alternative in security),
            scopes=frozenset(),
            safe=False,
            batch=None,
            collection="",
            magic=(),
        )
