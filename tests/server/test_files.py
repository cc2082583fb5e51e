from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mockserver.server.application import Application
from mockserver.server.files import ReadyFile, StateFile, replace_file
from mockserver.server.listening import StartupError
from tests.control.operators import NEW, SANDBOXES, create, listed, order, orders
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


def orders_of(of: Client, sandbox: str = "default") -> list[str]:
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

    assert statuses(here, "Y", "Z", sandbox=sandbox) == [201, 500]


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

    assert statuses(here, "Z") == [500]


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

    assert orders_of(here, sandbox) == ["Z"]


def test_a_reset_returns_to_the_fixtures(tmp_path: Path) -> None:
    here = client(tmp_path, fixtures_file=write(tmp_path, json.dumps(FULL)))
    statuses(here, "A")

    here.post(f"{SANDBOX}/reset")

    assert orders_of(here) == ["Z"]


def test_a_dump_of_a_sandbox_can_be_the_fixtures(tmp_path: Path) -> None:
    before = client(tmp_path)
    statuses(before, "A", "B")
    file = tmp_path / "dump.txt"
    file.write_bytes(before.get(f"{SANDBOX}/dump").body)

    after = client(tmp_path, fixtures_file=file)

    assert (orders_of(after), after.get(f"{SANDBOX}/diff?against=fixtures").json["added"]) == (["A", "B"], [])


def test_seed_and_clock_of_the_dump_are_not_those_of_the_sandboxes(tmp_path: Path) -> None:
    before = client(tmp_path, seed=9, freeze="2026-01-05T09:00:00Z")
    statuses(before, "A")
    file = tmp_path / "dump.txt"
    file.write_bytes(before.get(f"{SANDBOX}/dump").body)

    shown = client(tmp_path, seed=2, fixtures_file=file).get(SANDBOX).json

    assert (shown["seed"], shown["clock"]["mode"], shown["records"]) == (2, "system", 1)


def test_an_empty_sandbox_takes_only_credentials_and_the_like_from_the_fixtures(tmp_path: Path) -> None:
    here = client(tmp_path, fixtures_file=write(tmp_path, json.dumps(FULL)), empty=True)

    assert orders_of(here) == []


def test_an_assumption_of_the_fixtures_stays_beside_one_of_an_option(tmp_path: Path) -> None:
    kept = {"acme/": {"assumptions": {"availability": {"name": "availability", "value": "failing"}}}}
    file = write(tmp_path, json.dumps(kept))
    here = client(tmp_path, fixtures_file=file, assumptions={"acme.magic_tokens": "off"})

    assert here.get(SANDBOX).json["assumptions"] == {
        "acme.availability": "failing",
        "acme.magic_tokens": "off",
    }


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


FLAKY_SCENARIO = {
    "version": 1,
    "name": "flaky",
    "rules": [
        {
            "id": "r1",
            "items": [{"select": {"key": "Z"}, "effect": {"fail": {"code": "internal"}, "failTimes": 2}}],
        }
    ],
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "state.json"


@pytest.fixture
def start(tmp_path: Path, file: Path) -> Callable[..., Application]:
    """A function that starts a server with the state file."""
    file.parent.mkdir()

    def started(**options: Any) -> Application:
        app = sample_vendor.create_application(tmp_path, **options)
        StateFile(file).load(app.sandboxes, app.served)
        return app

    return started


def stop(app: Application, file: Path) -> None:
    StateFile(file).save(app.sandboxes)


def dumps(operator: Client) -> dict[str, Any]:
    return {name: operator.get(f"{SANDBOXES}/{name}/dump").json for name in listed(operator)}


def test_all_that_sandboxes_hold_is_there_again(start: Callable[..., Application], file: Path) -> None:
    first = start()
    operator = sample_vendor.client_of(first)
    create(operator, seed=7, freeze="2026-01-05T09:00:00Z", scenarios=[FLAKY_SCENARIO])
    order(operator, "A", "Z")
    order(operator, "D", sandbox="default")
    operator.put(f"{NEW}/assumptions", json={"acme.magic_tokens": "off"})
    before = dumps(operator)
    stop(first, file)

    assert dumps(sample_vendor.client_of(start())) == before
    assert set(before) == {"default", "new"}


def test_a_scenario_goes_on_counting(start: Callable[..., Application], file: Path) -> None:
    first = start()
    operator = sample_vendor.client_of(first)
    create(operator, scenarios=[FLAKY_SCENARIO])
    order(operator, "Z")
    stop(first, file)

    operator = sample_vendor.client_of(start())
    statuses = [order(operator, "Z").json["results"][0]["status"] for _ in range(2)]

    assert statuses == [500, 201]


def test_ids_go_on_as_they_would_have(start: Callable[..., Application], file: Path) -> None:
    def draw(app: Application) -> str:
        return app.sandboxes.transact("default", "acme/", lambda state: state.uuid())

    unbroken = start(seed=3)
    expected = [draw(unbroken), draw(unbroken)]
    first = start(seed=3)
    drawn = draw(first)
    stop(first, file)

    assert [drawn, draw(start())] == expected


def test_snapshots_are_there_again(start: Callable[..., Application], file: Path) -> None:
    first = start()
    operator = sample_vendor.client_of(first)
    create(operator)
    order(operator, "A")
    taken = operator.post(f"{NEW}/snapshots", json={"label": "one order"}).json
    order(operator, "B")
    stop(first, file)

    operator = sample_vendor.client_of(start())
    operator.post(f"{NEW}/snapshots/{taken['id']}/restore")

    assert orders(operator) == ["A"]
    assert operator.post(f"{NEW}/snapshots", json={}).json["id"] == "s2"


def test_a_reset_returns_to_the_fixtures_of_the_saved_state(
    start: Callable[..., Application], file: Path
) -> None:
    first = start()
    order(sample_vendor.client_of(first), "A", sandbox="default")
    stop(first, file)

    operator = sample_vendor.client_of(start())
    operator.post(f"{SANDBOXES}/default/reset")

    assert orders(operator, "default") == []


def test_without_a_file_the_server_starts_as_ever(start: Callable[..., Application], file: Path) -> None:
    assert start().sandboxes.names() == ["default"]
    assert not file.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_the_file_is_for_the_user_alone(start: Callable[..., Application], file: Path) -> None:
    file.touch(0o644)
    file.write_text("old", encoding="utf-8")

    stop(start_without(start, file), file)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def start_without(start: Callable[..., Application], file: Path) -> Application:
    """A server that has started before the file was there."""
    content = file.read_bytes()
    file.unlink()
    app = start()
    file.write_bytes(content)
    return app


def test_nothing_is_left_beside_the_file(start: Callable[..., Application], file: Path) -> None:
    stop(start(), file)

    assert list(file.parent.iterdir()) == [file]


def test_a_link_stays_a_link(start: Callable[..., Application], file: Path, tmp_path: Path) -> None:
    app = start()
    target = tmp_path / "target.json"
    file.symlink_to(target)

    stop(app, file)

    assert (file.is_symlink(), json.loads(target.read_text(encoding="utf-8"))["format"]) == (True, 1)


def test_a_file_that_cannot_be_written_stays_as_it_was(
    start: Callable[..., Application], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = start()
    file.write_text("old", encoding="utf-8")

    def full(_file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StartupError, match="the state is not saved: No space left on device"):
        stop(app, file)

    assert [(one.name, one.read_text(encoding="utf-8")) for one in file.parent.iterdir()] == [
        ("state.json", "old")
    ]


# What cannot be loaded


def saved(start: Callable[..., Application], file: Path) -> Any:
    stop(start(), file)
    return json.loads(file.read_text(encoding="utf-8"))


def refused(start: Callable[..., Application], file: Path, document: Any) -> StartupError:
    text = document if isinstance(document, str) else json.dumps(document)
    file.write_text(text, encoding="utf-8")
    with pytest.raises(StartupError) as told:
        start()
    assert file.read_text(encoding="utf-8") == text
    return told.value


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("", "", "not a state"),
        ("{}", "", "not a state"),
        ("[1]", "", "not a state"),
        ('{"mockserver": "1"', ":1:19", "not JSON"),
        ('{"mockserver": "9", "format": 2, "sandboxes": {}}', ": /format", "another version"),
        ('{"mockserver": "9", "format": 1, "sandboxes": []}', ": /sandboxes", "an object of sandboxes"),
        ('{"mockserver": "9", "format": 1, "sandboxes": {"A B": {}}}', ": /sandboxes/A B", "a sandbox name"),
        ('{"mockserver": "9", "format": 1, "sandboxes": {"a": {}}}', ": /sandboxes/a", "state and snapshots"),
    ],
)
def test_what_is_no_state_is_refused_and_stays(
    start: Callable[..., Application], file: Path, text: str, where: str, what: str
) -> None:
    told = refused(start, file, text)

    assert (told.where.startswith(f"{file}{where}"), what in str(told)) == (True, True), (
        told.where,
        str(told),
    )


@pytest.mark.parametrize(
    ("place", "value", "where"),
    [
        ("state/sandbox~1", None, "state/sandbox~1"),
        ("state/sandbox~1/settings/seed", None, "state/sandbox~1/settings/seed"),
        ("state/sandbox~1/settings/clock/frozen", "soon", "state/sandbox~1/settings/clock/frozen"),
        ("state/acme~1", {"orders": {"A": 1}}, "state/acme~1/orders/A"),
        ("state/nope~1", {}, "state/nope~1"),
        ("snapshots", {}, "snapshots/last"),
        ("snapshots/last", -1, "snapshots/last"),
        ("snapshots/kept", {"s1": {"id": "s1"}}, "snapshots/kept/s1/at"),
        (
            "snapshots/kept",
            {
                "s1": {
                    "id": "s1",
                    "at": "2026-01-05T09:00:00Z",
                    "label": "",
                    "records": 0,
                    "number": 1,
                    "tables": {},
                }
            },
            "snapshots/kept/s1/tables/sandbox~1",
        ),
        (
            "snapshots/kept",
            {
                "s1": {
                    "id": "s2",
                    "at": "2026-01-05T09:00:00Z",
                    "label": "",
                    "records": 0,
                    "number": 1,
                    "tables": {},
                }
            },
            "snapshots/kept/s1",
        ),
    ],
)
def test_half_a_record_is_refused_with_its_place(
    start: Callable[..., Application], file: Path, place: str, value: Any, where: str
) -> None:
    document = saved(start, file)
    *steps, last = [step.replace("~1", "/") for step in place.split("/")]
    here = document["sandboxes"]["default"]
    for step in steps:
        here = here[step]
    if value is None:
        del here[last]
    else:
        here[last] = value

    assert refused(start, file, document).where == f"{file}: /sandboxes/default/{where}"


def test_more_sandboxes_than_there_may_be_are_refused(start: Callable[..., Application], file: Path) -> None:
    app = start()
    create(sample_vendor.client_of(app))
    stop(app, file)

    with pytest.raises(StartupError, match="there are 1 sandboxes") as told:
        start(max_sandboxes=1)

    assert told.value.cure == "mockserver run --max-sandboxes 2"


def test_a_folder_that_is_not_there_is_told_at_the_start(tmp_path: Path) -> None:
    app = sample_vendor.create_application(tmp_path)

    with pytest.raises(StartupError, match="cannot write to the folder") as told:
        StateFile(tmp_path / "no" / "state.json").load(app.sandboxes, app.served)

    assert told.value.cure == f"mkdir -p {tmp_path / 'no'}"


def test_a_folder_is_no_state_file(tmp_path: Path) -> None:
    app = sample_vendor.create_application(tmp_path)

    with pytest.raises(StartupError, match="expected a file, found a folder"):
        StateFile(tmp_path).load(app.sandboxes, app.served)


URL = "http://127.0.0.1:8080/"


def test_the_file_holds_the_address_until_the_end(tmp_path: Path) -> None:
    file = tmp_path / "ready"
    ready = ReadyFile(file)

    with ready.removed_at_end():
        before = file.exists()
        ready.write(URL)
        content = file.read_text(encoding="utf-8")

    assert (before, content, file.exists()) == (False, f"{URL}\n", False)


@pytest.mark.parametrize("content", ["", URL, f"{URL}\n", "https://[::1]:80/\n"])
def test_what_a_killed_server_left_is_removed_at_the_start(tmp_path: Path, content: str) -> None:
    file = tmp_path / "ready"
    file.write_text(content, encoding="utf-8")

    with ReadyFile(file).removed_at_end():
        assert not file.exists()


@pytest.mark.parametrize("content", ["notes", f"{URL}\nnotes", "x" * 5000])
def test_a_file_of_something_else_is_refused_and_stays(tmp_path: Path, content: str) -> None:
    file = tmp_path / "notes.txt"
    file.write_text(content, encoding="utf-8")

    with (
        pytest.raises(StartupError, match="something else than an address"),
        ReadyFile(file).removed_at_end(),
    ):
        pass

    assert file.read_text(encoding="utf-8") == content


def test_the_file_goes_when_the_server_fails(tmp_path: Path) -> None:
    ready = ReadyFile(tmp_path / "ready")

    def fail() -> None:
        with ready.removed_at_end():
            ready.write(URL)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert not ready.file.exists()


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(StartupError, match="there is no folder"),
        ReadyFile(tmp_path / "no" / "f").removed_at_end(),
    ):
        pass


def test_the_content_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "file"
    replace_file(file, b"long content")
    replace_file(file, b"short")

    assert (file.read_bytes(), list(tmp_path.iterdir())) == (b"short", [file])


def test_a_place_that_cannot_be_replaced_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()

    with pytest.raises(OSError, match="director"):
        replace_file(folder, b"content")

    assert list(tmp_path.iterdir()) == [folder]


def test_records_may_be_a_list_under_the_name_of_their_vendor(tmp_path: Path) -> None:
    file = write(tmp_path, "acme: {orders: [{id: Z, amount: 5}, {id: Y, amount: 6}]}")

    assert orders_of(client(tmp_path, fixtures_file=file)) == ["Y", "Z"]


@pytest.mark.parametrize(
    ("text", "message", "pointer"),
    [
        ("acme: {things: [{id: Z}]}", "the key of things is not in the spec of acme", "/acme/things"),
        ("acme: {orders: [{id: Z}, {amount: 1}]}", "the record has no id", "/acme/orders/1"),
        ("acme: {orders: [Z]}", "the record has no id", "/acme/orders/0"),
        ("acme: {orders: [{id: Z}, {id: Z}]}", "1 of 2 records of orders have the key", "/acme/orders"),
    ],
)
def test_a_record_without_a_known_key_is_refused(
    tmp_path: Path, text: str, message: str, pointer: str
) -> None:
    told = refusal(tmp_path, fixtures_file=write(tmp_path, text))

    assert str(told).startswith(message)
    assert told.where.endswith(f": {pointer}")
