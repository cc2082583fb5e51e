"""Export a story as a self-contained pytest file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from textwrap import indent

from mockserver.codec import json
from mockserver.journal.export.story import DEFAULT_URL, VARYING, ExpectedAnswer, Story, StoryCall
from mockserver.model import Json

_LINE_BYTES = 90

_TEMPLATE = '''\
"""The answers are those of {title}.

Needs pytest, httpx and a mockserver at MOCKSERVER_URL, by default {url}.
It makes a sandbox with the state that the calls met, sends them again, and deletes the sandbox.

    python -m pytest {file}
"""

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


def pytest_source(story: Story) -> str:
    """Return the source of the test file."""
    return _TEMPLATE.format(
        title=story.title,
        url=DEFAULT_URL,
        file=pytest_file_name(story),
        name=f"story-{story.stem}",
        stem=f"{story.stem.replace('-', '_')}_answered_as_recorded",
        beginning=_beginning(story),
        body=indent("\n".join(_statements(story)), "    "),
    )


def pytest_file_name(story: Story) -> str:
    """Return a file name that pytest collects."""
    return f"test_{story.stem.replace('-', '_')}.py"


def _beginning(story: Story) -> str:
    """Return the literal of the request body, with `%s` for the name."""
    body = json.encode(story.beginning_named("<name>")).replace(b"%", b"%%")
    return _bytes_literal(body.replace(b'"<name>"', b'"%s"', 1))


def _statements(story: Story) -> Iterator[str]:
    for number, call in enumerate(story.calls, 1):
        yield f"# {call.entry.call.method} {_comment(call.entry.call.path)}, call {call.entry.number}"
        if call.clock:
            clock = json.encode({"at": call.clock})
            yield f'change(sandbox, "POST", "/clock/freeze", {clock!r})'
        if call.state:
            yield f'change(sandbox, "PATCH", "/state", {_bytes_literal(json.encode(call.state))})'
        yield from _sending(call)
        expected = call.expected
        items = _list_literal(expected.items)
        yield f"check_entry(sandbox, {number}, {dict(expected.outcomes)!r}, {items})"


def _sending(call: StoryCall) -> Iterator[str]:
    method = call.entry.call.method
    headers = [(name.encode(), text.encode("latin-1", "replace")) for name, text in call.headers.items()]
    target = call.path_and_query.encode("latin-1", "replace")
    arguments = ", ".join(
        (repr(method), repr(target), _list_literal(headers), _bytes_literal(call.body), str(call.patience_s))
    )
    if call.expected.loss:
        yield "with pytest.raises(httpx.TransportError):"
        yield f"    send(vendors, {arguments})"
        return
    yield f"response = send(vendors, {arguments})"
    yield from _assertions(call.expected)


def _assertions(expected: ExpectedAnswer) -> Iterator[str]:
    yield f"assert response.status_code == {expected.status}"
    if expected.has_body:
        yield f"assert response.json() == {_literal(expected.body)}"
    elif expected.text is not None:
        yield f"assert response.text == {expected.text!r}"


def _comment(path: str) -> str:
    return re.sub("[^ -~]", "?", path)


def _literal(value: Json) -> str:
    """Return Python's notation of what its own JSON reader makes of the value."""
    if isinstance(value, Decimal):
        return repr(float(value))
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name!r}: {_literal(child)}" for name, child in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_literal(child) for child in value) + "]"
    return repr(VARYING) if value is VARYING else repr(value)


def _list_literal(values: Sequence[object]) -> str:
    """Return the values as a Python list, one per line."""
    return "[\n" + "".join(f"    {value!r},\n" for value in values) + "]" if values else "[]"


def _bytes_literal(body: bytes) -> str:
    if len(body) <= _LINE_BYTES:
        return repr(body)
    pieces = [repr(body[at : at + _LINE_BYTES]) for at in range(0, len(body), _LINE_BYTES)]
    return "(\n" + "\n".join(f"    {piece}" for piece in pieces) + "\n)"
