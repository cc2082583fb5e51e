from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator

from mockserver.codec.deferred import MadeOnDemand
from mockserver.engine.registry import load_vendor
from mockserver.spec.folder import specs_folder
from tests.support import spec_documents
from tests.support.spec_documents import SPECS, VENDORS, Example, spec

EVERY_SPEC = pytest.mark.parametrize("name", SPECS)
EVERY_SEED = pytest.mark.parametrize("vendor", VENDORS)


def test_the_specs_are_those_of_the_vendors_and_of_the_control_plane() -> None:
    assert set(SPECS) == {"_control", *VENDORS}


@EVERY_SPEC
def test_a_spec_is_openapi_3_0(name: str) -> None:
    errors = [error.message for error in OpenAPIV30SpecValidator(spec(name)).iter_errors()]

    assert errors == []


@EVERY_SPEC
def test_a_spec_has_nothing_that_a_template_engine_would_read(name: str) -> None:
    text = SPECS[name].read_text(encoding="utf-8")

    assert not {"{{", "{%", "{#"} & {text[at : at + 2] for at in range(len(text))}


@EVERY_SEED
def test_every_operation_compiles_which_a_server_leaves_until_it_is_called(vendor: str) -> None:
    loaded = load_vendor(specs_folder() / f"{vendor}.yaml")

    assert not isinstance(loaded.plans, MadeOnDemand)
    assert loaded.plans.keys() == loaded.spec.operations.keys()


@EVERY_SPEC
def test_an_operation_id_is_given_once(name: str) -> None:
    counted = Counter(node["operationId"] for _, _, node in spec_documents.operations(spec(name)))

    assert set(counted.values()) == {1}


@EVERY_SPEC
def test_an_operation_with_security_declares_401(name: str) -> None:
    document = spec(name)

    assert [
        node["operationId"]
        for _, _, node in spec_documents.operations(document)
        if any(spec_documents.security(document, node)) and "401" not in node["responses"]
    ] == []


@EVERY_SEED
def test_an_operation_declares_the_limits_of_this_server(vendor: str) -> None:
    assert [
        node["operationId"]
        for _, _, node in spec_documents.operations(spec(vendor))
        if not {"413", "431"} <= set(node["responses"]) or not {"405", "501"} & set(node["responses"])
    ] == []


@EVERY_SPEC
def test_an_example_is_one_of_its_schema(name: str) -> None:
    wrong = {
        example.where: spec_documents.problems(example, spec(name))
        for example in spec_documents.examples(spec(name))
    }

    assert wrong
    assert {where: problems for where, problems in wrong.items() if problems} == {}


@EVERY_SEED
def test_a_member_of_the_seed_is_in_the_spec_as_the_seed_says(vendor: str) -> None:
    untrue = [spec_documents.untrue(field, spec(vendor)) for field in spec_documents.fields(vendor)]

    assert untrue or not spec_documents.seed(vendor)
    assert [one for one in untrue if one] == []


@EVERY_SEED
def test_an_operation_of_the_seed_has_its_method_and_path(vendor: str) -> None:
    seeded = spec_documents.seed(vendor)

    assert {name: spec_documents.operation(spec(vendor), name)[:2] for name in seeded} == {
        name: (node["method"], node["path"]) for name, node in seeded.items()
    }


@EVERY_SEED
def test_a_parameter_of_the_seed_is_in_the_spec_as_the_seed_says(vendor: str) -> None:
    for name, node in spec_documents.seed(vendor).items():
        declared = _declared_parameters(vendor, name)
        for parameter, facts in node.get("parameters", {}).items():
            stated = declared[parameter.lower()]
            assert {fact: stated.get(fact) for fact in facts} == facts, f"{name} {parameter}"


@EVERY_SEED
def test_a_media_type_of_the_seed_is_in_the_spec(vendor: str) -> None:
    for name, seeded in spec_documents.seed(vendor).items():
        node = spec_documents.operation(spec(vendor), name)[2]
        for part, listed in {"request": seeded["request"], **seeded.get("responses", {})}.items():
            found = spec_documents.content(spec(vendor), node, part)
            assert set(listed["media_types"]) <= set(found), f"{name} {part}"


@EVERY_SEED
def test_members_stand_in_the_order_of_the_seed(vendor: str) -> None:
    for name, seeded in spec_documents.seed(vendor).items():
        content = spec_documents.content(
            spec(vendor), spec_documents.operation(spec(vendor), name)[2], "request"
        )
        for media_type, members in seeded["request"].get("order", {}).items():
            body = spec_documents.resolved(content[media_type]["schema"], spec(vendor))
            items = spec_documents.resolved(body["items"], spec(vendor))
            assert list(items["properties"]) == members, f"{name} {media_type}"


@EVERY_SEED
def test_the_credentials_of_the_seed_are_asked_for_together(vendor: str) -> None:
    for name, seeded in spec_documents.seed(vendor).items():
        node = spec_documents.operation(spec(vendor), name)[2]
        asked_for = [set(one) for one in spec_documents.security(spec(vendor), node)]
        assert "security" not in seeded or asked_for == [set(seeded["security"])], name


def _declared_parameters(vendor: str, name: str) -> dict[str, Any]:
    """What the spec states of an operation's parameters, by name in lower case."""
    _, path, node = spec_documents.operation(spec(vendor), name)
    return {
        one["name"].lower(): {**spec_documents.resolved(one["schema"], spec(vendor)), **one}
        for one in spec_documents.parameters(spec(vendor), path, node)
    }


@pytest.mark.parametrize(
    ("path", "facts"),
    [
        ("/rows", {"type": "array", "required": True}),
        ("/rows/*", {"type": "object"}),
        ("/rows/*/name", {"maxLength": 5, "enum": ["a"]}),
        ("/rows/*/size", {"nullable": True}),
    ],
)
def test_a_fact_is_found_behind_references_and_compositions(path: str, facts: Any) -> None:
    assert spec_documents.disagreements(SMALL["schema"], path, facts, SMALL) == []


@pytest.mark.parametrize(
    ("path", "facts", "said"),
    [
        ("/rows/*/nam", {}, "/rows/*/nam is not there"),
        ("/rows/*/name", {"required": True}, "/rows/*/name: required is not True"),
        ("/rows/*/name", {"maxLength": 4}, "/rows/*/name: maxLength is not 4"),
        ("/rows/*/name", {"enum": ["c"]}, "/rows/*/name: enum is not ['c']"),
        ("/rows/*/name", {"nullable": True}, "/rows/*/name: nullable is not True"),
    ],
)
def test_a_fact_that_the_spec_does_not_state_is_told(path: str, facts: Any, said: str) -> None:
    assert spec_documents.disagreements(SMALL["schema"], path, facts, SMALL) == [said]


@pytest.mark.parametrize(
    ("example", "said"),
    [
        (Example("", {"rows": None}, {"$ref": "#/components/schemas/Body"}), "$.rows: None"),
        (Example("", "<Other/>", {"xml": {"name": "Row"}}, "text/xml"), "root Other, not Row"),
    ],
    ids=["json", "xml"],
)
def test_an_example_that_is_none_of_its_schema_is_told(example: Example, said: str) -> None:
    assert spec_documents.problems(example, SMALL)[0].startswith(said)


SMALL: Any = {
    "schema": {"$ref": "#/components/schemas/Body"},
    "components": {
        "schemas": {
            "Body": {
                "allOf": [
                    {"required": ["rows"]},
                    {
                        "properties": {
                            "rows": {"type": "array", "items": {"$ref": "#/components/schemas/Row"}}
                        }
                    },
                ]
            },
            "Row": {
                "type": "object",
                "properties": {
                    "name": {"oneOf": [{"maxLength": 5, "enum": ["a", "b"]}, {"type": "integer"}]},
                    "size": {"type": "integer", "nullable": True},
                },
            },
        }
    },
}
