"""Statuses that the server may answer and a spec does not state."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.cli.failure.suggestions import either
from mockserver.cli.spec_files.batch_checks import Misfit
from mockserver.spec.openapi import Operation, Spec


def find_unstated_statuses(spec: Spec) -> Iterator[Misfit]:
    """Yield a warning for each operation whose own refusals the spec does not state."""
    is_limited = "x-rate-limit" in spec.document
    for operation in spec.operations.values():
        possible = possible_statuses(operation, is_limited=is_limited)
        missing = [status for status in possible if not _is_stated(status, operation)]
        if missing:
            written = ", ".join(f'"{status}": {{description: refused}}' for status in missing)
            yield Misfit(
                ("paths", operation.path, operation.method, "responses"),
                f"{operation.id}: the server may answer {either(missing)}, which is not stated",
                f"responses: {{{written}}}, or default: {{description: refused}}",
                is_warning=True,
            )


def possible_statuses(operation: Operation, *, is_limited: bool) -> list[str]:
    """Return the statuses that the server answers an operation without code, but for faults."""
    takes_values = any(
        one.place != "path" or one.schema.get("type") != "string" for one in operation.parameters
    )
    reads_one = operation.path.endswith("}") and not operation.bodies
    has_success = any(code.startswith("2") for code in operation.responses)
    possible = {
        "204" if operation.method == "delete" else "200": operation.batch is None and not has_success,
        "400": bool(operation.bodies) or takes_values,
        "401": bool(operation.security) and () not in operation.security,
        "404": reads_one,
        "413": bool(operation.bodies),
        "415": bool(operation.bodies),
        "429": is_limited,
    }
    answers_207 = operation.batch and not has_success
    return [*(("207",) if answers_207 else ()), *(status for status, can in possible.items() if can)]


def _is_stated(status: str, operation: Operation) -> bool:
    instead = ("422",) if status == "400" else ()  # answered in its place where only that is stated
    return any(one in operation.responses for one in (status, *instead, f"{status[0]}XX", "default"))
