"""Load the API under test: a vendor's, or that of any OpenAPI file."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from mockserver.contract.api import ApiUnderTest
from mockserver.contract.profile import Facts, Profile
from mockserver.engine.registry import VENDORS_PACKAGE, read_spec
from mockserver.errors import SpecError
from mockserver.model import Document
from mockserver.spec import loading
from mockserver.spec.folder import specs_folder
from mockserver.spec.openapi import Spec
from mockserver.spec.served_form import NOT_SERVED


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
    spec = read_spec(file)
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


def not_served(spec: Spec) -> frozenset[str]:
    """The operations that could not be read: nothing says how they answer."""
    nodes = {one.id: spec.document["paths"][one.path][one.method] for one in spec.operations.values()}
    return frozenset(name for name, node in nodes.items() if NOT_SERVED in node)


_ANY_REFUSAL: Document = {"description": "a refusal", "content": {"*/*": {}}}


def with_refusals_of_ours(api: ApiUnderTest) -> ApiUnderTest:
    """The API as our server keeps it: a file without marks need not declare how that refuses a call.

    A refusal that the file does declare is judged, by its status, its class or the default.
    """
    spec = api.spec
    open_ones = [
        one for one in spec.operations.values() if spec.is_own and not {"4XX", "default"} & one.responses.keys()
    ]
    paths = {path: dict(item) for path, item in spec.document["paths"].items()}
    for one in open_ones:
        node = paths[one.path][one.method]
        paths[one.path][one.method] = {**node, "responses": {**node["responses"], "4XX": _ANY_REFUSAL}}
    stated = {one.id: replace(one, responses={**one.responses, "4XX": ("*/*",)}) for one in open_ones}
    document = {**spec.document, "paths": paths}
    return replace(api, spec=replace(spec, document=document, operations={**spec.operations, **stated}))
