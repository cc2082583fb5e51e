from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockserver.errors import SpecError
from mockserver.spec.openapi import PathForms, read_path_forms
from tests.support import sample_vendor


def forms(**members: Any) -> PathForms:
    return read_path_forms("acme.yaml", {name.replace("_", "-"): value for name, value in members.items()})


@pytest.mark.parametrize("path", ["/orders/", "/ORDERS", "/rest/orders", ""])
def test_a_path_is_taken_as_it_is_unless_the_spec_says_otherwise(path: str) -> None:
    assert forms().plain(path) == path


@pytest.mark.parametrize(
    ("path", "plain"),
    [
        ("/rest/orders", "/orders"),
        ("/cc/rest/orders", "/orders"),
        ("/rest/cc/rest/orders", "/cc/rest/orders"),
        ("/rest/rest/orders", "/rest/orders"),
        ("/restorders", "/restorders"),
        ("/rest//orders", "//orders"),
        ("/Rest/orders", "/Rest/orders"),
    ],
)
def test_one_prefix_is_taken_away_if_it_is_whole(path: str, plain: str) -> None:
    assert forms(prefixes=["/rest", "/cc/rest"]).plain(path) == plain


def test_the_longest_prefix_is_taken_away() -> None:
    assert forms(prefixes=["/api", "/api/v2"]).plain("/api/v2/orders") == "/orders"


@pytest.mark.parametrize(
    ("path", "plain"),
    [("/orders/", "/orders"), ("/orders", "/orders"), ("/orders//", "/orders/"), ("/", "/"), ("", "")],
)
def test_one_slash_at_the_end_may_be_taken(path: str, plain: str) -> None:
    assert forms(trailing_slash="taken").plain(path) == plain


@pytest.mark.parametrize(
    ("path", "plain"),
    [("/old", "/orders"), ("/old/A-1", "/orders/A-1"), ("/older", "/older"), ("/v1/old", "/v1/old")],
)
def test_an_alias_stands_for_the_path_of_the_spec(path: str, plain: str) -> None:
    assert forms(aliases={"/old": "/orders"}).plain(path) == plain


def test_letter_case_matters_in_no_form_where_it_matters_in_no_path() -> None:
    made = forms(any_case=True, prefixes=["/rest"], aliases={"/old": "/orders"})

    assert made.plain("/REST/Old/A") == "/orders/A"


def test_prefix_alias_and_slash_go_together(tmp_path: Path) -> None:
    declared = {"prefixes": ["/rest"], "aliases": {"/Old": "/orders"}, "trailing-slash": "taken"}
    made = sample_vendor.document() | {"x-paths": {**declared, "any-case": True}}

    assert sample_vendor.load_sample(tmp_path, made).canonical_path("/rest/old/Ab/") == "/orders/Ab"


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ("any-case", "x-paths: expected a mapping, found any-case"),
        ({"slash": "taken"}, "x-paths.slash: unknown; known are aliases, any-case, prefixes, trailing-slash"),
        ({"any-case": "yes"}, "x-paths.any-case: expected true or false, found yes"),
        ({"trailing-slash": True}, "x-paths.trailing-slash: expected taken or refused, found True"),
        ({"prefixes": "/rest"}, "x-paths.prefixes: expected a list of paths such as /rest, found /rest"),
        ({"prefixes": ["rest"]}, "x-paths.prefixes: expected a list of paths such as /rest, found ['rest']"),
        ({"prefixes": ["/rest/"]}, "x-paths.prefixes: expected a list of paths"),
        ({"aliases": ["/old"]}, "x-paths.aliases: expected a mapping of paths such as {/old: /new}"),
        ({"aliases": {"/old": ""}}, "x-paths.aliases: expected a mapping of paths such as {/old: /new}"),
        ({"aliases": {"/old/{id}": "/new"}}, "x-paths.aliases: expected a mapping of paths"),
    ],
)
def test_what_a_spec_cannot_say_is_refused(tmp_path: Path, declared: Any, message: str) -> None:
    made = sample_vendor.document() | {"x-paths": declared}

    with pytest.raises(SpecError) as refused:
        sample_vendor.load_sample(tmp_path, made)

    assert str(refused.value).startswith(f"acme.yaml: {message}")
