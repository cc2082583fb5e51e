from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from mockserver.console.site import LANGUAGES, FirstCall, Language, indented

BODY = '{"text": "it\'s \\"quoted\\" \\\\ ${x} `y` é\\n", "more": """}'
HEADERS = {"content-type": "application/json", "x-name": 'it\'s "x"'}
PROGRAMS = {
    "curl": ["bash"],
    "python": [sys.executable],
    "javascript": ["node"],
    "java": ["java"],
}
SUFFIXES = {"curl": "sh", "python": "py", "javascript": "mjs", "java": "java"}


@contextmanager
def listener() -> Iterator[tuple[str, list[tuple[str, str, dict[str, str], bytes]]]]:
    """A server that keeps what it is sent: method, path, headers, body."""
    received: list[tuple[str, str, dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            length = int(self.headers.get("content-length", 0))
            headers = {name.lower(): text for name, text in self.headers.items()}
            received.append((self.command, self.path, headers, self.rfile.read(length)))
            self.send_response(207)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", received
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one.id in PROGRAMS], ids=lambda one: one.id)
def test_a_program_sends_the_call_byte_for_byte(language: Language, tmp_path: Path) -> None:
    if shutil.which(PROGRAMS[language.id][0]) is None:
        pytest.skip(f"{PROGRAMS[language.id][0]} is not on this machine")
    file = tmp_path / f"call.{SUFFIXES[language.id]}"
    with listener() as (origin, received):
        file.write_text(language.write(FirstCall("PUT", f"{origin}/a?b=c", HEADERS, BODY)), encoding="utf-8")
        done = subprocess.run(  # noqa: S603 - a program of ours
            [*PROGRAMS[language.id], str(file)], capture_output=True, text=True, check=True, timeout=60
        )

    ((method, path, headers, body),) = received
    assert (method, path, body.decode()) == ("PUT", "/a?b=c", BODY)
    assert {name: headers[name] for name in HEADERS} == HEADERS
    assert done.stdout.strip() in ("ok", "207 ok")


def written(name: str, call: FirstCall) -> str:
    return next(one for one in LANGUAGES if one.id == name).write(call)


def test_java_has_the_body_as_a_text_block() -> None:
    text = written("java", FirstCall("PUT", "http://x/", HEADERS, BODY))

    assert 'var body = """\n{"text": "it\'s \\\\"quoted\\\\" ' in text
    assert '"more": \\"""}""";' in text
    assert '.header("x-name", "it\'s \\"x\\"")' in text


def test_c_sharp_has_the_body_between_more_quotes_than_it_has() -> None:
    text = written("csharp", FirstCall("PUT", "http://x/", HEADERS, BODY))

    assert f'var body = """"\n{BODY}\n"""";' in text
    assert 'new HttpMethod("PUT"), "http://x/"' in text


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda one: one.id)
def test_a_call_without_a_body_has_none(language: Language) -> None:
    text = language.write(FirstCall("GET", "http://x/", {}))

    assert ("GET" in text, "const body" in text, "body =" in text, "--data" in text) == (
        True,
        False,
        False,
        False,
    )


def test_a_text_that_ends_with_a_quote_stays_one() -> None:
    text = written("python", FirstCall("PUT", "http://x/", {}, '"a"'))

    assert 'body = """"a\\""""' in text


@pytest.mark.parametrize(("body", "text"), [('{"a":1.50}', '{\n  "a": 1.50\n}'), ("<a/>", "<a/>"), ("", "")])
def test_only_json_is_indented(body: str, text: str) -> None:
    assert indented(body) == text
