"""Points 1 to 10: the first minute."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from tests.tools.people.point import point
from tests.tools.people.stage import Server, Stage, make_run

OUTSIDE = Path(__file__).parent / "no_outside"
"""Folder whose sitecustomize writes down every connection that leaves this machine."""

XERO = {
    "Authorization": "Bearer any",
    "xero-tenant-id": "00000000-0000-4000-8000-000000000001",
    "Content-Type": "application/json",
}


@point(1, "From clone to first answer three commands, under a minute after dependencies")
def first_answer(stage: Stage) -> str:
    began = perf_counter()
    with make_run(stage.clone, {}) as (url, _):
        answer = stage.done(f"curl -s {url}/xero/connections -H 'Authorization: Bearer anything'")
    took = perf_counter() - began
    assert json.loads(answer)[0]["tenantId"], answer
    assert took < 60
    return f"git clone, make run, curl: {took:.1f} s; with dependencies {stage.set_up_s:.0f} s"


@point(2, "The banner's address opens the console")
def banner_address(stage: Stage) -> str:
    with make_run(stage.clone, {}) as (_, banner):
        addresses = re.findall(r"http://\S+", banner)
        pages = [
            stage.done(f"curl -sL -o /dev/null -w '%{{http_code}} %{{content_type}}' {one}")
            for one in addresses
        ]
    assert pages, banner
    assert {page.partition(";")[0] for page in pages} == {"200 text/html"}, (addresses, pages)
    return f"{len(addresses)} addresses in the banner, each a page"


@point(3, "send shows accepted and refused items for each vendor")
def send(stage: Stage) -> str:
    seen = []
    with stage.server() as server:
        for vendor in json.loads(stage.done("mockserver vendors --json")):
            name = vendor["name"]
            shown = stage.done(f"mockserver send {name}", {"MOCKSERVER_URL": server.url})
            outcomes = set(re.findall(r"^ +\d+ +\S (\w+)", shown, re.MULTILINE))
            assert "rejected" in outcomes, shown
            seen.append(f"{name}: {', '.join(sorted(outcomes))}")
    return "; ".join(seen)


@point(4, "The first curl of the README works pasted")
def first_curl(stage: Stage) -> str:
    readme = (stage.clone / "README.md").read_text(encoding="utf-8")
    curl, answer = re.findall(r"```console\n\$ (curl .*?)\n(.*?)\n```", readme, re.DOTALL)[0]
    with stage.server() as server:
        shown = stage.done(curl.replace("http://127.0.0.1:8080", server.url))
    assert re.fullmatch(".*".join(re.escape(part) for part in answer.split("…")), shown.strip(), re.DOTALL), (
        shown
    )
    return f"{curl[:60]}…"


@point(5, "With the network off everything still works, pages included")
def offline(stage: Stage) -> str:
    script = """ip link set lo up
mockserver run --port 0 --print-url --log off > "$DIR/url" &
until [ -s "$DIR/url" ]; do sleep 0.1; done
url=$(cat "$DIR/url"); url=${url%/}
for path in / /_console/ /xero/ui/ /xero/openapi.yaml /_console/static/console.css \\
  /_console/docs/ /_mock/health; do
  curl -sL -o /dev/null -w '%{http_code} ' $url$path
done
mockserver send vba --url $url > /dev/null && printf 'sent'
kill %1; wait"""
    shown = stage.run("unshare -rn bash -s", {"DIR": str(stage.folder)}, stdin=script)
    assert shown.stdout == "200 200 200 200 200 200 200 sent", shown.stdout + shown.stderr
    return "seven addresses and a batch in a network namespace that has only loopback"


@point(6, "No outside connection, ever")
def no_outside_connection(stage: Stage) -> str:
    record = stage.folder / "connections.txt"
    watched = {"PYTHONPATH": str(OUTSIDE), "CONNECTIONS": str(record)}
    with stage.server("", watched) as server:
        stage.done("mockserver send xero", {"MOCKSERVER_URL": server.url, **watched})
        stage.run("mockserver doctor", watched)
        stage.run("mockserver contract vba --max-examples 2 --operation putClaimInvoiceBatch", watched)
        stage.done("mockserver journal list", {"MOCKSERVER_URL": server.url, **watched})
    lines = record.read_text(encoding="utf-8").splitlines()
    outside = [line for line in lines if not re.search(r"127\.\d+\.\d+\.\d+|::1|localhost|''|^unix", line)]
    assert lines, "the hook saw nothing, not even loopback"
    assert outside == []
    return f"{len(lines)} connections and look-ups, all on this machine"


@point(7, "Port taken: the message names who has it, exit 5")
def port_taken(stage: Stage) -> str:
    with stage.server() as server:
        second = stage.run(f"mockserver run --port {server.url.rpartition(':')[2]}")
    assert second.returncode == 5
    assert "taken by another mockserver" in second.stderr, second.stderr
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        third = stage.run(f"mockserver run --port {other.getsockname()[1]}")
    assert (third.returncode, "taken" in third.stderr) == (5, True), third.stderr
    return _one_line(second.stderr)


@point(8, "Wrong path: the log names the nearest operation")
def wrong_path(stage: Stage) -> str:
    with stage.server() as server:
        answer = server.call(
            "PUT", "/xero/BatchPayments", headers={**XERO, "Mock-Sandbox": "fresh"}, content=b'{"a": 1}'
        )
        line = server.logged(lambda one: "/BatchPayments 404" in one)
        outside = server.call("PUT", "/BatchPayments", content=b"{}")
        entry = server.call("GET", "/_mock/sandboxes/fresh/journal/1").json()
    nearest = "nearest is PUT /xero/api.xro/2.0/BatchPayments"
    assert nearest in line, line
    assert nearest in answer.headers["Mock-Reason"]
    assert nearest in outside.headers["Mock-Reason"]
    assert (entry["request"]["body"], nearest in entry["reason"]) == ('{"a": 1}', True), entry
    return line


@point(9, "No token: the log says what would do")
def no_token(stage: Stage) -> str:
    with stage.server() as server:
        for vendor in server.call("GET", "/_mock/vendors").json():
            server.call("GET", _first_path(server, vendor["name"]))
            line = server.logged(_line_of(vendor["name"]))
            assert re.search(r" 40[13]  \S+: \S+", line), line
        return _refused_tenant(server)


def _first_path(server: Server, vendor: str) -> str:
    """Return a path of the vendor that can be read."""
    paths = server.call("GET", f"/{vendor}/openapi.json").json()["paths"]
    return f"/{vendor}{next(path for path, item in paths.items() if 'get' in item)}"


def _line_of(vendor: str) -> Callable[[str], bool]:
    return lambda line: line.startswith(f"{vendor} ")


def _refused_tenant(server: Server) -> str:
    server.call("GET", "/xero/api.xro/2.0/Invoices", headers={"Authorization": "Bearer any"})
    return server.logged(lambda one: "xero GET /api.xro/2.0/Invoices 403" in one and "xero-tenant-id" in one)


@point(10, "doctor finds a proxy variable that would swallow loopback calls")
def proxy(stage: Stage) -> str:
    told = stage.run("mockserver doctor", {"HTTP_PROXY": "http://proxy.example:3128", "NO_PROXY": ""})
    line = next(line for line in told.stdout.splitlines() if "HTTP_PROXY" in line)
    assert line.startswith("warn"), told.stdout
    assert "NO_PROXY=127.0.0.1" in told.stdout
    return line


def _one_line(text: str) -> str:
    return " ".join(text.split())
