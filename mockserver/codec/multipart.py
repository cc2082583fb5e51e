"""Bodies of `multipart/form-data` (RFC 7578)."""

from __future__ import annotations

import logging

from python_multipart.multipart import Field, File, FormParser, parse_options_header

from mockserver.codec.form import MAX_KEYS
from mockserver.errors import MalformedBody

logging.getLogger("python_multipart").setLevel(logging.ERROR)  # we refuse the bodies that it warns of


def parse_parts(body: bytes, content_type: str) -> list[tuple[str, str]]:
    """Return the name and the text of each part. A name or text that is not UTF-8 is read as Latin-1.

    Raises MalformedBody.
    """
    parts: list[tuple[str, str]] = []
    is_whole = False

    def keep(name: bytes | None, octets: bytes | None) -> None:
        if len(parts) == MAX_KEYS:
            raise MalformedBody(f"more than {MAX_KEYS} parts")
        parts.append((_text(name), _text(octets)))

    def keep_field(field: Field) -> None:
        keep(field.field_name, field.value)

    def keep_file(file: File) -> None:
        file.file_object.seek(0)
        keep(file.field_name, file.file_object.read())

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


def _text(octets: bytes | None) -> str:
    try:
        return (octets or b"").decode()
    except UnicodeDecodeError:
        return (octets or b"").decode("latin-1")
