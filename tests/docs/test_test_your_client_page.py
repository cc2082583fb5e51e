from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterable
from itertools import takewhile
from pathlib import Path

import pytest
from click.testing import CliRunner

from mockserver.cli.drill import TAGS
from mockserver.cli.main import main
from mockserver.drill.findings import Kind
from tests.docs.pages import DOCS

CHECKOUT = Path(__file__).parents[2]
PAGE = (DOCS / "test-your-client.md").read_text(encoding="utf-8")
TABLE = PAGE.partition("With `-v`")[2].partition("```console")[2].partition("```")[0].splitlines()


def rows_of(lines: Iterable[str]) -> list[str]:
    """Return the rows, which come before the causes."""
    rows = takewhile(lambda line: not line.startswith("mend this first"), lines)
    return [" ".join(line.split()) for line in rows if line.startswith("  ")]


ROWS = rows_of(TABLE)


@pytest.mark.skipif(shutil.which("curl") is None, reason="the example calls curl, which is not here")
def test_the_lines_of_the_cases_come_out_so(tmp_path: Path) -> None:
    words = shlex.split(TABLE[1].removeprefix("$ mockserver "))
    words[words.index("sh") + 1] = str(CHECKOUT / words[words.index("sh") + 1])
    cases = ",".join(row.split()[1] for row in ROWS)
    options = ["--case", cases, "--report-dir", str(tmp_path)]
    words[words.index("--") : words.index("--")] = options

    printed = CliRunner(env={"NO_COLOR": "1"}).invoke(main, words)

    assert rows_of(printed.output.splitlines()) == ROWS
    assert printed.exit_code == 1


def test_every_word_of_a_verdict_is_explained() -> None:
    assert re.findall(r"^\| `([A-Z]+)` \|", PAGE, re.MULTILINE) == [kind.name for kind in Kind]


def test_every_tag_is_named() -> None:
    assert all(tag in PAGE for tag in TAGS)
