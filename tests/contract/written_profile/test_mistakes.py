"""A mistake in a written profile is told with its place, its line and what is expected there."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockserver.contract.loading import load_api, load_vendor_api
from mockserver.errors import SpecError
from tests.support import sample_vendor

GOOD = (Path(__file__).parent / "vba.yaml").read_text(encoding="utf-8")
INVOICES = "batches.putClaimInvoiceBatch"


def said(tmp_path: Path, right: str, wrong: str) -> str:
    """What is said of the profile with something else in it, less the file's name."""
    assert right in GOOD
    file = tmp_path / "profile.yaml"
    file.write_text(GOOD.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(SpecError) as refused:
        load_vendor_api("vba", None, file)
    return str(refused.value).removeprefix("profile.yaml: ")


def line_of(text: str) -> int:
    return GOOD[: GOOD.index(text)].count("\n") + 1


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        (
            "twice: each",
            "twice: both",
            f"{INVOICES}.twice: expected call or each or first or kept or last or none, found both",
        ),
        ("because: an unknown payee, ", "", f"{INVOICES}.bad.0: because is missing"),
        ("because: an unknown payee", "because: 5", "because: expected a text, found a whole number"),
        (
            "refuses-call: true",
            "refuses: true",
            "refuses: unknown; known are as-text, assumed, because, names, refuses-call, remove, set",
        ),
        ("payee: P100", "payee: [1]", "facts.payee: expected a whole number or a text, found a list"),
        ("  payee: P100", "  key: P100", "facts.key: a fact has another name than key, number"),
        (
            "  basicAuth:",
            "  basic:",
            "credentials.basic: the spec has no such security scheme; it has apiKeyAuth",
        ),
        (
            "putPayeesBatch:",
            "putPayees:",
            "putPayees is not a batch operation of the spec; it has putClaimInvoice",
        ),
        ("expected-statuses:", "statuses:", "pins.statuses: unknown; known are headers, query"),
        (
            "{fact: first_invoice",
            "{fact: first",
            "fact-checks.2.fact: first is not one of the facts; they are",
        ),
        (
            "needed-by: [put",
            "needed-by: [send",
            "fact-checks.0.needed-by: the spec has no operation sendClaim",
        ),
        (
            "operation: getPayee, path",
            "operation: putPayeesBatch, path",
            "fact-checks.0.reads.0.operation: the spec has no GET that is called putPayeesBatch",
        ),
        (
            'path: {payeeID: "{payee}"}, key: /data',
            "key: /data",
            "fact-checks.0.reads.0.path: /payees/{payeeID} takes payeeID, found nothing",
        ),
        (
            'path: {payeeID: "{payee}"}, key: /data',
            'path: {payeeID: "{pay}"}, key: /data',
            "fact-checks.0.reads.0.path.payeeID: {pay} is unknown here; known are database",
        ),
        (
            '{pageSize: "500"}, rows',
            '{size: "500"}, rows',
            "fact-checks.0.reads.1.query.size: listPayee has no",
        ),
        ("keyword: maxLength, ", "", "tolerances.1: keyword is missing"),
        (
            "    refreshTokens: {reason",
            "    refreshToken: {reason",
            "pins.expected-statuses.refreshToken: the spec has no such operation",
        ),
        (
            "    refreshTokens: {reason",
            "    refreshTokens, refreshToken: {reason",
            "pins.expected-statuses.refreshToken: the spec has no such operation (line",
        ),
        (
            'valid: ["200", "401"]',
            "valid: [200]",
            "pins.expected-statuses.refreshTokens.valid.0: expected a text, found a whole number",
        ),
    ],
    ids=lambda one: one if len(one) < 20 else "",
)
def test_a_wrong_member_is_named(tmp_path: Path, right: str, wrong: str, message: str) -> None:
    assert message in said(tmp_path, right, wrong)


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        (
            "operation: getClaimInvoice",
            "operation: getClaim",
            "read.operation: the spec has no operation getClaim",
        ),
        (
            "operation: getClaimInvoice",
            "operation: deleteClaimInvoice",
            "expected a GET, and deleteClaimInvoice is",
        ),
        (
            'path: {invoiceKey: "{key}"}',
            "path: {}",
            "path.invoiceKey is missing: getClaimInvoice is at /claim-inv",
        ),
        ('{invoiceKey: "{key}"}', '{id: "{key}"}', "path.id: /claim-invoice/{invoiceKey} has no {id}"),
        (
            "pageSize: 500",
            "size: 500",
            "list.query.size: listClaimInvoice has no such parameter; it has page",
        ),
    ],
    ids=["no operation", "no GET", "path is missing", "other path", "other query"],
)
def test_a_call_that_the_spec_does_not_have_is_named(
    tmp_path: Path, right: str, wrong: str, message: str
) -> None:
    assert message in said(tmp_path, right, wrong)


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ('payee_ID: "{payee}"', 'payee_ID: "{debtor}"', "{debtor} is unknown here; known are key, number"),
        (
            "{key:integer}",
            "{key:int}",
            "{key:int}: expected text or integer or number or digits or percentage after the colon",
        ),
        (
            'first_invoice: "7000000"',
            "first_invoice: seven",
            "key.from: expected a whole number, found seven",
        ),
        ('{from: "{first_invoice}"}', '"x"', "key: expected {number} in it, as every key must be another"),
    ],
    ids=["unknown", "other form", "no number", "no number in a key"],
)
def test_a_wrong_placeholder_is_named(tmp_path: Path, right: str, wrong: str, message: str) -> None:
    assert message in said(tmp_path, right, wrong)


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        (
            "shows: [/description",
            "shows: [description",
            "shows.0: expected a JSON Pointer such as /description",
        ),
        (
            "/payee_ID: no such payee",
            "/payee/ID: no such",
            "bad.0: a pointer leads to nothing in a good item",
        ),
        ("/payee_ID: no such payee", "/payee_ID: P100", "bad.0: it changes nothing in a good item"),
        ("if-there: stored", "if-there: {/x: 1}", "steps.0.if-there./x: shows does not compare it"),
        ("if-not: refused", "if-not: {/description: x}", "if-not: expected a word: where nothing is"),
        (
            "[/description",
            "[/invoice_Key, /description",
            "/invoice_Key depends on the key, which is compared",
        ),
        (
            "[text/json",
            "[text/xml",
            "putClaimInvoiceBatch has no body in text/xml; it has application/json, text/json",
        ),
    ],
    ids=["no pointer", "nowhere", "no change", "not compared", "nothing there", "by key", "no such body"],
)
def test_what_does_not_fit_together_is_named(tmp_path: Path, right: str, wrong: str, message: str) -> None:
    assert message in said(tmp_path, right, wrong)


def test_the_line_is_that_of_the_member(tmp_path: Path) -> None:
    assert said(tmp_path, "twice: each", "twice: both").endswith(f"(line {line_of('twice: each')})")


def test_a_file_that_is_no_yaml_is_told_with_its_line(tmp_path: Path) -> None:
    assert said(tmp_path, "facts:", "facts: {").startswith("not YAML: ")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"none.yaml: .*No such file"):
        load_vendor_api("vba", None, tmp_path / "none.yaml")


def test_a_mistake_in_a_spec_is_told_with_the_operation_and_the_line(tmp_path: Path) -> None:
    document = sample_vendor.changed_document("/paths/~1orders/put/x-contract", {"twise": "each"})

    with pytest.raises(SpecError, match=r"acme.yaml: putOrders: x-contract.twise: unknown; .* \(line \d+\)"):
        sample_vendor_api(tmp_path, document)


def test_a_batch_is_written_in_one_place_only(tmp_path: Path) -> None:
    document = sample_vendor.changed_document("/paths/~1orders/put/x-contract", {"twice": "each"})
    document["x-contract"] = {"batches": {"putOrders": {}}}

    with pytest.raises(SpecError, match="it is in batches too; keep one of them"):
        sample_vendor_api(tmp_path, document)


@pytest.mark.parametrize(
    ("pointer", "schema", "message"),
    [
        ("id", {"type": "string", "enum": ["a", "b"]}, "key is missing, and none can be made of the schema"),
        ("amount", {"type": "string", "pattern": "^x(?=y)"}, "item is missing, and none can be made"),
    ],
)
def test_what_the_spec_does_not_give_is_asked_for(
    tmp_path: Path, pointer: str, schema: object, message: str
) -> None:
    document = sample_vendor.changed_document(f"/components/schemas/Order/properties/{pointer}", schema)
    key = {} if pointer == "id" else {"key": "K-{number}"}
    document["paths"]["/orders"]["put"]["x-contract"] = {**key, "twice": "each"}

    with pytest.raises(SpecError, match=message):
        sample_vendor_api(tmp_path, document)


def test_a_batch_that_cannot_be_read_back_asks_for_read(tmp_path: Path) -> None:
    document = sample_vendor.changed_document("/paths/~1orders/put/x-batch/collection", "elsewhere")
    document["paths"]["/orders"]["put"]["x-contract"] = {"twice": "each"}

    with pytest.raises(SpecError, match="read is missing, and no GET of the spec has the x-collection"):
        sample_vendor_api(tmp_path, document)


def sample_vendor_api(folder: Path, document: dict[str, object]) -> None:
    load_api(sample_vendor.write_spec(folder, document))
