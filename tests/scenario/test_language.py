from __future__ import annotations

import re
from pathlib import Path

import jsonschema_rs
import pytest

import mockserver
from mockserver.scenario import model, selection
from mockserver.scenario.language import SCHEMA, build_schema, render_reference
from mockserver.scenario.parser import InvalidScenarioError, load_packaged, parse_document, parse_text
from tests.scenario.documents import OPERATIONS, document, rule, schema_nodes

DOCS = (Path(mockserver.__file__).parents[1] / "docs" / "scenarios.md").read_text(encoding="utf-8")
SAMPLES = re.findall(r"```yaml\n(.*?)```", DOCS, re.DOTALL)


def test_the_language_is_json_schema_of_2020() -> None:
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert jsonschema_rs.meta.is_valid(dict(build_schema(["acme"])))


def test_vendors_are_those_that_are_served() -> None:
    published = jsonschema_rs.Draft202012Validator(dict(build_schema(["bolt", "acme"])))

    assert published.is_valid(document(rule(match={"vendor": "acme"})))
    assert not published.is_valid(document(rule(match={"vendor": "zebra"})))
    assert build_schema(["bolt", "acme"])["$defs"]["match"]["properties"]["vendor"]["enum"] == [
        "acme",
        "bolt",
    ]
    assert "enum" not in SCHEMA["$defs"]["match"]["properties"]["vendor"]


def test_every_object_is_closed_or_says_what_its_members_are() -> None:
    open_ones = [
        path
        for path, node in schema_nodes(SCHEMA)
        if node.get("type") == "object" and node.get("additionalProperties") in (None, True)
    ]

    assert open_ones == []


def test_every_object_and_every_member_is_described() -> None:
    missing = [
        path
        for path, node in schema_nodes(SCHEMA)
        if re.fullmatch(r".*/properties/\w+", path)
        and "description" not in node
        and path != "/$defs/rule/properties/commit/oneOf/1/properties/partial"
    ]

    assert missing == []


def test_whatever_is_read_the_published_schema_accepts() -> None:
    published = jsonschema_rs.Draft202012Validator(dict(build_schema(OPERATIONS)))

    for text in load_packaged(()).values():
        assert published.is_valid(parse_text(text, OPERATIONS).document)


def test_a_reader_of_the_reference_finds_every_member() -> None:
    told = render_reference(SCHEMA)
    members = {
        path.rpartition("/")[2]
        for path, _node in schema_nodes(SCHEMA)
        if re.search(r"/properties/\w+$", path)
    }

    assert [name for name in members if name != "partial" and f"| `{name}`" not in told] == []
    assert "`{partial: …}`" in told


def test_every_link_of_the_reference_leads_to_a_heading() -> None:
    told = render_reference(SCHEMA)
    headings = {
        f"#{line[4:].lower().replace(' ', '-')}" for line in told.splitlines() if line.startswith("### ")
    }

    assert set(re.findall(r"\]\((#[^)]*)\)", told)) <= headings


def test_the_documentation_holds_the_reference_as_it_is() -> None:
    assert DOCS.endswith(render_reference(SCHEMA).rstrip("\n") + "\n")


def test_the_documentation_lists_every_scenario_that_ships() -> None:
    listed = re.findall(r"^\| `([a-z0-9-]+)` \| (.*) \|$", DOCS.partition("## What ships")[2], re.MULTILINE)
    shipped = [(name, parse_text(text, OPERATIONS).description) for name, text in load_packaged(()).items()]

    assert [row for row in listed if row in shipped] == shipped


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda text: text.split("name: ")[1].split("\n")[0])
def test_every_sample_of_the_documentation_is_a_scenario(sample: str) -> None:
    assert parse_text(sample, OPERATIONS).rules


def test_the_fault_that_the_documentation_shows_is_the_one_that_is_told() -> None:
    bad = document(rule(items=[{"select": {"all": True}, "effect": {"fails": {"code": "locked"}}}]))

    with pytest.raises(InvalidScenarioError) as caught:
        parse_document(bad, OPERATIONS)

    assert str(caught.value) in DOCS


def test_every_token_that_the_documentation_names_is_one() -> None:
    named = set(re.findall(r"sbx\.[a-z0-9.<>-]+", DOCS))
    tokens = {
        name.replace("<code>", "locked").replace("<n>", "2").replace("<ms>", "50").replace("<status>", "503")
        for name in named
    }

    assert [
        token for token in tokens if not (selection.effect_of(token) or selection.response_of(token))
    ] == []
    assert len(named) > 20


def test_the_documentation_names_no_vendor() -> None:
    assert re.findall("vba|guidewire|pvex|payt|xero", DOCS, re.IGNORECASE) == []


def test_every_value_of_a_rule_has_a_member_in_the_language() -> None:
    members = set(SCHEMA["$defs"]["rule"]["properties"])
    renamed = {"requires": "requiresState", "transitions": "transitionsState"}

    assert {renamed.get(name, name) for name in model.Rule.__struct_fields__} == members
