"""JSON with exact decimals, with the standard library alone: this package is installed without the server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeAlias

Json: TypeAlias = Any


def decode(content: bytes) -> Json:
    """Return the document; numbers with a fraction are exact decimals.

    Raises:
        ValueError: the content is not JSON.
    """
    try:
        return json.loads(content, parse_float=Decimal, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("nested too deep") from None


def encode(document: Json) -> bytes:
    """Return compact JSON in UTF-8; decimals are numbers and keep their scale.

    Raises:
        TypeError: a value is not JSON.
        ValueError: a number is not finite.
    """
    return _encoded(document).encode()


def plain_json(value: Json) -> Json:
    """Return the same as JSON that every writer accepts: a decimal is an int or a float of its own value."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {name: plain_json(one) for name, one in value.items()}
    return [plain_json(one) for one in value] if isinstance(value, list | tuple) else value


def _encoded(value: Json) -> str:
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"{value} is not a JSON number")
        return str(value)
    if isinstance(value, Mapping):
        return f"{{{','.join(f'{_text(str(name))}:{_encoded(one)}' for name, one in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{','.join(map(_encoded, value))}]"
    return _text(value)


def _text(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _refuse_constant(name: str) -> Json:
    raise ValueError(f"{name} is not a JSON number")
