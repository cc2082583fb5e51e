from __future__ import annotations

import dataclasses
import os
import subprocess
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from mockserver.contract.exchange import Exchange, Request, Response
from mockserver.contract.report.files import shell_script
from mockserver.contract.report.results import run_outcome
from mockserver.contract.session import Session
from tests.support.contract_sessions import HOSTILE, SECRET, VARIABLE, exchange, finding, visit
from tests.support.server_process import serve_process


def scripted(*exchanges: Exchange, message: str = "count is 3") -> str:
    received = run_outcome(visit(finding("count-is-processed", *exchanges, message=message)), ())
    return shell_script(received.session, received.rows[0], received.session.ledger.findings[0])


def checked(text: str) -> None:
    done = subprocess.run(
        ["bash", "-n"],  # noqa: S607
        input=text.encode(errors="replace"),
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_script_says_what_it_shows_and_how_it_came_to_it() -> None:
    assert (
        "\n# payt count-is-processed: count is 3\n# 1. POST /v1/invoices with 3 items → 201\n" in scripted()
    )


def test_a_credential_is_a_variable_that_must_be_set() -> None:
    text = scripted()

    assert SECRET not in text
    assert f'-H "authorization: Bearer {VARIABLE}"' in text
    assert ': "${MOCKSERVER_CREDENTIAL_BEARERAUTH:?}"' in text


@pytest.mark.parametrize(
    "sent", [b"", b"it's", b"\x00\xff", b"a" * 70_000, HOSTILE.encode(errors="replace"), b"`id` $(id) END\n"]
)
def test_whatever_was_sent_the_script_is_good_bash(sent: bytes) -> None:
    checked(scripted(exchange(sent=sent), message=HOSTILE))


@pytest.mark.parametrize("header", ["x-$(id)", "x-`id`", 'x-"', "x-\\"])
def test_a_header_is_never_run(header: str) -> None:
    request = Request("GET", "/$(id)/`id`/'x", {header: f"Bearer {SECRET}", "x-empty": ""})
    text = scripted(Exchange(request, Response(200, {}, b"")))
    checked(text)
    ran = subprocess.run(  # noqa: S603 - ours, with curl replaced
        ["bash", "-c", f"curl() {{ printf '%s\\n' \"$@\"; }}\n{text}"],  # noqa: S607
        capture_output=True,
        check=True,
        text=True,
        env={**os.environ, "MOCKSERVER_CREDENTIAL_BEARERAUTH": SECRET},
    )

    assert f"{header}: Bearer {SECRET}" in ran.stdout.splitlines()
    assert "/$(id)/`id`/'x" in ran.stdout


def test_a_script_sends_the_bytes_that_were_sent(tmp_path: Path) -> None:
    body = b'{"administration_id": "81", "invoices": []}'
    (tmp_path / "one.sh").write_text(scripted(exchange(sent=body)))
    with serve_process("--vendor", "payt") as url:
        done = subprocess.run(  # noqa: S603 - ours
            ["bash", tmp_path / "one.sh"],  # noqa: S607
            capture_output=True,
            check=True,
            text=True,
            env={
                **os.environ,
                "MOCKSERVER_TARGET": f"{url}/payt",
                "MOCKSERVER_CREDENTIAL_BEARERAUTH": "any",
                "NO_PROXY": "*",
            },
        )

    assert done.stdout == '{"success":true,"count":0,"errors":{}}\n201\n'


def called_url(session: Session, **environment: str) -> str:
    """The address that the script's only call goes to."""
    received = run_outcome(session, ())
    text = shell_script(received.session, received.rows[0], received.session.ledger.findings[0])
    checked(text)
    ran = subprocess.run(  # noqa: S603 - ours, with curl replaced
        ["bash", "-c", f"curl() {{ printf '%s\\n' \"$@\"; }}\n{text}"],  # noqa: S607
        capture_output=True,
        check=True,
        text=True,
        env={"PATH": os.environ["PATH"], "MOCKSERVER_CREDENTIAL_BEARERAUTH": SECRET, **environment},
    )
    return next(line for line in ran.stdout.splitlines() if line.startswith("http"))


@pytest.mark.parametrize(
    ("url", "environment", "called"),
    [
        ("", {}, "http://127.0.0.1:8080/payt"),
        ("", {"MOCKSERVER_URL": "http://127.0.0.1:9000"}, "http://127.0.0.1:9000/payt"),
        ("http://127.0.0.1:9/payt", {}, "http://127.0.0.1:9/payt"),
        ("http://127.0.0.1:9/payt", {"MOCKSERVER_URL": "http://[::1]:9000"}, "http://[::1]:9000/payt"),
        (
            "https://api.example.com/payt",
            {"MOCKSERVER_URL": "http://127.0.0.1:9000"},
            "https://api.example.com/payt",
        ),
        ("http://127.0.0.1:9/v1's", {"MOCKSERVER_URL": "http://127.0.0.1:9000"}, "http://127.0.0.1:9/v1's"),
        ("", {"MOCKSERVER_TARGET": "http://a/b", "MOCKSERVER_URL": "http://c"}, "http://a/b"),
    ],
    ids=["in process", "in process, URL", "own", "own, URL", "remote", "not below", "target"],
)
def test_the_calls_go_to_the_server_that_is_meant(url: str, environment: dict[str, str], called: str) -> None:
    assert (
        called_url(dataclasses.replace(visit(finding()), url=url), **environment) == f"{called}/v1/invoices"
    )


def test_a_name_in_the_address_is_never_run() -> None:
    session = visit(finding())
    session = dataclasses.replace(session, url="", api=replace(session.api, name='a}"$(id)`id`'))

    assert called_url(session) == "http://127.0.0.1:8080/a%7D%22%24%28id%29%60id%60/v1/invoices"


def test_a_failure_of_this_process_says_which_server_its_calls_need() -> None:
    received = run_outcome(dataclasses.replace(visit(finding()), url=""), ())

    text = shell_script(received.session, received.rows[0], received.session.ledger.findings[0])

    server = "mockserver run --vendor payt --auth strict"
    assert f"\n# It was found without a server; these calls need one: {server}\n" in text


def test_every_run_of_a_script_begins_in_a_fresh_sandbox(tmp_path: Path) -> None:
    invoice = b'{"administration_id": "81", "invoices": [{"invoice_number": "N-1"}]}'
    request = exchange(sent=invoice).request
    sandboxed = replace(request, headers={**request.headers, "mock-sandbox": "contract-7-postv1invoices-1"})
    (tmp_path / "one.sh").write_text(scripted(Exchange(sandboxed, Response(201, {}, b""), "postV1Invoices")))
    with serve_process("--vendor", "payt") as url:
        environment = {"MOCKSERVER_URL": url, "MOCKSERVER_CREDENTIAL_BEARERAUTH": "any", "NO_PROXY": "*"}
        answers = [
            subprocess.run(  # noqa: S603 - ours
                ["bash", tmp_path / "one.sh"],  # noqa: S607
                capture_output=True,
                check=True,
                text=True,
                env={**os.environ, **environment},
            ).stdout
            for _ in range(2)
        ]
        names = {one["name"] for one in httpx.get(f"{url}/_mock/sandboxes").json()}

    assert answers[0] == answers[1]
    assert sum(name.startswith("contract-7-postv1invoices-1-") for name in names) == 2


def test_a_sandbox_that_a_user_named_stays() -> None:
    request = Request("GET", "/v1/invoices", {"mock-sandbox": "qa"})

    assert "-H 'mock-sandbox: qa'" in scripted(Exchange(request, Response(200, {}, b"")))
