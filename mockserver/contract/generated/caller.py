"""One generated case: pinned, sent, and judged by Schemathesis' checks and by ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from schemathesis.core import NOT_SET
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.schemas import BaseSchema

from mockserver.contract.effort import Effort
from mockserver.contract.exchange import Exchange
from mockserver.contract.finding import Finding, Ledger
from mockserver.contract.generated import uninvited, xml_bodies
from mockserver.contract.generated.built_in import Answered, BuiltIn
from mockserver.contract.generated.pinning import Case, operation_id, pin
from mockserver.contract.generated.uninvited import Uninvited
from mockserver.contract.generated.unread import Judge, Unread
from mockserver.contract.generated.wire import Wire
from mockserver.contract.subject import Pins
from mockserver.contract.target import Target, Unreachable
from mockserver.spec.openapi import Spec, resolve


class Lost(Exception):
    """The target does not answer any more; nothing is sent after that."""


@dataclass(frozen=True, slots=True)
class Errand:
    """Where calls go and what becomes of them; `judge` judges every exchange, where we know the spec."""

    target: Target
    effort: Effort
    ledger: Ledger
    pins: Pins = field(default_factory=Pins)
    spec: Spec | None = None
    judge: Judge | None = None


class Caller:
    """Calls one target with the cases of one schema; `lost` says how the target was lost.

    `accept` goes with every call, if it is not "". `left_out` are checks of Schemathesis' not to be made.
    """

    def __init__(self, schema: BaseSchema, errand: Errand) -> None:
        self.lost: Unreachable | None = None
        self.accept = ""
        self.left_out: frozenset[str] = frozenset()
        self.wire = Wire(errand.target, errand.ledger, errand.spec)
        self._errand = errand
        self._session = self.wire.session()
        self._built_in = BuiltIn(schema, errand.pins, errand.effort)
        self._uninvited = Uninvited(schema.raw_schema, errand.target, errand.ledger)
        self._unread = Unread(errand.target, errand.ledger, errand.judge) if errand.judge else None

    def call(
        self, case: Case, recorder: ScenarioRecorder | None = None, *, walking: bool = False
    ) -> Answered:
        """The answer to a case.

        Raises:
            Unsendable: HTTP has no place for it.
            Lost: nobody answers.
        """
        if self.lost:
            raise Lost
        pin(case, self._errand.pins, walking=walking)
        arguments: dict[str, Any] = {"session": self._session, "allow_redirects": False}
        if self.accept:
            arguments["headers"] = {"Accept": self.accept}
        if self._errand.spec and xml_bodies.is_written(case.media_type) and case.body is not NOT_SET:
            arguments["data"] = _xml(case)
        try:
            response = case.call(**arguments)
        except Unreachable as error:
            self.lost = error
            raise Lost from error
        return Answered(case, response, self.wire.last(), arguments, recorder)

    def judge(self, answered: Answered) -> tuple[Finding, ...]:
        """What does not hold of an answer.

        Raises:
            Lost: nobody answers a check that calls again.
        """
        errand, exchange, case = self._errand, answered.exchange, answered.case
        found = errand.judge(exchange, errand.ledger) if errand.judge else ()
        try:
            found += self._built_in.judge(answered, errand.ledger, self.left_out)
            if exchange.request.method == case.operation.method.upper():
                found += self._tried(case, exchange)
        except Unreachable as error:
            self.lost = error
            raise Lost from error
        return found

    def _tried(self, case: Case, exchange: Exchange) -> tuple[Finding, ...]:
        """What comes of calls that are made once an operation, by the example of this one."""
        found: tuple[Finding, ...] = ()
        if self._errand.effort.wants(uninvited.CHECK.id):
            raw: Mapping[str, Any] = case.operation.definition.raw
            found += self._uninvited.judge(operation_id(case), raw, exchange)
        if self._unread:
            found += self._unread.judge(operation_id(case), exchange)
        return found


def _xml(case: Case) -> bytes:
    document: dict[str, Any] = case.operation.schema.raw_schema
    body = resolve(document, case.operation.definition.raw["requestBody"])
    return xml_bodies.written(case.body, body["content"][case.media_type]["schema"], document)
