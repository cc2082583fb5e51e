"""Published clients of other languages: lists, creation, a mixed batch, deletion and search with each."""

from __future__ import annotations

import json
import os
import subprocess
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.clients.programs.installation import (
    ROOT,
    XERO_NODE,
    XERO_PHP,
    XERO_RUBY,
    XEROIZER,
    PublishedClient,
)

PROGRAMS = Path(__file__).parent / "programs"
TENANT = "00000000-0000-4000-8000-000000000001"
COMPANY = "Demo Company (NZ)"
TOO_MUCH = "Payment amount exceeds the amount outstanding on this document"
PROGRAM_S = 60
_numbers = count(1)


@pytest.fixture
def base(url: str) -> str:
    """The base URL of a fresh sandbox whose clock runs: clients compare it with their own."""
    made = httpx.post(f"{url}/_mock/sandboxes", json={"name": f"program-{next(_numbers)}", "seed": 7})
    made.raise_for_status()
    return f"{url}/sandboxes/{made.json()['name']}"


def run(client: PublishedClient, *command: str, ruby: bool = False) -> dict[str, Any]:
    """What a program prints; the test is skipped where its client is not there."""
    if client.missing:
        pytest.skip(f"{client.name}: {client.missing}; `make clients` installs what can be had")
    gems = _ruby_settings(client) if ruby else {}
    done = subprocess.run(  # noqa: S603 - programs of this folder
        command, capture_output=True, text=True, timeout=PROGRAM_S, check=False, env={**os.environ, **gems}
    )
    assert done.returncode == 0, done.stderr[-3000:]
    seen: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return seen


def _ruby_settings(client: PublishedClient) -> dict[str, str]:
    """Where Ruby finds a client: a copy that somebody has, else what was installed here."""
    copy = os.environ.get(client.copy)
    return {"RUBYLIB": copy} if copy else {"GEM_PATH": str(ROOT / "ruby")}


def test_xero_node_follows_its_readme_from_the_tenant_to_a_deleted_batch(base: str) -> None:
    modules = os.environ.get(XERO_NODE.copy, str(ROOT / "node"))

    seen = run(XERO_NODE, "node", str(PROGRAMS / "xero_node.mjs"), f"{base}/xero", modules)

    assert seen.pop("banks")[0] == "BANK1"
    assert seen == {
        "tenant": COMPANY,
        "organisation": COMPANY,
        "contacts": ["Ridgeway University"],
        "listed": True,
        "invoices": [["OK", False, False], ["ERROR", True, True]],
        "batches": [["AUTHORISED", 40, []], [None, None, [TOO_MUCH]]],
        "due": 60,
        "deleted": "DELETED",
        "dueAgain": 100,
        "payment": ["AUTHORISED", 10, 90],
        "undone": "DELETED",
        "found": [100],
        "refused": [400, 10, TOO_MUCH],
        "remaining": True,
    }


def test_xero_ruby_follows_its_readme_from_the_last_connection_to_a_note(base: str) -> None:
    seen = run(XERO_RUBY, "ruby", str(PROGRAMS / "xero_ruby.rb"), f"{base}/xero", ruby=True)

    assert seen.pop("banks")[0] == "BANK1"
    assert seen == {
        "expired": False,
        "tenant": COMPANY,
        "contacts": ["Ridgeway University"],
        "listed": True,
        "created": ["ACCREC", "101.98", "AUTHORISED"],
        "batches": [["AUTHORISED", "40.0", []], [None, None, [TOO_MUCH]]],
        "due": "61.98",
        "deleted": "DELETED",
        "due_again": "101.98",
        "noted": "This payment now has some History!",
        "refused": [400, 10],
    }


def test_xeroizer_pays_and_reads_validation_errors_in_xml(base: str) -> None:
    program = str(PROGRAMS / "xeroizer.rb")

    seen = run(XEROIZER, "ruby", program, f"{base}/xero", TENANT, ruby=True)

    assert seen.pop("banks")[0] == "BANK1"
    assert seen == {
        "organisation": COMPANY,
        "contacts": ["Ridgeway University"],
        "listed": True,
        "created": [True, "AUTHORISED", "100.0", "2019-02-22"],
        "paid": [True, False],
        "due": "60.0",
        "refused": [False, [TOO_MUCH]],
        "several": [False, [False, True]],
        "missing": "Xeroizer::InvoiceNotFoundError",
    }


def test_xero_php_saves_in_xml_and_reads_its_limits_by_their_spelling(base: str) -> None:
    autoload = os.environ.get(XERO_PHP.copy, str(ROOT / "php/vendor/autoload.php"))

    seen = run(XERO_PHP, "php", str(PROGRAMS / "xero_php.php"), f"{base}/xero", TENANT, autoload)

    assert seen.pop("banks")[0] == "BANK1"
    assert TOO_MUCH in seen.pop("refused")
    assert seen == {
        "organisation": COMPANY,
        "contact": "Ridgeway University",
        "listed": True,
        "created": ["AUTHORISED", 100, "2019-02-22"],
        "batch": ["AUTHORISED", 40],
        "due": 60,
        "missing": True,
        "remaining": True,
    }
