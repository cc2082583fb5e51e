from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import NoReturn

import pytest

from mockserver.cli import server
from mockserver.cli.server import DEFAULT_URL
from mockserver.engine.registry import vendor_packages
from mockserver.server.listening import make_certificate
from mockserver.testing.http_call import NoResponseError
from tests.support.commands import UNUSED_URL, Commands

VENDOR = vendor_packages()[0]


def cure_of(stderr: str) -> str:
    return stderr.splitlines()[-1].removeprefix("  try: ")


@pytest.fixture
def untrusted_url(tmp_path: Path) -> Iterator[str]:
    """A server whose certificate no client trusts."""
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        context = make_certificate(tmp_path / "tls", ()).context
        server.socket = context.wrap_socket(server.socket, server_side=True)
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"https://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_without_a_server_at_the_default_address_another_port_is_named_as_well(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_arguments: object) -> NoReturn:
        raise NoResponseError(DEFAULT_URL, "Connection refused")

    monkeypatch.setattr(server, "send_request", refused)

    result = commands.run_bare("sandbox", "list")

    assert result.exit_code == 3
    assert cure_of(result.stderr) == (
        "mockserver run, or MOCKSERVER_URL=http://127.0.0.1:PORT mockserver sandbox list … "
        "for a server at another port"
    )


def test_a_certificate_that_is_not_trusted_says_how_to_trust_it(
    commands: Commands, untrusted_url: str
) -> None:
    result = commands.run_bare("sandbox", "list", "--url", untrusted_url)

    assert (result.exit_code, "CERTIFICATE_VERIFY_FAILED" in result.stderr) == (3, True)
    assert cure_of(result.stderr) == (
        "SSL_CERT_FILE=PATH mockserver sandbox list …, with the CA file that mockserver run --tls printed"
    )


def test_an_unknown_sandbox_can_be_created(commands: Commands) -> None:
    result = commands.run_bare("clock", "show", "--url", commands.url, "-s", "zz9")

    assert (result.exit_code, cure_of(result.stderr)) == (4, "mockserver sandbox create zz9")


def test_a_misspelt_sandbox_has_the_nearest_first(commands: Commands) -> None:
    name = f"{commands.sandbox}x"

    result = commands.run_bare("clock", "show", "--url", commands.url, "-s", name)

    assert (result.exit_code, cure_of(result.stderr)) == (
        4,
        f"mockserver clock show --sandbox {commands.sandbox}, or mockserver sandbox create {name}",
    )


def test_an_unknown_sandbox_that_was_to_be_deleted_is_not_to_be_created(commands: Commands) -> None:
    result = commands.run_bare("sandbox", "delete", "zz9", "--yes", "--url", commands.url)

    assert (result.exit_code, cure_of(result.stderr)) == (4, "mockserver sandbox list")


def test_a_name_that_no_sandbox_can_have_is_not_to_be_created(commands: Commands) -> None:
    result = commands.run_bare("clock", "show", "--url", commands.url, "-s", "ZZ 9")

    assert "sandbox create" not in result.stderr


SET = f"{VENDOR}.duplicate_members"


@pytest.mark.parametrize(
    ("line", "status", "said"),
    [
        ("send {vendor}x", 4, "try: mockserver send {vendor} -s {sandbox}"),
        ("send {vendor} --operation {batch}s", 4, "try: mockserver send --operation {batch} -s {sandbox}"),
        ("send {vendor} {case}x", 4, "the nearest is {case}"),
        ("send {vendor} no/such.json", 2, "there is no file no/such.json"),
        ("send {vendor} --to {nowhere}", 3, "no mockserver answers at {nowhere}"),
        ("journal list --vendor {vendor}x", 4, "at: --vendor {vendor}x"),
        ("journal list --vendor {vendor}x", 4, "try: mockserver journal list --vendor {vendor} -s {sandbox}"),
        ("journal list --status 6xx", 2, "expected 207, 4xx or none, found 6xx"),
        ("journal list --since yesterday", 2, "found yesterday"),
        ("journal list --outcome gone", 2, "found gone"),
        ("journal list --last 0", 2, "found 0"),
        ("journal list", 0, "mockserver send VENDOR -s {sandbox}"),
        ("journal list --item nobody", 0, "; send one: mockserver send VENDOR -s {sandbox}"),
        ("journal show", 4, "mockserver send VENDOR -s {sandbox}"),
        ("journal show 99", 4, "try: mockserver journal list -s {sandbox}"),
        ("journal replay 99", 4, "has no entry 99"),
        ("journal replay 99 --into here --to {nowhere}", 2, "--into a sandbox or --to an address"),
        ("journal export --har 99", 4, "has no entry 99"),
        ("journal export 1", 2, "choose a format"),
        ("journal export 1 --har --from 1", 2, "a story has no NUMBER"),
        ("journal item R-99", 4, "mockserver journal list -s {sandbox}"),
        ("scenario list", 0, "mockserver scenario apply flaky-third -s {sandbox}"),
        ("scenario clear nothing", 4, "mockserver scenario list -s {sandbox}"),
        ("scenario show flaky-thrid", 4, "try: mockserver scenario show flaky-third -s {sandbox}"),
        ("scenario apply flaky-thirds", 2, "try: mockserver scenario apply flaky-third -s {sandbox}"),
        ("scenario apply reset --vendor {vendor}x", 4, "scenario apply --vendor {vendor} -s {sandbox}"),
        ("scenario apply reset --operation {batch}s", 4, "--operation {batch} -s {sandbox}"),
        ("sandbox create {sandbox}", 4, "error: "),
        ("sandbox restore s7", 4, "s7"),
        ("sandbox delete {sandbox}", 2, "try: mockserver sandbox delete {sandbox} --yes"),
        ("sandbox reset {sandbox}", 2, "try: mockserver sandbox reset {sandbox} --yes"),
        ("clock freeze yesterday", 2, "try: mockserver clock freeze 2026-01-05T09:00:00Z"),
        ("clock advance 6", 2, "6 is not a duration"),
        ("clock advance soon", 2, "soon is not a duration"),
        ("clock advance -- -6m", 2, ""),
        (f"assumptions set {SET}x refused", 4, f"no assumption {SET}x; do you mean {SET}?"),
        (f"assumptions set {SET} maybe", 4, f"{SET} has no value maybe; it has last_wins, refused"),
    ],
)
def test_what_cannot_be_done_says_why_or_what_to_type(
    commands: Commands, line: str, status: int, said: str
) -> None:
    vendor = next(one for one in commands.server("GET", "/vendors") if one["name"] == VENDOR)
    case, batch = commands.server("GET", "/cases")[0]["id"], max(vendor["batches"], key=len)
    names = {
        "sandbox": commands.sandbox,
        "vendor": VENDOR,
        "nowhere": UNUSED_URL,
        "case": case,
        "batch": batch,
    }

    result = commands.run(*line.format(**names).split())

    assert (result.exit_code, said.format(**names) in result.stderr) == (status, True), result.stderr


@pytest.mark.parametrize("line", ["send {vendor}", "scenario apply reset", "assumptions set {vendor}.x y"])
def test_without_a_server_the_exit_is_3(commands: Commands, line: str) -> None:
    words = line.format(vendor=VENDOR).split()

    assert commands.run_bare(*words, "--url", UNUSED_URL).exit_code == 3
