from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mockserver.server.listening import StartupError
from tests.support import sample_vendor
from tests.support.client import Client

FLAKY = """\
version: 1
name: flaky
rules:
  - id: r1
    items:
      - select: {key: Z}
        effect: {fail: {code: internal}}
"""
SANDBOX = "/_mock/sandboxes/default"
FULL = {"acme/": {"orders": {"Z": {"id": "Z", "amount": 5}}}}


def write(folder: Path, text: str, name: str = "file.yaml") -> Path:
    file = folder / "given" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def client(folder: Path, **options: Any) -> Client:
    return sample_vendor.create_client(folder, **options)


def orders(of: Client, sandbox: str = "default") -> list[str]:
    return [one["id"] for one in of.get("/acme/orders", headers={"mock-sandbox": sandbox}).json]


def statuses(of: Client, *ids: str, sandbox: str = "default") -> list[int]:
    body = {"orders": [{"id": one, "amount": 1} for one in ids]}
    return [
        one["status"]
        for one in of.put("/acme/orders", json=body, headers={"mock-sandbox": sandbox}).json["results"]
    ]


def refusal(folder: Path, **options: Any) -> StartupError:
    with pytest.raises(StartupError) as told:
        client(folder, **options)
    return told.value


# Scenarios


@pytest.mark.parametrize("sandbox", ["default", "new"])
def test_a_scenario_is_armed_in_every_sandbox(tmp_path: Path, sandbox: str) -> None:
    here = client(tmp_path, scenario_files=(write(tmp_path, FLAKY),))

    assert statuses(here, "Y", "Z", sandbox=sandbox) == [201, 422]


def test_a_scenario_is_armed_in_a_sandbox_that_the_control_plane_creates(tmp_path: Path) -> None:
    here = client(tmp_path, scenario_files=(write(tmp_path, FLAKY),))
    here.post("/_mock/sandboxes", json={"name": "made", "scenarios": [{**document(), "name": "own"}]})

    assert [one["name"] for one in here.get("/_mock/sandboxes/made/scenarios").json] == ["own", "flaky"]


def test_a_sandbox_may_have_its_own_scenario_of_that_name(tmp_path: Path) -> None:
    here = client(tmp_path, scenario_files=(write(tmp_path, FLAKY),))
    own = {**document(), "description": "mine"}
    here.post("/_mock/sandboxes", json={"name": "made", "scenarios": [own]})

    [listed] = here.get("/_mock/sandboxes/made/scenarios").json
    assert listed["description"] == "mine"


def test_a_reset_arms_the_scenario_again(tmp_path: Path) -> None:
    here = client(tmp_path, scenario_files=(write(tmp_path, FLAKY),))
    here.delete(f"{SANDBOX}/scenarios")
    assert statuses(here, "Z") == [201]

    here.post(f"{SANDBOX}/reset")

    assert statuses(here, "Z") == [422]


def document() -> dict[str, Any]:
    return {
        "version": 1,
        "name": "flaky",
        "rules": [
            {"id": "r1", "items": [{"select": {"key": "Z"}, "effect": {"fail": {"code": "internal"}}}]}
        ],
    }


def test_a_slip_in_a_scenario_is_told_with_line_and_column(tmp_path: Path) -> None:
    file = write(tmp_path, FLAKY.replace("fail:", "fial:"))

    told = refusal(tmp_path, scenario_files=(file,))

    assert told.where.startswith(f"{file}:7:18")
    assert ("fial" in str(told), "fail" in told.cure) == (True, True)


def test_of_several_slips_the_first_is_told_and_the_others_are_counted(tmp_path: Path) -> None:
    file = write(tmp_path, FLAKY.replace("fail:", "fial:").replace("version: 1", "version: 9"))

    told = refusal(tmp_path, scenario_files=(file,))

    assert told.where.startswith(f"{file}:1:10")
    assert str(told).endswith(f", and 1 more: mockserver scenario validate {file}")


def test_two_files_of_one_scenario_name_are_refused(tmp_path: Path) -> None:
    files = (write(tmp_path, FLAKY), write(tmp_path, FLAKY, "other.yaml"))

    assert "two files have a scenario named flaky" in str(refusal(tmp_path, scenario_files=files))


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", None])
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "given.yaml.txt"
    if content is not None:
        file.write_bytes(content)

    assert refusal(tmp_path, scenario_files=(file,)).where == str(file)


# Fixtures


@pytest.mark.parametrize(
    "text", [json.dumps(FULL), json.dumps(FULL, indent=1), "acme/:\n  orders:\n    Z: {id: Z, amount: 5}\n"]
)
@pytest.mark.parametrize("sandbox", ["default", "new"])
def test_every_sandbox_begins_with_the_fixtures(tmp_path: Path, text: str, sandbox: str) -> None:
    here = client(tmp_path, fixtures_file=write(tmp_path, text, "dump"))

    assert orders(here, sandbox) == ["Z"]


def test_a_reset_returns_to_the_fixtures(tmp_path: Path) -> None:
    here = client(tmp_path, fixtures_file=write(tmp_path, json.dumps(FULL)))
    statuses(here, "A")

    here.post(f"{SANDBOX}/reset")

    assert orders(here) == ["Z"]


def test_a_dump_of_a_sandbox_can_be_the_fixtures(tmp_path: Path) -> None:
    before = client(tmp_path)
    statuses(before, "A", "B")
    file = tmp_path / "dump.txt"
    file.write_bytes(before.get(f"{SANDBOX}/dump").body)

    after = client(tmp_path, fixtures_file=file)

    assert (orders(after), after.get(f"{SANDBOX}/diff?against=fixtures").json["added"]) == (["A", "B"], [])


def test_seed_and_clock_of_the_dump_are_not_those_of_the_sandboxes(tmp_path: Path) -> None:
    before = client(tmp_path, seed=9, freeze="2026-01-05T09:00:00Z")
    statuses(before, "A")
    file = tmp_path / "dump.txt"
    file.write_bytes(before.get(f"{SANDBOX}/dump").body)

    shown = client(tmp_path, seed=2, fixtures_file=file).get(SANDBOX).json

    assert (shown["seed"], shown["clock"]["mode"], shown["records"]) == (2, "system", 1)


def test_an_empty_sandbox_takes_only_credentials_and_the_like_from_the_fixtures(tmp_path: Path) -> None:
    here = client(tmp_path, fixtures_file=write(tmp_path, json.dumps(FULL)), empty=True)

    assert orders(here) == []


def test_an_assumption_of_the_fixtures_stays_beside_one_of_an_option(tmp_path: Path) -> None:
    kept = {"acme/": {"assumptions": {"availability": {"name": "availability", "value": "failing"}}}}
    file = write(tmp_path, json.dumps(kept))
    here = client(tmp_path, fixtures_file=file, assumptions={"acme.magic_tokens": "off"})

    assert here.get(SANDBOX).json["assumptions"] == {
        "acme.availability": "failing",
        "acme.magic_tokens": "off",
    }


def test_an_amount_keeps_its_digits(tmp_path: Path) -> None:
    text = '{"acme/": {"orders": {"Z": {"id": "Z", "amount": 12345678901234567890.10}}}}'
    here = client(tmp_path, fixtures_file=write(tmp_path, text))

    assert b"12345678901234567890.10" in here.get("/acme/orders").body


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ('{"acme/": {"orders": {"Z": 5}}}', ": /acme~1/orders/Z", "expected a document"),
        ('{"acme/": {"orders": []}}', ": /acme~1/orders", "expected an object of documents"),
        ('{"nope/": {}}', ": /nope~1", "expected scopes acme/…"),
        ('{"acme/": {"quotas": {"a": {"used": "many"}}}}', ": /acme~1/quotas/a", ""),
        ('{"acme/": {', ":1:12", "the file is not JSON"),
        ("{}", "", "no records of any vendor"),
        ("[]", "", "expected a dump, an object; found a list"),
        ("", "", "expected a dump, an object; found nothing"),
        ("acme/:\n  orders: {Z: {id: Z}\n", ":3:1", "the file is not YAML"),
        ("acme/: !!python/object:os.system {}\n", ":1:8", "the file is not YAML"),
    ],
)
def test_what_is_no_dump_is_refused_with_its_place(tmp_path: Path, text: str, where: str, what: str) -> None:
    file = write(tmp_path, text, "dump")

    told = refusal(tmp_path, fixtures_file=file)

    assert (told.where.startswith(f"{file}{where}"), what in str(told)) == (True, True), (
        told.where,
        str(told),
    )


def test_a_file_that_is_nested_too_deep_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path, '{"a": ' * 70 + "1" + "}" * 70, "dump")

    assert "nested deeper" in str(refusal(tmp_path, fixtures_file=file))
