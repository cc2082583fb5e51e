from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from mockserver import __version__
from mockserver.console.screen import ConsoleControl
from mockserver.console.site import LANGUAGES, FirstCall, FirstCalls, Language, indented
from mockserver.model import Document
from mockserver.server.application import Application, Options, create_app
from mockserver.server.in_process import InProcessClient
from tests.support import sample_vendor
from tests.support.client import Client


def first_calls(application: Application, *vendors: str) -> Mapping[str, Document]:
    control = ConsoleControl(InProcessClient(application))
    return FirstCalls(control).of(vendors)


def test_a_first_call_of_every_vendor_is_answered_with_success(app: Application, client: Client) -> None:
    names = [vendor.name for vendor in app.served]
    found = first_calls(app, *names)

    answered = {
        name: client.request(
            call["method"],
            f"/{name}{call['path']}",
            content=call["body"].encode(),
            headers={"user-agent": "tests", **call["headers"]},
        ).status
        for name, call in found.items()
    }

    assert list(answered) == names
    assert [name for name, status in answered.items() if not 200 <= status < 300] == []


def test_the_sandbox_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    application = sample_vendor.create_application(tmp_path)
    Client(application, {"host": "testserver"}).post("/_mock/sandboxes", json={"name": "first-calls-0"})

    found = first_calls(application, "acme")

    assert (list(found), application.sandboxes.names()) == (["acme"], ["default", "first-calls-0"])


@pytest.mark.parametrize("options", [{"empty": True}, {"freeze": "2026-01-05T09:00:00Z"}])
def test_a_first_call_is_made_for_a_sandbox_like_the_default_one(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    assert list(first_calls(sample_vendor.create_application(tmp_path, **options), "acme")) == ["acme"]


def test_there_are_none_where_there_is_no_room(tmp_path: Path) -> None:
    assert first_calls(sample_vendor.create_application(tmp_path, max_sandboxes=1), "acme") == {}


def test_they_are_made_without_a_default_sandbox(tmp_path: Path) -> None:
    application = sample_vendor.create_application(tmp_path)
    Client(application, {"host": "testserver"}).delete("/_mock/sandboxes/default")

    assert list(first_calls(application, "acme")) == ["acme"]


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
        thread = Thread(target=server.serve_forever, args=(0.01,))
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


@pytest.fixture
def everyone(app: Application) -> Client:
    return Client(app, {"host": "mock.localhost:9000"})


def test_the_page_says_what_this_is_and_its_version(everyone: Client) -> None:
    response = everyone.get("/")

    assert (response.status, response.media_type) == (200, "text/html")
    assert f"<h1>mockserver {__version__}</h1>" in response.text


@pytest.mark.parametrize("below", ["", "/sandboxes/one"])
def test_every_vendor_has_its_address_with_the_host_of_the_request_and_its_page(
    everyone: Client, app: Application, below: str
) -> None:
    text = everyone.get(f"{below}/").text

    assert [
        one.name
        for one in app.served
        if f">http://mock.localhost:9000{below}/{one.name}{one.spec.paths.base}</code>" not in text
        or f'<a href="{below}/{one.name}/ui/">' not in text
    ] == []
    assert ('<a href="/_console/?sandbox=one">' in text) == bool(below)


@pytest.mark.parametrize("language", [one.id for one in LANGUAGES])
def test_every_vendor_has_a_first_call_in_each_language(
    everyone: Client, app: Application, language: str
) -> None:
    text = everyone.get(f"/?language={language}").text

    assert [one.name for one in app.served if f'<pre id="call-{one.name}"' not in text] == []
    assert text.count('aria-current="true"') == 1


def test_an_unknown_language_is_curl(everyone: Client) -> None:
    assert everyone.get("/?language=cobol").text == everyone.get("/?language=curl").text


def test_a_first_call_changes_nothing_and_leaves_no_sandbox(tmp_path: Path) -> None:
    application = sample_vendor.create_application(tmp_path)
    before = application.sandboxes.dump("default")

    Client(application, {"host": "testserver"}).get("/")

    assert application.sandboxes.dump("default") == before
    assert application.sandboxes.names() == ["default"]
    assert application.journal.kept.entries("default") == []


def test_a_vendor_without_an_example_leads_to_its_operations(tmp_path: Path) -> None:
    sample_vendor.write_spec(tmp_path)
    application = create_app(Options(specs=(tmp_path,), vendors=(sample_vendor.NAME,)))

    text = Client(application, {"host": "testserver"}).get("/").text

    assert ("There is no example batch" in text, "/acme/ui/" in text) == (True, True)


def test_a_hostile_host_is_shown_as_text(tmp_path: Path) -> None:
    application = sample_vendor.create_application(tmp_path)

    text = Client(application, {"host": "<script>alert(1)</script>"}).get("/").text

    assert "<script>alert" not in text


@pytest.fixture
def reader(tmp_path: Path) -> Client:
    return sample_vendor.create_client(tmp_path).without("authorization")


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_a_spec_is_served_byte_for_byte_as_the_file(tmp_path: Path, line_end: bytes) -> None:
    file = sample_vendor.write_spec(tmp_path)
    content = file.read_bytes().replace(b"\n", line_end)
    file.write_bytes(content)
    application = create_app(Options(specs=(tmp_path,), vendors=("acme",)))

    response = Client(application, {}).get("/acme/openapi.yaml")

    assert (response.status, response.media_type, response.body) == (200, "application/yaml", content)


def test_the_json_twin_says_the_same(reader: Client) -> None:
    response = reader.get("/acme/openapi.json")

    assert (response.media_type, json.loads(response.body)) == ("application/json", sample_vendor.document())


def test_a_page_is_html_under_a_policy(reader: Client) -> None:
    response = reader.get("/acme/ui/?plain=1")

    assert (response.status, response.media_type) == (200, "text/html")
    assert response.headers["content-security-policy"] == "default-src 'self'; frame-ancestors 'none'"
    assert response.headers["x-content-type-options"] == "nosniff"


def test_a_page_holds_nothing_that_its_policy_forbids(reader: Client) -> None:
    text = "".join(reader.get(path).text for path in ("/", "/acme/ui/?plain=1", "/_console/api/"))

    assert [word for word in ("<script>", "<style", " style=", " onclick=", "https://") if word in text] == []


def test_a_page_escapes_what_a_spec_says(tmp_path: Path) -> None:
    made = sample_vendor.changed_document("/info/title", "<b>Acme</b>")

    text = sample_vendor.create_client(tmp_path, made).get("/acme/ui/").text

    assert ("<b>Acme" in text, "&lt;b&gt;Acme" in text) == (False, True)


def test_a_page_is_served_with_and_without_its_last_slash(reader: Client) -> None:
    assert reader.get("/acme/ui").text == reader.get("/acme/ui/").text


@pytest.mark.parametrize("path", ["/nope/ui/", "/nope/openapi.yaml", "/nope/openapi.json", "/_console/nope"])
def test_a_page_of_nobody_is_not_found(reader: Client, path: str) -> None:
    response = reader.get(path)

    assert (response.status, response.media_type) == (404, "application/problem+json")


def test_a_page_is_only_read(reader: Client) -> None:
    response = reader.post("/acme/ui/")

    assert (response.status, response.media_type) == (405, "application/problem+json")
    assert sorted(response.headers["allow"].split(", ")) == ["GET", "HEAD"]


def test_pages_are_not_in_the_journal(tmp_path: Path) -> None:
    application = sample_vendor.create_application(tmp_path)

    Client(application, {"host": "testserver"}).get("/acme/ui/")

    assert application.journal.kept.entries("default") == []
