"""Three items, the second bad, then the repair of what failed."""

from __future__ import annotations

from typing import Any

from tests.journeys.journey import Journey


def _patch(name: str, **members: Any) -> dict[str, Any]:
    return {"method": "patch", "path": f"/bulk-invoices/{name}", "body": {"data": members}}


def _mail(text: str) -> dict[str, str]:
    return {"mailTo": text}


_A, _B, _D = "xc:SdLxd3WOhsS0mT2Vi1XEu", "xc:SF3EIyYvshoSm2pwaUnT_", "xc:SbT4mZk1J7oUf-n8RqVsA"

JOURNEY = Journey(
    vendor="guidewire",
    headers={"authorization": "Bearer guidewire-good"},
    method="POST",
    path="/claim/v1/batch",
    batch={
        "requests": [
            _patch(_A, attributes=_mail("Desk A")),
            _patch(_B, attributes=_mail("Desk B"), checksum="stale"),
            _patch(_D, attributes=_mail("Desk D")),
        ]
    },
    repair={"requests": [_patch(_B, attributes=_mail("Desk B"))]},
    reads=tuple((f"/claim/v1/bulk-invoices/{name}", "/data/attributes/mailTo") for name in (_A, _B, _D)),
    before=("Nora Whitlock", "Nora Whitlock", "Tomas Ferreira"),
    after_batch=("Desk A", "Nora Whitlock", "Desk D"),
    after_repair=("Desk A", "Desk B", "Desk D"),
)
