"""Loading of the API under test, from a vendor or from any OpenAPI file."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Iterable, Mapping
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from mockserver.contract.api import ApiUnderTest
from mockserver.contract.profile import ExpectedStatuses, Facts, Profile
from mockserver.engine.registry import VENDORS_PACKAGE, read_spec
from mockserver.errors import SpecError
from mockserver.model import Document
from mockserver.spec import loading
from mockserver.spec.folder import specs_folder
from mockserver.spec.openapi import Operation, Spec, build_routes, resolve
from mockserver.spec.overlay import read_overlay
from mockserver.spec.parameter_styles import USUAL_STYLES
from mockserver.spec.served_form import NOT_SERVED

_ANY_BODY: Document = {"*/*": {}}
_NOT_SERVED: Document = {"description": "not served", "content": _ANY_BODY}
_READ_AS_TEXTS = ("xml", "/form-data", "/plain")
_STATUSES = ("2xx", "4xx", "501")
_ANY_STATUS = ExpectedStatuses(
    "the call is not spelled as its style or media type wants", _STATUSES, _STATUSES
)
_DONE = ("2xx", "3xx", "401", "403", "404", "501")
_UNKNOWN = ExpectedStatuses("a record may not be there", _DONE)
_CONFLICTS = ExpectedStatuses("a record may be there already", (*_DONE, "409", "422"))
_SPELLED_TYPES = ("json", "/*", "application/octet-stream")
_SCALARS = ("string", "integer", "number", "boolean")
_SPELLED = {**dict.fromkeys(("path", "header", "query"), (*_SCALARS, "array")), "cookie": _SCALARS}


def load_vendor_api(
    name: str, facts: Facts | None = None, profile: Path | None = None, overlays: Iterable[Path] = ()
) -> ApiUnderTest:
    """Load a vendor's API from the spec in `specs/`. The YAML file `profile` replaces the vendor's profile.

    Raises SpecError, FileNotFoundError.
    """
    file = specs_folder() / f"{name}.yaml"
    return _api_of(loading.load_spec(file, [read_overlay(one) for one in overlays]), facts, profile)


def load_api(
    file: Path, facts: Facts | None = None, profile: Path | None = None, overlays: Iterable[Path] = ()
) -> ApiUnderTest:
    """Load the API of an OpenAPI file, to which `overlays` are applied.

    The profile is the YAML file `profile`, else the spec's `x-contract`, else the profile in the vendor's
    package, if there is one. Raises SpecError.
    """
    return _api_of(read_spec(file, [read_overlay(one) for one in overlays]), facts, profile)


def _api_of(spec: Spec, facts: Facts | None, profile: Path | None) -> ApiUnderTest:
    found = _profile_of_file(profile, spec) if profile else profile_of(spec)
    named: Mapping[str, str] = facts or {}
    _check_facts(found, named)
    return ApiUnderTest(spec.name, spec, found, {**found.facts, **named})


def _check_facts(profile: Profile, named: Facts) -> None:
    """Raise SpecError if the batches cannot use a fact that the user named."""
    for name, text in named.items():
        try:
            profile.batches({**profile.facts, name: text})
        except (ValueError, SpecError) as error:
            raise SpecError(f"the fact {name}={text} cannot be used: {error}") from None


def profile_of(spec: Spec) -> Profile:
    """Return the profile in the spec, else the profile in the vendor's package, else an empty profile.

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
    """Return the profile in the vendor's package, or an empty profile if there is none.

    The profile is read from `profile.yaml`; `complete` in the module `profile` adds what needs code.
    """
    package = find_spec(f"{VENDORS_PACKAGE}.{spec.name}")
    if package is None or package.origin is None:
        return Profile()
    name, file = f"{VENDORS_PACKAGE}.{spec.name}.profile", Path(package.origin).parent / "profile.yaml"
    if not file.is_file():
        return Profile()
    try:
        written = _profile_of_file(file, spec)
    except SpecError:  # the spec is a user's file with the vendor's name that lacks operations
        written = _profile_of_file(file, loading.load_spec(specs_folder() / f"{spec.name}.yaml"))
    return importlib.import_module(name).complete(written) if find_spec(name) else written


def not_served(spec: Spec) -> frozenset[str]:
    """Return the ids of operations that could not be read from the spec and are therefore not served."""
    return frozenset(one.id for one in spec.operations.values() if NOT_SERVED in one.node)


def as_ours_keeps_it(api: ApiUnderTest) -> ApiUnderTest:
    """Return the API of a user's own file (`Spec.is_own`), reduced to what a mock server promises.

    Return every other API unchanged. The result allows refusals whose status or body the file does not
    declare, and a 501, which says that no valid answer can be made. The server may refuse a valid call
    because of a missing or an existing record. If Schemathesis cannot write a call as OpenAPI says, the
    server may accept or refuse the call.
    """
    spec = api.spec
    if not spec.is_own:
        return api
    paths = {path: dict(item) for path, item in spec.document["paths"].items()}
    operations = {}
    for one in map(_without_ignored_key, spec.operations.values()):
        node = _with_read_bodies(one)
        is_said = "4XX" in one.responses or ("default" in one.responses and one.has_success)
        missing = (
            {"501": _NOT_SERVED} if is_said else {"501": _NOT_SERVED, "4XX": {"description": "a refusal"}}
        )
        if not one.has_success and "default" not in one.responses:
            missing["200"] = {"description": "the usual success"}
        told = map(str, one.batch.outcome.statuses.values()) if one.batch else ()
        as_stated = frozenset(
            told
        )  # the answers that tell outcomes, even if their status is that of a refusal
        stated = {
            name: answer
            if name[0] not in "4d" or "content" in answer or name in as_stated
            else {**answer, "content": _ANY_BODY}
            for name, answer in {**missing, **node["responses"]}.items()
        }
        paths[one.path][one.method] = node = {**node, "responses": stated}
        operations[one.id] = dataclasses.replace(one, responses=stated, node=node)
    document = {**spec.document, "paths": paths}
    routes = build_routes(spec.document, operations, any_case=spec.paths.any_case)
    pins, misspelled = api.profile.pins, filter(partial(_is_misspelled, spec), operations.values())
    usual = {
        one.id: _CONFLICTS if one.method == "post" and one.collection else _UNKNOWN
        for one in operations.values()
        if not one.batch
    }
    expected = usual | {one.id: _ANY_STATUS for one in misspelled} | dict(pins.expected_statuses)
    profile = replace(api.profile, pins=replace(pins, expected_statuses=expected))
    served = dataclasses.replace(spec, document=document, operations=operations, routes=routes)
    return replace(api, spec=served, profile=profile)


def _without_ignored_key(operation: Operation) -> Operation:
    """Return the operation without the optional header of a key, whose form the server checks."""
    kept = tuple(one for one in operation.parameters if one.required or one.name.lower() != "idempotency-key")
    return dataclasses.replace(operation, parameters=kept)


def _with_read_bodies(operation: Operation) -> dict[str, Any]:
    """Return the operation's node without the schemas of bodies whose content a mock server does not read."""
    node: dict[str, Any] = {**operation.node}
    octets = [one.name for one in operation.bodies if one.coercion.get("format") == "octets"]
    if unread := {name for name in octets if not name.endswith(_READ_AS_TEXTS)}:
        content = node["requestBody"]["content"]
        stripped = {name: {**one, "schema": {}} if name in unread else one for name, one in content.items()}
        node["requestBody"] = {**node["requestBody"], "content": stripped}
    return node


def _is_misspelled(spec: Spec, operation: Operation) -> bool:
    """Return whether Schemathesis writes a parameter or body of the operation otherwise than OpenAPI says."""
    nodes = ((one, resolve(spec.document, one.schema)) for one in operation.parameters)
    is_odd = any(
        one.content
        or one.style not in ("", USUAL_STYLES[one.place])
        or (node and node.get("type") not in _SPELLED[one.place])
        for one, node in nodes
    )
    return is_odd or not all(one.name.endswith(_SPELLED_TYPES) for one in operation.bodies)
