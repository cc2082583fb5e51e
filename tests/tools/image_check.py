"""`make image-check`: the image, the action and the hooks of a fresh clone, without an engine for containers.

Each line of the Dockerfile is done in a folder that stands for the root of the image; absolute paths in the
lines are paths below that folder, and the base image is a new environment of Python that has only pip. The
result is started as the image starts. Then each step of `action.yml` is run as a runner of GitHub runs it,
and the hooks as pre-commit runs them. `QUICK=1` leaves out the hooks and the extras of the action. Only what
is committed is checked. Not checked: the base image itself, users, and that the file system is read only
(instead, the files before and after the run are compared).

`make image` builds and starts the image by docker, podman or buildah.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from string import Template
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any
from urllib.request import urlopen

import yaml

ROOT = Path(__file__).parents[2]
QUICK = bool(os.environ.get("QUICK"))
PASSED_ON = re.compile(r"(?i)HOME|LANG|TMPDIR|(PIP|NPM_CONFIG|SSL|NODE_EXTRA)_\w+|\w+_PROXY|\w+_CA_BUNDLE")
"""Variables that say where the registries are, and how they are reached."""
_ABSOLUTE = re.compile(r"(?<![^\s=:])/(?=\w)")
_EXPRESSION = re.compile(r"\$\{\{ ([\w.]+) \}\}")
ARGUMENTS = "--seed 7\n--log json\n--scenario 'my flaky.yaml'\n"
ENGINES = ("docker", "podman", "buildah")
_PATIENCE = ("--wait", "60")


def run(command: str | Sequence[str], folder: Path, env: Mapping[str, str], **more: Any) -> str:
    """Run a command; return its output. Raises SystemExit with all that it said."""
    words = ["/bin/sh", "-c", command] if isinstance(command, str) else command
    done = subprocess.run(  # noqa: S603 - lines of our own files
        words,
        cwd=folder,
        env=dict(env),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **more,
    )
    if done.returncode:
        raise SystemExit(f"{shlex.join(words)}\n{done.stdout}\nended with {done.returncode}")
    return str(done.stdout)


class Image:
    """The image that the lines make. `root` is the root of the present stage; others are in `stages`."""

    def __init__(self, clone: Path, folder: Path, base: Path) -> None:
        self.clone, self.base = clone, base
        self.root, self.stages = folder / "root", folder / "stages"
        self.stages.mkdir()
        self.env: dict[str, str] = {}
        self.folder, self.stage = self.root, ""
        self.words: dict[str, list[str]] = {}

    def do(self, instruction: str, text: str) -> None:
        try:
            line = getattr(self, f"do_{instruction.lower()}")
        except AttributeError:
            raise SystemExit(f"image-check does not know {instruction}") from None
        line(text)

    def inside(self, text: str) -> str:
        """Return the text with each absolute path below `root`."""
        return _ABSOLUTE.sub(f"{self.root}/", text)

    def do_from(self, text: str) -> None:
        image, _, name = text.partition(" AS ")
        if not re.fullmatch(r"python:3\.\d+-slim", image):
            raise SystemExit(f"image-check stands for a slim image of Python, not for {image}")
        if self.root.exists():
            self.root.rename(self.stages / self.stage)
        self.root.mkdir()
        self.folder, self.stage = self.root, name
        self.env = {**passed_on(), "PATH": str(self.base / "bin")}

    def do_workdir(self, text: str) -> None:
        self.folder = Path(self.inside(text))
        self.folder.mkdir(parents=True)

    def do_env(self, text: str) -> None:
        for name, value in (word.split("=", 1) for word in shlex.split(text)):
            self.env[name] = Template(self.inside(value)).substitute(self.env)

    def do_copy(self, text: str) -> None:
        *sources, target = shlex.split(text)
        home = self.clone
        if sources[0].startswith("--from="):
            home = self.stages / sources.pop(0).partition("=")[2]
        for source in sources:
            start, end = home / source.lstrip("/"), self.folder / self.inside(target)
            if start.is_dir():
                shutil.copytree(start, end, symlinks=True)
            else:
                end = end / start.name if target.endswith("/") else end
                end.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(start, end)

    def do_run(self, text: str) -> None:
        run(self.inside(text), self.folder, self.env)

    def do_user(self, text: str) -> None:
        """A test looks at the user: to become another one, this program would have to be root."""

    def do_expose(self, text: str) -> None:
        """Nothing: the port of the run is a free one."""

    def do_healthcheck(self, text: str) -> None:
        self.words["health"] = json.loads(text.partition("CMD ")[2])

    def do_entrypoint(self, text: str) -> None:
        self.words["entry"] = json.loads(text)

    def do_cmd(self, text: str) -> None:
        self.words["arguments"] = json.loads(text)

    def start(self) -> None:
        """Start the image, ask for its health and for a file of the pages, and stop it by SIGTERM."""
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        # Loopback instead of the image's 0.0.0.0: this machine is not the image's own.
        address = {"MOCKSERVER_HOST": "127.0.0.1", "MOCKSERVER_PORT": str(port), "MOCKSERVER_URL": url}
        env, before = {**self.env, **address}, stamps(self.root)
        program = shutil.which(self.words["entry"][0], path=self.env["PATH"])
        if program is None or not Path(program).is_relative_to(self.root):
            raise SystemExit(f"the image has no program {self.words['entry'][0]}")
        words = [program, *self.words["entry"][1:], *self.words["arguments"]]
        server = subprocess.Popen(words, cwd=self.root, env=env)  # noqa: S603 - of the image
        try:
            check = [program, *self.words["health"][1:]]
            run([*check, *_PATIENCE], self.root, env)
            print(run(check, self.root, env).strip())
            get(f"{url}/_console/assets/htmx.min.js")
            get(f"{url}/_console/")
        finally:
            server.send_signal(signal.SIGTERM)
            status = server.wait(60)
        if status:
            raise SystemExit(f"the server ended with {status} after SIGTERM")
        if changed := before ^ stamps(self.root):
            raise SystemExit(f"the server wrote files of the image: {sorted(changed)[:3]}")


def stamps(folder: Path) -> set[tuple[str, int]]:
    return {(str(file), file.lstat().st_mtime_ns) for file in folder.rglob("*")}


def get(url: str) -> bytes:
    with urlopen(url, timeout=30) as answer:  # noqa: S310 - a server of ours
        return bytes(answer.read())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def passed_on() -> dict[str, str]:
    return {name: text for name, text in os.environ.items() if PASSED_ON.fullmatch(name)}


def instructions(dockerfile: Path) -> Iterator[tuple[str, str]]:
    text = re.sub(r"(?m)^#.*\n", "", dockerfile.read_text(encoding="utf-8")).replace("\\\n", " ")
    for line in filter(None, text.splitlines()):
        instruction, _, rest = line.partition(" ")
        yield instruction, rest.strip()


def check_image(clone: Path, folder: Path, base: Path) -> None:
    image = Image(clone, folder, base)
    for instruction, text in instructions(clone / "Dockerfile"):
        with timed(f"{instruction} {text}"):
            image.do(instruction, text)
    with timed("start, health, stop"):
        image.start()


def check_action(clone: Path, folder: Path, base: Path) -> None:
    """Run the action as GitHub does, with arguments of several lines, and see what the server was told."""
    shutil.copy(clone / "examples" / "scenarios" / "flaky.yaml", folder / "my flaky.yaml")
    action = yaml.safe_load((clone / "action.yml").read_text(encoding="utf-8"))
    given = {"port": "0", "arguments": ARGUMENTS, "extras": "" if QUICK else "contract"}
    values = {f"inputs.{name}": given.get(name, node["default"]) for name, node in action["inputs"].items()}
    values["github.action_path"] = str(clone)
    files = {name: folder / name.lower() for name in ("GITHUB_PATH", "GITHUB_OUTPUT")}
    env = {**passed_on(), "RUNNER_TEMP": str(folder), **{name: str(file) for name, file in files.items()}}
    path = [str(base / "bin"), os.environ["PATH"]]
    groups = []
    try:
        for step in action["runs"]["steps"]:
            script = folder / "step.sh"
            script.write_text(step["run"], encoding="utf-8")
            own = {name: _filled(text, values) for name, text in step["env"].items()}
            with timed(f"action: {step['name']}"):
                words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
                env["PATH"] = os.pathsep.join(path)
                groups.append(step_run(words, folder, {**env, **own}))
            path[:0] = _lines(files["GITHUB_PATH"])
            outputs = dict(line.split("=", 1) for line in _lines(files["GITHUB_OUTPUT"]))
            values |= {f"steps.{step.get('id')}.outputs.{name}": text for name, text in outputs.items()}
            for file in files.values():
                file.unlink(missing_ok=True)
        told = {name: _filled(node["value"], values) for name, node in action["outputs"].items()}
        sandbox = json.loads(get(f"{told['url']}/_mock/sandboxes/default"))
        scenarios = get(f"{told['url']}/_mock/sandboxes/default/scenarios").decode()
        env |= {"PATH": os.pathsep.join(path), "MOCKSERVER_URL": told["url"]}
        run(["mockserver", "send", "vba"], folder, env)
        log = [json.loads(line) for line in _lines(Path(told["log"])) if line.startswith("{")]
        print(f"the server has seed {sandbox['seed']}, {len(log)} lines of JSON in its log")
        if sandbox["seed"] != 7 or '"flaky"' not in scenarios or not log:
            raise SystemExit(f"the server was not told all of {ARGUMENTS!r}: {sandbox}")
        if not QUICK:
            run([str(folder / "mockserver" / "bin" / "python"), "-c", "import schemathesis"], folder, env)
    finally:
        for group in groups:
            stop_group(group)


def step_run(words: Sequence[str], folder: Path, env: Mapping[str, str]) -> int:
    """Run a step, whose server goes on after it; return the number of their group of processes."""
    output = folder / "output"
    with output.open("w") as file:
        step = subprocess.Popen(  # noqa: S603 - a step of our own file
            words, cwd=folder, env=dict(env), stdout=file, stderr=file, start_new_session=True
        )
        if step.wait(600):
            stop_group(step.pid)
            raise SystemExit(f"{output.read_text()}\nended with {step.returncode}")
    return step.pid


def stop_group(group: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGTERM)


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _EXPRESSION.sub(lambda found: values[found[1]], text)


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


def check_hooks(clone: Path, folder: Path, base: Path) -> None:
    """Run each hook as pre-commit does, on a file of the clone."""
    env = {**passed_on(), "PATH": os.pathsep.join([str(base / "bin"), os.environ["PATH"]])}
    files = {"scenario": "examples/scenarios/flaky.yaml", "spec": "specs/vba.yaml"}
    for hook in yaml.safe_load((clone / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")):
        program, *words = hook["entry"].split()
        with timed(f"hook {hook['id']}"):
            run([str(clone / program), *words, str(clone / files[words[0]])], folder, env)


@contextmanager
def timed(what: str) -> Iterator[None]:
    started = perf_counter()
    yield
    print(f"{perf_counter() - started:6.1f} s  {what}", flush=True)


def check() -> None:
    python = os.environ.get("PYTHON") or sys.executable
    with TemporaryDirectory() as name:
        folder = Path(name).resolve()
        clone, base = folder / "clone", folder / "base"
        with timed(f"fresh clone, clean environment of {python}"):
            run(["git", "clone", "--quiet", str(ROOT), str(clone)], folder, os.environ)
            run([python, "-m", "venv", str(base)], folder, passed_on() | {"PATH": os.environ["PATH"]})
        for part in (check_image, check_action) if QUICK else (check_image, check_action, check_hooks):
            home = folder / part.__name__
            home.mkdir()
            part(clone, home, base)
    print(f"the image{' and' if QUICK else ','} the action{'' if QUICK else ' and the hooks'} work")


def build() -> None:
    """Build the image and start it, by the first engine that works."""
    env = os.environ
    for engine in ENGINES:
        words = [engine, "info"]
        if shutil.which(engine) and not subprocess.run(words, capture_output=True, check=False).returncode:  # noqa: S603
            break
        print(f"{engine}: {'does not answer' if shutil.which(engine) else 'not here'}")
    else:
        raise SystemExit(
            "no image was built: docker, podman or buildah is needed. `make image-check` needs none"
        )
    with timed(f"{engine} build"):
        run([engine, "build", "-t", "mockserver", "."], ROOT, env)
    if engine == "buildah":  # it runs a command in a container, and has no containers that go on
        made = run([engine, "from", "mockserver"], ROOT, env).split()[-1]
        both = "mockserver run & exec mockserver health --wait 60"
        try:
            print(run([engine, "run", made, "--", "sh", "-c", both], ROOT, env))
        finally:
            run([engine, "rm", made], ROOT, env)
        return
    made = run([engine, "run", "--detach", "--rm", "--read-only", "mockserver"], ROOT, env).split()[-1]
    try:
        print(run([engine, "exec", made, "mockserver", "health", *_PATIENCE], ROOT, env))
    finally:
        run([engine, "stop", made], ROOT, env)
    print("the image is built, named mockserver, and was started")


if __name__ == "__main__":
    build() if sys.argv[1:] == ["build"] else check()
