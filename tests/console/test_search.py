"""The search: words in any form, synonyms, the right page first, and no text that breaks it."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from mockserver.console.documentation import ADDRESS, DocumentationPages, documentation_folder
from mockserver.console.search import SYNONYMS, Passage, SearchIndex, synonyms

OWN = DocumentationPages()
QUESTIONS = {
    "xero rate limit": {"vendors/xero"},
    "keep data after restart": {"running"},
    "four parallel ci jobs": {"ci"},
    "what is the Mock-Reason header": {"journal"},
    "how do i mock my own openapi file": {"your-own-api", "own-spec"},
    "batch with more than 10000 items": {"limits", "settings"},
    "make the access token expire": {"faults-and-retries", "sandboxes", "scenarios", "control"},
    "one slow item": {"scenarios", "faults-and-retries"},
    "record traffic with mitmproxy": {"recorded-traffic"},
    "same idempotency key twice": {"scenarios", "decisions", "faults-and-retries", "control"},
    "run it in docker compose": {"containers"},
    "make one invoice of a batch fail": {"faults-and-retries", "scenarios"},
    "freeze the clock in a test": {"sandboxes", "in-tests", "control"},
    "pytest fixtures": {"in-tests"},
    "junit report github actions": {"ci", "contract"},
    "clean state between tests": {"sandboxes", "in-tests", "isolation", "running"},
    "https certificate not trusted": {"running"},
    "several workers with redis": {"many-workers"},
    "customer was paid twice": {"test-your-client", "faults-and-retries"},
    "port 8080 already in use": {"running", "messages"},
}
"""Questions as strangers type them, and the pages that answer them; written before the search was."""


def pages_of(question: str) -> list[str]:
    """The pages of the first three results."""
    found = OWN.index.find(question)[:3]
    return [
        OWN.file(one.address).relative_to(documentation_folder()).with_suffix("").as_posix() for one in found
    ]


def test_nineteen_of_twenty_questions_have_their_page_among_the_first_three() -> None:
    missed = {
        question: found
        for question, wanted in QUESTIONS.items()
        if not wanted & {*(found := pages_of(question))}
    }

    assert len(missed) <= 1, missed


@pytest.mark.parametrize(
    ("typed", "address", "part"),
    [
        ("payt.quotas", "vendors/payt#assumptions", "payt.quotas"),
        ("createInvoices", "vendors/xero#operations", "/xero/api.xro/2.0/Invoices"),
        ("throttle-bare", "scenarios#what-ships", "throttle-bare"),
        ("--sandbox-idle", "settings#settings-of-the-server", "MOCKSERVER_SANDBOX_IDLE"),
        ("53-all-failed-2xx", "catalogue#53-all-failed-2xx", ""),
    ],
)
def test_what_a_table_lists_is_found_by_its_name(typed: str, address: str, part: str) -> None:
    found = {one.address: one.text for one in OWN.index.find(typed)[:3]}

    assert part in found[f"{ADDRESS}{address}"]


def test_the_first_result_about_rate_limits_names_the_assumption() -> None:
    first, *_ = OWN.index.find("rate limit")

    assert first.heading.startswith("Rate limits")
    assert "quotas" in first.text


@pytest.mark.parametrize("typed", ["rate limit", "quotas", "section check trigger", "list of text", "--json"])
def test_an_excerpt_of_a_table_has_no_empty_cells(typed: str) -> None:
    found = [one.text for one in OWN.index.find(typed)]

    assert any("; " in text for text in found)
    assert not [text for text in found if re.search(r"\|;|· *(?:·|;)|(?:^|;) *;", text)]


def index_of(*texts: str) -> SearchIndex:
    """An index of passages at the addresses /0, /1 and so on."""
    return SearchIndex((Passage("", "", f"/{place}", text), 1) for place, text in enumerate(texts))


def addresses(index: SearchIndex, typed: str) -> list[str]:
    """Where the results are."""
    return [one.address for one in index.find(typed)]


LONG = f"{'hay ' * 9000} needle · sharp; {'needle ' * 9000}"
SHORT = f"{'hay ' * 100} needle {'hay ' * 100}"


@pytest.mark.parametrize(
    ("texts", "typed", "found"),
    [
        (("A client retries.", "Nothing."), "retrying quickly", ["/0"]),
        (("The quota of calls.", "It is throttled there.", "Nothing of that."), "throttling", ["/1", "/0"]),
        (("An exit, and then a code.", "Each exit code.", *["Hay."] * 9), "what is exit-code", ["/1", "/0"]),
        ((SHORT, LONG), "needle sharp", ["/1", "/0"]),
    ],
    ids=["a word in any form", "the word before a synonym", "words that stand together", "a long text once"],
)
def test_the_best_text_is_found_first(texts: tuple[str, ...], typed: str, found: list[str]) -> None:
    assert addresses(index_of(*texts), typed) == found


def test_a_heading_counts_more_than_a_text_and_what_weighs_nothing_is_last() -> None:
    text, head, light = (
        Passage("", "", "/text", f"{'hay ' * 9}needle in hay."),
        Passage("", "Needle", "/head", "Hay and hay."),
        Passage("", "Needle", "/last", "Needle."),
    )

    assert addresses(SearchIndex([(light, 0), (text, 1), (head, 1)]), "needle") == ["/head", "/text", "/last"]


def test_the_name_of_a_page_counts_more_than_other_words_of_titles() -> None:
    titles = {"/docs/acme#limits": "Acme Corp", "/docs/zeta#limits": "Zeta Corp"}
    passages = [(Passage(title, "Limits", address, "Hay."), 1) for address, title in titles.items()]

    assert addresses(SearchIndex(passages), "limits of zeta corp")[0] == "/docs/zeta#limits"


def test_a_long_text_is_cut_around_the_word() -> None:
    (found,) = index_of(f"{'before ' * 100}needle{' after' * 100}").find("needle")

    assert "needle" in found.text
    assert found.text.startswith(" … ")
    assert found.text.endswith(" … ")
    assert len(found.text) < 300


def test_many_threads_search_one_index() -> None:
    index = index_of(*(f"needle {number}" for number in range(500)))

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda number: addresses(index, f"{number}")[:1], range(500)))

    assert found == [[f"/{number}"] for number in range(500)]


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " \n",
        "the what of it",
        '"',
        '"needle',
        "needle*",
        "needle NEAR(",
        "NOT AND OR",
        "title: needle",
        "^-+{}",
        "_",
        "needle\0",
        "\udcff needle",
        "ª ⅷ ² e\u0301",
        "needle " * 1500,
        "".join(f"word{number} " for number in range(1500)),
        "x" * 10_000,
    ],
)
def test_no_text_is_an_error(typed: str) -> None:
    assert addresses(index_of("A needle in hay."), typed) == (["/0"] if "needle" in typed else [])


def test_a_synonym_stands_in_one_group() -> None:
    words = [word for group in SYNONYMS for word in group.split()]

    assert sorted(words) == sorted(set(words))


def test_the_synonyms_of_a_text_are_those_of_its_words_in_any_form() -> None:
    assert synonyms("Hanging, hanged; and the hangs") == "timeout hang stuck forever"
    assert synonyms("Nothing.") == ""
