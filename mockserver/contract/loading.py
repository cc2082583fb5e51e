"""Load an API under test: its spec, its profile, the facts about the target."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from mockserver.contract.profile import Facts, Profile
from mockserver.engine.registry import VENDORS_PACKAGE, specs_folder
from mockserver.spec import loading
from mockserver.spec.openapi import Spec


@dataclass(frozen=True, slots=True)
class ApiUnderTest:
    """A vendor, or anybody's spec, under contract; `facts` are the profile's with those that a user names."""

    name: str
    spec: Spec
    profile: Profile
    facts: Facts = field(default_factory=dict)


def load_vendor_api(name: str, facts: Facts | None = None) -> ApiUnderTest:
    """Return the vendor of that name, by its spec in our folder.

    Raises:
        SpecError: its spec cannot be read.
        FileNotFoundError: there is none.
    """
    return load_api(specs_folder() / f"{name}.yaml", facts)


def load_api(file: Path, facts: Facts | None = None) -> ApiUnderTest:
    """Load the API that `file` describes, with the profile of its vendor package, if there is one.

    Raises:
        SpecError: it cannot be read.
    """
    spec = loading.load_spec(file)
    profile = _profile(spec.name)
    named: Mapping[str, str] = facts or {}
    return ApiUnderTest(spec.name, spec, profile, {**profile.facts, **named})


def _profile(name: str) -> Profile:
    module = f"{VENDORS_PACKAGE}.{name}.profile"
    if find_spec(f"{VENDORS_PACKAGE}.{name}") is None or find_spec(module) is None:
        return Profile()
    profile: Profile = importlib.import_module(module).PROFILE
    return profile
