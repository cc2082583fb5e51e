"""Read one case from a file that may come from anywhere: limits, plain data only, problems with their place."""

from __future__ import annotations

from mockserver.codec import yaml
from mockserver.control.cases.language import Case, CaseDefaults, read_case


def read_case_file(text: str, name: str) -> Case:
    """Return the case in the text of a file."""
    node = yaml.load(text)
    return read_case(node, name, node["vendor"], CaseDefaults())
