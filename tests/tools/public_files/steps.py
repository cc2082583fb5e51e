"""What is done with a public API: records step by step, lists page by page, every operation, wrong bodies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from urllib.parse import parse_qsl, unquote, urlencode

from mockserver.engine.resources import Resource, find_resources
from mockserver.model import EMPTY, Json
from mockserver.spec.openapi import Operation, parameter_names
from tests.tools.public_files.answers import Answer, keys_in, listed_keys, record_in
from tests.tools.public_files.api import Asked, PublicApi
from tests.tools.public_files.walks import Walk, Ways

RECORDS = 5


@dataclass
class Tally:
    """How many of a sort of steps there were, and what went wrong."""

    total: int = 0
    faults: list[str] = field(default_factory=list)

    def count(self, what: str, fault: str) -> bool:
        self.total += 1
        if fault:
            self.faults.append(f"{what}: {fault}")
        return not fault

    @property
    def good(self) -> int:
        return self.total - len(self.faults)


@dataclass
class Trial:
    """One API that is served at a port, and what was found."""

    api: PublicApi
    port: int
    operations: Tally = field(default_factory=Tally)
    wrong: Tally = field(default_factory=Tally)
    records: Tally = field(default_factory=Tally)
    lists: Tally = field(default_factory=Tally)
    errors: list[str] = field(default_factory=list)
    """Calls that were answered with a 5xx that nobody asked for, or not at all."""
    unsampled: list[str] = field(default_factory=list)
    """Operations for which the script made no valid call."""
    keys: dict[str, str] = field(default_factory=dict)
    """Key of a stored record by the path of its record."""

    def run(self) -> None:
        for resource, works in self._kinds():
            self._walk_records(resource, works)
        for operation in sorted(self.api.vendor.spec.operations.values(), key=_order):
            self._call_once(operation)

    def call(self, asked: Asked, query: Mapping[str, str] = EMPTY) -> Answer:
        path = asked.path
        if query:
            path = _with_query(path, query)
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        method = asked.operation.method.upper()
        try:
            connection.request(
                method, f"/{self.api.vendor.name}{path}", asked.body or None, dict(asked.headers)
            )
            got = connection.getresponse()
            headers = {name.lower(): text for name, text in got.getheaders()}
            answer = Answer(got.status, headers, got.read())
        except (OSError, HTTPException) as error:
            answer = Answer(599, {}, repr(error).encode())
        finally:
            connection.close()
        if answer.status >= 500 and answer.status != 501:
            self.errors.append(f"{method} {path}: {answer.status} {answer.body[:200]!r}")
        return answer

    def _kinds(self) -> Iterator[tuple[Resource, Mapping[str, Operation]]]:
        """Yield each kind of records that `spec explain` calls stored, and its operations by their work."""
        api = self.api
        operations = {(one.path, one.method): one for one in api.vendor.spec.operations.values()}
        for path, resource in find_resources(api.vendor.spec).items():
            if path != resource.path:
                continue
            start = path.rpartition("/")[0]
            at = {
                "create": (start, "post"),
                "list": (start, "get"),
                "show": (path, "get"),
                "replace": (path, "put"),
                "change": (path, "patch"),
                "delete": (path, "delete"),
            }
            works = {name: operations[place] for name, place in at.items() if place in operations}
            stored = {
                name: one
                for name, one in works.items()
                if api.explained[one.id].reason.startswith(f"{name}: ")
            }
            if "create" in stored:
                yield resource, stored

    def _walk_records(self, resource: Resource, works: Mapping[str, Operation]) -> None:
        name = f"{resource.path}"
        made: list[str] = []
        for number in range(1, RECORDS + 1):
            asked = self.api.ask(works["create"], number=number)
            if asked is None:
                self.unsampled.append(f"POST {works['create'].path}")
                return
            answer = self.call(asked)
            key = next(keys_in(answer.document, resource), "") or _key_beside(asked, answer, resource)
            if _is_known(answer) or key in made:
                continue  # the file allows one value only
            if number == 1:
                fault = self._fault(works["create"], answer) or ("" if key else "no key in the answer")
                if not self.records.count(f"create {name}", fault):
                    return
                self._one_record(resource, works, asked, answer, key)
            elif answer.is_good and key:
                made.append(key)
        self._walk_list(resource, works, made, record_in(answer.document, resource, key))
        if made:
            self.keys[resource.path] = made[-1]

    def _one_record(
        self, resource: Resource, works: Mapping[str, Operation], asked: Asked, created: Answer, key: str
    ) -> None:
        name, count = resource.path, self.records.count
        at = {parameter_names(resource.path)[-1]: key}
        shown: Json = None
        if "show" in works and (show := self.api.ask(works["show"], at)):
            answer = self.call(show)
            shown = answer.document
            fault = self._fault(works["show"], answer) or _differing(
                asked, created.document, shown, resource, key
            )
            count(f"show {name}", fault)
        if "list" in works and (
            listing := self.api.ask(works["list"], record=record_in(created.document, resource, key))
        ):
            answer = self.call(listing)
            fault = self._fault(works["list"], answer)
            count(f"list {name}", fault or ("" if _holds(answer.document, key) else "the record is missing"))
        for work in ("change", "replace"):
            if work not in works or not (change := self.api.ask(works[work], at, number=7)):
                continue
            answer = self.call(change)
            fault = self._fault(works[work], answer)
            if not fault and "show" in works and (show := self.api.ask(works["show"], at)):
                now = self.call(show)
                fault = _differing(change, now.document, now.document, resource, key)
            count(f"{work} {name}", fault)
        if "delete" in works and (delete := self.api.ask(works["delete"], at)):
            answer = self.call(delete)
            fault = self._fault(works["delete"], answer)
            if not fault and "show" in works and (show := self.api.ask(works["show"], at)):
                gone = self.call(show).status
                fault = "" if gone in (404, 410) else f"it is shown after its deletion: {gone}"
            count(f"delete {name}", fault)

    def _fault(self, operation: Operation, answer: Answer) -> str:
        if not answer.is_good:
            return f"{answer.status} {answer.body[:160]!r}"
        reason = answer.headers.get("mock-reason", "")
        if "answered by an example" in reason:
            return "answered by an example"
        return (
            self.api.fault_of(operation, answer.status, answer.media_type, answer.body) if answer.body else ""
        )

    def _walk_list(
        self, resource: Resource, works: Mapping[str, Operation], made: Sequence[str], record: Json
    ) -> None:
        if "list" not in works or len(made) < 3:
            return
        operation = works["list"]
        ways, asked = Ways.of(operation), self.api.ask(operation, record=record)
        if asked is None or ways is None:
            return
        if any(one.required for one in operation.parameters):  # the list may be that of one record's parent
            made = listed_keys(self.call(asked).document, resource, made)

        def call(query: Mapping[str, str]) -> tuple[Answer, str]:
            answer = self.call(asked, query)
            return answer, self._fault(operation, answer)

        if len(made) > ways.least:
            self.lists.count(operation.path, Walk(ways, made, resource, call).fault())

    def _call_once(self, operation: Operation) -> None:
        what = f"{operation.method.upper()} {operation.path}"
        if self.api.explained[operation.id].kind == "not served":
            self.operations.count(what, f"not served: {self.api.explained[operation.id].reason}")
            return
        names = parameter_names(operation.path)
        keys = {names[-1]: self.keys[operation.path]} if operation.path in self.keys else EMPTY
        asked = self.api.ask(operation, keys, number=9)
        if asked is None:
            self.unsampled.append(what)
            return
        if wrong := self.api.wrong(asked):
            status = self.call(wrong).status
            self.wrong.count(what, "" if 400 <= status < 500 else f"{status} for {wrong.body[:200]!r}")
        answer = self.call(asked)
        if _is_known(answer) or (
            answer.status == 404 and self.api.explained[operation.id].kind in ("stored", "batch") and not keys
        ):
            return  # the script has no other key to send, or no record to ask for
        fault = self._fault(operation, answer)
        if fault == "answered by an example":
            fault = self.api.fault_of(operation, answer.status, answer.media_type, answer.body)
        self.operations.count(what, fault)


def _is_known(answer: Answer) -> bool:
    """Return whether a call was refused because its record is there."""
    return answer.status in (400, 409, 422) and b"already exists" in answer.body


def _order(operation: Operation) -> tuple[int, str]:
    return ["post", "get", "put", "patch", "head", "options", "trace", "delete"].index(
        operation.method
    ), operation.path


def _with_query(path: str, query: Mapping[str, str]) -> str:
    start, _, rest = path.partition("?")
    known = [one for one in parse_qsl(rest, keep_blank_values=True) if one[0] not in query]
    return f"{start}?{urlencode([*known, *query.items()])}"


def _key_beside(asked: Asked, answer: Answer, resource: Resource) -> str:
    """Return the key that a call sent, or that of the new record's address; "" if there is neither."""
    sent = asked.document if isinstance(asked.document, dict) else {}
    names = (resource.key, resource.parameters[-1])
    known = next((str(sent[name]) for name in names if isinstance(sent.get(name), str | int)), "")
    return known or unquote(answer.headers.get("location", "").rpartition("/")[2])


def _holds(document: Json, key: str) -> bool:
    if isinstance(document, dict):
        return any(_holds(one, key) for one in document.values())
    if isinstance(document, list):
        return any(_holds(one, key) for one in document)
    return str(document) == key


def _differing(asked: Asked, answered: Json, shown: Json, resource: Resource, key: str) -> str:
    """Return which plain member that was sent is shown otherwise than it was sent; "" if none is."""
    sent = asked.document if isinstance(asked.document, dict) else {}
    first, now = (record_in(one, resource, key) for one in (answered, shown))
    if first and not now:
        return "the record is not in the answer"
    for name, one in sent.items():
        is_plain = all(isinstance(value, str | int | bool) for value in (one, first.get(name), now.get(name)))
        if is_plain and str(first[name]) != key and _text(now[name]) != _text(one):
            return f"{name} is {now[name]!r}, {one!r} was sent"
    return ""


def _text(value: Json) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
