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
from mockserver.server.files import StateFile
from mockserver.server.listening import StartupError
from tests.control.operators import NEW, SANDBOXES, create, listed, order, orders
from tests.support import sample_vendor
from tests.support.client import Client

FLAKY = {
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
    create(operator, seed=7, freeze="2026-01-05T09:00:00Z", scenarios=[FLAKY])
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
    create(operator, scenarios=[FLAKY])
    order(operator, "Z")
    stop(first, file)

    operator = sample_vendor.client_of(start())
    statuses = [order(operator, "Z").json["results"][0]["status"] for _ in range(2)]

    assert statuses == [422, 201]


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


def test_a_reset_returns_to_the_fixtures(start: Callable[..., Application], file: Path) -> None:
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
