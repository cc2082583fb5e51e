from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import new_class
from typing import Any

import pytest

from mockserver.codec.deferred import DeferredClass, DeferredModule, MadeOnDemand, imports_deferred


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module that was not imported yet."""
    name = "deferred_in_a_test"
    (tmp_path / f"{name}.py").write_text("VALUE = 1\n\nclass Number:\n    VALUE = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, name, None)  # so that it is gone after the test
    del sys.modules[name]
    return name


def test_a_deferred_module_is_imported_at_the_first_use_of_a_name(module: str) -> None:
    deferred = DeferredModule(module)
    assert module not in sys.modules
    assert deferred.VALUE == 1
    assert module in sys.modules


def test_a_name_that_the_module_lacks_is_an_attribute_error(module: str) -> None:
    with pytest.raises(AttributeError):
        _ = DeferredModule(module).NONE


def test_what_is_known_of_a_module_imports_nothing(module: str) -> None:
    assert DeferredModule(module, VALUE=2).VALUE == 2
    assert module not in sys.modules


@pytest.mark.parametrize(
    "use", [lambda one: one(), lambda one: one.VALUE, lambda one: new_class("Own", (one,))]
)
def test_a_deferred_class_is_imported_when_it_is_used(module: str, use: Callable[[Any], object]) -> None:
    deferred = DeferredClass(module, "Number")
    assert module not in sys.modules
    use(deferred)
    assert module in sys.modules


def test_a_value_is_made_once_at_its_first_use() -> None:
    left = iter(("made",))
    found = MadeOnDemand(("one", "two"), lambda name: f"{name} {next(left)}")

    assert (list(found), len(found), "two" in found, "three" in found) == (["one", "two"], 2, True, False)
    assert (found["two"], found["two"], found.get("three")) == ("two made", "two made", None)


def test_imports_are_deferred_inside_only(module: str) -> None:
    with imports_deferred(DeferredModule(module)):
        inside = import_module(module)
    assert isinstance(inside, DeferredModule)
    assert not isinstance(import_module(module), DeferredModule)


def test_a_name_used_inside_is_the_modules_own(module: str) -> None:
    with imports_deferred(DeferredModule(module)):
        assert import_module(module).VALUE == 1
    assert not isinstance(sys.modules[module], DeferredModule)


def test_a_module_that_is_there_already_is_not_deferred(module: str) -> None:
    there = import_module(module)
    with imports_deferred(DeferredModule(module)):
        assert import_module(module) is there
    assert sys.modules[module] is there


def _said(program: str) -> str:
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=True
    ).stdout.strip()


UNUSED = (
    *(
        "httpx",
        "requests",
        "starlette.testclient",
        "flask",
        "jinja2",
        "rich",
        "schemathesis",
        "jsonschema_path",
    ),
    *("hypothesis", "httpcore", "mockserver.server.forwarding"),
)


def test_a_server_starts_without_what_it_does_not_use() -> None:
    program = (
        "import sys; from mockserver.server.serving import serve;"
        "from mockserver.contract.examples import ProfileExamples;"
        f"print([one for one in {UNUSED} if one in sys.modules])"
    )
    assert _said(program) == "[]"


@pytest.mark.parametrize("application", ["AsyncApp", "FlaskApp"])
def test_connexions_own_applications_work_after_the_server_was_imported(application: str) -> None:
    program = (
        f"import mockserver.server.asgi, connexion; app = connexion.{application}('x');"
        "print(app.test_client().get('/').status_code)"
    )
    assert _said(program).splitlines()[-1] == "404"
