"""The settings of a running server, for people who look at it."""

from __future__ import annotations

from dataclasses import dataclass

from mockserver.model import Document


@dataclass(frozen=True, slots=True)
class EffectiveSetting:
    """A setting as it is in effect; `source` is `default`, `command line`, a variable, or `file:line`."""

    name: str
    value: str
    source: str

    def document(self) -> Document:
        """Return the setting as the control plane shows it."""
        return {"setting": self.name, "value": self.value, "source": self.source}
