"""Every operation of every made-up file answers: validly, or with a refusal that says why."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mockserver.errors import SpecError
from mockserver.server.application import Options
from mockserver.spec.loading import vendor_name
from mockserver.spec.openapi import parameter_names
from mockserver.spec.served_form import NOT_SERVED
from tests.any_files.support import made_up_files, write_files
from tests.support.client import Client, check_conformance
from tests.support.frozen_app import create_frozen_app

FIRST_REFUSAL = 400
CREDENTIALS = {"Authorization": "Bearer some-token", "Cookie": "session=some-token", "X-Api-Key": "some-key"}


@pytest.mark.parametrize(
    ("seed", "prefer"), [(0, "handling=lenient"), (1, "dynamic=true"), (2, "dynamic=false")]
)
@pytest.mark.parametrize("name", sorted(made_up_files()))
def test_every_operation_answers(name: str, seed: int, prefer: str, tmp_path: Path) -> None:
    file = write_files(name, tmp_path)
    vendor = vendor_name(file)
    app = create_frozen_app(Options(files=(file,), vendors=(vendor,), seed=seed))
    spec = app.served[0].spec
    client = Client(app.entry, {}).within(f"/{vendor}", **CREDENTIALS, Prefer=prefer)
    for operation in spec.operations.values():
        path = operation.path
        for parameter in parameter_names(path):
            path = path.replace(f"{{{parameter}}}", "1")
        answer = client.request(operation.method.upper(), path)
        if answer.status < FIRST_REFUSAL:
            check_conformance(app, operation.method.upper(), f"/{vendor}{path}", answer)
        node = spec.document["paths"][operation.path][operation.method]
        expected = "501" if NOT_SERVED in node else "[234]0[0-9]|4(15|22)"
        assert re.fullmatch(expected, str(answer.status)), (operation.id, answer.status, answer.body)


def test_strict_specs_refuse_a_file_that_is_not_read_as_written(tmp_path: Path) -> None:
    file = write_files("broken-one", tmp_path)

    with pytest.raises(SpecError, match="points at"):
        create_frozen_app(Options(files=(file,), vendors=(vendor_name(file),), strict_specs=True))
