"""What of a sent element the vendor has members for: its reader drops the rest unseen.

Source: Xero fact sheet §2.9; that unknown members are dropped is assumed, as Json.NET does.
"""

from mockserver.model import NOTHING, Document, Json
from mockserver.reply import JSON
from mockserver.spec import resolve
from mockserver.vendor import Request


def known(element: Json, request: Request) -> Document:
    """The element of a batch as it was read; of one that is null, nothing."""
    batch = request.operation.batch
    node: Json = request.contract["paths"][request.operation.path][request.operation.method]
    node = resolve(request.contract, node["requestBody"])["content"][JSON]["schema"]
    for name in batch.items if batch else ():
        node = resolve(request.contract, node)["properties"][name]
    items = resolve(request.contract, node)["items"]
    return _known(element, items, request.contract) or NOTHING


def _known(value: Json, node: Document, contract: Document) -> Json:
    stated = resolve(contract, node)
    if isinstance(value, list):
        return [_known(one, stated.get("items", NOTHING), contract) for one in value]
    members = stated.get("properties")
    if not isinstance(value, dict) or members is None:
        return value
    return {name: _known(child, members[name], contract) for name, child in value.items() if name in members}
