"""The page about cases covers the whole language, and its samples are valid."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import mockserver
from mockserver.codec import yaml
from mockserver.control.cases.catalogue import load_folder
from mockserver.control.cases.language import (
    ANSWER,
    CALL,
    HEAD,
    SOURCES,
    STEPS,
    CaseDefaults,
    check_steps,
    read_case,
)
from mockserver.control.http_client import LOSS_KINDS

PAGE = (Path(mockserver.__file__).parents[1] / "docs" / "cases.md").read_text(encoding="utf-8")
SAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("text", SAMPLES, ids=[text.split(":")[0] for text in SAMPLES])
def test_a_sample_keeps_the_language(tmp_path: Path, text: str) -> None:
    sample: Any = yaml.load(text)

    if isinstance(sample, dict):
        assert read_case(sample, "page", sample["vendor"], CaseDefaults()).when
    elif "row" in sample[0]:
        (tmp_path / "sample.yaml").write_text(text, encoding="utf-8")
        assert len(list(load_folder(tmp_path, "acme"))) == len(sample)
    else:
        check_steps("page", sample)


@pytest.mark.parametrize(
    "names", [HEAD, CALL, ANSWER, *STEPS.values(), SOURCES, LOSS_KINDS], ids=lambda _: ""
)
def test_every_word_of_the_language_is_on_the_page(names: frozenset[str]) -> None:
    words = set(re.findall(r"[a-z0-9_]+", PAGE))

    assert sorted(set(names) - words) == []
