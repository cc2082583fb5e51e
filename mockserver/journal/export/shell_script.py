"""Export a story as a shell script that needs sh and curl."""

from __future__ import annotations

import re
from base64 import encodebytes
from collections.abc import Iterator

from mockserver.codec import json
from mockserver.codec.curl import MAX_ARGUMENT_BYTES
from mockserver.journal.export.story import DEFAULT_URL, Story, StoryCall, UnsuitableFormError

_PLAIN_WORD = re.compile(r"[A-Za-z0-9_./:=@%+,-]+")
_UNPRINTABLE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ufeff\ufffe\uffff]")
_CURL_DEFAULT_HEADERS = ("accept", "user-agent", "content-type")
_NOTHING = "-"
"""What the script prints for outcomes and items of a call without items."""

_NEXT = " \\\n  "
_TEMPLATE = """\
#!/bin/sh
# The answers are those of {title}.
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
    | cut -d '"' -f 4 | tr '\\n' ' ')
  items=${{items% }}
  found="$status  ${{outcomes:-{nothing}}}  ${{items:-{nothing}}}"
  if [ "$found" = "$expected" ]; then
    echo "ok    $label  $found"
  else
    echo "FAIL  $label  expected $expected"
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


def shell_script(story: Story) -> str:
    """Return the script.

    Raises:
        UnsuitableFormError: curl cannot send a call.
    """
    return _TEMPLATE.format(
        title=story.title,
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
        if call.clock:
            yield _change("POST", "clock/freeze", json.encode({"at": call.clock}))
        if call.state:
            yield _change("PATCH", "state", json.encode(call.state))
        yield _send(call)


def _change(method: str, below: str, document: bytes) -> str:
    return f"change {method} \"/$name/{below}\" <<'END'\n{document.decode()}\nEND\n"


def _send(call: StoryCall) -> str:
    expected = call.expected
    label = f"{call.number} {call.method} {call.entry.call.path}"
    outcomes = ",".join(f"{action}:{count}" for action, count in expected.outcomes.items())
    items = " ".join(action for _, action in expected.items)
    is_short = len(call.body) <= MAX_ARGUMENT_BYTES and _is_printable(call.body)
    kind = "none" if is_short else "base64"
    head = [
        "send",
        _quote(re.sub("[^ -~]", "?", label).encode()),
        "lost" if expected.loss else str(expected.status),
        _quote((outcomes or _NOTHING).encode()),
        _quote((items or _NOTHING).encode()),
        f"{call.patience_s:g}",
        kind,
    ]
    verb = "--head" if call.method == "HEAD" else f"-X {_quote(call.method.encode())}"
    url = f'"$url"{_quote(call.path_and_query.encode("latin-1", "replace"))}'
    lines = [" ".join(head), f"{verb} {url}", *_headers(call)]
    if is_short:
        return _NEXT.join([*lines, *([f"--data-raw {_quote(call.body)}"] if call.body else [])]) + "\n"
    command = _NEXT.join([*lines, "--data-binary @-"])
    return f"{command} <<'END'\n{encodebytes(call.body).decode()}END\n"


def _headers(call: StoryCall) -> Iterator[str]:
    """Yield options for the headers, and those that remove curl's own."""
    for name, text in call.headers.items():
        header = f"{name}: {text}" if text else f"{name};"
        yield f"-H {_quote(header.encode('latin-1', 'replace'))}"
    for name in _CURL_DEFAULT_HEADERS:
        if name not in call.headers:
            yield f"-H '{name}:'"


def _is_printable(octets: bytes) -> bool:
    """Return whether the bytes are text that can stand in a script and on a terminal."""
    try:
        return _UNPRINTABLE.search(octets.decode()) is None
    except UnicodeDecodeError:
        return False


def _quote(octets: bytes) -> str:
    """Return the bytes (without NUL) as one word of any POSIX shell."""
    if not _is_printable(octets):
        return "\"$(printf '" + "".join(f"\\{octet:03o}" for octet in octets) + "')\""
    text = octets.decode()
    return text if _PLAIN_WORD.fullmatch(text) else "'" + text.replace("'", "'\\''") + "'"
