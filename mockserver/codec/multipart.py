"""Bodies of `multipart/form-data` (RFC 7578)."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from python_multipart.multipart import Field, File, FormParser, parse_options_header

from mockserver.codec.form import MAX_KEYS
from mockserver.codec.http import parse_accept, parse_content_type
from mockserver.errors import MalformedBody

logging.getLogger("python_multipart").setLevel(logging.ERROR)  # we refuse the bodies that it warns of


def parse_parts(body: bytes, content_type: str, declared: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the name and the text of each part. A name or text that is not UTF-8 is read as Latin-1.

    `declared` has lists of media types or ranges, such as "image/*, text/csv", by the name of a part. A part
    without a Content-Type may have any name. Raises MalformedBody.
    """
    parts: list[tuple[str, str]] = []
    is_whole = False

    def keep(octets_of_name: bytes | None, octets: bytes | None, sent: str | None) -> None:
        if len(parts) == MAX_KEYS:
            raise MalformedBody(f"more than {MAX_KEYS} parts")
        name = _text(octets_of_name)
        if sent and name in declared and not _is_among(sent, declared[name]):
            raise MalformedBody(f'the part "{name}" is sent as {sent}; send {declared[name]}')
        parts.append((name, _text(octets)))

    def keep_field(field: Field) -> None:
        keep(field.field_name, field.value, field.content_type)

    def keep_file(file: File) -> None:
        file.file_object.seek(0)
        keep(file.field_name, file.file_object.read(), file.content_type)

    def end() -> None:
        nonlocal is_whole
        is_whole = True

    boundary = parse_options_header(content_type)[1].get(b"boundary")
    if not boundary:
        raise MalformedBody("the Content-Type names no boundary")
    try:
        # No file is larger than the body, so that no file is written to disk.
        in_memory = {"MAX_MEMORY_FILE_SIZE": len(body)}
        parser = FormParser("multipart/form-data", keep_field, keep_file, end, boundary, config=in_memory)
        parser.write(body)
    except ValueError as error:
        raise MalformedBody(str(error)) from None
    if not is_whole:
        raise MalformedBody("the last boundary is missing")
    return parts


def _is_among(content_type: str, ranges: str) -> bool:
    kind, _ = parse_content_type({"content-type": content_type})
    known = (name for name, _ in parse_accept(ranges))
    return not {kind, f"{kind.partition('/')[0]}/*", "*/*"}.isdisjoint(known)


def _text(octets: bytes | None) -> str:
    try:
        return (octets or b"").decode()
    except UnicodeDecodeError:
        return (octets or b"").decode("latin-1")
