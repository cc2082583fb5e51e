from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mockserver.contract import baseline
from mockserver.contract.api import ApiUnderTest
from mockserver.contract.baseline import KnownFindings, UnreadableBaselineError
from mockserver.contract.exchange import Finding
from mockserver.contract.loading import load_vendor_api
from tests.support.contract_sessions import exchange, finding

KNOWN = KnownFindings("payt", "postV1Invoices", "count-is-processed", "abc", "they know")


@pytest.fixture(scope="module")
def payt() -> ApiUnderTest:
    return load_vendor_api("payt")


@pytest.mark.parametrize("name", ["known.json", "known.yaml", "deep/known.yml"])
def test_what_is_written_is_read(tmp_path: Path, name: str) -> None:
    baseline.write_baseline(tmp_path / name, [KNOWN])

    assert baseline.read_baseline(tmp_path / name, KnownFindings) == [KNOWN]


def test_the_order_does_not_matter_to_the_file(tmp_path: Path) -> None:
    other = KNOWN._replace(check="order-is-kept")
    baseline.write_baseline(tmp_path / "a.json", [KNOWN, other])
    baseline.write_baseline(tmp_path / "b.json", [other, KNOWN])

    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "/version: expected 1"),
        ("[]", "/version: expected 1"),
        ("version: 2\nknown: []", "/version: expected 1"),
        ("version: 1", "/known: expected a list"),
        ("version: 1\nknown: [x]", "/known/0: expected an object"),
        ("version: 1\nknown: [{vendor: payt, check: c}]", "/known/0/operation: expected a text"),
        ("version: 1\nknown: [{chxck: c}]", "/known/0/chxck: keys allowed here: check, fingerprint,"),
        ("{", "line"),
    ],
)
def test_what_is_no_baseline_is_told_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "known.yaml").write_text(text)

    with pytest.raises(UnreadableBaselineError, match=f"(?s)known.yaml.*{told}"):
        baseline.read_baseline(tmp_path / "known.yaml", KnownFindings)


def test_a_baseline_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnreadableBaselineError, match=r"nowhere\.json"):
        baseline.read_baseline(tmp_path / "nowhere.json", KnownFindings)


@pytest.mark.parametrize(
    ("known", "covered"),
    [
        (KNOWN, True),
        (KNOWN._replace(fingerprint=""), True),
        (KNOWN._replace(fingerprint="abx"), False),
        (KNOWN._replace(vendor="xero"), False),
        (KNOWN._replace(operation="getV1Invoices"), False),
        (KNOWN._replace(check="order-is-kept"), False),
    ],
    ids=["same", "any", "fingerprint", "vendor", "operation", "check"],
)
def test_a_difference_is_known_by_all_that_is_written(known: KnownFindings, covered: bool) -> None:  # noqa: FBT001
    assert known.covers(KNOWN) is covered


def test_a_fingerprint_is_the_same_for_other_keys_places_and_words(payt: ApiUnderTest) -> None:
    one = replace(finding(message="item 1 (A1)"), pointer="/errors/A1/0", steps=("1. this",))
    other = replace(finding(message="item 7 (B2)"), pointer="/errors/B2/3", steps=())

    assert baseline.fingerprint(payt, one) == baseline.fingerprint(payt, other)


@pytest.mark.parametrize(
    "other",
    [
        finding("order-is-kept"),
        finding("count-is-processed", exchange(500)),
        replace(finding(), operation="getV1Invoices"),
        replace(finding(), pointer="/errors"),
    ],
    ids=["check", "status", "operation", "member"],
)
def test_another_difference_has_another_fingerprint(payt: ApiUnderTest, other: Finding) -> None:
    assert baseline.fingerprint(payt, finding()) != baseline.fingerprint(payt, other)
