from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockserver.contract.exchange import Request
from mockserver.contract.loading import load_vendor_api
from mockserver.contract.oracle.checks import ExchangeJudge
from mockserver.contract.run_state import RunConfig
from mockserver.contract.traffic import (
    UNKNOWN_OPERATION,
    Drift,
    DriftComparison,
    DriftedExchange,
    UnfitStateError,
    local_server,
    read_har,
)
from tests.contract.traffic.archives import archive, entry

BATCH = "https://api.example/vba/claim-invoice-batch"
HEADERS = {"vbasoftware-database": "sandbox", "x-api-key": "ab…"}
VBA = load_vendor_api("vba")


def row(key: int, status: int, body: str) -> dict[str, Any]:
    return {"id": [{"key": "Invoice_Key", "value": key}], "status": status, "body": body}


def answer(*rows: dict[str, Any]) -> dict[str, Any]:
    return {
        "data": list(rows),
        "error": None,
        "debug": {"activityID": "c837afc4-e7ff-4d11-a82c-cbc9a838c312"},
    }


def batch(items: Any, *rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    return entry("PUT", BATCH, items, status=207, received=answer(*rows), headers=HEADERS, **more)


def held(*entries: dict[str, Any], base: str = "", state: Path | None = None) -> Drift:
    with local_server(VBA, state, {}) as call:
        return DriftComparison(VBA, base, ExchangeJudge(VBA, RunConfig()), call).drift(
            read_har(archive(*entries))
        )


def only(drift: Drift) -> DriftedExchange:
    [one] = drift.drifted
    return one


def test_traffic_that_our_server_would_have_answered_so_has_not_drifted() -> None:
    drift = held(
        batch([{"invoice_Key": 1}, {"invoice_Key": 2}], row(1, 201, "Created"), row(2, 201, "Created")),
        batch([{"invoice_Key": 1}], row(1, 200, "Updated")),
    )

    assert (len(drift.calls), drift.drifted) == (2, ())
    assert drift.made["one-outcome-per-item"] >= 2


def test_an_item_that_would_be_rejected_here_is_told_with_its_key_and_our_reason() -> None:
    one = only(held(batch([{"invoice_Key": 1, "payee_ID": "NOPE"}], row(1, 201, "Created"))))

    assert one.forbidden == ()
    [other] = one.differences
    assert (other.place, other.key, other.recorded) == (0, "1", "created")
    assert other.here.startswith("rejected: ")
    assert "FOREIGN KEY" in other.here


def test_our_server_remembers_what_was_recorded_before() -> None:
    drift = held(
        batch([{"invoice_Key": 1}], row(1, 201, "Created")),
        batch([{"invoice_Key": 1}], row(1, 201, "Created")),
    )

    assert [(other.recorded, other.here) for other in only(drift).differences] == [("created", "updated")]
    assert only(drift).number == 2


def test_an_answer_that_loses_an_item_is_forbidden() -> None:
    one = only(held(batch([{"invoice_Key": 1}, {"invoice_Key": 2}], row(1, 201, "Created"))))

    assert "one-outcome-per-item" in {found.check for found in one.forbidden}
    assert [(other.place, other.recorded) for other in one.differences] == [(1, "no outcome")]


def test_a_status_that_the_spec_does_not_have_is_forbidden() -> None:
    one = only(held(entry("GET", "https://api.example/payees", status=418, headers=HEADERS)))

    assert "answers-match-the-spec" in {found.check for found in one.forbidden}


def test_a_call_of_no_operation_below_a_named_base_is_told() -> None:
    one = only(held(entry("GET", "https://api.example/v9/x"), base="https://api.example"))

    assert [found.check for found in one.forbidden] == [UNKNOWN_OPERATION]


def test_calls_of_others_lost_answers_and_transient_errors_are_counted_and_not_judged() -> None:
    drift = held(
        entry("GET", "https://api.example/logo.png"),
        entry("GET", "https://api.example/payees", status=0, headers=HEADERS),
        entry("GET", "https://api.example/payees", status=503, headers=HEADERS),
    )

    assert (drift.foreign, drift.lost, drift.transient, drift.calls) == (1, 1, 1, ())


def test_a_call_whose_answer_was_lost_is_made_all_the_same() -> None:
    drift = held(
        {**batch([{"invoice_Key": 1}]), "response": {"status": 0, "headers": [], "content": {}}},
        batch([{"invoice_Key": 1}], row(1, 200, "Updated")),
    )

    assert drift.drifted == ()


def test_credentials_that_a_recorder_left_out_or_cut_are_those_of_our_fixtures() -> None:
    left_out = entry("GET", "https://api.example/payees/P100", headers={"vbasoftware-database": "sandbox"})

    assert only(held(left_out)).here.response.status == 200


def test_sandboxes_of_recorded_calls_are_apart_here_too() -> None:
    drift = held(
        *(
            batch([{"invoice_Key": 1}], row(1, 201, "Created"))
            | {
                "request": {
                    **batch([{"invoice_Key": 1}])["request"],
                    "url": f"http://h/sandboxes/{name}/vba/claim-invoice-batch",
                }
            }
            for name in ("a", "b")
        )
    )

    assert drift.drifted == ()


def test_our_server_may_begin_with_a_dump(tmp_path: Path) -> None:
    state, sent = tmp_path / "dump.json", batch([{"invoice_Key": 7}], row(7, 200, "Updated"))
    with local_server(VBA, None, {}) as call:
        [one] = read_har(archive(sent))
        call(one, held(sent).calls[0].recorded)
        state.write_bytes(call.target.send(Request("GET", "/_mock/sandboxes/default/dump")).response.body)

    assert held(sent, state=state).drifted == ()


def test_a_dump_that_does_not_fit_is_refused_with_what_is_wrong(tmp_path: Path) -> None:
    state = tmp_path / "dump.json"
    state.write_text('{"vba/sandbox": 7}')

    with pytest.raises(UnfitStateError, match="state cannot be loaded"):
        held(batch([{"invoice_Key": 7}], row(7, 200, "Updated")), state=state)
