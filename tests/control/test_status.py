from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest

from mockserver import __version__
from mockserver.control.status import EffectiveSetting
from mockserver.server.application import Options, create_app
from tests.control.operators import NEW, create, order
from tests.support import sample_vendor
from tests.support.client import Client


@pytest.fixture
def operator(tmp_path: Path) -> Client:
    """A client of a server of its own, whose calls nobody else has counted."""
    return sample_vendor.create_client(tmp_path, seed=3, freeze="2026-01-05T09:00:00Z")


def test_health_tells_what_is_served(operator: Client) -> None:
    assert operator.get("/_mock/health").json == {
        "status": "ok",
        "version": __version__,
        "auth": "lenient",
        "vendors": ["acme"],
        "uptimeSeconds": ANY,
    }


def test_health_tells_for_how_long_the_server_has_been_up(tmp_path: Path) -> None:
    sample_vendor.write_spec(tmp_path)
    times = [datetime(2026, 1, 5, 9, tzinfo=UTC)]
    app = create_app(Options(specs=(tmp_path,), vendors=("acme",)), clock=lambda: times[0])

    times[0] += timedelta(hours=3, seconds=0.9)

    assert sample_vendor.client_of(app).get("/_mock/health").json["uptimeSeconds"] == 10_800


def test_vendors_tell_where_they_are_and_what_they_do(operator: Client) -> None:
    assert operator.get("/_mock/vendors").json == [
        {
            "name": "acme",
            "title": "Acme orders",
            "mount": "/acme",
            "base": "/acme",
            "operations": ["listOrders", "putOrders", "showOrder"],
            "batches": ["putOrders"],
        }
    ]


METRICS = "/_mock/metrics"


def test_metrics_tell_what_there_is_and_what_calls_come_to(operator: Client) -> None:
    create(operator)
    order(operator, "A", "B", "")
    operator.get("/acme/orders", headers={"mock-scenario": "stale-keep-alive", "mock-sandbox": "new"})

    assert operator.get(METRICS).json == {
        "sandboxes": 2,
        "journalEntries": 2,
        "vendors": {
            "acme": {
                "calls": 2,
                "openCalls": 0,
                "faults": 1,
                "items": {
                    "created": 2,
                    "updated": 0,
                    "unchanged": 0,
                    "rejected": 1,
                    "skipped": 0,
                    "warned": 0,
                },
            }
        },
    }


def test_metrics_are_text_for_prometheus(operator: Client) -> None:
    create(operator)
    order(operator, "A", "B", "")
    operator.get("/acme/orders", headers={"mock-scenario": "stale-keep-alive"})
    accepts = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.1"

    answer = operator.get(METRICS, headers={"accept": accepts})

    assert answer.media_type == "text/plain"
    assert {
        "mockserver_sandboxes 2.0",
        "mockserver_journal_entries 2.0",
        'mockserver_calls_total{vendor="acme"} 2.0',
        'mockserver_open_calls{vendor="acme"} 0.0',
        'mockserver_transport_faults_total{vendor="acme"} 1.0',
        'mockserver_items_total{outcome="created",vendor="acme"} 2.0',
        'mockserver_items_total{outcome="rejected",vendor="acme"} 1.0',
        'mockserver_rules_hit_total{rule="stale-keep-alive/idle",vendor="acme"} 1.0',
    } <= set(answer.text.splitlines())


@pytest.mark.parametrize("accept", ["", "*/*", "application/json", "application/json, text/plain;q=0.9"])
def test_metrics_are_json_for_who_does_not_ask_for_text(operator: Client, accept: str) -> None:
    assert (
        operator.get(METRICS, headers={"accept": accept} if accept else {}).media_type == "application/json"
    )


def test_calls_are_counted_whatever_the_journal_keeps(operator: Client) -> None:
    create(operator)
    order(operator, "A")

    operator.delete(NEW)

    metrics: Any = operator.get(METRICS).json
    assert (metrics["journalEntries"], metrics["vendors"]["acme"]["calls"]) == (0, 1)


def test_a_server_that_a_program_started_tells_no_settings(operator: Client) -> None:
    assert operator.get("/_mock/settings").json == []


def test_settings_tell_their_values_and_where_they_come_from(tmp_path: Path) -> None:
    settings = (
        EffectiveSetting("port", "8080", "default"),
        EffectiveSetting("auth", "strict", "command line"),
    )
    operator = sample_vendor.create_client(tmp_path, settings=settings)

    assert operator.get("/_mock/settings").json == [
        {"setting": "port", "value": "8080", "source": "default"},
        {"setting": "auth", "value": "strict", "source": "command line"},
    ]
