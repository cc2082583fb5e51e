"""Tenants: which ones there are, who may enter them, and the organisation behind each."""

from mockserver.errors import Forbidden
from mockserver.model import Call, Document, Json, Reply
from mockserver.reply import json_reply
from mockserver.store import State
from mockserver.vendor import Request
from mockserver.vendors.xero.replies import correlation, enveloped
from mockserver.vendors.xero.wire import ms_date, optional

CONNECTIONS = "connections"
ORGANISATIONS = "organisations"
_LOCKS = ("PeriodLockDate", "EndOfYearLockDate")


def admit(call: Call, tenant: str, state: State) -> None:
    """Let in whose token is connected to the tenant; a tenant has a connection and an organisation.

    Source: Xero fact sheet §3.4.

    Raises:
        Forbidden: the tenant is missing, unknown, or another's.
    """
    known = tenant in state.collection(CONNECTIONS, "") and len(state.collection(ORGANISATIONS, tenant)) > 0
    if not known or not _reaches(call, tenant):
        raise Forbidden("tenant", tenant)


def connections(request: Request, state: State) -> Reply:
    """The tenants that the token may reach, as a bare list.

    Source: Xero fact sheet §2.7.
    """
    found = state.collection(CONNECTIONS, "").values()
    reached = [one for one in found if _reaches(request.call, one["tenantId"])]
    return json_reply(200, reached, headers=correlation(state))


def organisations(_request: Request, state: State) -> Reply:
    """The tenant's organisation, in a list of one.

    Source: Xero fact sheet §2.7.
    """
    return enveloped({"Organisations": [_shown(organisation(state))]}, state)


def organisation(state: State) -> Document:
    """The organisation whose books these are."""
    return next(state.collection(ORGANISATIONS).values())


def _reaches(call: Call, tenant: str) -> bool:
    tenants = call.principal.facts.get("tenants")
    return tenants is None or tenant in tenants


def _shown(document: Document) -> Json:
    members = (
        "OrganisationID",
        "Name",
        "LegalName",
        "BaseCurrency",
        "CountryCode",
        "Version",
        "OrganisationStatus",
        "IsDemoCompany",
        "Timezone",
    )
    locks = {name: ms_date(document[name]) for name in _LOCKS if name in document}
    return {**optional(document, *members), **locks}
