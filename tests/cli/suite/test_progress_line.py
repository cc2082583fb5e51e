from __future__ import annotations

import sys
from contextlib import suppress
from io import StringIO

import pytest

from mockserver.cli.output import ProgressLine, open_progress_line


class Terminal(StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "21")


def test_a_text_takes_the_place_of_the_one_before() -> None:
    stream = Terminal()
    line = ProgressLine(stream, is_live=True)

    line.show("seven of 25")
    line.show("eight")

    assert stream.getvalue() == "\rseven of 25\reight      "


def test_a_text_is_cut_at_the_width_of_the_terminal() -> None:
    stream = Terminal()

    ProgressLine(stream, is_live=True).show("x" * 30)

    assert stream.getvalue() == "\r" + "x" * 19 + "…"


def test_a_line_that_stays_removes_what_is_shown() -> None:
    stream = Terminal()
    line = ProgressLine(stream, is_live=True)

    line.show("abc")
    line.write("FAILED")

    assert stream.getvalue() == "\rabc\r   \rFAILED\n"


def test_a_text_shown_for_a_block_is_gone_after_it_however_it_ends() -> None:
    stream = Terminal()

    with suppress(ValueError), ProgressLine(stream, is_live=True).showing("abc"):
        raise ValueError

    assert stream.getvalue() == "\rabc\r   \r"


@pytest.mark.parametrize(("stays", "written"), [(True, "abc\n"), (False, "")], ids=["stays", "goes"])
def test_a_text_shown_for_a_block_is_a_line_elsewhere_if_it_matters(
    stays: bool,  # noqa: FBT001 - a case
    written: str,
) -> None:
    stream = StringIO()

    with ProgressLine(stream, is_live=False).showing("abc", stays=stays):
        pass

    assert stream.getvalue() == written


def test_a_stream_that_is_no_terminal_gets_lines_alone() -> None:
    stream = StringIO()
    line = ProgressLine(stream, is_live=False)

    line.show("abc")
    line.write("done")

    assert stream.getvalue() == "done\n"


def test_a_silent_line_writes_nothing() -> None:
    stream = Terminal()
    line = ProgressLine(stream, is_live=True, is_silent=True)

    line.show("abc")
    line.write("done")

    assert stream.getvalue() == ""


@pytest.mark.parametrize(
    ("term", "is_live"), [("xterm", True), ("dumb", False)], ids=["terminal", "dumb terminal"]
)
def test_only_a_terminal_that_can_go_back_gets_a_running_line(
    monkeypatch: pytest.MonkeyPatch,
    term: str,
    is_live: bool,  # noqa: FBT001 - a case
) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.setattr(sys, "stderr", Terminal())

    assert open_progress_line(is_silent=False).is_live is is_live
