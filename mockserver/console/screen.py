"""What a screen function returns: a document to show, or an address to go to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from mockserver.console.visit import Visit
from mockserver.model import Document, Json


@dataclass(frozen=True, slots=True)
class Screen:
    """A template and the document it shows, which is also the screen's JSON twin.

    `is_part` marks a piece of a page, which is sent without the page's head. `sandboxes` are all there are,
    if the screen has asked for them, as the head does.
    """

    template: str
    document: Document = field(default_factory=dict)
    status: int = 200
    is_part: bool = False
    sandboxes: Json = None


@dataclass(frozen=True, slots=True)
class Moved:
    """The address to go to after a change."""

    address: str


@dataclass(frozen=True, slots=True)
class Download:
    """A file to keep."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Foreign:
    """A page that others wrote: it is shown as it is, without scripts or anything from elsewhere."""

    content: bytes
    media_type: str


Shown: TypeAlias = Screen | Moved | Download | Foreign


@dataclass(frozen=True, slots=True)
class ScreenRoute:
    """A path below `/_console` with its screen; `methods` are GET, or POST for a form that changes something.

    A screen that is read has a JSON twin at the same path with `.json` behind it.
    """

    path: str
    show: Callable[[Visit], Awaitable[Shown]]
    methods: tuple[str, ...] = ("GET",)
