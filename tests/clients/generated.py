"""Clients that a published generator, openapi-python-client, makes of our own specs.

It runs in a process of its own, as its users run it, and needs no network. What it makes is imported from the
folder it was written to; all of that is unknown to the type checker.
"""

from __future__ import annotations

import json
import pkgutil
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from inspect import getsource
from pathlib import Path
from typing import Any

from mockserver.model import EMPTY
from tests.support.spec_documents import SPECS, operations, spec

COMMAND = (sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none")
CONFIG = {
    "post_hooks": [],  # nothing formats what nobody reads
    "content_type_overrides": {"text/json": "application/json"},  # it does not know that this is JSON
}
TIMEOUT_S = 60
JSON = "application/json"

Endpoint = tuple[str, str]
"""Method and path; "{}" stands for a parameter, which the generator renames."""


@dataclass(frozen=True, slots=True)
class Made:
    """An imported client."""

    package: Any
    modules: Mapping[str, Any]
    """What calls an operation, by its name."""

    @property
    def models(self) -> Any:
        """The classes of bodies."""
        return self.package.models

    def endpoints(self) -> dict[Endpoint, set[str]]:
        """What can be called, and the statuses that have an answer each."""
        return {_endpoint(module): _statuses(module) for module in self.modules.values()}

    def called(self, endpoint: Endpoint) -> Any:
        """Return the module that calls the endpoint."""
        return next(module for module in self.modules.values() if _endpoint(module) == endpoint)


class Api:
    """The operations of a client, by the names that the generator gave them; each call gives its `Response`.

    A status that the spec does not state is raised.
    """

    def __init__(self, made: Made, client: Any) -> None:
        self.models = made.models
        self.all = set(made.modules)
        self.called: set[str] = set()
        self._made = made
        self._client = client

    def __getattr__(self, name: str) -> Callable[..., Any]:
        module = self._made.modules[name]

        def call(*path: Any, **arguments: Any) -> Any:
            self.called.add(name)
            return module.sync_detailed(*path, client=self._client, **arguments)

        return call


@contextmanager
def opened(made: Made, base_url: str, headers: Mapping[str, str] = EMPTY) -> Iterator[Any]:
    """The package's client of an address, with these headers."""
    settings = {
        "raise_on_unexpected_status": True,
        "verify_ssl": False,  # nothing here speaks TLS, and to load the certificates takes longer than a call
        "timeout": TIMEOUT_S,
    }
    with made.package.Client(base_url=base_url, headers=dict(headers), **settings) as client:
        yield client


def make(vendor: str, folder: Path, document: Any = None) -> Made:
    """The client of a vendor, or of a `document` of that name, written to `folder`."""
    source, target = folder / f"{vendor}.json", folder / f"generated_{vendor}"
    source.write_text(json.dumps(with_one_body(document or spec(vendor))))
    generate(source, target)
    package = _imported(target)
    api = import_module(f"{target.name}.api")
    found = [module.name for module in pkgutil.walk_packages(api.__path__, f"{api.__name__}.")]
    modules = {name.rpartition(".")[2]: import_module(name) for name in found}
    return Made(package, {name: one for name, one in modules.items() if hasattr(one, "sync_detailed")})


def generate(source: Path, target: Path) -> list[str]:
    """Run the generator; its warnings, each a heading and what it says of it."""
    config = target.with_suffix(".config.json")
    config.write_text(json.dumps(CONFIG))
    run = subprocess.run(  # noqa: S603 - our own command line
        [*COMMAND, "--path", str(source), "--config", str(config), "--output-path", str(target)],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    _, *said, _ = run.stderr.splitlines() or ["", ""]
    return [paragraph.strip() for paragraph in "\n".join(said).split("\n\n") if paragraph.strip()]


def warnings(vendor: str, folder: Path) -> list[str]:
    """What the generator warns of in the spec as it stands."""
    return generate(SPECS[vendor], folder / f"whole_{vendor}")


def with_one_body(document: Any) -> Any:
    """The document, where JSON is the only request body of an operation that takes it among others.

    What the generator writes for a choice is wrong, whatever the spec: it picks by `isinstance(body,
    list[Row])`, which Python refuses, and of two media types with one model it sends the first one's body
    under the second one's name. The spec has them all because the vendor reads them all.
    """
    copy = json.loads(json.dumps(document))
    for _, _, operation in operations(copy):
        content = operation.get("requestBody", {}).get("content", {})
        if JSON in content:
            operation["requestBody"]["content"] = {JSON: content[JSON]}
    return copy


def stated(vendor: str) -> dict[Endpoint, set[str]]:
    """The operations of a spec, and their statuses."""
    return {
        (method, re.sub(r"\{[^}]*\}", "{}", path)): set(operation["responses"])
        for method, path, operation in operations(spec(vendor))
    }


def _imported(folder: Path) -> Any:
    """The package in `folder`, and nothing of one that was made before it under the same name."""
    for name in [name for name in sys.modules if name.partition(".")[0] == folder.name]:
        del sys.modules[name]
    found = spec_from_file_location(folder.name, folder / "__init__.py")
    assert found is not None
    assert found.loader is not None
    module = sys.modules[folder.name] = module_from_spec(found)
    found.loader.exec_module(module)
    import_module(f"{folder.name}.models")
    return module


def _endpoint(module: Any) -> Endpoint:
    found = re.search(r'"method": "(\w+)",\s*"url": "([^"]*)"', getsource(module))
    assert found is not None, module.__name__
    return found[1].upper(), re.sub(r"\{[^}]*\}", "{}", found[2])


def _statuses(module: Any) -> set[str]:
    return set(re.findall(r"if response\.status_code == (\d+):", getsource(module)))
