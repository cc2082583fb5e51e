"""Operations of a drill: its cases, what a client means to do, and the verdict on a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import partial

from msgspec.structs import replace

from mockserver.control.control_call import UnprocessableMemberError, find_vendor
from mockserver.control.scenarios import PackagedScenarios
from mockserver.control.state import is_own_collection
from mockserver.drill.call_findings import find_retry_after
from mockserver.drill.cases import SCENARIO_NAME, fit_case, list_cases
from mockserver.drill.evidence import show_evidence
from mockserver.drill.findings import ItemTexts
from mockserver.drill.matching import list_items
from mockserver.drill.oracle import Expected, count_calls, describe_intent, find_obstacle, judge
from mockserver.drill.run import Run, RunEnd, VendorAbilities, read_abilities
from mockserver.engine.registry import LoadedVendor
from mockserver.errors import UnknownSandboxError
from mockserver.journal.entry import has_scenario
from mockserver.journal.item_history import find_histories, millis_between
from mockserver.journal.journal import Journal
from mockserver.journal.ledger import end_items, sum_items
from mockserver.journal.view import View
from mockserver.model import EMPTY, Document, Json, Value
from mockserver.sandbox.deliveries import deliveries_of, registered_webhooks
from mockserver.sandbox.sandboxes import Sandboxes

_PACE = "pace/answer"
"""Rule that delays answers in a run without faults, so that the calls of parallel clients overlap."""


class DrillOperations(Value, frozen=True):
    """Operations of a drill. Operations on a missing sandbox raise UnknownSandboxError."""

    sandboxes: Sandboxes
    journal: Journal
    served: tuple[LoadedVendor, ...]
    packaged: PackagedScenarios

    def list_drill_cases(self, vendor: str) -> list[Document]:
        """Return the cases of a vendor. Raises UnknownNameError."""
        found = find_vendor(self.served, vendor)
        has = {"has_jobs": bool(found.jobs), "has_webhooks": bool(found.callbacks)}
        cases = list_cases(vendor, self.packaged.documents, **has)
        return [case.document() for case in cases]

    def learn_drill(self, name: str, body: Document) -> Document:
        """Read a client's run without faults. Return the client's intent, and each case fitted to the run.

        Raises UnprocessableMemberError if the vendor is not served.
        """
        vendor = find_vendor(self.served, body["vendor"], "/vendor")
        clean = self._run(name, vendor, body["ending"])
        items = list_items(clean)
        texts = ItemTexts.of(items)
        calls = count_calls(clean, vendor.name)
        jobs = vendor.jobs.get(calls.operation)
        calls = replace(calls, job=jobs.teller.id) if jobs else calls
        has_webhooks = bool(self.sandboxes.control(name, registered_webhooks))
        has = {"has_jobs": jobs is not None, "has_webhooks": has_webhooks}
        cases = list_cases(vendor.name, self.packaged.documents, **has)
        return {
            "obstacle": find_obstacle(clean) or None,
            "says": describe_intent(clean),
            "keys": [one.key for one in items],
            "names": sorted({name for one in items for name in texts.names(one)}),
            "calls": calls.count,
            "largest": calls.largest,
            "operation": calls.operation,
            "cases": [
                {
                    **case.document(),
                    "scenario": fit_case(case, calls),
                    "leftOut": case.left_out if clean.is_forwarded else "",
                }
                for case in cases
            ],
        }

    def judge_drill(self, name: str, body: Document) -> Document:
        """Judge the run in the sandbox `name` against the run without faults, whose sandbox `body` names.

        Raises UnprocessableMemberError if the vendor is not served, or the sandbox in `body` does not exist.
        """
        vendor = find_vendor(self.served, body["vendor"], "/vendor")
        without = body["clean"]
        try:
            clean = self._run(without["sandbox"], vendor, without["ending"])
        except UnknownSandboxError as error:
            raise UnprocessableMemberError("/clean/sandbox", str(error)) from None
        run = clean
        if name != without["sandbox"]:
            run = self._run(name, vendor, body["ending"], tuple(body.get("starts", ())))
        is_hit = any(has_scenario(entry, SCENARIO_NAME) for entry in run.entries)
        is_met = run is clean or bool(body.get("kills", is_hit))
        abilities = self._abilities(name, vendor, clean)
        judged = judge(
            clean,
            run,
            abilities,
            harmless=body.get("harmless", False),
            is_met=is_met,
            records=[self._records(one, vendor) for one in (without["sandbox"], name)],
            expected=_read_expected(body.get("expect", EMPTY)),
            deliveries={
                entry.number: self.sandboxes.control(name, partial(deliveries_of, cause=entry.cause))
                for entry in run.entries
                if entry.cause
            },
        )
        shown = show_evidence(run, vendor, judged.findings)
        view = View()
        first = run.entries[0].at if run.entries else None
        return {
            "verdict": judged.verdict,
            "message": judged.message,
            "findings": [
                {
                    "kind": one.kind.name,
                    "message": one.message,
                    "cause": one.cause,
                    "items": list(one.keys),
                    "calls": list(one.calls),
                    "doubtful": one.doubtful,
                }
                for one in judged.findings
            ],
            "ledger": sum_items(end_items(run.histories)),
            "items": [one.document(view) for one in run.histories],
            "calls": [
                {
                    **view.listed(entry),
                    "sinceFirstMillis": millis_between(first or entry.at, entry.at),
                    "retryAfter": find_retry_after(entry) or None,
                    **shown.get(entry.number, EMPTY),
                }
                for entry in run.entries
            ],
        }

    def _run(
        self, name: str, vendor: LoadedVendor, ending: Mapping[str, Json], starts: tuple[int, ...] = ()
    ) -> Run:
        self.sandboxes.check_exists(name)
        entries = [
            replace(entry, applied=()) if entry.applied == (_PACE,) else entry
            for entry in self.journal.kept.entries(name)
            if entry.call.vendor == vendor.name
        ]
        histories = find_histories(entries, (vendor,), lambda: self.packaged.documents)
        ended = RunEnd(ending.get("status"), ending.get("output", ""), float(ending.get("timeoutSeconds", 0)))
        return Run(entries, histories, ended, starts)

    def _records(self, name: str, vendor: LoadedVendor) -> Iterator[Document]:
        """Yield the vendor's records in a sandbox, which are read only when they are asked for."""
        for scope, collections in self.sandboxes.dump(name).items():
            own = scope.partition("/")[0] == vendor.name
            for collection, documents in collections.items() if own else ():
                yield from documents.values() if not is_own_collection(scope, collection) else ()

    def _abilities(self, name: str, vendor: LoadedVendor, clean: Run) -> VendorAbilities:
        assumed = dict(vendor.assumptions)
        for place, value in self.sandboxes.show(name).assumptions.items():
            whose, _, assumption = place.partition(".")
            if whose == vendor.name:
                assumed[assumption] = value
        return read_abilities(vendor, assumed, {one.operation for one in clean.histories})


def _read_expected(body: Mapping[str, Json]) -> Expected:
    total = body.get("sum")
    return Expected(body.get("items"), None if total is None else Decimal(total))
