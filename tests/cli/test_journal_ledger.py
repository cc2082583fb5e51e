"""The commands that tell how the items of a run ended: `journal summary`, `check`, `list --lost`, `item`."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from click.testing import Result

from mockserver.cli.journal_ledger import read_told_keys
from mockserver.journal.journal import Limits
from mockserver.server.application import Application
from tests.support.commands import Commands
from tests.vendors.payt.samples import invoice
from tests.vendors.xero.documents import EACH, INVOICES, TENANT, line
from tests.vendors.xero.documents import invoice as xero_invoice

LOSE = {"omit": True, "commit": False}
LOST_LINES = [
    "  R-123  lost  EUR 123.00  #1  left out of the answer and not stored by rule night/lose",
    "  R-124  lost  EUR 124.00  #1  left out of the answer and not stored by rule night/lose",
]
HEADLINE = "sent 500 · stored 481 · refused 17 · lost 2 · doubled 0 · never answered 0"


UNASKED = "the client's own report was not asked (--told FILE)"


def call(commands: Commands, method: str, path: str, body: Any, **headers: str) -> None:
    url = f"{commands.url}/sandboxes/{commands.sandbox}{path}"
    credentials = {"authorization": "Bearer any", **headers}
    httpx.request(method, url, json=body, headers=credentials, trust_env=False)


def arm(commands: Commands, **rule: Any) -> None:
    commands.control("PUT", "/scenarios/night", {"version": 1, "name": "night", "rules": [rule]})


def of(number: int, **changes: Any) -> dict[str, Any]:
    """Return the invoice R-number of that many euro."""
    amounts = ("amount_total", "amount_open", "book_amount_total", "book_amount_open")
    return invoice(f"R-{number}", **dict.fromkeys(amounts, f"{number}.00"), **changes)


def send_invoices(commands: Commands, *invoices: dict[str, Any]) -> None:
    call(commands, "POST", "/payt/v1/invoices", {"administration_id": "81", "invoices": list(invoices)})


@pytest.fixture
def night(commands: Commands) -> Commands:
    """500 invoices in one call: 17 are refused, and 2 are neither stored nor answered."""
    lost = [{"select": {"key": key}, "effect": LOSE} for key in ("R-123", "R-124")]
    arm(commands, id="lose", items=lost)
    bad = {number: {"debtor_number": "NOPE"} for number in range(20, 360, 20)}
    send_invoices(commands, *(of(number, **bad.get(number, {})) for number in range(1, 501)))
    return commands


@pytest.fixture
def twice(commands: Commands) -> Commands:
    """50 invoices, 3 of which are bad, to a vendor that numbers them; the first answer is lost."""
    arm(commands, id="lose", times={"count": 1}, response={"fault": "CONNECTION_RESET_BY_PEER"})
    lines = [line(UnitAmount=at, AccountCode="SALES" if at > 3 else "NOPE") for at in range(1, 51)]
    sent = [xero_invoice(CurrencyCode="USD", LineItems=[one]) for one in lines]
    for _ in range(2):
        try:
            call(commands, "PUT", f"/xero{INVOICES}{EACH}", {"Invoices": sent}, **{"xero-tenant-id": TENANT})
        except httpx.TransportError:
            continue
    return commands


def outcome(result: Result) -> tuple[int, list[str]]:
    return result.exit_code, result.stdout.splitlines()


def test_the_summary_has_figures_money_and_the_lost_items(night: Commands) -> None:
    assert outcome(night.run("journal", "summary")) == (
        0,
        [
            HEADLINE,
            "  sent     500  EUR 125,250.00",
            "  stored   481  EUR 121,943.00",
            "  refused   17    EUR 3,060.00",
            "  lost       2      EUR 247.00",
            "lost:",
            *LOST_LINES,
        ],
    )


def test_the_summary_names_items_that_were_created_twice_and_the_command_for_all(twice: Commands) -> None:
    status, lines = outcome(twice.run("journal", "summary"))

    assert (status, lines[0]) == (
        0,
        "sent 50 · stored 47 · refused 3 · lost 0 · doubled 47 · never answered 0",
    )
    assert lines[4] == "  doubled  47  USD 2,538.00"
    assert lines[6].endswith("  created twice   USD 8.00  #1 #2  created by #1 and #2")
    assert lines[-1] == f"  and 37 more: mockserver journal list --doubled -s {twice.sandbox}"


def test_the_summary_has_a_column_for_each_currency(commands: Commands) -> None:
    send_invoices(commands, of(1), of(2000, currency_code="GBP"))

    assert outcome(commands.run("journal", "summary"))[1][1:] == [
        "  sent    2  GBP 2,000.00  EUR 1.00",
        "  stored  2  GBP 2,000.00  EUR 1.00",
    ]


def test_the_summary_as_json_is_the_ledger(night: Commands) -> None:
    assert night.document("journal", "summary") == night.control("GET", "/ledger")


def test_items_of_other_vendors_are_left_out(night: Commands) -> None:
    lines = outcome(night.run("journal", "summary", "--vendor", "xero"))[1]

    assert lines[0] == "sent 0 · stored 0 · refused 0 · lost 0 · doubled 0 · never answered 0"
    assert lines[1].startswith(f"no item was sent in {night.sandbox} to xero; calls are in ")


def test_a_check_fails_if_no_item_was_sent(commands: Commands) -> None:
    status, lines = outcome(commands.run("journal", "check"))

    assert (status, lines[1].partition(";")[0]) == (1, f"no item was sent in {commands.sandbox}")


def test_a_check_fails_if_older_calls_are_no_longer_kept(
    app: Application, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.journal.kept, "limits", Limits(entries=1))
    send_invoices(commands, of(1))
    send_invoices(commands, of(2))

    status, lines = outcome(commands.run("journal", "check"))
    assert (status, lines[1:]) == (1, ["not counted, because they are no longer kept: the first 1 call"])


def test_a_check_passes_with_the_headline(commands: Commands) -> None:
    send_invoices(commands, of(1))

    headline = "sent 1 · stored 1 · refused 0 · lost 0 · doubled 0 · never answered 0"
    verdict = f"ok: none lost, none phantom, none doubled (by key); {UNASKED}"
    assert outcome(commands.run("journal", "check")) == (0, [headline, verdict])


def test_a_check_names_what_is_lost(night: Commands) -> None:
    assert outcome(night.run("journal", "check")) == (1, [HEADLINE, "lost:", *LOST_LINES])


def test_a_check_names_ten_items_and_the_command_for_all(night: Commands) -> None:
    status, lines = outcome(night.run("journal", "check", "--none-refused"))

    assert (status, lines[1], lines[2]) == (
        1,
        "refused:",
        "  R-20   refused   EUR 20.00  #1  Debtor must exist",
    )
    assert lines[12:] == [f"  and 7 more: mockserver journal list --refused -s {night.sandbox}"]


def test_a_check_as_json_has_the_verdict_and_the_items(night: Commands) -> None:
    found = json.loads(night.run("journal", "check", "--json").stdout)

    assert (found["passed"], [one["key"] for one in found["lost"]["found"]]) == (False, ["R-123", "R-124"])


def test_a_check_of_other_figures_passes(night: Commands) -> None:
    verdict = f"ok: none doubled (by key), none never answered; {UNASKED}"
    ran = night.run("journal", "check", "--none-doubled", "--none-unanswered")
    assert outcome(ran) == (0, [HEADLINE, verdict])


@pytest.fixture
def quiet(commands: Commands) -> Commands:
    """Four invoices: the server stores R-1 and R-4, and refuses R-2 and R-3."""
    send_invoices(commands, of(1), *(of(number, debtor_number="NOPE") for number in (2, 3)), of(4))
    return commands


def told(commands: Commands, text: str, *options: str) -> tuple[int, list[str]]:
    status, lines = outcome(commands.run("journal", "check", "--told", "-", *options, stdin=text))
    assert (
        lines[0]
        == "sent 4 \u00b7 stored 2 \u00b7 refused 2 \u00b7 lost 0 \u00b7 doubled 0 \u00b7 never answered 0"
    )
    return status, lines[1:]


def test_what_the_client_kept_quiet_fails_the_check_that_passes_without_its_report(quiet: Commands) -> None:
    assert quiet.run("journal", "check").exit_code == 0

    assert told(quiet, "R-2\n") == (
        1,
        [
            "not stored, and not in the client's report:",
            "  R-3  refused  EUR 3.00  #1  Debtor must exist",
        ],
    )


def test_a_client_that_tells_all_that_is_not_stored_passes(quiet: Commands) -> None:
    said = "the client's report has each item that is not stored"

    assert told(quiet, "R-3\nR-2\n") == (0, [f"ok: none lost, none phantom, none doubled (by key); {said}"])


def test_told_keys_that_are_stored_or_were_never_sent_are_named(quiet: Commands) -> None:
    status, lines = told(quiet, "R-2\nR-3\nR-4\nR-9\n")

    assert (status, lines[:-1]) == (
        0,
        [
            "in the client's report as failed, but stored: R-4",
            "in the client's report as failed, but never sent: R-9",
        ],
    )


def test_lost_items_are_kept_quiet_too_and_ten_are_named(night: Commands) -> None:
    status, lines = outcome(night.run("journal", "check", "--none-doubled", "--told", "-", stdin="R-20"))

    assert (status, lines[1], len(lines)) == (1, "not stored, and not in the client's report:", 13)
    assert lines[-1] == "  and 8 more: --json has all"


def test_a_check_of_the_report_as_json_has_the_items_and_the_keys(quiet: Commands) -> None:
    result = quiet.run("journal", "check", "--json", "--told", "-", stdin='["R-2", "R-1", "R-9"]')
    found = json.loads(result.stdout)

    assert (found["passed"], [one["key"] for one in found["told"]["keptQuiet"]]) == (False, ["R-3"])
    assert (found["told"]["stored"], found["told"]["neverSent"]) == (["R-1"], ["R-9"])


@pytest.mark.parametrize("text", ["[1", '{"R-2": "x"', "[" * 5000])
def test_a_report_that_is_not_read_is_wrong_usage(quiet: Commands, text: str) -> None:
    result = quiet.run("journal", "check", "--told", "-", stdin=text)

    assert (result.exit_code, "   at: --told " in result.stderr) == (2, True)
    assert "try: a file with a key in each line" in result.stderr


KNOWN = {"R-1", "R-2", "Smith, J", "17"}


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("", []),
        ("R-1\n\n  R-2  \r\nR-9", ["R-1", "R-2", "R-9"]),
        ("R-9\nR-1", ["R-9", "R-1"]),
        ("R-1\nR-1\n", ["R-1"]),
        ("Smith, J\nR-1", ["Smith, J", "R-1"]),
        ("invoice\nR-1", ["R-1"]),
        ('key,why\nR-1,must exist\nR-9,"no, never"', ["R-1", "R-9"]),
        ("amount;invoice;why\n17,5;R-1;bad\n3;R-9;bad", ["R-1", "R-9"]),
        ("why\tkey\nbad\t17", ["17"]),
        ("R-1,must exist\nR-2,must exist", ["R-1", "R-2"]),
        ('key,why\n"Smith, J",x', ["Smith, J"]),
        ('["R-1", 17, null, "R-9"]', ["R-1", "17", "R-9"]),
        ("[]", []),
        ('[{"why": "bad", "id": "R-1"}, {"why": "R-2", "id": "R-9"}, {"id": 17}]', ["R-1", "R-9", "17"]),
        ('{"R-1": "must exist", "R-9": ["a", "b"]}', ["R-1", "R-9"]),
        ('{"failed": ["R-1", "R-2"], "count": 2}', ["R-1", "R-2"]),
        ('{"failed": [{"key": "R-1"}]}', ["R-1"]),
        ("{}", []),
    ],
)
def test_keys_are_read_from_lines_tables_and_json(text: str, keys: list[str]) -> None:
    assert read_told_keys(text, KNOWN) == keys


def test_lost_and_doubled_items_are_listed_in_place_of_calls(night: Commands) -> None:
    assert outcome(night.run("journal", "list", "--lost", "--doubled")) == (0, LOST_LINES)


def test_items_of_one_key_are_listed(night: Commands) -> None:
    assert outcome(night.run("journal", "list", "--lost", "--item", "R-124")) == (0, LOST_LINES[1:])


def test_the_newest_items_are_listed(night: Commands) -> None:
    assert outcome(night.run("journal", "list", "--lost", "--last", "1")) == (0, LOST_LINES[1:])


def test_listed_items_as_json_are_whole(night: Commands) -> None:
    found = night.document("journal", "list", "--lost", "--refused")

    assert [one["end"] for one in found].count("lost") == 2
    assert len(found) == 19


def test_no_items_are_told_with_the_command_for_the_sums(night: Commands) -> None:
    result = night.run("journal", "list", "--phantom")

    cure = f"mockserver journal summary -s {night.sandbox}"
    assert (result.exit_code, result.stderr) == (0, f"no phantom item in {night.sandbox}; the sums: {cure}\n")


def test_a_filter_of_calls_does_not_go_with_items(night: Commands) -> None:
    result = night.run("journal", "list", "--never-answered", "--status", "4xx")

    assert result.exit_code == 2
    assert "--never-answered lists items, and --status selects calls" in result.stderr


def test_the_story_of_a_lost_item_says_so(night: Commands) -> None:
    (head, _) = outcome(night.run("journal", "item", "R-123"))[1]

    assert head == "payt postV1Invoices R-123   LOST   never stored (1 attempt)   EUR 123.00"


def test_the_story_of_an_item_that_was_created_twice_says_by_which_calls(twice: Commands) -> None:
    key = twice.document("journal", "list", "--doubled", "--last", "1")[0]["key"]

    head = outcome(twice.run("journal", "item", key))[1][0]
    assert "   CREATED TWICE by #1 and #2   " in head


def test_the_story_of_an_item_that_was_created_more_often_says_how_often(commands: Commands) -> None:
    for _ in range(3):
        sent = {"Invoices": [xero_invoice()]}
        call(commands, "PUT", f"/xero{INVOICES}{EACH}", sent, **{"xero-tenant-id": TENANT})
    key = commands.document("journal", "list", "--doubled")[0]["key"]

    head = outcome(commands.run("journal", "item", key))[1][0]
    assert "   CREATED 3 TIMES by #1, #2 and #3   " in head


def test_an_item_without_a_key_is_found_by_a_number_that_the_ledger_shows(twice: Commands) -> None:
    item = twice.document("journal", "list", "--doubled", "--last", "1")[0]
    first, second = item["name"].split(" and ")

    head, *calls = outcome(twice.run("journal", "item", second))[1]
    assert f" {item['key']} ({first} and {second})   CREATED TWICE by #1 and #2   " in head
    assert len(calls) == 2


@pytest.mark.parametrize("form", ["case", "pytest", "curl", "har", "postman"])
def test_an_export_begins_with_the_ledger_of_its_calls(night: Commands, form: str) -> None:
    send_invoices(night, of(501))

    text = night.run("journal", "export", "1", f"--{form}").stdout

    assert "lost 2 (R-123 and R-124, EUR 247.00)" in text[:600]
