"""The configuration of a schema, merged once for each operation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self, TypeVar

from schemathesis.config import ChecksConfig, GenerationConfig, PhasesConfig, ProjectConfig

T = TypeVar("T")


class MergedConfig(ProjectConfig):
    """A configuration that is not changed any more.

    Schemathesis merges what is set for an operation with what is set for all, for every case and parameter.
    """

    __slots__ = ("_merged",)
    _merged: dict[tuple[str, ...], Any]

    def __init__(self) -> None:
        super().__init__()
        self._merged = {}

    @classmethod
    def of(cls, config: ProjectConfig) -> Self:
        """Return the same configuration, which keeps what it merged."""
        made = cls()
        for name in (*ProjectConfig.__slots__, "_source_keys"):
            if hasattr(config, name):
                setattr(made, name, getattr(config, name))
        return made

    def phases_for(self, *, operation: Any) -> PhasesConfig:
        """Return the phases of an operation."""
        return self._once(
            ("phases", _label(operation)), lambda: super(MergedConfig, self).phases_for(operation=operation)
        )

    def generation_for(self, *, operation: Any = None, phase: str | None = None) -> GenerationConfig:
        """Return how the cases of an operation are generated in a phase."""
        key = ("generation", _label(operation), str(phase))
        return self._once(
            key, lambda: super(MergedConfig, self).generation_for(operation=operation, phase=phase)
        )

    def checks_config_for(self, *, operation: Any = None, phase: str | None = None) -> ChecksConfig:
        """Return which checks are made of an operation in a phase."""
        key = ("checks", _label(operation), str(phase))
        return self._once(
            key, lambda: super(MergedConfig, self).checks_config_for(operation=operation, phase=phase)
        )

    def _once(self, key: tuple[str, ...], make: Callable[[], T]) -> T:
        if key not in self._merged:
            self._merged[key] = make()
        made: T = self._merged[key]
        return made


def _label(operation: Any) -> str:
    return "" if operation is None else str(operation.label)
