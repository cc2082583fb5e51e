"""The envelope that every answer of the service wears, and the media type it goes out as."""

from mockserver.model import Call, Document, Json, Reply
from mockserver.reply import accepted, json_reply
from mockserver.store import State
from mockserver.vendors.vba import limits

_JSON = "application/json; charset=utf-8"
_TEXT = "text/json; charset=utf-8"
_PLAIN = "text/plain; charset=utf-8"
_WRITTEN = {"application/json": _JSON, "application/*": _JSON, "text/json": _TEXT}


def enveloped(
    status: int, data: Json, call: Call, state: State, headers: tuple[tuple[str, str], ...] = ()
) -> Reply:
    """`data` with the id of this activity.

    Source: VBA fact sheet §2.2, §2.4 (`literal_text_plain`).
    """
    plain = call.assumptions["literal_text_plain"] == "on"
    told = (*headers, *limits.headers(call, state))
    return json_reply(status, _document(data, None, state), _PLAIN if plain else media_type(call), told)


def failed(error: Document, call: Call, state: State, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    """`error`, whose status is the answer's, with the id of this activity and no data.

    Source: VBA fact sheet §2.2.
    """
    told = (*headers, *limits.headers(call, state))
    return json_reply(error["status"], _document(None, error, state), media_type(call), told)


def _document(data: Json, error: Json, state: State) -> Document:
    return {"data": data, "error": error, "debug": {"activityID": state.uuid()}}


def media_type(call: Call) -> str:
    """What ASP.NET Core's formatters choose: JSON, or text/json when that is asked for and nothing wider.

    Source: VBA fact sheet §2.4.
    """
    ranges = sorted(accepted(call.headers.get("accept", "")), key=lambda one: -one[1])
    if any(name == "*/*" for name, _ in ranges):
        return _JSON
    return next((_WRITTEN[name] for name, quality in ranges if quality and name in _WRITTEN), _JSON)
