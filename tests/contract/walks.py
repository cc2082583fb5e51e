"""Walks along the links of a spec, each in a sandbox of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import count
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, seed, settings
from schemathesis.core.transport import Response
from schemathesis.generation.stateful.state_machine import StepInput, StepOutput

from mockserver.app import Application
from mockserver.sandbox import DEFAULT, Settings
from tests.contract.contract import EXAMPLES, Contract

STEPS = 6
"""Calls of a walk."""

SEED = 7

NOW = "2026-01-05T09:00:00Z"
_numbers = count(1)


def walk(contract: Contract, app: Application, without: Sequence[str] = ()) -> Counter[str]:
    """Walk the links of a spec and check every answer; how often which link led to a good one."""
    reached: Counter[str] = Counter()
    there = set(app.sandboxes.names())
    schema = contract.schema(walking=True)
    machine: Any = (schema.exclude(operation_id=list(without)) if without else schema).as_state_machine()

    class Walk(machine):  # type: ignore[misc] # made at run time
        def setup(self) -> None:
            # What the walk before it made would lead this one elsewhere.
            for name in set(app.sandboxes.names()) - there:
                app.sandboxes.delete(name)
            app.sandboxes.delete(DEFAULT)
            self.sandbox = f"walk-{next(_numbers)}"
            app.sandboxes.create(Settings(self.sandbox, seed=7, frozen=NOW))

        def before_call(self, case: schemathesis.Case[Any]) -> None:
            contract.pin(case, walking=True)

        def get_call_kwargs(self, case: schemathesis.Case[Any]) -> dict[str, Any]:  # noqa: ARG002 - as the base has it
            return {"headers": {"Mock-Sandbox": self.sandbox}}

        def step(self, input: StepInput) -> StepOutput:  # noqa: A002 - as the base has it
            output: StepOutput = super().step(input)
            if input.transition and input.applied_parameters and output.response.status_code < 300:
                reached[input.transition.id] += 1
            return output

        def validate_response(self, response: Response, case: schemathesis.Case[Any], **kwargs: Any) -> None:
            case.validate_response(
                response,
                excluded_checks=contract.excluded(case),
                transport_kwargs=kwargs,
                recorder=self.recorder,
            )

    seed(SEED)(Walk).run(
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
    )
    return reached
