"""Register the addresses to which a sandbox's webhooks are sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import convert, to_builtins

from mockserver.codec.redaction import redact_credential, redact_url
from mockserver.control.control_call import UnprocessableMemberError, find_vendor
from mockserver.engine.registry import LoadedVendor
from mockserver.model import Document
from mockserver.outgoing import AddressError, Door, HostNotAllowedError
from mockserver.sandbox.deliveries import WEBHOOKS, WebhookAddress, registered_webhooks
from mockserver.sandbox.sandboxes import Sandboxes
from mockserver.sandbox.store import SandboxState


@dataclass(frozen=True, slots=True)
class WebhookOperations:
    """Operations on a sandbox's webhooks. All raise UnknownSandboxError if the sandbox does not exist."""

    sandboxes: Sandboxes
    served: tuple[LoadedVendor, ...]
    door: Door

    def list_webhooks(self, name: str) -> list[Document]:
        """Return the registrations, with the first letters of their secrets."""
        return [
            {
                **to_builtins(one),
                "url": redact_url(one.url),
                "secret": redact_credential(one.secret) if one.secret else "",
            }
            for one in self.sandboxes.control(name, registered_webhooks)
        ]

    def put_webhooks(self, name: str, body: Sequence[Document]) -> list[Document]:
        """Replace all registrations. Raises UnprocessableMemberError for an unusable one."""
        for index, one in enumerate(body):
            self._check(one, f"/{index}")

        def work(whole: SandboxState) -> None:
            kept = whole.sandbox_collection(WEBHOOKS)
            for key in list(kept):
                del kept[key]
            for index, one in enumerate(body, 1):
                kept[f"{index:04}"] = to_builtins(convert(one, WebhookAddress))

        self.sandboxes.control(name, work)
        return self.list_webhooks(name)

    def _check(self, one: Document, pointer: str) -> None:
        vendor = find_vendor(self.served, one["vendor"], f"{pointer}/vendor")
        writers = [writer.declared for writers in vendor.callbacks.values() for writer in writers]
        known = sorted({declared.event for declared in writers if not declared.address})
        if unknown := [event for event in one.get("events", ()) if event not in known]:
            there = f"there are {', '.join(known)}" if known else "its spec has no webhooks"
            detail = f"{vendor.name} has no webhook {unknown[0]}; {there}"
            raise UnprocessableMemberError(f"{pointer}/events", detail)
        try:
            self.door.check(one["url"].partition("?")[0])
        except (AddressError, HostNotAllowedError) as error:
            raise UnprocessableMemberError(f"{pointer}/url", str(error), error.cure) from None
