"""The envelope that every answer of the service wears, and the media type it goes out as."""

from mockserver.model import Call, Json, Reply
from mockserver.reply import accepted, json_reply
from mockserver.store import State

_JSON = "application/json; charset=utf-8"
_TEXT = "text/json; charset=utf-8"
_WRITTEN = {"application/json": _JSON, "application/*": _JSON, "text/json": _TEXT}


def enveloped(
    status: int,
    data: Json,
    call: Call,
    state: State,
    *,
    error: Json = None,
    headers: tuple[tuple[str, str], ...] = (),
) -> Reply:
    """`data` (or `error`) with the id of this activity.

    Source: VBA fact sheet §2.2.
    """
    document = {"data": data, "error": error, "debug": {"activityID": state.uuid()}}
    return json_reply(status, document, media_type(call), headers)


def media_type(call: Call) -> str:
    """What ASP.NET Core's formatters choose: JSON, or text/json when that is asked for and nothing wider.

    Source: VBA fact sheet §2.4.
    """
    ranges = sorted(accepted(call.headers.get("accept", "")), key=lambda one: -one[1])
    if any(name == "*/*" for name, _ in ranges):
        return _JSON
    return next((_WRITTEN[name] for name, quality in ranges if quality and name in _WRITTEN), _JSON)
