"""What is asked of a call before its body is looked at: not too many, an answer in JSON, a body in UTF-8.

No document of the vendor's speaks of any of these; all are switches.
"""

from __future__ import annotations

from mockserver.model import Call
from mockserver.reply import check_is_utf_8, check_takes_json
from mockserver.store import State
from mockserver.vendor import Enter
from mockserver.vendors.guidewire.limits import count


def admit(call: Call, enter: Enter, state: State) -> str:
    """Let pass a call that takes JSON and whose body is in UTF-8, as far as switches ask for that.

    Raises:
        TooManyRequests: its caller has called too often.
        NotAcceptable: its Accept header has no room for JSON.
        UnsupportedMediaType: its body is declared to be in another charset.
    """
    enter()
    count(call, state)
    if call.assumptions["unacceptable"] == "406":
        check_takes_json(call.headers)
    if call.body and call.assumptions["other_charset"] == "415":
        check_is_utf_8(call.headers)
    return ""
