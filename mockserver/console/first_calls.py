"""A first call for each vendor: the example batch that the control plane makes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from mockserver.console.control_client import ControlClient, ControlRefusal
from mockserver.model import Document
from mockserver.sandbox.idle import DEFAULT_SANDBOX

_SCRATCH = "first-calls"
_ITEMS = 2
_TRIED_NAMES = 5
_EXISTS = 409


@dataclass(frozen=True, slots=True)
class FirstCalls:
    """Example batches by vendor, made once, in a sandbox that is deleted again: a page changes nothing."""

    control: ControlClient
    _made: dict[str, Document] = field(default_factory=dict)
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def of(self, vendors: tuple[str, ...]) -> Mapping[str, Document]:
        """Return the examples of those vendors that have one which needs no records of its own."""
        await self.control.get("/health")  # no examples of calls that cannot be served
        async with self._one_at_a_time:
            missing = [name for name in vendors if name not in self._made]
            if missing:
                await self._make(missing)
        return {name: self._made[name] for name in vendors if self._made.get(name)}

    async def _make(self, vendors: list[str]) -> None:
        sandbox = await self._create_sandbox()
        if not sandbox:
            return
        try:
            for name, batches in (await self._batches()).items():
                if name in vendors:
                    self._made[name] = await self._example(sandbox, name, batches)
        finally:
            await self.control.delete(f"/sandboxes/{sandbox}")

    async def _batches(self) -> Mapping[str, list[str]]:
        return {one["name"]: one["batches"] for one in await self.control.get("/vendors")}

    async def _create_sandbox(self) -> str:
        """Return the name of a new sandbox like the default one, "" if there is no room for it."""
        settings = await self._default_settings()
        for number in range(_TRIED_NAMES):
            name = f"{_SCRATCH}-{number}"
            try:
                await self.control.post("/sandboxes", {"name": name, **settings})
            except ControlRefusal as refusal:
                if refusal.status != _EXISTS:
                    return ""
            else:
                return name
        return ""

    async def _default_settings(self) -> Document:
        """Return what the default sandbox begins with, nothing if it was deleted."""
        try:
            shown: Document = await self.control.get(f"/sandboxes/{DEFAULT_SANDBOX}")
        except ControlRefusal:
            return {}
        instant = shown["clock"]["at"]
        frozen = {"freeze": instant} if instant else {}
        return {"empty": shown["empty"], "assumptions": shown["assumptions"], **frozen}

    async def _example(self, sandbox: str, vendor: str, batches: list[str]) -> Document:
        """Return the vendor's preferred example that needs no other records; empty if there is none."""
        for operation in ("", *batches):
            asked = {"vendor": vendor, "items": _ITEMS, **({"operation": operation} if operation else {})}
            try:
                example: Document = await self.control.post(f"/sandboxes/{sandbox}/examples", asked)
            except ControlRefusal:
                continue
            if not example["prepared"]:
                return example
        return {}
