"""Every case and every packaged scenario: the calls, their answers, and the entries of the journal."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from tests.support.client import send_call
from tests.tools.goldens.door import NOW, VENDORS, Control, Recording, Traffic, new_application

_SANDBOX = "golden"
_START = NOW.isoformat().replace("+00:00", "Z")
_PATIENCE_S = 1.0
_Document = Callable[..., Any]


def record_cases(recording: Recording, vendor: str) -> None:
    """Run the vendor's cases in process, and those that lose an answer on a real server."""
    app, traffic = new_application(), Traffic(whole=True)
    traffic.watch(type(app.asgi))
    control = Control(app)
    with _real_server(vendor) as real:
        for row in control.document("GET", "/cases"):
            if vendor not in row["vendors"]:
                continue
            traffic.take()
            made = _run_row(control.document, row["id"], vendor)
            if "lost: refused" in json.dumps(made["verdict"]):
                made = _run_row(real, row["id"], vendor)
            recording.write_json(f"{row['id']}.json", {"row": row, **made, "calls": traffic.take()})


def _run_row(document: _Document, row: str, vendor: str) -> dict[str, Any]:
    document("POST", "/sandboxes", {"name": _SANDBOX, "seed": 7, "freeze": _START})
    verdict = document("POST", f"/sandboxes/{_SANDBOX}/cases/{row}/run", {"vendor": vendor})
    verdict.pop("run")  # its number is that of all runs of the server: a new row would change those behind it
    verdict.pop("calls", None)
    entries = document("GET", f"/sandboxes/{_SANDBOX}/journal?last=1000")
    numbers = sorted(one["number"] for one in entries)
    journal = [document("GET", f"/sandboxes/{_SANDBOX}/journal/{number}") for number in numbers]
    document("DELETE", f"/sandboxes/{_SANDBOX}")
    return {"verdict": verdict, "journal": journal}


@contextmanager
def _real_server(vendor: str) -> Iterator[_Document]:
    command = [sys.executable, "-m", "mockserver", "run", "--port", "0", "--print-url", "--log", "off"]
    with subprocess.Popen([*command, "--vendor", vendor], stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        url = process.stdout.readline().strip().rstrip("/")
        with httpx.Client(base_url=f"{url}/_mock", timeout=60, trust_env=False) as client:

            def document(method: str, path: str, body: Any = None) -> Any:
                came = client.request(method, path, json=body)
                return came.json() if came.content else None

            try:
                yield document
            finally:
                process.terminate()


def record_scenarios(recording: Recording) -> None:
    """Send each vendor's example twice under each packaged scenario."""
    control = Control(new_application())
    packaged = control.document("GET", "/scenarios")
    recording.write_json("list.json", packaged)
    for scenario in packaged:
        name = scenario["name"]
        meant = next((vendor for vendor in VENDORS if name.startswith(f"{vendor}-")), "")
        vendors = (meant,) if meant else VENDORS
        for vendor in vendors:
            control.document("POST", "/sandboxes", {"name": vendor, "seed": 7, "freeze": _START})
            control.document("POST", f"/sandboxes/{vendor}/scenarios", scenario["document"])
        examples = {
            one: control.document("POST", f"/sandboxes/{one}/examples", {"vendor": one}) for one in vendors
        }
        answers = asyncio.run(_send_all(control.app, examples))
        made = {}
        for vendor in vendors:
            made[vendor] = {
                "answers": answers[vendor],
                "journal": [
                    control.document("GET", f"/sandboxes/{vendor}/journal/{number}") for number in (1, 2)
                ],
                "scenarios": control.document("GET", f"/sandboxes/{vendor}/scenarios"),
                "diff": control.document("GET", f"/sandboxes/{vendor}/diff"),
            }
            control.document("DELETE", f"/sandboxes/{vendor}")
        recording.write_json(f"{name}.json", made)


async def _send_all(app: Any, examples: dict[str, Any]) -> dict[str, Any]:
    sent = (_send_twice(app, vendor, example) for vendor, example in examples.items())
    return dict(zip(examples, await asyncio.gather(*sent), strict=True))


async def _send_twice(app: Any, sandbox: str, example: Any) -> list[Any]:
    headers = {"host": "testserver", "user-agent": "goldens", **example["headers"], "mock-sandbox": sandbox}
    body, path = example["body"].encode(), f"/{sandbox}{example['path']}"
    headers["content-length"] = str(len(body))
    made: list[Any] = []
    for _ in range(2):
        try:
            async with asyncio.timeout(_PATIENCE_S):
                came = await send_call(app, example["method"], path, headers, [body])
            made.append([came.status, dict(came.headers), came.body.decode("utf-8", "backslashreplace")])
        except TimeoutError:
            made.append(f"no answer in {_PATIENCE_S} seconds")
        except Exception as error:  # noqa: BLE001 - a connection that a scenario ends
            made.append(repr(error))
    return made
