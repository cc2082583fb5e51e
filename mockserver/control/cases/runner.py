"""Run a case in a sandbox: make its calls, take its steps, check its expectations; export its calls."""

from __future__ import annotations

import asyncio
import gzip
import re
from base64 import b64decode
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote, unquote, urlencode

from msgspec import Struct, field

from mockserver.codec import json
from mockserver.codec.http import JSON_TYPE
from mockserver.control.cases import expectations
from mockserver.control.cases.expectations import (
    SEED,
    SandboxClient,
    TooLargeValueError,
    UnmetExpectationError,
    differences,
    fill_placeholders,
)
from mockserver.control.cases.language import STEPS, Case, Node
from mockserver.control.control_call import ConflictError
from mockserver.control.http_client import TIMEOUT_MS, HttpClient, LostResponse
from mockserver.control.http_client import HttpRequest as Request
from mockserver.control.http_client import HttpResponse as Response
from mockserver.errors import MalformedBody, MockServerError
from mockserver.model import Json, Value

FORM = "application/x-www-form-urlencoded"
_BREAKING = re.compile(r"[\x00-\x20\x7f]")
_BREAKING_HEADER = re.compile(r"[\x00\r\n]")
DEFAULT_CHUNKS = 3
"""Default number of chunks of a chunked body."""

INTERNAL_COLLECTIONS = frozenset({"sequences", "quotas", "assumptions", "idempotency"})
"""Collections that hold no records: sequences, quotas, assumptions, stored replies."""

MAX_PAGES = 1000
_NAMED_STEPS = frozenset({"call", "control", "walk"})
"""Kinds of steps whose method and path are shown in messages."""

_OK = 200
_PAUSE_S = 0.02
"""Pause between two calls of a `control` step that is repeated."""


class UnsendableCallError(MockServerError):
    """Error of a call that cannot be sent as a single HTTP request."""


def build_request(
    step: Node, mount: str, headers: Mapping[str, str], placeholders: Mapping[str, Any]
) -> Request:
    """Return the request of a `call` step; the path of the request begins with `mount`.

    The step's headers override `headers`; null removes a header. Raises KeyError if a placeholder is not
    defined; TooLargeValueError; UnsendableCallError if a value would break the request.
    """
    method, _, target = str(fill_placeholders(step["call"], placeholders)).partition(" ")
    content = _content(step, placeholders)
    common = {name.lower(): text for name, text in {**headers, **_content_type(step)}.items()}
    if step.get("gzip"):
        content = gzip.compress(content, mtime=0)
        common["content-encoding"] = "gzip"
    own = {
        name.lower(): texts
        for name, texts in fill_placeholders(step.get("headers", {}), placeholders).items()
    }
    sent = tuple(
        (name, str(text)) for name, texts in {**common, **own}.items() for text in _header_values(texts)
    )
    _check_sendable(method, target, sent)
    return Request(
        method,
        mount + target,
        sent,
        content,
        DEFAULT_CHUNKS if step.get("chunked") is True else step.get("chunked", 1),
        step.get("within", TIMEOUT_MS),
        step.get("keep_alive", False),
    )


def _check_sendable(method: str, target: str, headers: Iterable[tuple[str, str]]) -> None:
    if not method.isalpha() or not target.startswith("/") or _BREAKING.search(target):
        raise UnsendableCallError(f"{method[:20]} {target[:100]!r} is not a method and a path")
    for name, text in headers:
        if _BREAKING_HEADER.search(text) or _BREAKING.search(name):
            raise UnsendableCallError(f"the header {name[:40]!r} has a control character or a line break")


def _check_outside(target: str) -> None:
    """Raise UnsendableCallError if the path `target` is in the control plane or below `/sandboxes`."""
    segment = unquote(target)[1:].partition("/")[0]
    if segment.startswith("_") or segment == "sandboxes":
        raise UnsendableCallError(f"{target[:100]!r} is not below a vendor")


def _content_type(step: Node) -> Mapping[str, str]:
    if "form" in step:
        return {"content-type": FORM}
    return {"content-type": JSON_TYPE} if "json" in step and "encoding" not in step else {}


def _header_values(texts: Any) -> list[Any]:
    if isinstance(texts, list):
        return texts
    return [] if texts is None else [texts]


def _content(step: Node, placeholders: Mapping[str, Any]) -> bytes:
    encoding = step.get("encoding", "utf-8")
    if "json" in step:
        encoded = json.encode(fill_placeholders(step["json"], placeholders))
        return encoded if encoding == "utf-8" else encoded.decode().encode(encoding)
    if "text" in step:
        parts = fill_placeholders(step["text"], placeholders)
        return "".join(map(str, parts if isinstance(parts, list) else [parts])).encode(encoding)
    if "form" in step:
        return urlencode(fill_placeholders(step["form"], placeholders)).encode()
    if "hex" in step:
        return bytes.fromhex(fill_placeholders(step["hex"], placeholders))
    return b64decode(fill_placeholders(step["base64"], placeholders)) if "base64" in step else b""


class CaseRun(Struct):
    """State of a running case."""

    case: Case
    client: SandboxClient
    placeholders: dict[str, Any] = field(default_factory=dict)
    """Values of the placeholders that are known so far, by name."""
    remembered: dict[str, Response] = field(default_factory=dict)
    before: Node = field(default_factory=dict)
    """Records after the `given` steps."""
    journal_mark: int = 0
    """Newest journal number after the `given` steps."""
    start_snapshot: str = ""
    """Id of the snapshot taken at the start, or "" if the case has no `reset` step."""

    def fill(self, node: Any) -> Any:
        return fill_placeholders(node, self.placeholders)

    async def records(self) -> Mapping[str, Mapping[str, Any]]:
        return {
            scope: {name: found for name, found in tables.items() if name not in INTERNAL_COLLECTIONS}
            for scope, tables in (await self.client.tables()).items()
            if scope.startswith(f"{self.case.vendor}/")
        }

    async def assume(self, values: Mapping[str, str]) -> None:
        if values:
            own = {f"{self.case.vendor}.{name}": value for name, value in values.items()}
            await self.client.call_control("PATCH", "/assumptions", own)

    async def advance(self, seconds: int) -> None:
        await self.client.call_control("POST", "/clock/advance", {"seconds": seconds})

    async def disarm(self, chosen: Json) -> None:
        name = "" if chosen in (True, "") else f"/{chosen}"
        await self.client.call_control("DELETE", f"/scenarios{name}")

    async def snapshot(self, name: str) -> None:
        self.placeholders[name] = await self.client.snapshot()

    async def reset(self) -> None:
        """Restore the start snapshot without clearing the journal, then set the case's assumptions."""
        await self.client.restore(self.start_snapshot)
        await self.assume(self.case.assumptions)

    async def call(self, step: Node) -> Response | LostResponse:
        headers = {**self.client.headers, **self.case.headers}
        vendor = step.get("vendor", self.case.vendor)
        request = build_request(step, self.client.mount(vendor), headers, self.placeholders)
        if not vendor:
            _check_outside(request.target)
        return await self.client.vendors.send(request)

    def check(self, step: Node, response: Response | LostResponse) -> list[str]:
        if "fails" in step:
            found = expectations.loss_differences(self.fill(step["fails"]), response)
        else:
            found = expectations.response_differences(self.fill(step["answer"]), response, self.remembered)
        if response.elapsed_ms < step.get("takes", 0):
            found = [*found, f"expected to take {step['takes']} ms, it took {response.elapsed_ms:.0f}"]
        if not found and isinstance(response, Response):
            for name, place in step.get("keep", {}).items():
                self.placeholders[name] = expectations.value_in_response(response, place)
            if "remember" in step:
                self.remembered[step["remember"]] = response
        return found


async def call(run: CaseRun, step: Node) -> list[str]:
    for _ in range(step.get("times", 1)):
        if found := run.check(step, await run.call(step)):
            return found
    return []


async def control(run: CaseRun, step: Node) -> list[str]:
    """Call the control plane, again for `repeat_for` milliseconds until the answer is as expected."""
    method, _, below = str(step["control"]).partition(" ")
    mount = f"/_mock/sandboxes/{run.client.sandbox}"
    sent = build_request({**step, "call": f"{method} {below}"}, mount, {}, run.placeholders)
    clock = asyncio.get_running_loop().time
    end = clock() + step.get("repeat_for", 0) / 1000
    while found := run.check(step, await run.client.control.send(sent)):
        if clock() >= end:
            break
        await asyncio.sleep(_PAUSE_S)
    return found


async def together(run: CaseRun, step: Node) -> list[str]:
    """Send several calls concurrently, each after its own delay (`after`, in milliseconds)."""
    calls = [one for one in step["together"] for _ in range(one.get("times", 1))]
    responses = await asyncio.gather(*[_call_later(run, one) for one in calls])
    if "answers" in step:
        return expectations.response_set_differences(run.fill(step["answers"]), responses, run.remembered)
    return [line for one, response in zip(calls, responses, strict=True) for line in run.check(one, response)]


async def _call_later(run: CaseRun, step: Node) -> Response | LostResponse:
    await asyncio.sleep(step.get("after", 0) / 1000)
    return await run.call(step)


async def newest_entries(run: CaseRun, step: Node) -> list[str]:
    expected = run.fill(step["journal"])
    expected = expected if isinstance(expected, list) else [expected]
    newest = (await run.client.call_control("GET", f"/journal?last={len(expected)}")).json
    found = [(await run.client.call_control("GET", f"/journal/{one['number']}")).json for one in newest]
    return list(differences(expected, found, "journal", open_ended=True))


async def call_count(run: CaseRun, step: Node) -> list[str]:
    since = await run.client.last_number() - run.journal_mark
    return [] if since == step["calls"] else [f"expected {step['calls']} calls, found {since}"]


async def dump(run: CaseRun, step: Node) -> list[str]:
    tables = await run.client.tables()
    return list(
        expectations.document_differences(
            run.fill(step["dump"]), tables, run.case.vendor, run.fill(step.get("scope"))
        )
    )


async def unchanged(run: CaseRun, step: Node) -> list[str]:
    left_out = frozenset(step.get("except", ()))
    before, now = (
        {
            scope: {name: one for name, one in tables.items() if name not in left_out}
            for scope, tables in records.items()
        }
        for records in (run.before, await run.records())
    )
    return list(differences(before, now))


async def walk(run: CaseRun, step: Node) -> list[str]:
    """Follow all pages, and check that no key appears twice. After page 1, take the steps `between`."""
    between = step.get("between", ())
    step = run.fill({name: node for name, node in step.items() if name != "between"})
    target: str | None = str(step["walk"])
    keys: list[Any] = []
    number = 0
    while target is not None:
        number += 1
        if number > MAX_PAGES:
            return [f"there are more than {MAX_PAGES} pages"]
        response = await run.call({"call": target, "headers": step.get("headers", {})})
        if isinstance(response, LostResponse) or response.status != _OK:
            return [
                f"page {number}, {target}",
                *expectations.response_differences({"status": _OK}, response, {}),
            ]
        page = [
            expectations.value_at(one, step["key"])
            for one in expectations.value_in_response(response, step["items"])
        ]
        keys += page
        if repeated := [f"{key!r} came {times} times" for key, times in Counter(keys).items() if times > 1]:
            return [f"page {number}, {target}", *repeated]
        if number == 1:
            await _run_steps(run, "between", between)
        target = _next_call(step["next"], step["walk"], response, number) if page and "next" in step else None
    return _key_differences(run, step, keys)


def _next_call(how: Node, first: str, response: Response, number: int) -> str | None:
    """Return the call for the page after page `number`, or None if there is no such page.

    `how` has either `link`, a pointer to the path of the next page, or `query`, the name of the parameter
    that selects a page. If `how` has a pointer `from`, the parameter's value is there. Otherwise the value
    for page 2 is the member `first` of `how`, and grows by the member `step` (default 1) for each later page.
    """
    if "link" in how:
        link = _value_or_none(response, how["link"])
        return f"GET {link}" if link else None
    value = (
        _value_or_none(response, how["from"])
        if "from" in how
        else how["first"] + (number - 1) * how.get("step", 1)
    )
    if value is None:
        return None
    path, _, query = first.partition("?")
    others = [pair for pair in query.split("&") if pair and pair.partition("=")[0] != how["query"]]
    others.append(f"{how['query']}={quote(str(value), safe='')}")
    return f"{path}?{'&'.join(others)}"


def _value_or_none(response: Response, pointer: str) -> Any:
    try:
        return expectations.value_at(response.json, pointer)
    except LookupError:
        return None


def _key_differences(run: CaseRun, step: Node, keys: list[Any]) -> list[str]:
    if "keep" in step:
        run.placeholders[step["keep"]] = keys
    found = []
    if "finds" in step and keys != step["finds"]:
        found.append(f"expected {step['finds']!r}, found {keys!r}")
    missing = [key for key in step.get("covers", []) if key not in keys]
    return found + [f"{key!r} is not among {keys!r}" for key in missing]


class CaseResult(Value, frozen=True):
    """Result of one run of a case."""

    differences: tuple[str, ...]
    calls: tuple[int, ...]
    """Journal numbers of all calls of the sandbox during the run, including calls of other clients."""

    @property
    def passed(self) -> bool:
        return not self.differences


async def run(case: Case, client: SandboxClient) -> CaseResult:
    """Run the case in the client's sandbox, up to its end or the first step with differences."""
    try:
        first = await client.last_number() + 1
        differences = await _run_with_reset(CaseRun(case, client))
        return CaseResult(differences, tuple(range(first, await client.last_number() + 1)))
    except UnmetExpectationError as unmet:
        return CaseResult(unmet.differences, ())


async def run_in_new_sandbox(case: Case, name: str, client: HttpClient) -> CaseResult:
    """Run the case in a new sandbox, then delete the sandbox. Raises UnmetExpectationError."""
    sandbox = SandboxClient(name, client, client)
    await sandbox.create(SEED if case.seed is None else case.seed, empty=case.empty)
    try:
        return await run(case, sandbox)
    finally:
        await sandbox.call_control("DELETE", "")


async def _run_with_reset(case_run: CaseRun) -> tuple[str, ...]:
    if any("reset" in step for step in case_run.case.steps):
        case_run.start_snapshot = await case_run.client.snapshot()
    differences: tuple[str, ...] = ()
    try:
        await _run_parts(case_run)
    except UnmetExpectationError as unmet:
        differences = unmet.differences
    if case_run.start_snapshot:
        await case_run.client.call_control("DELETE", f"/snapshots/{case_run.start_snapshot}")
    return differences


async def _run_parts(case_run: CaseRun) -> None:
    case = case_run.case
    _fill_names(case_run)
    await case_run.assume(case.assumptions)
    if case.freeze is not None:
        await case_run.client.freeze(case.freeze)
    await _run_steps(case_run, "given", case.given)
    case_run.before = await case_run.records()
    case_run.journal_mark = await case_run.client.last_number()
    for scenario in case.scenarios:
        await case_run.client.arm(case_run.fill(scenario))
    await _run_steps(case_run, "when", case.when)
    await _run_steps(case_run, "then", case.then)


async def run_steps(case_run: CaseRun) -> None:
    """Run only the steps, at a server without sandboxes or control plane. Raises UnmetExpectationError."""
    _fill_names(case_run)
    for part in ("given", "when", "then"):
        await _run_steps(case_run, part, getattr(case_run.case, part))


def _fill_names(case_run: CaseRun) -> None:
    case = case_run.case
    for name, value in case.names.items():
        try:
            case_run.placeholders[name] = case_run.fill(value)
        except KeyError as missing:
            raise UnmetExpectationError(
                [f"{case.place}: names, {name}", f"nothing is called {missing}"]
            ) from None
        except TooLargeValueError as error:
            raise UnmetExpectationError([f"{case.place}: names, {name}", str(error)]) from None


async def _take_step(case_run: CaseRun, kind: str, step: Node) -> list[str]:
    if kind in _CHECKS:
        return await _CHECKS[kind](case_run, step)
    await _CHANGES[kind](case_run, step[kind])
    return []


async def _run_steps(case_run: CaseRun, part: str, steps: Iterable[Node]) -> None:
    for number, step in enumerate(steps, 1):
        kind = next(kind for kind in STEPS if kind in step)
        try:
            differences = await _take_step(case_run, kind, step)
        except UnmetExpectationError as unmet:
            differences = list(unmet.differences)
        except KeyError as missing:
            differences = [f"nothing is called {missing}"]
        except MalformedBody as error:
            differences = [f"is not JSON: {error}"]
        except (TooLargeValueError, UnsendableCallError) as error:
            differences = [str(error)]
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            differences = [f"cannot be done: {type(error).__name__}: {error}"]
        if differences:
            what = step[kind] if kind in _NAMED_STEPS else kind
            raise UnmetExpectationError(
                [f"{case_run.case.place}: {part}, step {number}, {what}", *differences]
            )


_CHECKS: Mapping[str, Callable[[CaseRun, Node], Awaitable[list[str]]]] = {
    "call": call,
    "control": control,
    "together": together,
    "walk": walk,
    "journal": newest_entries,
    "calls": call_count,
    "dump": dump,
    "unchanged": unchanged,
}
"""Steps that compare something. Each function gets the step, and returns the differences."""

_CHANGES: Mapping[str, Callable[[CaseRun, Any], Awaitable[None]]] = {
    "advance": lambda run, seconds: run.advance(run.fill(seconds)),
    "freeze": lambda run, at: run.client.freeze(run.fill(at)),
    "assume": lambda run, values: run.assume(run.fill(values)),
    "scenario": lambda run, scenario: run.client.arm(run.fill(scenario)),
    "disarm": CaseRun.disarm,
    "snapshot": CaseRun.snapshot,
    "restore": lambda run, name: run.client.restore(run.placeholders[name]),
    "reset": lambda run, _: run.reset(),
}
"""Steps that only change the sandbox. Each function gets the step's value."""


class UnexportableCaseError(ConflictError):
    code = "not-exportable"


async def export_case(case: Case, client: SandboxClient, form: str) -> Response:
    """Run the case in the client's sandbox; export the sandbox's journal. Raises UnexportableCaseError."""
    result = await run(case, client)
    if not result.passed:
        raise UnexportableCaseError("\n".join(result.differences))
    target = f"/_mock/sandboxes/{client.sandbox}/journal/export?format={form}"
    answered = await client.control.send(Request("GET", target))
    if isinstance(answered, LostResponse) or answered.status != _OK:
        message = answered.detail if isinstance(answered, LostResponse) else str(answered.json["detail"])
        raise UnexportableCaseError(message)
    return answered
