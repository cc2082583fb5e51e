from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from mockserver.cli.drill import TAGS
from mockserver.cli.main import main
from mockserver.drill.findings import Kind
from tests.docs.pages import DOCS

CHECKOUT = Path(__file__).parents[2]
PAGE = (DOCS / "test-your-client.md").read_text(encoding="utf-8")
TABLE = PAGE.partition("```console")[2].partition("```")[0].splitlines()
ROWS = [" ".join(line.split()) for line in TABLE if line.startswith("  ")]


@pytest.mark.skipif(shutil.which("curl") is None, reason="the example calls curl, which is not here")
def test_the_first_table_comes_out_so(tmp_path: Path) -> None:
    words = shlex.split(TABLE[1].removeprefix("$ mockserver "))
    words[words.index("sh") + 1] = str(CHECKOUT / words[words.index("sh") + 1])
    cases = ",".join(row.split()[1] for row in ROWS)
    options = ["--case", cases, "--report-dir", str(tmp_path)]
    words[words.index("--") : words.index("--")] = options

    printed = CliRunner(env={"NO_COLOR": "1"}).invoke(main, words)

    rows = [" ".join(line.split()) for line in printed.output.splitlines() if line.startswith("  ")]
    assert rows == ROWS
    assert printed.exit_code == 1


def test_every_word_of_a_verdict_is_explained() -> None:
    assert re.findall(r"^\| `([A-Z]+)` \|", PAGE, re.MULTILINE) == [kind.name for kind in Kind]


def test_every_tag_is_named() -> None:
    assert all(tag in PAGE for tag in TAGS)
