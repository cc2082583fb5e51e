"""Load a spec into Schemathesis, prepared for batch operations."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis.specs.openapi.schemas import OpenApiSchema

from mockserver.contract.call_profile import PER_ITEM_REASON, ExpectedStatuses, FixturePins
from mockserver.contract.config import RunConfig
from mockserver.contract.exchange import to_json_bytes
from mockserver.contract.fuzzing.merged_config import MergedConfig
from mockserver.contract.loading import ApiUnderTest

_ANY_JSON = "application/*+json"
_ONE_JSON = "application/vnd.mockserver+json"


def load_schema(
    api: ApiUnderTest, url: str, run_config: RunConfig, *, walking: bool = False
) -> OpenApiSchema:
    """Return what Schemathesis makes cases of, to be called at `url`; a walk is made of good calls only."""
    profile = api.profile
    config = _config(url, run_config, profile.credentials, "positive" if walking else "all")
    config["generation"]["codec"] = profile.pins.codec
    if profile.pins != FixturePins():
        config["checks"] = _checks(profile.pins)
    judged = {**_batches(api), **profile.pins.expected_statuses}
    config["operations"] = [
        {"include-operation-id": operation, "checks": _expected(one)} for operation, one in judged.items()
    ]
    made = schemathesis.openapi.from_dict(_document(api), config=schemathesis.Config.from_dict(config))
    made.config = MergedConfig.of(made.config)
    return made


def load_plain_schema(
    file: Path, url: str, run_config: RunConfig, credentials: Mapping[str, Mapping[str, str]]
) -> OpenApiSchema:
    """Anybody's spec with what Schemathesis checks by itself.

    Raises:
        LoaderError: Schemathesis cannot read it.
    """
    config = schemathesis.Config.from_dict(_config(url, run_config, credentials, "all"))
    return schemathesis.openapi.from_path(file, config=config)


def _config(
    url: str, run_config: RunConfig, credentials: Mapping[str, Mapping[str, str]], mode: str
) -> dict[str, Any]:
    # Headers that a user gave replace whatever is made here.
    made = {name: values for name, values in credentials.items() if "header" not in values}
    return {
        **({"auth": {"openapi": made}} if made else {}),
        "base-url": url,
        "seed": run_config.seed,
        "output": {"sanitization": {"enabled": False}},
        "generation": {
            "mode": mode,
            "max-examples": run_config.max_examples,
            "deterministic": True,
            "database": "none",
        },
        "analysis": {"constants": {"enabled": False}},
        "phases": {"stateful": {"inference": {"algorithms": []}}},
    }


def _document(api: ApiUnderTest) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(to_json_bytes(api.spec.document))
    components = document.get("components", {})
    for schema, members in api.profile.pins.omitted_members.items():
        for member in members:
            del components["schemas"][schema]["properties"][member]
    for response in api.profile.pins.empty_responses:
        del components["responses"][response]["content"]
    _name_one_json(document)
    return document


def _name_one_json(node: Any) -> None:
    """Replace a range of media types, which cannot be sent, by one of them."""
    if isinstance(node, list):
        for child in node:
            _name_one_json(child)
    elif isinstance(node, dict):
        content = node.get("content")
        if isinstance(content, dict) and _ANY_JSON in content:
            content[_ONE_JSON] = content.pop(_ANY_JSON)
        for child in node.values():
            _name_one_json(child)


def _batches(api: ApiUnderTest) -> dict[str, ExpectedStatuses]:
    """Return the expected statuses of batches, whose items are left to the judge."""
    each = ExpectedStatuses(PER_ITEM_REASON, valid=("2xx", "4xx"), invalid=("2xx", "4xx"))
    return {operation.id: each for operation in api.spec.operations.values() if operation.batch is not None}


def _checks(pins: FixturePins) -> dict[str, Any]:
    left_out = {one.check: {"enabled": False} for one in pins.skipped_checks if not one.header}
    return {**_expected(ExpectedStatuses("")), **left_out}


def _expected(judged: ExpectedStatuses) -> dict[str, Any]:
    return {
        "positive_data_acceptance": {"expected-statuses": list(judged.valid)},
        "negative_data_rejection": {"expected-statuses": list(judged.invalid)},
    }
