"""What the README and the pages of vendors show is what happens: calls and the contract suite are run."""

from __future__ import annotations

import re
import runpy
import shlex
import subprocess
import sys
from http.server import ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from threading import Thread

import pytest

from mockserver.server.application import Application, Options, create_app
from tests.support.client import Client, Response

README = Path(__file__).parents[1] / "README.md"
VENDORS = sorted((README.parent / "docs" / "vendors").glob("*.md"))
CLIENTS = README.parent / "docs" / "point-your-client.md"
BLOCK = re.compile(r"```console\n\$ (curl .*?)\n(.*?)\n```", re.DOTALL)
MAX_LINES = 150
TIMEOUT_S = 120


def examples(page: Path) -> list[tuple[str, str]]:
    """Return the commands of a page with the answers that it shows."""
    return BLOCK.findall(page.read_text(encoding="utf-8"))


@pytest.fixture
def fresh() -> Application:
    """A server as `make run` starts it."""
    return create_app(Options())


def run(command: str, app: Application) -> Response:
    """What the curl command line gets from `app`; flags that are not known here are a mistake."""
    words = shlex.split(command)[1:]
    url = next(word for word in words if word.startswith("http://127.0.0.1:8080/"))
    headers = dict(text.split(": ", 1) for flag, text in pairwise(words) if flag == "-H")
    values = dict(pairwise(words))
    assert {word for word in words if word.startswith("-") and len(word) == 2} <= {"-s", "-X", "-H", "-d"}
    method = values.get("-X", "POST" if "-d" in values else "GET")
    client = Client(app, {"host": "127.0.0.1:8080", "user-agent": "curl/8", "accept": "*/*"})
    path = url.removeprefix("http://127.0.0.1:8080")
    return client.request(method, path, content=values["-d"].encode(), headers=headers)


def test_a_call_is_shown_for_every_vendor() -> None:
    shown = {command.split("/")[3] for page in (README, *VENDORS) for command, _ in examples(page)}

    assert shown == {"vba", "guidewire", "pvex", "payt", "xero"}


@pytest.mark.parametrize("page", [README, CLIENTS], ids=lambda page: page.name)
def test_the_base_addresses_are_those_that_the_server_tells(page: Path, fresh: Application) -> None:
    told = Client(fresh, {"host": "127.0.0.1:8080"}).get("/_mock/vendors").json
    shown = re.findall(
        r"^\| [A-Z]\w+ \| `http://127.0.0.1:8080(/[^`]+)`", page.read_text(encoding="utf-8"), re.MULTILINE
    )

    assert len(shown) >= 5
    assert set(shown) <= {one["base"] for one in told}


def test_a_call_or_an_item_that_the_readme_looks_up_is_of_its_first_block() -> None:
    text = README.read_text(encoding="utf-8")
    first = text[: text.index("look: ")]

    calls = re.findall(r"mockserver journal show (\d+)", text)
    keys = re.findall(r"mockserver journal item (\d+)", text)

    assert (len(calls), len(keys)) == (2, 1)
    assert [number for number in calls if f"#{number}\n" not in first] == []
    assert [key for key in keys if f" {key}" not in first] == []


@pytest.mark.parametrize("page", [README, *VENDORS], ids=lambda page: page.name)
def test_calls_are_answered_as_the_page_shows(page: Path, fresh: Application) -> None:
    for command, shown in examples(page):
        check(command, shown, fresh)


def test_a_batch_of_the_readme_can_be_pasted_twice(fresh: Application) -> None:
    batches = [one for one in examples(README) if "/_mock/" not in one[0] and "/sandboxes/" not in one[0]]

    for command, shown in (*batches, *batches):
        check(command, shown, fresh)


def check(command: str, shown: str, app: Application) -> None:
    """Assert that the command is answered as shown, where `…` stands for anything."""
    answer = run(command, app)
    parts = [re.escape(part) for part in shown.split("…")]
    assert re.fullmatch(".*".join(parts), answer.text, re.DOTALL), answer.text


def test_the_files_that_the_readme_names_are_there() -> None:
    text = README.read_text(encoding="utf-8")
    named = re.findall(r"(?<![\w/.-])[\w/-]+\.(?:har|json|py|sh|yaml)\b", text)
    folders = (README.parent, README.parent / "examples" / "ledger")

    assert {"examples/drill/send.sh", "examples/scenarios/flaky.yaml"} <= set(named)
    assert [name for name in named if not any((folder / name).is_file() for folder in folders)] == []


def test_the_contract_suite_finds_the_fault_of_the_example_server() -> None:
    shown = README.read_text(encoding="utf-8").partition(
        "    $ python3 examples/faulty/server.py 9100 &\n    $ "
    )[2]
    command, *lines = (line.strip() for line in shown.partition("\n\n")[0].splitlines())
    handler = runpy.run_path(str(README.parent / "examples" / "faulty" / "server.py"))["Handler"]
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        words = command.replace("9100", str(server.server_port)).split()[1:]
        printed = subprocess.run(  # noqa: S603 - the line of our own page
            [sys.executable, "-m", "mockserver", *words],
            cwd=README.parent,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        ).stdout.decode()
        server.shutdown()

    assert len(lines) == 4
    assert re.search(".*".join(re.escape(part) for part in "…".join(lines).split("…")), printed, re.DOTALL), (
        printed
    )


def test_the_readme_is_short_enough_to_be_read() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= MAX_LINES
