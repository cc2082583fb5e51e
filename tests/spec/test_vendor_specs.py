from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator

from tests.support import spec_documents
from tests.support.spec_documents import SPECS, VENDORS, Example, Field, spec

# How many members each seed lists; a literal, so that none can leave its file unseen.
SEED_FIELDS = {"guidewire": 17, "payt": 58, "pvex": 25, "vba": 25, "xero": 184}

EXAMPLES = [
    pytest.param(name, example, id=f"{name}{example.where}")
    for name in SPECS
    for example in spec_documents.examples(spec(name))
]
OPERATIONS = [
    pytest.param(name, method, path, node, id=f"{name}-{node['operationId']}")
    for name in SPECS
    for method, path, node in spec_documents.operations(spec(name))
]
OF_VENDORS = [operation for operation in OPERATIONS if operation.values[0] in VENDORS]
FIELDS = [
    pytest.param(field, id=f"{field.vendor}-{field.operation}-{field.part}{field.path}")
    for vendor in VENDORS
    for field in spec_documents.fields(vendor)
]
SEEDED = [
    pytest.param(vendor, name, node, id=f"{vendor}-{name}")
    for vendor in VENDORS
    for name, node in spec_documents.seed(vendor).items()
]
PARAMETERS = [
    pytest.param(vendor, name, parameter, facts, id=f"{vendor}-{name}-{parameter}")
    for vendor in VENDORS
    for name, node in spec_documents.seed(vendor).items()
    for parameter, facts in node.get("parameters", {}).items()
]
MEDIA_TYPES = [
    pytest.param(vendor, name, part, listed["media_types"], id=f"{vendor}-{name}-{part}")
    for vendor in VENDORS
    for name, node in spec_documents.seed(vendor).items()
    for part, listed in {"request": node["request"], **node.get("responses", {})}.items()
]
ORDERS = [
    pytest.param(vendor, name, media_type, members, id=f"{vendor}-{name}-{media_type}")
    for vendor in VENDORS
    for name, node in spec_documents.seed(vendor).items()
    for media_type, members in node["request"].get("order", {}).items()
]
SECURED = [
    pytest.param(vendor, name, node["security"], id=f"{vendor}-{name}")
    for vendor in VENDORS
    for name, node in spec_documents.seed(vendor).items()
    if "security" in node
]


def test_the_specs_are_those_of_the_vendors_and_of_the_control_plane() -> None:
    assert set(SPECS) == {"_control", *VENDORS}


@pytest.mark.parametrize("name", SPECS)
def test_a_spec_is_openapi_3_0(name: str) -> None:
    errors = [error.message for error in OpenAPIV30SpecValidator(spec(name)).iter_errors()]

    assert errors == []


@pytest.mark.parametrize("name", SPECS)
def test_a_spec_has_nothing_that_a_template_engine_would_read(name: str) -> None:
    text = SPECS[name].read_text(encoding="utf-8")

    assert not {"{{", "{%", "{#"} & {text[at : at + 2] for at in range(len(text))}


@pytest.mark.parametrize("name", SPECS)
def test_an_operation_id_is_given_once(name: str) -> None:
    counted = Counter(node["operationId"] for _, _, node in spec_documents.operations(spec(name)))

    assert set(counted.values()) == {1}


@pytest.mark.parametrize(("name", "_method", "_path", "node"), OPERATIONS)
def test_an_operation_with_security_declares_401(name: str, _method: str, _path: str, node: Any) -> None:
    assert "401" in node["responses"] or not any(spec_documents.security(spec(name), node))


@pytest.mark.parametrize(("_name", "_method", "_path", "node"), OF_VENDORS)
def test_an_operation_declares_the_limits_of_this_server(
    _name: str, _method: str, _path: str, node: Any
) -> None:
    assert {"405", "413", "431"} - set(node["responses"]) == set()


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_an_example_is_one_of_its_schema(name: str, example: Example) -> None:
    assert spec_documents.problems(example, spec(name)) == []


@pytest.mark.parametrize("vendor", sorted(SEED_FIELDS))
def test_a_seed_lists_as_many_members_as_ever(vendor: str) -> None:
    assert len(list(spec_documents.fields(vendor))) == SEED_FIELDS[vendor]


@pytest.mark.parametrize("field", FIELDS)
def test_a_member_of_the_seed_is_in_the_spec_as_the_seed_says(field: Field) -> None:
    assert spec_documents.untrue(field, spec(field.vendor)) == []


@pytest.mark.parametrize(("vendor", "name", "node"), SEEDED)
def test_an_operation_of_the_seed_has_its_method_and_path(vendor: str, name: str, node: Any) -> None:
    method, path, _ = spec_documents.operation(spec(vendor), name)

    assert (method, path) == (node["method"], node["path"])


@pytest.mark.parametrize(("vendor", "name", "parameter", "facts"), PARAMETERS)
def test_a_parameter_of_the_seed_is_in_the_spec_as_the_seed_says(
    vendor: str, name: str, parameter: str, facts: Any
) -> None:
    _, path, node = spec_documents.operation(spec(vendor), name)

    declared = {one["name"].lower(): one for one in spec_documents.parameters(spec(vendor), path, node)}

    found = declared[parameter.lower()]
    stated = {**spec_documents.resolved(found["schema"], spec(vendor)), **found}
    assert {fact: stated.get(fact) for fact in facts} == facts


@pytest.mark.parametrize(("vendor", "name", "part", "media_types"), MEDIA_TYPES)
def test_a_media_type_of_the_seed_is_in_the_spec(
    vendor: str, name: str, part: str, media_types: list[str]
) -> None:
    node = spec_documents.operation(spec(vendor), name)[2]

    assert set(media_types) <= set(spec_documents.content(spec(vendor), node, part))


@pytest.mark.parametrize(("vendor", "name", "media_type", "members"), ORDERS)
def test_members_stand_in_the_order_of_the_seed(
    vendor: str, name: str, media_type: str, members: list[str]
) -> None:
    node = spec_documents.operation(spec(vendor), name)[2]
    body = spec_documents.content(spec(vendor), node, "request")[media_type]["schema"]

    items = spec_documents.resolved(spec_documents.resolved(body, spec(vendor))["items"], spec(vendor))

    assert list(items["properties"]) == members


@pytest.mark.parametrize(("vendor", "name", "schemes"), SECURED)
def test_the_credentials_of_the_seed_are_asked_for_together(
    vendor: str, name: str, schemes: list[str]
) -> None:
    node = spec_documents.operation(spec(vendor), name)[2]

    assert [set(one) for one in spec_documents.security(spec(vendor), node)] == [set(schemes)]


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
