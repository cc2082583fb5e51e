"""Tenants: which ones there are, who may enter them, and the organisation behind each."""

from mockserver.errors import Forbidden, NotFound, UnsupportedMediaType
from mockserver.model import Call, Document, Json, Reply
from mockserver.reply import JSON, json_reply, media_type_of
from mockserver.store import State
from mockserver.vendor import Enter, Request
from mockserver.vendors.xero.limits import TENANT, spend
from mockserver.vendors.xero.replies import correlation, enveloped
from mockserver.vendors.xero.wire import ms_date, optional

CONNECTIONS = "connections"
ORGANISATIONS = "organisations"
_CHARSETS = ("utf-8", "utf8", "us-ascii")
_LOCKS = ("PeriodLockDate", "EndOfYearLockDate")


def admit(call: Call, enter: Enter, state: State) -> str:
    """Let in whose token is connected to the tenant, count the call, and see that it can be read.

    Source: Xero fact sheet §1.1, §3.4.

    Raises:
        Forbidden: the tenant is missing, unknown, or another's.
        TooManyRequests: it was called too often.
        UnsupportedMediaType: its body says that it is in another charset than UTF-8.
    """
    operation = enter()
    if not operation.has_parameter(TENANT):
        return ""
    tenant = call.headers.get(TENANT) or _only_tenant(call, state)
    if not any(one["tenantId"] == tenant for one in reached(call, state)):
        raise Forbidden("tenant", tenant)
    spend(call, state)
    media_type, charset = media_type_of(call.headers)
    if call.body and charset not in _CHARSETS:
        raise UnsupportedMediaType(f"{media_type}; charset={charset}", (JSON,))
    return tenant


def _only_tenant(call: Call, state: State) -> str:
    """The first tenant that the call's token reaches, where a call may leave out its name.

    Source: Xero fact sheet §1.1 (custom connections).
    """
    if call.assumptions["tenant_header"] == "required":
        return ""
    return next((str(one["tenantId"]) for one in reached(call, state)), "")


def reached(call: Call, state: State) -> list[Document]:
    """The connections of the call's token; each has an organisation behind it."""
    tenants = call.principal.facts.get("tenants")
    return [
        one
        for one in state.collection(CONNECTIONS, "").values()
        if (tenants is None or one["tenantId"] in tenants)
        and len(state.collection(ORGANISATIONS, one["tenantId"])) > 0
    ]


def connections(request: Request, state: State) -> Reply:
    """The tenants that the token may reach, as a bare list; those of one sign-in where that is named.

    Source: Xero fact sheet §2.7.
    """
    event = request.parameters.get("authEventId")
    found = [one for one in reached(request.call, state) if event in (None, one["authEventId"])]
    return json_reply(200, found, headers=correlation(state))


def disconnect(request: Request, state: State) -> Reply:
    """Part the token from a tenant, which nobody can enter from then on.

    Raises:
        NotFound: the token has no connection of that id.
    """
    key = str(request.parameters["id"]).lower()
    found = [one for one in reached(request.call, state) if one["id"] == key]
    if not found:
        raise NotFound(CONNECTIONS, key)
    del state.collection(CONNECTIONS, "")[found[0]["tenantId"]]
    return Reply(204, headers=correlation(state))


def organisations(request: Request, state: State) -> Reply:
    """The tenant's organisation, in a list of one.

    Source: Xero fact sheet §2.7.
    """
    return enveloped({"Organisations": [_shown(organisation(state))]}, request.call, state)


def organisation(state: State) -> Document:
    """The organisation whose books these are."""
    return next(state.collection(ORGANISATIONS).values())


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
