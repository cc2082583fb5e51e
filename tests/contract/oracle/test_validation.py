from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.contract.oracle.schemas import (
    SchemaProblem,
    compile_schema,
    is_day,
    is_match,
    unfold,
    without_member,
)


@pytest.mark.parametrize(
    ("node", "good", "bad"),
    [
        ({"type": "number", "multipleOf": Decimal("0.01")}, Decimal("1E+300"), Decimal("1.001")),
        ({"type": "integer", "format": "int32"}, 2**31 - 1, 2**31),
        ({"type": "integer", "format": "int64"}, -(2**63), 2**63),
        ({"type": "integer"}, 1, True),
        ({"type": "string", "nullable": True}, None, 1),
        ({"type": "string", "enum": ["a"], "nullable": True}, "a", None),
        ({"type": "string", "format": "uuid"}, "1abe1ed0-0000-4000-8000-00000000000A", "1abe1ed0"),
        ({"type": "string", "format": "date"}, "2024-02-29", "2023-02-29"),
        ({"type": "string", "format": "date-time"}, "2024-02-29T23:59:60.123Z", "2024-02-29T12:00:00"),
        ({"type": "string", "format": "nobody-knows"}, "x", 1),
        ({"type": "string", "pattern": r"^\d+$"}, "12", "1\n"),
        ({"type": "string", "pattern": r"^\d+$"}, "0", "\uff11"),
    ],
    ids=str,
)
def test_a_schema_keeps_the_one_and_not_the_other(node: dict[str, Any], good: Any, bad: Any) -> None:
    assert (compile_schema(node).is_valid(good), compile_schema(node).is_valid(bad)) == (True, False)


CARD = {"type": "object", "required": ["digits"], "properties": {"kind": {"type": "string"}}}
BANK = {"type": "object", "required": ["iban"], "properties": {"kind": {"type": "string"}}}
KIND = {"propertyName": "kind", "mapping": {"card": "#/components/schemas/Card"}}


@pytest.mark.parametrize(
    ("keyword", "of_both", "of_one"), [("oneOf", True, True), ("anyOf", True, True), ("allOf", True, False)]
)
def test_a_discriminator_chooses_among_the_schemas_beside_it(
    keyword: str,
    of_both: bool,  # noqa: FBT001 - expected
    of_one: bool,  # noqa: FBT001 - expected
) -> None:
    compiled = compile_schema({keyword: [CARD, BANK], "discriminator": KIND})

    assert compiled.is_valid({"kind": "card", "digits": "1", "iban": "2"}) is of_both
    assert compiled.is_valid({"kind": "card", "digits": "1"}) is of_one
    assert compiled.broken({"kind": ["card"], "digits": "1"})


def test_what_lacks_and_what_is_too_much_is_named_by_its_place() -> None:
    node = {
        "type": "object",
        "properties": {"a": {"type": "object", "required": ["b"], "additionalProperties": False}},
    }

    found = compile_schema(node).broken({"a": {"c": 1}})

    assert {(one.keyword, one.path, one.found) for one in found} == {
        ("required", ("a", "b"), None),
        ("additionalProperties", ("a", "c"), 1),
    }


def test_a_member_that_only_the_server_sets_is_not_asked_for() -> None:
    node = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "readOnly": True}}}

    assert compile_schema(node).is_valid({})


def test_a_schema_that_holds_itself_is_unfolded_without_end() -> None:
    tree = {
        "type": "object",
        "properties": {"inner": {"$ref": "#/components/schemas/Tree"}, "n": {"type": "integer"}},
    }
    node = unfold({"components": {"schemas": {"Tree": tree}}}, {"$ref": "#/components/schemas/Tree"})

    found = compile_schema(node).broken({"inner": {"inner": {"n": "x"}}})

    assert [one.path for one in found] == [("inner", "inner", "n")]


def test_nothing_is_said_of_the_members_of_the_list() -> None:
    node = {
        "type": "object",
        "properties": {"rows": {"type": "array", "minItems": 1, "items": {"type": "integer"}}},
    }

    whole = compile_schema(without_member(node, ("rows",)))

    assert whole.is_valid({"rows": ["x"]})
    assert whole.broken({"rows": []})[0].keyword == "minItems"


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (r"^a$", "a\n", False),
        (r"[\d$]", "$", True),
        (r"^[^\u0000]*$", "a\nb", True),
        (r"^\w+$", "\u00e9", False),
        (r"\$", "$", True),
        (r"^(?<year>\d{4})$", "2024", True),
        (r"[[]", "[", True),
        (r"\p{L}", "1", False),
    ],
)
def test_a_pattern_means_what_ecma_means(pattern: str, text: str, found: bool) -> None:  # noqa: FBT001 - expected
    assert is_match(pattern, text) is found


def test_a_pattern_that_cannot_be_read_forbids_nothing() -> None:
    assert is_match("(", "1") is None
    assert compile_schema({"pattern": "("}).is_valid("1")


@pytest.mark.parametrize(
    ("text", "known"), [("2024-02-29", True), ("2023-02-29", False), ("0000-01-01", False)]
)
def test_a_day_is_one_of_the_calendar(text: str, known: bool) -> None:  # noqa: FBT001 - expected
    assert is_day(text) is known


def test_a_broken_keyword_tells_what_was_wanted_and_found() -> None:
    node = {"type": "string", "maxLength": 2}

    assert compile_schema(node).broken("abc") == (SchemaProblem("maxLength", (), 2, "abc", node),)


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.decimals(-3, 3, places=1)
    | st.sampled_from(["", "a", "1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
_LEAVES = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["string", "integer", "number", "boolean", "object", "array"]),
        "nullable": st.booleans(),
        "enum": st.lists(_VALUES, min_size=1, max_size=3),
        "minimum": st.integers(-2, 2),
        "maxLength": st.integers(0, 1),
        "pattern": st.sampled_from(["^[0-9]$", "a"]),
        "minItems": st.integers(0, 2),
        "maxProperties": st.integers(0, 2),
        "description": st.just("anything"),
    },
)
_NODES = st.recursive(
    _LEAVES,
    lambda inner: st.builds(
        lambda leaf, more: {**leaf, **more},
        _LEAVES,
        st.fixed_dictionaries(
            {},
            optional={
                "properties": st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
                "required": st.lists(st.sampled_from("abc"), max_size=2, unique=True),
                "additionalProperties": st.booleans() | inner,
                "items": inner,
                "allOf": st.lists(inner, min_size=1, max_size=2),
                "anyOf": st.lists(inner, min_size=1, max_size=2),
                "oneOf": st.lists(inner, min_size=1, max_size=3),
                "not": inner,
            },
        ),
    ),
    max_leaves=5,
)


@given(_NODES, _VALUES)
def test_nothing_is_wrong_exactly_where_the_engine_finds_no_error(node: dict[str, Any], value: Any) -> None:
    schema = compile_schema(node)
    errors = list(schema.engine.iter_errors(value))

    assert (schema.is_valid(value), len(schema.broken(value))) == (not errors, len(errors))
