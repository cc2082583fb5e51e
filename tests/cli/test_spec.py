"""`mockserver spec`, on a vendor that is not ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mockserver.cli.main import main
from mockserver.cli.options import either
from mockserver.engine.registry import vendor_packages
from tests.any_files.support import write_files
from tests.support import broken_specs, sample_vendor

VENDOR = vendor_packages()[0]
ORDERS = "/paths/~1orders/put"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["spec", *arguments])


def write(folder: Path, document: dict[str, Any], name: str = "acme") -> Path:
    file = folder / f"{name}.yaml"
    file.write_text(json.dumps(document, indent=2), encoding="utf-8")
    return file


def problems(file: Path) -> list[dict[str, Any]]:
    result = run("check", str(file), "--json")
    found: list[dict[str, Any]] = json.loads(result.output)
    assert result.exit_code == (1 if any(one["severity"] == "error" for one in found) else 0)
    return found


def test_the_specs_that_ship_have_no_problem() -> None:
    result = run("check")

    assert (result.exit_code, result.output.endswith(", 0 problems\n")) == (0, True)


def test_a_mistake_in_x_contract_is_a_problem_with_its_line(tmp_path: Path) -> None:
    document = sample_vendor.changed_document("/paths/~1orders/put/x-contract", {"twice": "both"})
    file = write(tmp_path, document)

    [found] = problems(file)

    assert found["pointer"] == f"{ORDERS}/x-contract/twice"
    assert '"twice"' in file.read_text(encoding="utf-8").splitlines()[found["line"] - 1]


def test_a_good_spec_has_no_problem(tmp_path: Path) -> None:
    assert problems(write(tmp_path, sample_vendor.document())) == []


def test_every_problem_is_told_at_once_with_its_line_and_what_to_write(tmp_path: Path) -> None:
    document = sample_vendor.document()
    document["paths"]["/orders"]["put"]["x-batch"]["items"] = "/nothing"
    document["paths"]["/orders"]["put"]["x-batch"]["kye"] = ["id"]
    del document["paths"]["/orders"]["get"]["x-collection"]
    del document["paths"]["/orders/{id}"]["get"]["x-collection"]
    file = write(tmp_path, document)
    lines = file.read_text(encoding="utf-8").splitlines()

    found = problems(file)

    assert [(one["pointer"], one["try"]) for one in found] == [
        (f"{ORDERS}/x-batch/items", 'items: "/orders"'),
        (f"{ORDERS}/x-batch/kye", "key: instead of kye:"),
        ("/paths/~1orders/get", "x-collection: orders"),
        ("/paths/~1orders~1{id}/get", "x-collection: orders"),
    ]
    assert [lines[one["line"] - 1][one["column"] - 1 :].split(":")[0] for one in found] == [
        '"items"',
        '"kye"',
        '"get"',
        '"get"',
    ]


def without(pointer: str, name: str, **members: Any) -> dict[str, Any]:
    """Return the document whose part has other `members` instead of `name`."""
    document = sample_vendor.document()
    part = document
    for step in pointer.split("/")[1:]:
        part = part[step.replace("~1", "/")]
    part.pop(name, None)
    part.update(members)
    return document


@pytest.mark.parametrize(
    ("document", "found"),
    [
        (
            without(
                "",
                "x-paths",
                **{
                    "x-paths": {
                        "trailing-slash": "yes",
                        "any-case": "no",
                        "prefixes": "/rest",
                        "prefix": "/a",
                    }
                },
            ),
            [
                ("/x-paths/trailing-slash", "trailing-slash: taken"),
                ("/x-paths/any-case", "any-case: true"),
                ("/x-paths/prefixes", "prefixes: [/rest]"),
                ("/x-paths/prefix", "prefixes: instead of prefix:"),
            ],
        ),
        (
            without(f"{ORDERS}/x-batch", "key", keys=["id"]),
            [(f"{ORDERS}/x-batch/keys", "key: instead of keys:")],
        ),
    ],
    ids=["x-paths", "keys"],
)
def test_every_problem_is_told_once_with_what_to_write(
    document: dict[str, Any], found: list[tuple[str, str]], tmp_path: Path
) -> None:
    assert [(one["pointer"], one["try"]) for one in problems(write(tmp_path, document))] == found


def test_a_call_with_a_list_gets_a_batch_to_write(tmp_path: Path) -> None:
    document = sample_vendor.document()
    del document["paths"]["/orders"]["put"]["x-batch"]

    [problem] = problems(write(tmp_path, document))

    assert problem["try"].startswith(
        "x-batch: {items: /orders, upsert: true, collection: orders, key: [id], outcome: {list: /results,"
    )


@pytest.mark.parametrize(
    ("pointer", "value", "where", "cure"),
    [
        ("info", {"version": "1"}, "/info", "info: {title: Orders, version: '1'}"),
        (
            "security",
            [{"nobody": []}],
            "/paths/~1orders/put",
            "components: {securitySchemes: {nobody: {type: http, scheme: bearer}}}",
        ),
    ],
)
def test_a_problem_of_the_whole_file_has_its_cure(
    pointer: str, value: Any, where: str, cure: str, tmp_path: Path
) -> None:
    found = problems(write(tmp_path, {**sample_vendor.document(), pointer: value}))

    assert (where, cure) in [(one["pointer"], one["try"]) for one in found]


def test_what_openapi_does_not_allow_is_told_as_well(tmp_path: Path) -> None:
    document = sample_vendor.document()
    del document["paths"]["/orders/{id}"]["get"]["parameters"]

    found = problems(write(tmp_path, document))

    assert "parameters: [{name: id, in: path, required: true, schema: {type: string}}]" in [
        one["try"] for one in found
    ]


@pytest.mark.parametrize("name", broken_specs.CHANGES)
def test_whatever_is_wrong_with_a_spec_is_a_problem_of_it(name: str, tmp_path: Path) -> None:
    assert problems(write(tmp_path, broken_specs.document(name))) != []


@pytest.mark.parametrize("name", ["request reference", "answer reference", "unused reference"])
def test_a_reference_to_nothing_has_its_line_and_the_nearest_name(name: str, tmp_path: Path) -> None:
    file = write(tmp_path, broken_specs.document(name))

    [problem] = problems(file)

    line = file.read_text(encoding="utf-8").splitlines()[problem["line"] - 1]
    assert line[problem["column"] - 1 :] == '"$ref": "#/components/schemas/Ordr"'
    assert problem["try"] == '$ref: "#/components/schemas/Order"'


def test_other_problems_are_told_beside_a_reference_to_nothing(tmp_path: Path) -> None:
    document = broken_specs.document("answer reference")
    del document["paths"]["/orders"]["get"]["x-collection"]

    assert [one["pointer"].rpartition("/")[2] for one in problems(write(tmp_path, document))] == [
        "get",
        "$ref",
    ]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (b'openapi: "3.0.3\nx: [', "not YAML: "),
        (b"\xff\xff", "the file is not UTF-8 text"),
        (b"- a\n", "expected an OpenAPI document, found no mapping"),
    ],
)
def test_a_file_that_is_no_document_is_one_problem(text: bytes, what: str, tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_bytes(text)

    [problem] = problems(file)

    assert problem["detail"].startswith(what)


RESULT = {
    "type": "object",
    "properties": {
        "results": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "status": {"type": "integer"},
                    "text": {"type": "string"},
                    "order": {"type": "object", "properties": {"id": {"type": "string"}}},
                },
            },
        }
    },
}
ANSWER = "/paths/~1orders/put/responses/207/content/application~1json/schema"


@pytest.mark.parametrize(
    ("pointer", "value", "severity", "cure"),
    [
        (f"{ORDERS}/x-batch/key", ["idd"], "error", "key: [id]"),
        (f"{ORDERS}/x-batch/key", ["zebra"], "warning", "key: [id]"),
        ("/paths/~1orders/get/x-collection", "order", "error", "x-collection: orders"),
        ("/paths/~1orders/get/x-collection", "payees", "warning", "x-collection: orders"),
        (f"{ORDERS}/x-batch/outcome/list", "/result", "error", "list: /results"),
        (f"{ORDERS}/x-batch/outcome/list", "/zebra", "warning", "list: /results"),
        (f"{ORDERS}/x-batch/outcome/message", "/txt", "error", "message: /text"),
        (f"{ORDERS}/x-batch/outcome/key", "/order/idd", "error", "key: /order/id"),
    ],
)
def test_a_mark_that_fits_nothing_is_told_and_a_near_miss_is_an_error(
    pointer: str, value: Any, severity: str, cure: str, tmp_path: Path
) -> None:
    document = sample_vendor.changed_document(pointer, value)
    document["paths"]["/orders"]["put"]["responses"]["207"]["content"]["application/json"]["schema"] = RESULT

    [problem] = problems(write(tmp_path, document))

    assert (problem["pointer"], problem["severity"], problem["try"]) == (pointer, severity, cure)


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/components/schemas/Order/properties", None),
        (ANSWER, None),
        (f"{ORDERS}/x-batch/outcome/list", "/anything"),
    ],
)
def test_what_the_schemas_do_not_say_is_no_problem(pointer: str, value: Any, tmp_path: Path) -> None:
    assert problems(write(tmp_path, sample_vendor.changed_document(pointer, value))) == []


@pytest.mark.parametrize("without", ["", "/outcome"])
def test_the_outcome_to_write_is_that_of_the_answer_schema(without: str, tmp_path: Path) -> None:
    document = sample_vendor.changed_document(f"{ORDERS}/x-batch{without}")
    document["paths"]["/orders"]["put"]["responses"]["207"]["content"]["application/json"]["schema"] = RESULT

    [problem] = problems(write(tmp_path, document))

    assert "outcome: {list: /results, status: /status, message: /text, key: /order/id}" in problem["try"]


def test_without_an_answer_schema_the_key_of_the_outcome_is_that_of_the_item(tmp_path: Path) -> None:
    [problem] = problems(write(tmp_path, sample_vendor.changed_document(f"{ORDERS}/x-batch")))

    assert "message: /message, key: /id}" in problem["try"]


def test_marks_that_fit_the_answer_are_no_problem(tmp_path: Path) -> None:
    assert problems(write(tmp_path, sample_vendor.changed_document(ANSWER, RESULT))) == []


@pytest.mark.parametrize(
    ("path", "method", "stated", "missing"),
    [
        ("/orders", "put", "207", ["400", "401", "413", "415"]),
        ("/orders", "get", "200", ["401"]),
        ("/orders/{id}", "get", "200", ["401", "404"]),
    ],
)
def test_statuses_that_are_not_stated_are_a_warning(
    path: str, method: str, stated: str, missing: list[str], tmp_path: Path
) -> None:
    document = sample_vendor.document()
    responses = document["paths"][path][method]["responses"]
    document["paths"][path][method]["responses"] = {stated: responses[stated]}

    [problem] = problems(write(tmp_path, document))

    assert problem["severity"] == "warning"
    assert problem["detail"].endswith(f" may answer {either(missing)}, which is not stated")


def test_a_default_answer_states_every_refusal(tmp_path: Path) -> None:
    document = sample_vendor.document()
    for operation in (one for item in document["paths"].values() for one in item.values()):
        operation["responses"] = {"2XX": {"description": "done"}, "default": {"description": "refused"}}

    assert problems(write(tmp_path, document)) == []


def test_a_warning_is_marked_and_exit_0(tmp_path: Path) -> None:
    file = write(tmp_path, sample_vendor.changed_document("/paths/~1orders/get/responses/401"))

    result, github = run("check", str(file)), run("check", str(file), "--format", "github")

    assert (result.exit_code, ": warning: listOrders: the server may answer 401" in result.output) == (
        0,
        True,
    )
    assert result.output.endswith("1 file checked, 0 problems, 1 warning\n")
    assert github.output.startswith("::warning file=")


def test_a_folder_stands_for_its_specs(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yml", "c.json"):
        (tmp_path / name).write_text(json.dumps(sample_vendor.document()), encoding="utf-8")
    (tmp_path / "readme.txt").write_text("no spec", encoding="utf-8")

    assert run("check", str(tmp_path)).output == "3 files checked, 0 problems\n"


def test_text_has_file_line_and_column(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, sample_vendor.changed_document("/paths/~1orders/get/x-collection"))

    first, second, *_ = run("check", "acme.yaml").output.splitlines()

    assert first.startswith("acme.yaml:")
    assert ": listOrders: nothing answers it" in first
    assert second == "    try: x-collection: orders"
    assert run("check", "acme.yaml", "--format", "github").output.startswith("::error file=acme.yaml,line=")


def test_show_prints_the_file_of_a_vendor() -> None:
    assert run("show", VENDOR).output.startswith("openapi: 3.0")
    assert json.loads(run("show", VENDOR, "--json").output)["openapi"].startswith("3.0")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["show", VENDOR[:-1]], f"  try: mockserver spec show {VENDOR}\n"),
        (["check", "empty"], "has no .yaml, .yml or .json file"),
        (["check", "--overlay", "changes.yaml"], "--overlay"),
        (["diff", VENDOR, "none.yaml"], ""),
        *(
            (
                [command, "none.yaml", "--overlay", "odd.yaml"],
                "odd.yaml: actions[0]: expected one of update, ",
            )
            for command in ("show", "check", "explain")
        ),
    ],
)
def test_wrong_usage_is_told(
    words: list[str], said: str, overlay: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(overlay).parent)
    Path("empty").mkdir()
    write(tmp_path, {"openapi": "3.0.3"}, "none")
    Path("odd.yaml").write_text("overlay: 1.0.0\nactions:\n  - {target: x}\n", encoding="utf-8")

    result = run(*words)

    assert (result.exit_code, said in result.stderr) == (2, True), result.stderr
    assert ("odd.yaml:3:5" in result.stderr) == ("odd.yaml" in words)


def changed(tmp_path: Path, document: dict[str, Any]) -> tuple[int, set[tuple[str, str, bool]]]:
    old = write(tmp_path, sample_vendor.document(), "old")
    result = run("diff", str(old), str(write(tmp_path, document, "new")), "--format", "json")
    found = json.loads(result.output)
    return result.exit_code, {(one["operation"], one["change"], one["breaking"]) for one in found}


def test_only_changes_that_may_break_a_client_are_exit_1(tmp_path: Path) -> None:
    document = sample_vendor.document()
    assert changed(tmp_path, document) == (0, set())
    document["components"]["schemas"]["Order"]["properties"]["color"] = {"type": "string"}

    assert changed(tmp_path, document)[0] == 0


def test_operations_that_come_and_go_are_told(tmp_path: Path) -> None:
    document = sample_vendor.document()
    document["paths"]["/new"] = {"get": document["paths"]["/orders"].pop("get")}

    assert changed(tmp_path, document) == (
        1,
        {("GET /orders", "operation removed", True), ("GET /new", "operation added", False)},
    )


def test_members_statuses_and_parameters_are_compared(tmp_path: Path) -> None:
    document = sample_vendor.document()
    order = document["components"]["schemas"]["Order"]
    order["required"].append("note")
    order["properties"]["color"] = {"type": "string"}
    order["properties"]["id"]["type"] = "integer"
    put = document["paths"]["/orders"]["put"]
    put["parameters"] = [{"name": "X", "in": "header", "required": True, "schema": {"type": "string"}}]
    put["responses"]["418"] = {"description": "new"}
    del put["responses"]["503"]

    status, found = changed(tmp_path, document)

    assert status == 1
    assert {
        ("PUT /orders", "header parameter X added, required", True),
        ("PUT /orders", "request /orders/*/note is now required", True),
        ("PUT /orders", "request /orders/*/color added, optional", False),
        ("PUT /orders", "request /orders/*/id: type string is now integer", True),
        ("PUT /orders", "status 418 added", False),
        ("PUT /orders", "status 503 removed", False),
        ("GET /orders/{id}", "200 /note is now required", False),
        ("GET /orders/{id}", "200 /color added, optional", False),
    } <= found


def test_a_vendor_can_be_compared_with_a_file(tmp_path: Path) -> None:
    result = run("diff", VENDOR, str(write(tmp_path, sample_vendor.document())))

    assert (result.exit_code, " may break a client\n" in result.output) == (1, True)


@pytest.mark.parametrize(
    ("pointer", "value", "what", "cure"),
    [
        (
            "/components/schemas/Order/properties/amount/type",
            "int",
            "OpenAPI: type: int is not a type; there are string, number, integer, boolean, array, object",
            "type: integer",
        ),
        (
            "/paths/~1orders/get/operationId",
            "putOrders",
            "putOrders: operationId occurs twice, in GET /orders and in PUT /orders",
            "operationId: putOrders2",
        ),
        (
            f"{ORDERS}/x-batch/key",
            ["id", "isb"],
            "putOrders: x-batch.key: the item schema has no isb; it has id, amount, note",
            "key: [id, amount]",
        ),
    ],
    ids=["type", "operationId", "key"],
)
def test_a_slip_is_told_once_with_what_to_write(
    tmp_path: Path, pointer: str, value: Any, what: str, cure: str
) -> None:
    [problem] = problems(write(tmp_path, sample_vendor.changed_document(pointer, value)))

    assert (problem["detail"], problem["try"]) == (what, cure)


@pytest.mark.parametrize(
    "name", ["crud-3-0", "crud-3-1", "swagger-2-yaml", "swagger-2-json", "parts", "circular"]
)
def test_any_file_that_keeps_openapi_has_no_problem(name: str, tmp_path: Path) -> None:
    assert problems(write_files(name, tmp_path)) == []


def test_an_operation_that_is_left_out_is_a_warning_with_its_line_and_what_to_write(tmp_path: Path) -> None:
    file = write_files("broken-one", tmp_path)

    [found] = [one for one in problems(file) if one["detail"].startswith("/prices: ")]

    assert (found["severity"], found["pointer"]) == ("warning", "/paths/~1prices")
    assert found["try"] == "download it beside the file, and refer to that"
    assert file.read_text(encoding="utf-8").splitlines()[found["line"] - 1] == "  /prices:"


@pytest.mark.parametrize(
    ("version", "change"),
    [
        ("3.1.0", {"openapi": "3.1.0", "tags": 5}),
        ("2.0", {"swagger": "2.0", "tags": 5}),
    ],
)
def test_a_violation_is_told_by_the_version_of_the_file(
    version: str, change: dict[str, Any], tmp_path: Path
) -> None:
    node = {"get": {"operationId": "list", "responses": {"200": {"description": "done"}}}}
    document = {**change, "info": {"title": version, "version": "1"}, "paths": {"/things": node}}

    [found] = problems(write(tmp_path, document))

    assert (found["pointer"], found["severity"]) == ("/tags", "error")


def test_a_reference_to_nothing_is_a_problem_in_any_file(tmp_path: Path) -> None:
    found = problems(write_files("broken-one", tmp_path))

    assert '$ref: "#/components/schemas/Product"' in [
        one["try"] for one in found if one["severity"] == "error"
    ]


def test_a_key_that_is_there_twice_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text("openapi: 3.0.3\ninfo: {}\ninfo: {}\n")

    [problem] = problems(file)

    assert (problem["line"], problem["detail"]) == (
        3,
        "not YAML: the key info occurs twice, first in line 2",
    )


OVERLAY = """
overlay: 1.0.0
actions:
  - {target: $.info, update: {title: Changed}}
  - {target: "$.paths['/typo']", remove: true}
"""


@pytest.fixture
def overlay(tmp_path: Path) -> str:
    (tmp_path / "changes.yaml").write_text(OVERLAY, encoding="utf-8")
    return str(tmp_path / "changes.yaml")


def test_show_prints_the_document_as_an_overlay_changes_it(tmp_path: Path, overlay: str) -> None:
    file = str(write_files("crud-3-1", tmp_path))

    shown = run("show", file, "--overlay", overlay)

    assert "title: Changed" in shown.stdout
    assert "warning: changes.yaml: actions[1]: $.paths['/typo'] is not in the file" in shown.stderr
    assert json.loads(run("show", file, "--overlay", overlay, "--json").stdout)["info"]["title"] == "Changed"


@pytest.mark.parametrize("is_marked", [False, True])
def test_an_action_that_finds_nothing_is_a_warning(tmp_path: Path, overlay: str, *, is_marked: bool) -> None:
    file = sample_vendor.write_spec(tmp_path) if is_marked else write_files("crud-3-1", tmp_path)

    [found] = json.loads(run("check", str(file), "--overlay", overlay, "--json").stdout)

    assert (found["severity"], "is not in the file" in found["detail"]) == ("warning", True)


def test_explain_has_a_row_for_each_operation(tmp_path: Path) -> None:
    file = str(write_files("bulk-207", tmp_path))
    rows = json.loads(run("explain", file, "--json").stdout)

    lines = run("explain", file).stdout.splitlines()

    assert [one["operation"] for one in rows] == [line.partition("  ")[0] for line in lines[1:]]
    assert rows[-1]["kind"] == "batch"


def test_explain_tells_how_idempotency_keys_are_taken(tmp_path: Path) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text(
        "openapi: 3.1.0\npaths: "
        "{/a: {post: {parameters: [{name: Idempotency-Key, in: header}], responses: {}}}}"
    )

    assert run("explain", str(file)).stdout.splitlines()[-1] == (
        "repeats its answer to a known Idempotency-Key, for 86,400 s (assumption shop.idempotency_keys)"
    )


def test_a_path_whose_parameter_has_no_name_is_explained(tmp_path: Path) -> None:
    lines = {"type": "object", "properties": {"lines": {"type": "array", "items": {}}}}
    sent = {"requestBody": {"content": {"application/json": {"schema": lines}}}}
    document = {
        "openapi": "3.0.3",
        "info": {"title": "Orders", "version": "1"},
        "paths": {"/orders/{}": {"post": sent}},
    }

    explained = run("explain", str(write(tmp_path, document)))

    assert (explained.exit_code, "POST /orders/{}" in explained.stdout) == (0, True)
