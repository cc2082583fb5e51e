"""How much is kept of what a client wrote."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from io import BytesIO
from itertools import repeat
from tempfile import TemporaryFile

import pytest

from mockserver.testing.client_output import read_output

LIMIT = 1_000_000
NOISE = b"nothing to see here\n"
MUCH = NOISE * 100_000


def no_names() -> tuple[str, ...]:
    raise AssertionError("names are not asked for")


def kept(output: bytes, *names: str) -> str:
    return read_output(BytesIO(output), lambda: names)


@pytest.mark.parametrize(
    "output", [b"", b"R-1 stored\n", b"x" * LIMIT], ids=["nothing", "a line", "a megabyte"]
)
def test_an_output_of_up_to_a_megabyte_is_kept(output: bytes) -> None:
    assert read_output(BytesIO(output), no_names) == output.decode()


def test_octets_that_are_no_text_are_replaced() -> None:
    assert kept(b"\xff") == "\N{REPLACEMENT CHARACTER}"


def test_of_a_long_output_beginning_end_and_lines_with_names_are_kept_in_order() -> None:
    found = kept(b"begins\n" + MUCH + b"R-1 failed\n" + MUCH + b"ends\n", "R-1", "R-2")

    others = [
        line for line in found.splitlines() if line.encode() not in NOISE and "lines left out" not in line
    ]
    assert others == ["begins", "R-1 failed", "ends"]


def test_a_long_output_says_how_many_lines_it_lacks() -> None:
    lines = kept(MUCH).splitlines()

    [mark] = [line for line in lines if line.startswith("… ")]
    assert mark == f"… {100_000 - lines.count(NOISE.decode().strip()):,} lines left out …"


@pytest.mark.parametrize(
    "output",
    [MUCH, b"R-1 " * 1_000_000, b"R-1\n" * 1_000_000, b"\xff" * 3_000_000, "ü".encode() * 1_500_000],
    ids=["without names", "one line", "names alone", "no text", "long characters"],
)
def test_no_output_is_longer_than_a_megabyte(output: bytes) -> None:
    assert len(kept(output, "R-1")) <= LIMIT


def test_a_name_is_no_pattern() -> None:
    assert kept(MUCH + b"R.1\n" + b"R-1\n" + MUCH, "R.1", "").count("R.1\n") == 1
    assert "R-1\n" not in kept(MUCH + b"R-1\n" + MUCH, "R.1")


@pytest.fixture
def traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.mark.usefixtures("traced")
def test_a_huge_output_is_not_held_in_memory() -> None:
    with TemporaryFile() as file:
        file.writelines(repeat(MUCH, 4))
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()

        read_output(file, lambda: ("R-1",))

    assert tracemalloc.get_traced_memory()[1] - before < 4 * LIMIT
