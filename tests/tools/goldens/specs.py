"""What the commands say of specs, scenarios and settings, right ones and broken ones."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from copy import deepcopy
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from tests.support import broken_specs, sample_vendor
from tests.tools.goldens.door import VENDORS, Recording, root_file, run_command
from tests.tools.goldens.rules import ROOT

_TEXTS = {"no-yaml": b'openapi: "3.0.3\nx: [', "no-utf-8": b"\xff\xfe", "a-list": b"- a\n", "empty": b""}
_NOT_HERE = ("--host", "192.0.2.1", "--port", "0")
"""An address that no machine has: a server that would start ends at once."""
_EVERY = 12
"""Of the changes one in so many is tried."""
_SPECS = ("orders", "bookings", "warehouse")
_SCENARIOS = ("flaky-third", "throttle-seconds", "commit-then-504", "new-field", "random-data")


def record(recording: Recording) -> None:
    """Write what each command says."""
    with TemporaryDirectory(prefix="goldens-") as name:
        folder = Path(name)
        os.chdir(folder)
        _record_broken_specs(recording, folder)
        for spec in _SPECS:
            document = yaml.safe_load(root_file(f"tests/contract/specs/{spec}.yaml"))
            _record_changes(recording, folder / spec, document, ("spec", "check"), ("--format", "json"))
        for scenario in _SCENARIOS:
            document = yaml.safe_load(run_scenario(scenario))
            _record_changes(recording, folder / scenario, document, ("scenario", "validate"), ())
        _record_plain(recording, folder)


def run_scenario(name: str) -> str:
    """Return the text of a packaged scenario."""
    (file,) = (ROOT / "mockserver").rglob(f"{name}.yaml")
    return file.read_text(encoding="utf-8")


def _record_broken_specs(recording: Recording, folder: Path) -> None:
    texts = {
        name.replace(" ", "-"): json.dumps(broken_specs.document(name), indent=2).encode()
        for name in broken_specs.CHANGES
    }
    for name, text in {**texts, **_TEXTS}.items():
        below = folder / name
        below.mkdir()
        (below / "acme.yaml").write_bytes(text)
        file = str(below / "acme.yaml")
        said = [
            run_command("spec", "check", file),
            run_command("spec", "check", file, "--format", "json"),
            run_command("run", "--specs", str(below), "--vendor", "acme", *_NOT_HERE),
            run_command("vendors", "--specs", str(below)),
            run_command("contract", "--spec", file, "--target", "http://127.0.0.1:9"),
        ]
        recording.write(f"broken/{name}.txt", "\n".join(said))


def _record_changes(
    recording: Recording, folder: Path, document: Any, command: tuple[str, ...], options: tuple[str, ...]
) -> None:
    """Check the document, and each with one place of it left out, misspelt or of another type."""
    folder.mkdir()
    for number, (change, changed) in islice(enumerate(_changes(document)), 0, None, _EVERY):
        file = folder / f"{number:04}.yaml"
        file.write_text(json.dumps(changed, indent=1, default=str), encoding="utf-8")
        said = run_command(*command, str(file), *options)
        recording.write(f"changed/{folder.name}/{number:04}.txt", f"{change}\n{said}")


def _changes(document: Any) -> Iterator[tuple[str, Any]]:
    yield "unchanged", document
    for path in list(_paths(document)):
        for how in ("left out", "misspelt", "a number", "a text"):
            changed = deepcopy(document)
            holder = changed
            for step in path[:-1]:
                holder = holder[step]
            value = holder.pop(path[-1])
            if how == "misspelt" and isinstance(holder, dict):
                holder[f"{path[-1]}x"] = value
            elif how in ("a number", "a text") and isinstance(holder, dict):
                holder[path[-1]] = 5 if how == "a number" else "zebra"
            yield f"{'/'.join(map(str, path))}: {how}", changed


def _paths(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, member in pairs:
        if "examples" not in above:
            yield (*above, step)
            yield from _paths(member, (*above, step))


def _record_plain(recording: Recording, folder: Path) -> None:
    sample = str(sample_vendor.write_spec(folder))
    lines = [
        ("config", "show"),
        ("config", "show", "--json"),
        ("assumptions", "-v"),
        ("assumptions", "--json"),
        ("vendors",),
        ("vendors", "--json"),
        ("spec", "check"),
        ("cases", "list", "--json"),
        ("completion", "bash"),
        *(("spec", "show", vendor) for vendor in VENDORS),
        *(("spec", "diff", vendor, sample) for vendor in VENDORS),
        ("spec", "diff", "vba", "payt"),
        ("scenario", "new"),
    ]
    for line in lines:
        recording.write(f"plain/{'-'.join(Path(word).name for word in line)}.txt", run_command(*line))
    found = json.loads(
        run_command("doctor", "--json", MOCKSERVER_PORT="0").split("\n", 2)[2].split("--- stderr")[0]
    )
    # What it found is of this machine; subject, state and cure are not.
    recording.write_json("plain/doctor.json", [[one["subject"], one["state"], one["cure"]] for one in found])
