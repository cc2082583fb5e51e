"""Calls as programs: a story as a shell script or a pytest file, one call as a curl command."""

from __future__ import annotations

import re
from base64 import encodebytes
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import groupby
from textwrap import indent

from mockserver.codec import json
from mockserver.codec.curl import (
    MAX_ARGUMENT_BYTES,
    NEXT,
    curl_command,
    header_option,
    is_utf_8_without,
    shell_quote,
    without_defaults,
)
from mockserver.journal.entry import HOP_BY_HOP, Entry
from mockserver.journal.export.formats import FORMATS
from mockserver.journal.export.story import DEFAULT_URL, VARYING, Story, StoryCall, UnsuitableFormError
from mockserver.journal.view import View
from mockserver.model import Json

_UNPRINTABLE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ufeff\ufffe\uffff]")
_NOTHING = "-"
"""Text that the script prints as outcomes and items of a call without items."""

_SHELL_TEMPLATE = """\
#!/bin/sh
# The answers are those of {title}.
# {ledger}
#
# Needs sh, curl, base64 and a mockserver at MOCKSERVER_URL, by default {url}.
# It makes a sandbox with the state that the calls met, sends them again, and deletes the sandbox.
# Prints a line for each call: status, outcomes, items. Exit 1: a call differs; 3: no server or a refusal.

export LC_ALL=C
url=${{MOCKSERVER_URL:-{url}}}
url=${{url%/}}
name={name}-$$
sent=0
failed=0

control() {{ # METHOD PATH CURL-ARGUMENT...
  method=$1 path=$2
  shift 2
  if [ -n "${{MOCKSERVER_CONTROL_TOKEN:-}}" ]; then
    set -- "$@" -H "Authorization: Bearer $MOCKSERVER_CONTROL_TOKEN"
  fi
  curl -sS --fail --noproxy '*' -X "$method" "$url/_mock/sandboxes$path" \\
    -H 'Content-Type: application/json' "$@"
}}

change() {{ # METHOD PATH, the body on standard input
  control "$1" "$2" --data-binary @- >/dev/null || {{
    echo "error: $1 $url/_mock/sandboxes$2 was refused" >&2
    exit 3
  }}
}}

body() {{ # base64 or none
  if [ "$1" = base64 ]; then base64 -d; fi
}}

send() {{ # LABEL STATUS OUTCOMES ITEMS SECONDS BODY CURL-ARGUMENT...
  label=$1 expected="$2  $3  $4" seconds=$5 kind=$6
  shift 6
  sent=$((sent + 1))
  status=$(body "$kind" | curl -s --noproxy '*' --globoff --path-as-is --max-time "$seconds" -o /dev/null \\
    -w '%{{http_code}}' -H "mock-sandbox: $name" "$@") || status=lost
  entry=$(control GET "/$name/journal/$sent") || exit 3
  outcomes=$(printf '%s\\n' "$entry" | sed -n 's/.*"outcomes":{{\\([^}}]*\\)}}.*/\\1/p' | tr -d '"')
  items=$(printf '%s\\n' "$entry" | sed 's/.*"decided"://' | grep -o '"action":"[a-z]*"' \\
    | cut -d '"' -f 4 | uniq -c | sed 's/^ *//' | tr '\\n' ' ')
  items=${{items% }}
  found="$status  ${{outcomes:-{nothing}}}  ${{items:-{nothing}}}"
  if [ "$found" = "$expected" ]; then
    echo "same  $label  $found"
  else
    echo "other $label  expected $expected"
    echo "      $label  found    $found"
    failed=1
  fi
}}

curl -sS --fail --noproxy '*' -o /dev/null "$url/_mock/health" || {{
  echo "error: no mockserver answers at $url; set MOCKSERVER_URL or start one: mockserver run" >&2
  exit 3
}}
trap 'control DELETE "/$name" >/dev/null 2>&1' EXIT
trap 'exit 130' INT TERM
{{ printf '{{"name": "%s", ' "$name"; cat; }} <<'END' | change POST '' || exit 3
{beginning}
END

{calls}
exit $failed
"""

_LINE_BYTES = 90
_PYTEST_TEMPLATE = '''\
"""The answers are those of {title}.

Needs pytest, httpx and a mockserver at MOCKSERVER_URL, by default {url}.
It makes a sandbox with the state that the calls met, sends them again, and deletes the sandbox.

    python -m pytest {file}
"""
# {ledger}

import os
from unittest.mock import ANY  # stands for a value that is not the same each time

import httpx
import pytest

URL = os.environ.get("MOCKSERVER_URL", "{url}").rstrip("/")
TOKEN = os.environ.get("MOCKSERVER_CONTROL_TOKEN", "")
TYPED = {{"Content-Type": "application/json"}}
NAME = f"{name}-{{os.getpid()}}"
BEGINNING = {beginning}


@pytest.fixture
def sandbox():
    headers = {{"Authorization": f"Bearer {{TOKEN}}"}} if TOKEN else {{}}
    with httpx.Client(base_url=f"{{URL}}/_mock", headers=headers, trust_env=False, timeout=60) as client:
        if not has_server(client):
            message = f"no mockserver answers at {{URL}}; set MOCKSERVER_URL or start one: mockserver run"
            pytest.fail(message, pytrace=False)
        client.post("/sandboxes", content=BEGINNING % NAME.encode(), headers=TYPED).raise_for_status()
        yield client
        client.delete(f"/sandboxes/{{NAME}}")


@pytest.fixture
def vendors():
    limits = httpx.Limits(max_keepalive_connections=0)
    with httpx.Client(trust_env=False, limits=limits) as client:
        yield client


def test_{stem}(sandbox, vendors):
{body}


def has_server(client):
    try:
        return client.get("/health").is_success
    except httpx.HTTPError:
        return False


def change(sandbox, method, below, content):
    path = f"/sandboxes/{{NAME}}{{below}}"
    sandbox.request(method, path, content=content, headers=TYPED).raise_for_status()


def send(vendors, method, target, headers, content, timeout):
    url = httpx.URL(URL).copy_with(raw_path=target)
    headers = [*headers, (b"mock-sandbox", NAME.encode())]
    patience = {{"timeout": httpx.Timeout(timeout).as_dict()}}
    request = httpx.Request(method, url, headers=headers, content=content, extensions=patience)
    return vendors.send(request)


def check_entry(sandbox, number, outcomes, items):
    entry = sandbox.get(f"/sandboxes/{{NAME}}/journal/{{number}}").json()
    assert entry["outcomes"] == outcomes
    assert [(one["key"], one["action"]) for one in entry["decided"]] == items
'''


def shell_script(story: Story) -> str:
    return _SHELL_TEMPLATE.format(
        title=story.title,
        ledger=story.ledger,
        url=DEFAULT_URL,
        name=f"story-{story.stem}",
        nothing=_NOTHING,
        beginning=json.encode(story.beginning).decode().removeprefix("{"),
        calls="\n".join(_commands(story)),
    )


def _commands(story: Story) -> Iterator[str]:
    for call in story.calls:
        if call.method == "HEAD" and call.body:
            raise UnsuitableFormError(f"call {call.number} is a HEAD with a body, which curl cannot send")
        for _, method, below, document in call.changes:
            yield f"change {method} \"/$name{below}\" <<'END'\n{json.encode(document).decode()}\nEND\n"
        yield _send(call)


def _send(call: StoryCall) -> str:
    label = f"{call.number} {call.method} {call.entry.call.path}"
    outcomes = ",".join(f"{action}:{count}" for action, count in call.entry.decided.counts.items())
    runs = groupby(action for _, action in call.items)
    items = " ".join(f"{len(list(run))} {action}" for action, run in runs)
    is_short = len(call.body) <= MAX_ARGUMENT_BYTES and is_utf_8_without(call.body, _UNPRINTABLE)
    kind = "none" if is_short else "base64"
    head = [
        "send",
        _quote(re.sub("[^ -~]", "?", label).encode()),
        "lost" if call.loss else str(call.entry.status),
        _quote((outcomes or _NOTHING).encode()),
        _quote((items or _NOTHING).encode()),
        f"{call.patience_s:g}",
        kind,
    ]
    verb = "--head" if call.method == "HEAD" else f"-X {_quote(call.method.encode())}"
    url = f'"$url"{_quote(call.path_and_query.encode("latin-1", "replace"))}'
    headers = (header_option(name, text, _quote) for name, text in call.headers.items())
    lines = [" ".join(head), f"{verb} {url}", *headers, *without_defaults(call.headers, call.body)]
    if is_short:
        return NEXT.join([*lines, *([f"--data-raw {_quote(call.body)}"] if call.body else [])]) + "\n"
    command = NEXT.join([*lines, "--data-binary @-"])
    return f"{command} <<'END'\n{encodebytes(call.body).decode()}END\n"


def _quote(octets: bytes) -> str:
    """Quote bytes as one word of any shell, and escape characters that a terminal might garble."""
    if is_utf_8_without(octets, _UNPRINTABLE):
        return shell_quote(octets)
    return "\"$(printf '" + "".join(f"\\{octet:03o}" for octet in octets) + "')\""


def pytest_source(story: Story) -> str:
    beginning = json.encode({"name": "<name>", **story.beginning}).replace(b"%", b"%%")
    return _PYTEST_TEMPLATE.format(
        title=story.title,
        ledger=story.ledger,
        url=DEFAULT_URL,
        file=FORMATS["pytest"].named(story.stem),
        name=f"story-{story.stem}",
        stem=f"{story.stem.replace('-', '_')}_answered_as_recorded",
        beginning=_bytes_literal(beginning.replace(b'"<name>"', b'"%s"', 1)),
        body=indent("\n".join(_statements(story)), "    "),
    )


def _statements(story: Story) -> Iterator[str]:
    for number, call in enumerate(story.calls, 1):
        path = re.sub("[^ -~]", "?", call.entry.call.path)
        yield f"# {call.entry.call.method} {path}, call {call.entry.number}"
        for _, method, below, document in call.changes:
            yield f'change(sandbox, "{method}", "{below}", {_bytes_literal(json.encode(document))})'
        yield from _sending(call)
        outcomes = dict(call.entry.decided.counts)
        yield f"check_entry(sandbox, {number}, {outcomes!r}, {_list_literal(call.items)})"


def _sending(call: StoryCall) -> Iterator[str]:
    method = call.entry.call.method
    headers = [(name.encode(), text.encode("latin-1", "replace")) for name, text in call.headers.items()]
    target = call.path_and_query.encode("latin-1", "replace")
    arguments = ", ".join(
        (repr(method), repr(target), _list_literal(headers), _bytes_literal(call.body), str(call.patience_s))
    )
    if call.loss:
        yield "with pytest.raises(httpx.TransportError):"
        yield f"    send(vendors, {arguments})"
        return
    yield f"response = send(vendors, {arguments})"
    yield from _assertions(call)


def _assertions(call: StoryCall) -> Iterator[str]:
    yield f"assert response.status_code == {call.entry.status}"
    if call.expected_body is not VARYING:
        yield f"assert response.json() == {_literal(call.expected_body)}"
    elif call.expected_text is not None:
        yield f"assert response.text == {call.expected_text!r}"


def _literal(value: Json) -> str:
    """Return the value as a Python literal, with numbers as Python's own JSON reader reads them."""
    if isinstance(value, Decimal):
        return repr(float(value))
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name!r}: {_literal(child)}" for name, child in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_literal(child) for child in value) + "]"
    return repr(VARYING) if value is VARYING else repr(value)


def _list_literal(values: Sequence[object]) -> str:
    return "[\n" + "".join(f"    {value!r},\n" for value in values) + "]" if values else "[]"


def _bytes_literal(body: bytes) -> str:
    if len(body) <= _LINE_BYTES:
        return repr(body)
    pieces = [repr(body[at : at + _LINE_BYTES]) for at in range(0, len(body), _LINE_BYTES)]
    return "(\n" + "\n".join(f"    {piece}" for piece in pieces) + "\n)"


def call_command(entry: Entry, view: View) -> str:
    """Return a curl command, which prints the response to standard output and errors to standard error."""
    call, body = entry.call, view.request_bytes(entry)
    headers = {name: text for name, text in view.request_headers(entry).items() if name not in HOP_BY_HOP}
    return curl_command(
        call.method,
        shell_quote(f"{call.origin}{view.target(entry)}".encode()),
        headers,
        body,
    )
