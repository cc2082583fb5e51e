"""The contracts of this project: the control plane's, and one for every vendor that has a module here."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from tests.contract.contract import Contract

MODULES = sorted(file.stem for file in Path(__file__).parent.glob("of_*.py"))
CONTRACTS: Mapping[str, Contract] = {
    contract.name: contract
    for contract in (import_module(f"tests.contract.{module}").CONTRACT for module in MODULES)
}
