"""Export an entry as a self-contained pytest file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from textwrap import indent

from mockserver.codec import json
from mockserver.journal.entry import Entry
from mockserver.journal.resend import loss_kind, to_sandbox
from mockserver.journal.view import View
from mockserver.model import Json
from mockserver.sandbox.sandboxes import Settings

_TIMEOUT_S = 10
_LOSS_TIMEOUT_S = 1
_LINE_BYTES = 90
_DEFAULT_ORIGIN = "http://127.0.0.1:8080"
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+")

_TEMPLATE = '''\
"""{says}.

Runs against MOCKSERVER_URL, or {origin}, in a sandbox of its own{before}: python -m pytest {file}
"""

import os

import httpx{imports}

URL = os.environ.get("MOCKSERVER_URL", "{origin}")
TOKEN = os.environ.get("MOCKSERVER_CONTROL_TOKEN", "")

NAME = {sandbox}
SANDBOX = {settings}
TARGET = {target}
HEADERS = {headers}
CONTENT = {content}


def test_{name}():
    operator = {{"Authorization": f"Bearer {{TOKEN}}"}} if TOKEN else {{}}
    with httpx.Client(base_url=f"{{URL}}/_mock", headers=operator, trust_env=False) as control:
        control.delete(f"/sandboxes/{{NAME}}")
        typed = {{"Content-Type": "application/json"}}
        control.post("/sandboxes", content=SANDBOX, headers=typed).raise_for_status()
        try:
            check(control)
        finally:
            control.delete(f"/sandboxes/{{NAME}}")


def check(control):
    url = httpx.URL(URL).copy_with(raw_path=TARGET)
    patience = {{"timeout": httpx.Timeout({patience}).as_dict()}}
    request = httpx.Request({method}, url, headers=HEADERS, content=CONTENT, extensions=patience)
    with httpx.Client(trust_env=False) as client:
{answer}
    entry = control.get(f"/sandboxes/{{NAME}}/journal/1").json()
    assert entry["outcomes"] == {outcomes}
    assert [[one["key"], one["action"]] for one in entry["decided"]] == {decided}
'''


def pytest_source(entry: Entry, view: View, settings: Settings) -> str:
    """Return the source of the test file."""
    target, headers = to_sandbox(entry, view, settings.name)
    lost = loss_kind(entry) != ""
    return _TEMPLATE.format(
        says=_description(entry),
        origin=_origin(entry),
        before=", without the calls before it" if entry.number > 1 else "",
        file=pytest_file_name(entry),
        imports="\nimport pytest" if lost else "",
        sandbox=repr(settings.name),
        settings=_python_bytes(json.encode(_sandbox_body(settings))),
        target=repr(target.encode()),
        headers=_python_list(
            [(name.encode(), text.encode("latin-1", "replace")) for name, text in headers.items()]
        ),
        content=_python_bytes(view.request_bytes(entry)),
        name=_function_name(entry),
        patience=(_LOSS_TIMEOUT_S if lost else _TIMEOUT_S) + entry.delay_ms / 1000,
        method=repr(entry.call.method),
        answer=indent("\n".join(_answer(entry, lost=lost)), " " * 8),
        outcomes=repr(dict(entry.decided.counts)),
        decided=_python_list([[view.key(key), str(action)] for key, action in entry.decided.items()]),
    )


def pytest_file_name(entry: Entry) -> str:
    """Return a file name that pytest collects."""
    return f"test_call_{entry.number}.py"


def _origin(entry: Entry) -> str:
    """Return the origin of the call; the default one if its Host cannot be embedded in Python source."""
    origin = entry.call.origin
    return origin if _ORIGIN.fullmatch(origin) else _DEFAULT_ORIGIN


def _answer(entry: Entry, *, lost: bool) -> Iterator[str]:
    if lost:
        yield "with pytest.raises(httpx.TransportError):"
        yield "    client.send(request)"
    else:
        yield f"assert client.send(request).status_code == {entry.reply.status}"


def _description(entry: Entry) -> str:
    call = entry.call
    path = call.path.encode("unicode_escape").decode().replace('"', "'").replace("\\", "/")
    return f"Call {entry.number} of sandbox {call.sandbox}: {call.vendor} {call.method} {path}"


def _function_name(entry: Entry) -> str:
    operation = re.sub("[^a-z0-9]+", "_", (entry.operation or "call").lower()).strip("_")
    return f"{operation}_answers_as_call_{entry.number}_was_answered"


def _sandbox_body(settings: Settings) -> Json:
    members = {
        "name": settings.name,
        "seed": settings.seed,
        "freeze": settings.frozen,
        "empty": settings.empty,
        "assumptions": dict(settings.assumptions),
        "scenarios": list(settings.scenarios),
    }
    return {name: value for name, value in members.items() if value or name == "seed"}


def _python_list(values: Sequence[object]) -> str:
    """Render the values as a Python list, one per line."""
    return "[\n" + "".join(f"    {value!r},\n" for value in values) + "]" if values else "[]"


def _python_bytes(body: bytes) -> str:
    if len(body) <= _LINE_BYTES:
        return repr(body)
    pieces = [repr(body[at : at + _LINE_BYTES]) for at in range(0, len(body), _LINE_BYTES)]
    return "(\n" + "\n".join(f"    {piece}" for piece in pieces) + "\n)"
