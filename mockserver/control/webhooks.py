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

    def put_webhooks(self, name: str, body: Sequence[Document]) -> list[Document]:
        """Replace all registrations; return them as `list_webhooks` does.

        Raises UnprocessableMemberError if a vendor, an event or an address cannot be used.
        """
        addresses = [self._address(one, f"/{index}") for index, one in enumerate(body)]

        def work(whole: SandboxState) -> None:
            kept = whole.sandbox_collection(WEBHOOKS)
            for key in list(kept):
                del kept[key]
            kept.update({f"{index:04}": to_builtins(one) for index, one in enumerate(addresses)})

        self.sandboxes.control(name, work)
        return self.list_webhooks(name)

    def list_webhooks(self, name: str) -> list[Document]:
        """Return the registrations with the first letters of their secrets."""
        addresses = self.sandboxes.control(name, registered_webhooks)
        shown = [(one, one.secret and redact_credential(one.secret)) for one in addresses]
        return [{**to_builtins(one), "url": redact_url(one.url), "secret": secret} for one, secret in shown]

    def _address(self, one: Document, pointer: str) -> WebhookAddress:
        vendor = find_vendor(self.served, one["vendor"], f"{pointer}/vendor")
        known = {each.declared.event for writers in vendor.callbacks.values() for each in writers}
        if unknown := sorted({*one.get("events", ())} - known):
            there = f"there are {', '.join(sorted(known))}" if known else "there is none"
            detail = f"{vendor.name} has no webhook {unknown[0]}; {there}"
            raise UnprocessableMemberError(f"{pointer}/events", detail)
        try:
            self.door.check(one["url"].partition("?")[0])
        except (AddressError, HostNotAllowedError) as error:
            raise UnprocessableMemberError(f"{pointer}/url", str(error), error.cure) from None
        return convert(one, WebhookAddress)
