from __future__ import annotations

import pytest
from yaml import YAMLError

from mockserver.codec import yaml
from mockserver.spec.yaml_positions import YamlFault, find_yaml_fault


def fault(text: str) -> YamlFault:
    with pytest.raises(YAMLError) as error:
        yaml.load(text)
    return find_yaml_fault(text, error.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a:\n\tb: 1\n", YamlFault("line 2 is indented with a tab; YAML allows only spaces", 2, 1)),
        ("a:\n  b: 1\n   c: 2\n", YamlFault("line 3 is indented by 3 spaces, line 2 above it by 2", 3, 4)),
        ("a:\n   b: 1\n  c: 2\n", YamlFault("line 3 is indented by 2 spaces, line 2 above it by 0", 3, 3)),
        ("a: 1\nb: 2\na: 3\n", YamlFault("the key a occurs twice, first in line 1", 3, 1)),
        ("a: b: c\n", YamlFault("mapping values are not allowed in this context", 1, 5)),
    ],
    ids=["tab", "deeper", "less deep", "twice", "colon"],
)
def test_a_fault_is_named_with_its_line(text: str, said: YamlFault) -> None:
    assert fault(text) == said


def test_lists_and_blocks_above_a_fault_are_read_as_they_are_meant() -> None:
    text = "a:\n- x: 1\n  y: |\n    text\n      more\n- - z\nb:\n  c: [1\n"

    assert "indented" not in fault(text).what
