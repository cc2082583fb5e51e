"""Read `x-batch`: where a batch has its items, and where its answer tells what became of each item."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any, get_args

from msgspec.structs import replace

from mockserver.errors import SpecError
from mockserver.model import EMPTY, Action, Json, Path, parse_pointer
from mockserver.spec.atomicity import read_atomicity
from mockserver.spec.batch_forms import Batch, Job, OutcomeForm, OutcomeRows, Requests, Subset, Work
from mockserver.spec.openapi import Operation, check_names, misused, parameter_names

_KINDS: Mapping[str, tuple[type, str]] = {
    "items": (str, "a JSON Pointer"),
    "key": (list, "a list of names, or a JSON Pointer in a list"),
    "upsert": (bool, "true or false"),
    "fatal": (list, "a list of schema keywords"),
    "collection": (str, "a name"),
    "outcome": (dict, "a mapping"),
    "bare-item": (bool, "true or false"),
    "keyless": (dict, "a mapping of members"),
    "identity": (list, "a list of names"),
    "job": (dict, "a mapping"),
    "actions": (dict, "a mapping with member and words"),
    "lines": (bool, "true or false"),
    "pairs": (bool, "true or false"),
}
_BATCH_KEYS = {*_KINDS, "atomicity"}
_ROW_MEMBERS = ("status", "code", "message", "key", "index", "record", "echo")
_ROWS_KEYS = {*_ROW_MEMBERS, "list", "map", "by", "words", "first-index", "wrapped"}
_WORK: tuple[Work, ...] = get_args(Work)
DELETED = "deleted"
"""Name in `words` of the word for an accepted item whose action deletes its record."""

_SUBSETS: tuple[Subset, ...] = ("accepted", "rejected", "warned")
APART = frozenset({"accepted", "rejected", "maps"})
"""Members of `x-batch.outcome` for rows of a subset of the items."""

_OF_ANSWER = {*_SUBSETS, "count", "maps", "summary", "statuses"}
_FACTS = ("accepted", "rejected", "total", "any-rejected", "all-accepted")
_RESULTS = ("all", "some", "none")
_OUTCOME = "x-batch.outcome"
_JOB = "x-batch.job"
_JOB_KEYS = ("status", "id", "location", "poll", "states", "steps", "results", "kept")
_STATES = ("waiting", "running", "done")
_JOB_CURES = {
    "id": "id: /id",
    "poll": "poll: showJob",
    "states": "states: {at: /status, waiting: queued, running: working, done: completed}",
}
_STEPS = {"running": 1, "done": 2}
_ACCEPTED = 202
_A_DAY, _MOST_SECONDS = 86_400, 8_640_000  # 100 days
_OF_REQUESTS = frozenset({"requests", "responses", "serial", "fatal"})
"""Members of an `x-batch` of whole requests."""

_SENT = ("list", "method", "path", "body", "id", "headers", "depends-on", "group", "stop-after")
_TOLD = ("list", "id", "status", "body", "headers")


def read_batch(node: Json) -> Batch:
    """Return the batch that an `x-batch` declares. Raises SpecError."""
    if not isinstance(node, dict):
        raise misused("x-batch", f"expected a mapping, found {node}")
    if "requests" in node:
        return _read_batch_of_requests(node)
    check_names("x-batch", node, _BATCH_KEYS | _OF_REQUESTS)
    if others := (_OF_REQUESTS - {"fatal"}) & node.keys():
        cure = "requests: {list: /requests, method: /method, path: /url}"
        raise misused(f"x-batch.{min(others)}", "it needs requests, which say where the requests are", cure)
    if "items" not in node:
        cure = 'items: "" when the body itself is the list'
        raise SpecError(f"x-batch.items is missing; write {cure}", ("x-batch", "items"), cure=cure)
    for name, (kind, expected) in _KINDS.items():
        if name in node and not isinstance(node[name], kind):
            raise misused(f"x-batch.{name}", f"expected {expected}, found {node[name]}")
    outcome = read_outcome(node.get("outcome", EMPTY))
    atomic, atomicity = read_atomicity(node.get("atomicity", "per-item"))
    if atomicity.cuts_off and outcome.rows_of("rejected") and not outcome.rows_of("accepted"):
        problem = "the answer lists the rejected items alone, so that the rest would count as accepted"
        raise misused("x-batch.atomicity.rest", problem, "rest: told")
    action_at, actions = _read_actions(node.get("actions"))
    batch = Batch(
        items=parse_pointer(node["items"]),
        key=tuple(node.get("key", ())),
        upsert=node.get("upsert", False),
        atomic=atomic,
        fatal=frozenset(node.get("fatal", ())),
        collection=node.get("collection", ""),
        outcome=outcome,
        bare_item=node.get("bare-item", False),
        keyless=node.get("keyless", EMPTY),
        identity=tuple(node.get("identity", ())),
        job=_read_job(node["job"], outcome) if "job" in node else None,
        atomicity=atomicity,
        action_at=action_at,
        actions=actions,
        pairs=node.get("pairs", False),
    )
    _check_forms(batch, is_lines=node.get("lines", False))
    return batch


def _read_actions(node: Json) -> tuple[str, Mapping[str, Work]]:
    if node is None:
        return "", {}
    mark, example = "x-batch.actions", "words: {index: upsert, create: create, delete: delete}"
    check_names(mark, node, ("member", "words"))
    member, words = node.get("member"), node.get("words")
    if not isinstance(member, str) or not member:
        raise misused(f"{mark}.member", "expected the name of a member of the item", "member: action")
    if not isinstance(words, dict) or not words:
        raise misused(f"{mark}.words", f"expected a mapping of words to {', '.join(_WORK)}", example)
    for word, work in words.items():
        if work not in _WORK:
            raise misused(
                f"{mark}.words.{word}", f"expected one of {', '.join(_WORK)}, found {work}", example
            )
    return member, words


def _check_forms(batch: Batch, *, is_lines: bool) -> None:
    """Raise SpecError if members that say the form of items and rows contradict each other."""
    actions = "actions: {member: action, words: {index: upsert, delete: delete}}"
    if (is_lines or batch.pairs) and batch.items:
        raise misused("x-batch.items", "each line is an item, so the items are the whole body", 'items: ""')
    if batch.pairs and not batch.actions:
        raise misused("x-batch.pairs", "the first line of a pair names an action", actions)
    inner = [path for path in batch.key_paths if len(path) > 1]
    if inner and (batch.pairs or len(batch.key) > 1):
        message = "a pointer is the whole key, and no member of an action line"
        raise misused("x-batch.key", message, f"key: [{inner[0][-1]}]")
    for rows in batch.outcome.rows:
        if rows.wrapped and not (batch.actions and not rows.names):
            message = "only the rows of a list are wrapped, each in the name of its item's action"
            raise misused(f"{_OUTCOME}.wrapped", message, actions)


def _read_batch_of_requests(node: Mapping[str, Any]) -> Batch:
    """Return the batch of an `x-batch` with `requests`. Raises SpecError."""
    if others := node.keys() - _OF_REQUESTS:
        raise misused(f"x-batch.{min(map(str, others))}", "beside requests, it has no meaning: leave it out")
    sent = _read_parts(node["requests"], "x-batch.requests", _SENT, ("method", "path"))
    told = _read_parts(node.get("responses", EMPTY), "x-batch.responses", _TOLD, ("status",))
    serial, has_id = node.get("serial", False), "id" in sent
    by_id, by_order = "id: /id", "serial: true"
    faults = (
        (not isinstance(serial, bool), "serial", f"expected true or false, found {serial}", by_order),
        (has_id and len(sent["id"]) != 1, "requests.id", "expected a member of the request", by_id),
        ("depends-on" in sent and not has_id, "requests.depends-on", "it needs requests.id", by_id),
        ("id" in told and not has_id, "responses.id", "it needs requests.id", by_id),
        (not serial and "id" not in told, "serial", "without responses.id, the order has to tell", by_order),
        (not serial and "stop-after" in sent, "requests.stop-after", "it needs serial: true", by_order),
        (
            {"group", "stop-after"} <= sent.keys(),
            "requests.stop-after",
            "it would cut a group in two",
            "",
        ),
    )
    for is_wrong, member, fault, cure in faults:
        if is_wrong:
            raise misused(f"x-batch.{member}", fault, cure)
    rows = OutcomeRows(
        subset="all",
        place=told.pop("list"),
        names="",
        members={"key" if name == "id" else name: told[name] for name in ("id", "status") if name in told},
        any_order=not serial,
    )
    derived = {"items": node["requests"]["list"], "key": list(sent.get("id", ()))}
    batch = read_batch({**derived, **({"fatal": node["fatal"]} if "fatal" in node else {})})
    del sent["list"]
    return replace(batch, outcome=OutcomeForm((rows,)), requests=Requests(sent, told, is_serial=serial))


def _read_parts(node: Json, mark: str, known: Collection[str], needed: Iterable[str]) -> dict[str, Path]:
    for name in ("list", *needed):
        if name not in _read_mapping(node, mark, known):
            raise misused(f"{mark}.{name}", "it is missing", f"{name}: /{name}")
    return {name: _read_pointer(one, f"{mark}.{name}") for name, one in node.items()}


def read_outcome(node: Mapping[str, Any]) -> OutcomeForm:
    """Return the form that `x-batch.outcome` declares. Raises SpecError."""
    check_names(_OUTCOME, node, _ROWS_KEYS | _OF_ANSWER)
    of_row = {name: value for name, value in node.items() if name not in _OF_ANSWER}
    apart = [(subset, node[subset]) for subset in _SUBSETS if subset in node]
    has_rows = {"list", "map"} & of_row.keys()  # without them the start says which list to write
    rows = [_read_rows("all", of_row, _OUTCOME)] if has_rows else []
    rows += [_read_rows(subset, one, f"{_OUTCOME}.{subset}") for subset, one in apart]
    # `maps` is an older form of `rejected` and `warned`.
    for number, pointer in enumerate(node.get("maps", ())):
        mapped = {"map": pointer, "message": ""}
        rows.append(_read_rows("warned" if number else "rejected", mapped, f"{_OUTCOME}.maps"))
    if of_row and {subset for subset, _ in apart} - {"warned"}:
        raise misused(f"{_OUTCOME}.{apart[0][0]}", "a row for each item, or accepted and rejected apart")
    mark = f"{_OUTCOME}.summary"
    summary = _read_mapping(node.get("summary", EMPTY), mark, (*_FACTS, "word"))
    word = _read_mapping(summary.get("word", EMPTY), f"{mark}.word", ("at", *_RESULTS))
    facts = {name: one for name, one in summary.items() if name != "word"}
    in_headers = {name: one for name, one in facts.items() if isinstance(one, dict)}
    in_body = {name: one for name, one in facts.items() if name not in in_headers}
    pointers = {name: _read_pointer(one, f"{mark}.{name}") for name, one in in_body.items()}
    if "count" in node:
        pointers["accepted"] = _read_pointer(node["count"], f"{_OUTCOME}.count")
    return OutcomeForm(
        rows=tuple(rows),
        summary=pointers,
        headers={name: _read_header(one, f"{mark}.{name}") for name, one in in_headers.items()},
        word_at=_read_pointer(word["at"], f"{mark}.word.at") if word else (),
        words={name: one for name, one in word.items() if name != "at"},
        statuses=_read_statuses(node.get("statuses", EMPTY)),
    )


def _read_rows(subset: Subset, node: Json, mark: str) -> OutcomeRows:
    node = _read_mapping(node, mark, _ROWS_KEYS)
    if ("list" in node) == ("map" in node):
        cure = "list: /results"
        raise misused(mark, "expected one of list and map, which say where the rows are", cure)
    by, first = node.get("by", "key"), node.get("first-index", 0)
    if by not in ("key", "index"):
        raise misused(f"{mark}.by", f"expected key or index, found {by}")
    if first not in (0, 1):
        raise misused(f"{mark}.first-index", f"expected 0 or 1, found {first}")
    if not isinstance(wrapped := node.get("wrapped", False), bool):
        raise misused(f"{mark}.wrapped", f"expected true or false, found {wrapped}")
    words = _read_mapping(node.get("words", EMPTY), f"{mark}.words", (*map(str, Action), DELETED))
    place = "list" if "list" in node else "map"
    return OutcomeRows(
        subset=subset,
        place=_read_pointer(node[place], f"{mark}.{place}"),
        names="" if "list" in node else by,
        members={name: _read_pointer(node[name], f"{mark}.{name}") for name in node if name in _ROW_MEMBERS},
        words=words,
        first_index=first,
        wrapped=wrapped,
    )


def _read_mapping(node: Json, mark: str, known: Collection[str]) -> dict[str, Any]:
    if not isinstance(node, dict):
        raise misused(mark, f"expected a mapping, found {node}")
    check_names(mark, node, known)
    return node


def _read_pointer(node: Json, mark: str) -> Path:
    if not isinstance(node, str) or (node and not node.startswith("/")):
        cure = f"{mark.rpartition('.')[2]}: /{node}"
        raise misused(mark, f"expected a JSON Pointer, found {node}", cure)
    return parse_pointer(node)


def _read_header(node: Json, mark: str) -> str:
    name = _read_mapping(node, mark, ("header",)).get("header")
    if not isinstance(name, str) or not name:
        raise misused(mark, "expected a JSON Pointer, or the name of a header", "{header: X-Count}")
    return name


def _read_statuses(node: Json) -> Mapping[str, int]:
    mark = f"{_OUTCOME}.statuses"
    found = _read_mapping(node, mark, _RESULTS)
    for name, status in found.items():
        if not isinstance(status, int) or not 200 <= status < 500:  # noqa: PLR2004 - HTTP's classes
            raise misused(f"{mark}.{name}", f"expected a status from 200 to 499, found {status}")
    if found and len(found) < len(_RESULTS):
        raise misused(mark, f"expected a status for each of {', '.join(_RESULTS)}")
    return found


def _read_job(node: Mapping[str, Any], outcome: OutcomeForm) -> Job:
    check_names(_JOB, node, _JOB_KEYS)
    for name in ("id", "poll", "states"):
        if name not in node:
            raise misused(f"{_JOB}.{name}", "it is missing", _JOB_CURES[name])
    if outcome.statuses or outcome.headers:
        name = "statuses" if outcome.statuses else "summary"
        raise misused(f"{_OUTCOME}.{name}", "a job tells outcomes in bodies alone")
    states = _read_mapping(node["states"], f"{_JOB}.states", ("at", *_STATES, "failed"))
    if absent := [one for one in ("at", *_STATES) if one not in states]:
        raise misused(f"{_JOB}.states.{absent[0]}", "it is missing", _JOB_CURES["states"])
    if states["done"] in (states["waiting"], states["running"]):
        raise misused(f"{_JOB}.states.done", "expected a value that no other state has", "done: completed")
    steps = _read_mapping(node.get("steps", _STEPS), f"{_JOB}.steps", [*_STEPS])
    times = {name: _read_seconds(steps.get(name, 0), f"{_JOB}.steps.{name}") for name in _STEPS}
    if times["done"] < times["running"]:
        raise misused(f"{_JOB}.steps.done", f"expected at least running, found {times['done']:g}")
    status = node.get("status", _ACCEPTED)
    if status not in range(200, 300):
        raise misused(f"{_JOB}.status", f"expected a status from 200 to 299, found {status}")
    named = node["id"] if isinstance(node["id"], dict) else {"at": node["id"]}
    check_names(f"{_JOB}.id", named, ("at", "prefix"))
    results = _read_results(node.get("results", "embedded"))
    return Job(
        status=status,
        id=_read_pointer(named.get("at"), f"{_JOB}.id"),
        prefix=_read_text(named.get("prefix", ""), f"{_JOB}.id.prefix"),
        location=_read_text(node.get("location", ""), f"{_JOB}.location"),
        poll=_read_text(node["poll"], f"{_JOB}.poll"),
        state=_read_pointer(states["at"], f"{_JOB}.states.at"),
        words={name: word for name, word in states.items() if name != "at"},
        running=times["running"],
        done=times["done"],
        kept=_read_seconds(node.get("kept", _A_DAY), f"{_JOB}.kept"),
        results=_read_text(results.get("operation", ""), f"{_JOB}.results.operation"),
        link=_read_pointer(results["link"], f"{_JOB}.results.link") if "link" in results else (),
    )


def _read_results(node: Json) -> Mapping[str, Any]:
    mark, cure = f"{_JOB}.results", "results: {operation: readResults}"
    if node == "embedded":
        return EMPTY
    if not isinstance(node, dict) or "operation" not in node:
        raise misused(mark, f"expected embedded, or the operation that has them, found {node}", cure)
    check_names(mark, node, ("operation", "link"))
    return node


def _read_text(node: Json, mark: str) -> str:
    if not isinstance(node, str):
        raise misused(mark, f"expected a text, found {node}")
    return node


def _read_seconds(node: Json, mark: str) -> float:
    is_number = isinstance(node, int | float | Decimal) and not isinstance(node, bool)
    if not is_number or not 0 <= node <= _MOST_SECONDS:
        raise misused(mark, f"expected a number of seconds, found {node}", f"{mark.rpartition('.')[2]}: 3")
    return float(node)


def check_jobs(operations: Mapping[str, Operation]) -> None:
    """Raise SpecError if the job of a batch names an operation that is no GET with the id in its path."""
    for operation in operations.values():
        job = operation.batch.job if operation.batch else None
        for member, name in (("poll", job.poll), ("results.operation", job.results)) if job else ():
            found = operations.get(name)
            if name and not (found and found.method == "get" and _takes_id(found)):
                problem = f"expected the operationId of a GET with the id in its path, found {name}"
                near = [one.id for one in operations.values() if one.method == "get" and _takes_id(one)]
                cure = f"{member.rpartition('.')[2]}: {near[0]}" if near else ""
                raise misused(f"{_JOB}.{member}", problem, cure).within("", operation.id, operation.place)
        if job and str(job.status) not in operation.responses and "2XX" not in operation.responses:
            known = next((one for one in operation.responses if one.startswith("2")), "")
            problem = f"{job.status} is not among the responses"
            error = misused(f"{_JOB}.status", problem, f"status: {known}" if known else "")
            raise error.within("", operation.id, operation.place)


def _takes_id(operation: Operation) -> bool:
    """Return whether the path of an operation has a parameter, and the last parameter is declared."""
    names = parameter_names(operation.path)
    return bool(names) and operation.has_parameter(names[-1])
