"""The contract of the control plane, `specs/_control.yaml`."""

from __future__ import annotations

from functools import cache

from mockserver.spec import loading
from mockserver.spec.folder import specs_folder
from mockserver.spec.openapi import Spec


@cache
def control_contract() -> Spec:
    """Return the contract, read once."""
    return loading.load_spec(specs_folder() / "_control.yaml")
