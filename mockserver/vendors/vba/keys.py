"""Keys that are texts, as the database compares them.

A collation that takes no notice of letter case or blanks is as likely as one that does (assumed).
"""

from collections.abc import Callable

from mockserver.model import Call
from mockserver.store import Collection

ON = "on"


def reader(rows: Collection, call: Call) -> Callable[[str], str]:
    """What turns a text that was sent into the key that it means among `rows` (`trim`, `ci_keys`)."""
    trim, any_case = call.assumptions["trim"] == ON, call.assumptions["ci_keys"] == ON
    if not trim and not any_case:
        return str

    def read(text: str) -> str:
        key = text.strip() if trim else text
        if not any_case or key in rows:
            return key
        return next((known for known in rows if known.casefold() == key.casefold()), key)

    return read
