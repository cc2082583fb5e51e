from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockserver.errors import MethodNotAllowed, NotFound, SpecError
from mockserver.model import parse_pointer
from mockserver.spec import loading
from mockserver.spec.openapi import PathForms, Spec, merged, read_path_forms, resolve
from tests.support import sample_vendor


def forms(**members: Any) -> PathForms:
    return read_path_forms({name.replace("_", "-"): value for name, value in members.items()})


@pytest.mark.parametrize("path", ["/orders/", "/ORDERS", "/rest/orders", ""])
def test_a_plain_path_is_taken_as_it_is(path: str) -> None:
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
        (
            {"slash": "taken"},
            "x-paths.slash: unknown; known are aliases, any-case, base, prefixes, trailing-slash",
        ),
        ({"base": "v2"}, "x-paths.base: expected a path such as /v2, found v2"),
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


@pytest.fixture
def acme(tmp_path: Path) -> Spec:
    return sample_vendor.load_sample(tmp_path)


@pytest.mark.parametrize(
    ("method", "path", "operation", "values"),
    [
        ("PUT", "/orders", "putOrders", {}),
        ("GET", "/orders", "listOrders", {}),
        ("HEAD", "/orders", "listOrders", {}),
        ("GET", "/orders/A-1", "showOrder", {"id": "A-1"}),
        ("GET", "/orders/A 1?", "showOrder", {"id": "A 1?"}),
    ],
)
def test_a_path_leads_to_its_operation(
    acme: Spec, method: str, path: str, operation: str, values: dict[str, str]
) -> None:
    match = acme.match(method, path)

    assert (match.operation.id, match.values) == (operation, values)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/order",
        "/orders/",
        "//orders",
        "/Orders",
        "/orders\n",
        "/orders/A-1\n",
        "/orders/A/1",
        "orders",
    ],
)
def test_a_path_that_is_not_served_is_not_found(acme: Spec, path: str) -> None:
    with pytest.raises(NotFound):
        acme.match("GET", path)


def test_a_method_that_is_not_served_names_those_that_are(acme: Spec) -> None:
    with pytest.raises(MethodNotAllowed) as refused:
        acme.match("DELETE", "/orders")

    assert refused.value.allowed == ("GET", "PUT")


def test_a_literal_path_goes_before_one_with_a_parameter(tmp_path: Path) -> None:
    made = sample_vendor.document()
    made["paths"]["/orders/open"] = {
        "get": {"operationId": "openOrders", "x-collection": "open", "responses": {}}
    }

    assert sample_vendor.load_sample(tmp_path, made).match("GET", "/orders/open").operation.id == "openOrders"


def test_any_case_of_a_path_becomes_that_of_the_spec(tmp_path: Path) -> None:
    made = sample_vendor.document() | {"x-paths": {"any-case": True}}

    assert sample_vendor.load_sample(tmp_path, made).canonical_path("/ORDERS/Ab") == "/orders/Ab"


def test_a_path_is_taken_as_it_is_unless_the_spec_says_otherwise(acme: Spec) -> None:
    assert acme.canonical_path("/ORDERS") == "/ORDERS"


def test_the_batch_is_what_the_extension_says(acme: Spec) -> None:
    batch = acme.operations["putOrders"].batch

    assert batch is not None
    assert (batch.items, batch.key, batch.upsert, batch.atomic, batch.collection) == (
        ("orders",),
        ("id",),
        True,
        False,
        "orders",
    )


def test_an_operation_inherits_the_security_of_the_document(acme: Spec) -> None:
    assert acme.operations["putOrders"].security == (("token",),)


def test_an_operation_may_have_security_of_its_own(tmp_path: Path) -> None:
    made = sample_vendor.changed_document("/paths/~1orders/put/security", [{}])

    assert sample_vendor.load_sample(tmp_path, made).operations["putOrders"].security == ((),)


def test_the_header_of_a_key_is_the_common_one_unless_the_spec_says_otherwise(tmp_path: Path) -> None:
    common = sample_vendor.load_sample(tmp_path)
    other = sample_vendor.load_sample(tmp_path, sample_vendor.document() | {"x-idempotency-header": "X-Once"})

    assert (common.idempotency_header, other.idempotency_header) == ("Idempotency-Key", "X-Once")


def test_a_call_names_its_tenant_in_the_first_place_that_has_one(tmp_path: Path) -> None:
    places = [
        {"in": "body", "pointer": "/tenant"},
        {"in": "query", "name": "tenant"},
        {"in": "header", "name": "X-Tenant"},
    ]
    acme = sample_vendor.load_sample(tmp_path, sample_vendor.document() | {"x-scope": places})

    named = [
        acme.tenant({"x-tenant": "c"}, {"tenant": "b"}, {"tenant": 81}),
        acme.tenant({"x-tenant": "c"}, {"tenant": "b"}, [{"tenant": "a"}]),
        acme.tenant({"x-tenant": "c"}, {}),
        acme.tenant({}, {}),
    ]

    assert named == ["81", "b", "c", ""]


def test_the_text_is_the_file_to_the_byte(tmp_path: Path) -> None:
    file = sample_vendor.write_spec(tmp_path)
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))

    assert loading.load_spec(file).text.encode() == file.read_bytes()


REFUSED: dict[str, tuple[str, Any, str]] = {
    "version": ("/openapi", "3.1.0", "acme.yaml: openapi: expected 3.0.x"),
    "no-title": ("/info/title", None, "acme.yaml: info.title is missing"),
    "no-paths": ("/paths", None, "acme.yaml: paths is missing"),
    "no-operation-id": (
        "/paths/~1orders/put/operationId",
        None,
        "acme.yaml: put /orders: operationId is missing",
    ),
    "no-responses": ("/paths/~1orders/put/responses", None, "acme.yaml: put /orders: responses is missing"),
    "id-twice": (
        "/paths/~1orders/get/operationId",
        "putOrders",
        "acme.yaml: putOrders: operationId occurs twice, in GET /orders and in PUT /orders",
    ),
    "no-scheme": (
        "/components/securitySchemes",
        None,
        "acme.yaml: listOrders: security: add token to components.securitySchemes",
    ),
    "no-items": (
        "/paths/~1orders/put/x-batch/items",
        None,
        'acme.yaml: putOrders: x-batch.items is missing; write items: "" when the body itself is the list',
    ),
    "no-body": (
        "/paths/~1orders/put/requestBody",
        None,
        "acme.yaml: putOrders: x-batch: the operation has no requestBody to find items in",
    ),
    "unknown-batch-key": (
        "/paths/~1orders/put/x-batch/atomic",
        True,
        (
            "acme.yaml: putOrders: x-batch.atomic: unknown; known are actions, atomicity, bare-item, "
            "collection, fatal, identity, items, job, key, keyless, lines, outcome, pairs, requests, "
            "responses, serial, upsert"
        ),
    ),
    "unknown-outcome-key": (
        "/paths/~1orders/put/x-batch/outcome/state",
        "/status",
        (
            "acme.yaml: putOrders: x-batch.outcome.state: unknown; "
            "known are accepted, by, code, count, echo, first-index, index, key, list, map, maps, message, "
            "record, rejected, status, statuses, summary, warned, words, wrapped"
        ),
    ),
    "atomicity": (
        "/paths/~1orders/put/x-batch/atomicity",
        "both",
        (
            "acme.yaml: putOrders: x-batch.atomicity: expected per-item, all-or-nothing, "
            "or a mapping with one of switch, groups, stop-after; found both"
        ),
    ),
    "reference": (
        "/paths/~1orders/put/requestBody",
        {"$ref": "#/components/requestBodies/Nope"},
        "acme.yaml: putOrders: $ref: #/components/requestBodies/Nope points at nothing",
    ),
}


@pytest.mark.parametrize(("pointer", "value", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_a_spec_that_cannot_be_served_is_refused(
    tmp_path: Path, pointer: str, value: Any, message: str
) -> None:
    with pytest.raises(SpecError) as refused:
        sample_vendor.load_sample(tmp_path, sample_vendor.changed_document(pointer, value))

    assert str(refused.value) == message


@pytest.mark.parametrize(
    "content",
    [b"", b"- 1", b"text", b"a: [", b"\xff", b"openapi: .inf", b"openapi: 3"],
    ids=["nothing", "list", "text", "no-yaml", "bad-utf-8", "infinity", "number"],
)
def test_a_file_that_is_no_spec_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "acme.yaml"
    file.write_bytes(content)

    with pytest.raises(SpecError, match=r"acme\.yaml: "):
        loading.load_spec(file)


@pytest.mark.parametrize("name", ["my.acme", "Acme", "my acme", "-acme", "sandbox", "sandboxes", "acme\n"])
def test_a_name_that_no_vendor_can_have_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SpecError, match="a vendor has its file's name"):
        loading.load_spec(sample_vendor.write_spec(tmp_path, name=name))


def test_a_reference_is_followed_to_its_end() -> None:
    document = {"a": {"$ref": "#/b~1c"}, "b/c": {"$ref": "#/d"}, "d": {"found": True}}

    assert resolve(document, document["a"]) == {"found": True}


def test_what_is_no_reference_is_itself() -> None:
    assert resolve({}, [1]) == [1]


@pytest.mark.parametrize(
    ("pointer", "path"),
    [("", ()), ("/a", ("a",)), ("/a~1b/c~0d", ("a/b", "c~d")), ("/", ("",)), ("/~01", ("~1",))],
)
def test_a_pointer_is_read_to_its_steps(pointer: str, path: tuple[str, ...]) -> None:
    assert parse_pointer(pointer) == path


@pytest.mark.parametrize(("own", "expected"), [({"enum": ["red"]}, ["red"]), ({"type": "string"}, ["Red"])])
def test_a_choice_with_a_discriminator_has_its_only_value_but_its_own_enum_first(
    own: Any, expected: Any
) -> None:
    red = {"properties": {"kind": own}}
    document = {"components": {"schemas": {"Red": red}}}
    choice = {"oneOf": [{"$ref": "#/components/schemas/Red"}], "discriminator": {"propertyName": "kind"}}

    assert merged(document, choice)["properties"]["kind"]["enum"] == expected
