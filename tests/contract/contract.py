"""A contract as Schemathesis checks it: what is pinned, and what is judged otherwise and why.

Each vendor's is a module `of_<vendor>`, found by its name.

A case that is meant to be good goes to the fixtures' tenant and leaves out the headers that remember; one
that is bad in just that place goes as it was made.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping, MutableMapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import schemathesis
from hypothesis import strategies as st
from schemathesis.checks import CheckFunction, load_all_checks
from schemathesis.core import NOT_SET
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.generation.meta import CoveragePhaseData, TestPhase
from schemathesis.pytest._test_builder import build_operation_test
from schemathesis.specs.openapi.schemas import OpenApiSchema
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.contract.judged import Excluded, Judged
from tests.support import xml_bodies
from tests.support.specs import spec

EXAMPLES = int(os.environ.get("CONTRACT_EXAMPLES", "16"))
"""Fuzzed cases of an operation. With `slim` and `STEPS` it is what bounds the time of this folder."""


@dataclass(slots=True)
class Lent:
    """An application that a fixture lends when a test runs; a schema wants one when it is read."""

    app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        assert self.app is not None
        await self.app(scope, receive, send)


@dataclass(frozen=True, slots=True)
class Contract:
    """One spec with the fixtures' credentials, and what is pinned where a case is not bad just there.

    `known` holds, by operation, parameters of what the fixtures have: for calls with a body, and for all
    but the fuzzed ones of the rest; `bodies` likewise members of a body. `walking` holds headers for walks;
    what changes nothing would end one. `judged` names every operation that is not judged by 2xx for what
    its schema takes and 4xx for what it does not. `slim` names members, by schema, that cases are made
    without; answers and other operations keep them. `asked_for` are operations and media types to run once
    more with that `Accept`. `walks` hold the operations that a walk does without.
    """

    name: str
    mount: str
    credentials: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    path: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    bodies: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    walking: Mapping[str, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    codec: str = "utf-8"
    judged: Mapping[str, Judged] = field(default_factory=dict)
    excluded_checks: tuple[Excluded, ...] = ()
    slim: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    asked_for: tuple[tuple[str, str], ...] = ()
    walks: tuple[tuple[str, ...], ...] = ((),)
    lent: Lent = field(default_factory=Lent)

    def schema(self, *, walking: bool = False) -> OpenApiSchema:
        """What Schemathesis makes cases of; a walk is made of good calls only."""
        document = deepcopy(spec(self.name))
        for schema, members in self.slim.items():
            for member in members:
                del document["components"]["schemas"][schema]["properties"][member]
        loaded = schemathesis.openapi.from_dict(
            document, config=self._config("positive" if walking else "all")
        )
        loaded.app = self.lent
        return loaded

    def pin(self, case: schemathesis.Case[Any], *, walking: bool = False) -> None:
        """Send a case where something is; on a walk along links that is where the link leads."""
        bodies = {} if walking else self.bodies.get(_operation_id(case), {})
        known = {} if walking or _is_free(case) else self.known.get(_operation_id(case), {})
        places = (
            (ParameterLocation.HEADER, case.headers, {**self.headers, **(self.walking if walking else {})}),
            (ParameterLocation.QUERY, case.query, {**self.query, **known}),
            (ParameterLocation.PATH, case.path_parameters, {**self.path, **known}),
            (ParameterLocation.BODY, case.body, {**self.body, **bodies}),
        )
        for location, container, pinned in places:
            if isinstance(container, MutableMapping) and not _is_bad(case, location):
                container.update({name: text for name, text in pinned.items() if name in container})
                for name in self.left_out:
                    container.pop(name, None)

    def excluded(self, case: schemathesis.Case[Any]) -> list[CheckFunction]:
        """The checks that do not hold of the answer to `case`."""
        return [one.check for one in self.excluded_checks if not one.header or _lacks(case, one.header)]

    def _config(self, mode: str) -> schemathesis.Config:
        return schemathesis.Config.from_dict(
            {
                "base-url": f"http://testserver/{self.mount}",
                "headers": {"User-Agent": "contract tests"},
                "output": {"sanitization": {"enabled": False}},
                "generation": {
                    "mode": mode,
                    "max-examples": EXAMPLES,
                    "deterministic": True,
                    "database": "none",
                    "codec": self.codec,
                },
                "analysis": {"constants": {"enabled": False}},
                "phases": {"stateful": {"inference": {"algorithms": []}}},
                "checks": _expected(Judged("")),
                "operations": [
                    {"include-operation-id": operation, "checks": _expected(judged)}
                    for operation, judged in self.judged.items()
                ],
                **({"auth": {"openapi": self.credentials}} if self.credentials else {}),
            }
        )


def run(contract: Contract, operation_id: str, sandbox: str, accept: str = "*/*") -> Counter[tuple[int, str]]:
    """Send every case of an operation and check every answer; how often which status and media type came."""
    answers: Counter[tuple[int, str]] = Counter()
    headers = {"Mock-Sandbox": sandbox, "Accept": accept}

    def send(case: schemathesis.Case[Any]) -> None:
        contract.pin(case)
        response = case.call(headers=headers)
        media_type = response.headers.get("content-type", [""])[0].partition(";")[0]
        answers[response.status_code, media_type] += 1
        case.validate_response(
            response, excluded_checks=contract.excluded(case), transport_kwargs={"headers": headers}
        )

    schema = contract.schema()
    operation = schema.find_operation_by_id(operation_id)
    # Schemathesis' own parametrisation makes all coverage cases of all operations while pytest collects, 20 s
    # in every worker; this is what it calls for one operation.
    build_operation_test(
        config=schema.config,
        operation=operation,
        test_func=send,
        given_kwargs={},
        feedback=FeedbackSources(),
    )()
    return answers


def _is_bad(case: schemathesis.Case[Any], location: ParameterLocation) -> bool:
    return case.meta is not None and case.meta.is_negative_at(location)


def _is_free(case: schemathesis.Case[Any]) -> bool:
    """Whether the case may ask for what is not there."""
    fuzzed = case.meta is not None and case.meta.phase.name == TestPhase.FUZZING
    return fuzzed and case.body is NOT_SET


def _operation_id(case: schemathesis.Case[Any]) -> str:
    return str(case.operation.definition.raw["operationId"])


def _lacks(case: schemathesis.Case[Any], header: str) -> bool:
    """Whether the case was made to go without that header."""
    data = case.meta and case.meta.phase.data
    return isinstance(data, CoveragePhaseData) and data.parameter == header


def _moment(moment: datetime) -> str:
    return moment.isoformat()


def _expected(judged: Judged) -> Mapping[str, Any]:
    return {
        "positive_data_acceptance": {"expected-statuses": list(judged.valid)},
        "negative_data_rejection": {"expected-statuses": list(judged.invalid)},
    }


def _plain_json(_ctx: Any, response: Any) -> Any:
    return json.loads(response.content)


load_all_checks()
# No zone is further from Greenwich, and no vendor reads one that is; every moment has a year in UTC.
_ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_MOMENTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=_ZONES)  # noqa: DTZ001 - bounds
schemathesis.openapi.format("date-time", _MOMENTS.map(_moment))
schemathesis.deserializer("text/plain")(_plain_json)
schemathesis.serializer.alias("application/*+json", "application/json")
xml_bodies.register()
