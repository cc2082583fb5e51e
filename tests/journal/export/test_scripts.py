from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from mockserver.journal.export.formats import FORMATS
from mockserver.journal.export.scripts import pytest_source, shell_script
from mockserver.journal.export.story import VARYING, Story, UnsuitableFormError
from mockserver.model import Action, Delivery
from tests.support.journal_entries import item_results, story

NO_SERVER = "http://127.0.0.1:1"


def sending(**changes: Any) -> str:
    """The command that sends the call."""
    return shell_script(story(**changes)).partition("\nsend '17")[2].partition("\nexit $failed")[0]


def test_a_call_is_sent_with_what_is_expected_of_it() -> None:
    decided = item_results(("A", Action.CREATED), ("B", Action.REJECTED))

    assert sending(decided=decided) == (
        " PUT /orders' 207 created:1,rejected:1 '1 created 1 rejected' 20 none \\\n"
        "  -X PUT \"$url\"'/acme/orders?page=2' \\\n"
        "  -H 'authorization: Bearer abcdef' \\\n"
        "  -H 'content-type: application/json' \\\n"
        "  -H 'accept:' \\\n"
        "  -H 'user-agent:' \\\n"
        "  --data-raw '{\"orders\":[]}'\n"
    )


def test_a_lost_answer_is_expected_lost_within_a_second_and_its_delay() -> None:
    assert " lost - - 1.5 none " in sending(delivery=Delivery(fault="NO_RESPONSE", delay_ms=500))


@pytest.mark.parametrize("body", [b"\xff", b"a\x00b", b"a\r\nb", "é".encode("utf-16"), b"x" * 70_000])
def test_what_cannot_stand_in_quotes_goes_in_as_base64(body: bytes) -> None:
    made = sending(body=body)

    assert " base64 \\\n" in made
    assert made.endswith("END\n")
    assert "--data-binary @- <<'END'\n" in made


def test_a_head_with_a_body_is_refused() -> None:
    with pytest.raises(UnsuitableFormError, match="call 17 is a HEAD with a body"):
        sending(method="HEAD")


@pytest.mark.skipif(shutil.which("sh") is None, reason="there is no shell")
@pytest.mark.parametrize(
    "text", ["it's", 'a "b" $HOME `id`', "é\nü", "back\\slash", "100%", "\x7f\x01\\x", "ends in a line\n"]
)
def test_a_body_and_a_header_reach_curl_as_they_are(tmp_path: Path, text: str) -> None:
    """Run only the sending part, with a `send` that prints its last argument or what it decodes."""
    header = "".join(sign for sign in text if " " <= sign <= "~")
    made = sending(body=text.encode(), headers={"x-odd": header, "accept": "a", "user-agent": "b"})
    shown = tmp_path / "shown"
    script = f"""\
url=http://x
send() {{
  kind=$6
  for last in "$@"; do case $last in x-odd*) printf '%s' "$last" > '{shown}.header' ;; esac; done
  if [ "$kind" = base64 ]; then base64 -d > '{shown}'; else printf '%s' "$last" > '{shown}'; fi
}}
send '17{made}"""
    (tmp_path / "x.sh").write_text(script, encoding="utf-8")

    subprocess.run(["sh", str(tmp_path / "x.sh")], check=True, timeout=10)  # noqa: S603, S607

    assert shown.read_bytes() == text.encode()
    assert Path(f"{shown}.header").read_text() == (f"x-odd: {header}" if header else "x-odd;")


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_without_a_server_the_script_says_so(tmp_path: Path) -> None:
    (tmp_path / "x.sh").write_text(shell_script(story()), encoding="utf-8")

    done = subprocess.run(  # noqa: S603 - our own export
        ["sh", str(tmp_path / "x.sh")],  # noqa: S607
        env={**os.environ, "MOCKSERVER_URL": NO_SERVER},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.splitlines()[-1] == (
        f"error: no mockserver answers at {NO_SERVER}; set MOCKSERVER_URL or start one: mockserver run"
    )


def source(**changes: Any) -> str:
    made = pytest_source(story(**changes))
    ast.parse(made)
    return made


def expecting(body: Any) -> Story:
    made = story()
    [call] = made.calls
    return replace(made, calls=(replace(call, expected_body=body),))


def test_a_file_names_its_test_after_its_call() -> None:
    assert FORMATS["pytest"].named(story().stem) == "test_call_17.py"
    assert "def test_call_17_answered_as_recorded(sandbox, vendors):" in source()


def test_values_that_vary_are_left_open() -> None:
    made = pytest_source(expecting({"id": VARYING, "amounts": [1, VARYING]}))

    assert "assert response.json() == {'id': ANY, 'amounts': [1, ANY]}" in made


@pytest.mark.parametrize(
    "changes",
    [
        {"body": bytes(range(256)) * 3},
        {"path": '/a"""b\\'},
        {"headers": {"x": 'it\'s "q" \\ é'}},
        {"reply_body": 'line\n"quoted" é'.encode(), "reply_media_type": "text/plain"},
        {"delivery": Delivery(fault="CONNECTION_RESET_BY_PEER")},
    ],
    ids=["binary", "path", "header", "text", "lost"],
)
def test_what_is_odd_in_a_call_makes_a_file_of_python_all_the_same(changes: dict[str, Any]) -> None:
    assert source(**changes)


def test_a_lost_answer_is_expected_lost() -> None:
    made = source(delivery=Delivery(fault="CONNECTION_RESET_BY_PEER"))

    assert "with pytest.raises(httpx.TransportError):\n        send(vendors, " in made


def test_a_percent_sign_in_a_scenario_stays_one() -> None:
    scenario = {"version": 1, "name": "p", "rules": [{"id": "100%s"}]}
    made = pytest_source(story({"seed": 7, "scenarios": [scenario]}))
    [value] = [
        ast.literal_eval(node.value)
        for node in ast.parse(made).body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "BEGINNING"
    ]

    assert (value % b"new").decode() == (
        '{"name":"new","seed":7,"scenarios":[{"version":1,"name":"p","rules":[{"id":"100%s"}]}]}'
    )


def test_without_a_server_the_test_fails_with_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "test_x.py").write_text(source(), encoding="utf-8")

    done = subprocess.run(  # noqa: S603 - our own export
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, str(tmp_path)],
        env={
            **os.environ,
            "MOCKSERVER_URL": "http://127.0.0.1:1",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )

    said = "no mockserver answers at http://127.0.0.1:1; set MOCKSERVER_URL or start one: mockserver run"
    assert done.returncode == 1
    assert said in done.stdout.splitlines()
    assert "ConnectError" not in done.stdout
