"""What the page about running shows is what happens: each command is run, with its files, and compared."""

from __future__ import annotations

import os
import re
import shlex
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import click
import httpx
import pytest

from mockserver.cli.main import main

PAGE = (Path(__file__).parents[1] / "docs" / "running.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"```yaml\n# (\S+)\n(.*?)```", PAGE, re.DOTALL))
BLOCKS = re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
SERVER, OPENING = "mockserver run ", "$ "
STOP_S = 10


@contextmanager
def serving(command: str, folder: Path) -> Iterator[str]:
    """The address of the server that the command starts in the folder, on a free port."""
    words = shlex.split(command)[1:]
    with subprocess.Popen(  # noqa: S603 - our own command line
        [sys.executable, "-m", "mockserver", *words, "--port", "0", "--print-url", "--log", "off"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, map(os.path.abspath, sys.path)))},
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip().rstrip("/")
        finally:
            process.terminate()
            process.wait(STOP_S)


def curl(command: str, url: str, folder: Path) -> str:
    """What the curl command prints; flags that are not known here are a mistake."""
    words = shlex.split(command)[1:]
    assert {one for one in words if one.startswith("-")} <= {
        "-s",
        "-H",
        "-d",
        "-D-",
        "-o/dev/null",
        "--cacert",
    }
    values = dict(pairwise(words))
    headers = dict(text.split(": ", 1) for flag, text in pairwise(words) if flag == "-H")
    target = next(word for word in words if "://127.0.0.1:8080" in word).replace(
        "://127.0.0.1:8080", "://here"
    )
    trusted = folder / values["--cacert"] if "--cacert" in values else None
    with httpx.Client(verify=ssl.create_default_context(cafile=trusted), trust_env=False) as client:
        answer = client.request(
            "POST" if "-d" in values else "GET",
            url + target.partition("://here")[2],
            headers=headers,
            content=values.get("-d"),
        )
    assert target.partition("://")[0] == url.partition("://")[0]
    return _head(answer.status_code, answer.reason_phrase, answer.headers) if "-D-" in words else answer.text


def _head(status: int, phrase: str, headers: Mapping[str, str]) -> str:
    return "\n".join(
        [f"HTTP/1.1 {status} {phrase}", *(f"{name}: {text}" for name, text in headers.items()), ""]
    )


def steps(block: str) -> list[tuple[str, str]]:
    """The commands of a block, each with what it prints."""
    return [
        (command, shown.rstrip("\n"))
        for command, _, shown in (part.partition("\n") for part in f"\n{block}".split(f"\n{OPENING}")[1:])
    ]


@pytest.mark.few(4)
@pytest.mark.parametrize(
    "block", BLOCKS, ids=[block.partition("\n")[0][len(OPENING + SERVER) :] for block in BLOCKS]
)
def test_a_server_is_run_and_answers_as_it_is_shown(block: str, tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    todo = steps(block)
    while todo:
        command, shown = todo.pop(0)
        assert (command.startswith(SERVER), shown) == (True, "")
        with serving(command, tmp_path) as url:
            while todo and not todo[0][0].startswith(SERVER):
                called, expected = todo.pop(0)
                answer = curl(called, url, tmp_path).rstrip("\n")
                pattern = ".*".join(re.escape(part) for part in expected.split("…"))
                assert re.fullmatch(pattern, answer, re.DOTALL), answer


def test_every_option_that_is_named_is_one_of_run() -> None:
    run = main.get_command(click.Context(main), "run")
    assert run is not None
    flags = {flag for param in run.params for flag in (*param.opts, *param.secondary_opts)}

    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", PAGE)) - flags == {"--cacert", "--wait", "--help"}
