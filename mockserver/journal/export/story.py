"""Recorded calls with everything that is needed to send them again and compare the answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from mockserver.errors import MockServerError
from mockserver.journal.entry import Entry
from mockserver.model import EMPTY, Document, Json

DEFAULT_URL: Final = "http://127.0.0.1:8080"
"""Address of the server if MOCKSERVER_URL is not set."""


class UnsuitableFormError(MockServerError):
    """The form cannot express a call; the text says which one and why."""


class Varying:
    """Stands for a value of an answer that is not the same each time."""

    def __repr__(self) -> str:
        return "ANY"


VARYING: Final = Varying()


@dataclass(frozen=True, slots=True)
class ExpectedAnswer:
    """What a call is answered: status (None: no status arrives), item results, applied rules, and its body.

    `loss` is how the client loses the answer, in the words of the case language, "" if it does not. `items`
    are key and action of each item. `body` is the JSON body with `VARYING` leaves, if `has_body`; else `text`
    is the whole body, None if it is not compared.
    """

    status: int | None
    loss: str
    media_type: str
    operation: str | None
    outcomes: Mapping[str, int]
    items: Sequence[tuple[str, str]]
    applied: Sequence[str]
    has_body: bool = False
    body: Json = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class StoryCall:
    """One call, and what has to be set in the sandbox before it.

    The clock is to stand at `clock`; "" leaves it. `state` are documents to merge, as for `PATCH …/state`.
    `target` is path and query below the vendor; `headers` name no sandbox.
    """

    entry: Entry
    target: str
    headers: Mapping[str, str]
    body: bytes
    expected: ExpectedAnswer
    clock: str = ""
    state: Document = field(default_factory=dict)

    @property
    def number(self) -> int:
        """Number in the journal from which the call was exported."""
        return self.entry.number

    @property
    def method(self) -> str:
        """HTTP method."""
        return self.entry.call.method

    @property
    def vendor(self) -> str:
        """Name of the vendor."""
        return self.entry.call.vendor

    @property
    def path_and_query(self) -> str:
        """Path and query at the server; a call that no vendor has stands at the root."""
        return f"/{self.vendor}{self.target}" if self.vendor else self.target

    @property
    def patience_s(self) -> float:
        """Seconds in which the answer has to arrive, or to be lost."""
        return round((1 if self.expected.loss else 20) + self.entry.delay_ms / 1000, 3)


@dataclass(frozen=True, slots=True)
class Story:
    """Recorded calls of the sandbox named `source`, oldest first.

    They are to be sent to a sandbox that is created with the members `beginning`: seed, freeze, empty,
    assumptions, scenarios.
    """

    source: str
    beginning: Document
    calls: tuple[StoryCall, ...]

    @property
    def title(self) -> str:
        """The calls in words: `calls 3 to 5 of sandbox qa`."""
        first, last = self.calls[0].number, self.calls[-1].number
        which = f"call {first}" if first == last else f"calls {first} to {last}"
        left_out = last - first + 1 - len(self.calls)
        some = f" ({len(self.calls)} of them)" if left_out else ""
        return f"{which}{some} of sandbox {self.source}"

    @property
    def stem(self) -> str:
        """The calls in the name of a file: `calls-3-to-5`."""
        first, last = self.calls[0].number, self.calls[-1].number
        return f"call-{first}" if first == last else f"calls-{first}-to-{last}"

    def beginning_named(self, name: str) -> Document:
        """Return the members that create the sandbox under this name."""
        return {"name": name, **(self.beginning or EMPTY)}
