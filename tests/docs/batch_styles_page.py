"""The generated part of the page of batch styles: each example with its `x-batch` and an answer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from mockserver.codec import json
from mockserver.spec.marks import flow
from tests.docs.markdown import code, table

EXAMPLES = Path(__file__).parents[2] / "examples" / "batches"
STYLES = Path(__file__).parents[1] / "any_files" / "batch_styles.yaml"


def describe() -> str:
    """Return the generated part of the page."""
    answers = yaml.safe_load(STYLES.read_text(encoding="utf-8"))
    others = sorted(file.stem for file in EXAMPLES.glob("*.yaml") if file.stem not in answers)
    rows = [_row(name, answers.get(name, {}).get("calls", [{}])[-1]) for name in (*answers, *others)]
    return f"## The styles\n\n{table(('the answer', '`x-batch`', 'to two bad items', 'file'), rows)}"


def _row(name: str, call: dict[str, Any]) -> Sequence[str]:
    text = (EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8")
    (item, *_) = yaml.safe_load(text)["paths"].values()
    (operation,) = item.values()
    batch = {part: value for part, value in operation["x-batch"].items() if part != "collection"}
    if "/" not in next(iter(batch.get("key", ())), ""):  # a name of a member, unlike a pointer, is no style
        batch.pop("key", None)
    says = text.partition("\n")[0].lstrip("# ")
    said = json.encode(call["answer"]).decode() if "answer" in call else ""
    headers = "".join(f" `{header}: {value}`" for header, value in call.get("headers", {}).items())
    return says, code(flow(batch)), f"{call.get('status', '')}{headers} {code(said)}", code(f"{name}.yaml")
