"""Request and response bodies decoded independently of the server."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import partial
from itertools import count, takewhile
from urllib.parse import parse_qsl
from xml.etree.ElementTree import Element, ParseError

import yaml
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from mockserver.model import EMPTY, Document, Json, Path, Value

_KEY = re.compile(r"(?P<list>\w*)\[(?P<place>[0-9]{1,9})\](?:\.(?P<dotted>\w+)|\[(?P<bracketed>\w+)\])")

DEEP = 60
"""Maximum nesting depth that every reader can read; many readers stop at 64."""

_LARGEST = 308
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*\bencoding\s*=\s*["']([^"'>]*)""")
_CHARSETS = {"": "utf-8-sig", "utf-8": "utf-8-sig", "utf8": "utf-8-sig", "us-ascii": "ascii"}
_HALF = re.compile("[\ud800-\udfff]")
XML_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
XML_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_INTEGER = re.compile(r"[+-]?[0-9]{1,300}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_TRUTHS = {"true": True, "false": False}
_XML_TRUTHS = {**_TRUTHS, "1": True, "0": False}
PARTS = ("allOf", "anyOf", "oneOf")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _nest_form_keys(pairs: Iterable[tuple[str, str]], node: Document) -> tuple[Json, bool]:
    """Return the items that the keys of a form make, up to the first missing index.

    Also return whether a pair is ignored, because its key names no item, recurs, or follows a missing index.
    Member names match in any letter case.
    """
    members = properties_of(node)
    names = {name.lower(): name for name in members}
    items: dict[int, dict[str, Json]] = {}
    unbound = False
    for key, text in pairs:
        match = _KEY.fullmatch(key)
        if match is None or match["list"]:
            unbound = True
            continue
        dotted = match["dotted"] or match["bracketed"]
        name = names.get(dotted.lower(), dotted)
        member = members.get(name, EMPTY)
        item = items.setdefault(int(match["place"]), {})
        unbound = unbound or name in item
        empty = None if member.get("nullable") else ""
        item.setdefault(name, typed(text, member) if text else empty)
    read = [items[place] for place in takewhile(items.__contains__, count())]
    return read, unbound or len(read) < len(items)


class _TextLoader(yaml.SafeLoader):
    """A YAML loader that keeps dates as texts."""


def _as_written(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Json:
    return loader.construct_scalar(node)


_TextLoader.add_constructor("tag:yaml.org,2002:timestamp", _as_written)


class UnreadableError(Exception):
    """The bytes are not a document of their media type; the message says why.

    If `for_all_readers`, not even the most lenient reader can read the bytes.
    """

    def __init__(self, reason: str, *, for_all_readers: bool = False) -> None:
        super().__init__(reason)
        self.for_all_readers = for_all_readers


class Decoded(Value, frozen=True):
    """A decoded document."""

    document: Json
    doubts: tuple[str, ...] = ()
    """Reasons why another reader might decode the bytes differently."""


def decode(body: bytes, content_type: str, node: Document, settings: Document = EMPTY) -> Decoded:
    """Decode `body`. If its format has no types (XML, forms), take the types from the unfolded schema `node`.

    `settings` is the `x-binder` of the media type; it tells the kind of form or XML. Raises UnreadableError.
    """
    media_type, charset = media_type_of(content_type)
    if settings.get("format") == "octets" or node.get("format") == "binary":
        return Decoded(body.decode("latin-1"))
    if settings.get("format") == "lines":
        return _lines(body, charset)
    text = _text(body, charset)
    if media_type.endswith(("/xml", "+xml")):
        return _xml(body if not charset else text.encode(), node, settings)
    if media_type == "application/x-www-form-urlencoded":
        decode_form = _wrapped_xml if settings.get("format") == "xml-form" else _form
        return decode_form(text, node, settings)
    if node.get("type") == "string" and not is_json(media_type):
        return Decoded(text)
    return _yaml(text) if "yaml" in media_type else _json(text)


def _lines(body: bytes, charset: str) -> Decoded:
    """Return the values of the lines that are not blank; a line that cannot be read is its text."""
    values: list[Json] = []
    doubts: list[str] = []
    is_utf_8 = _CHARSETS.get(charset, charset) == "utf-8-sig"
    lines = body.split(b"\n") if is_utf_8 else _text(body, charset).encode().split(b"\n")
    for line in filter(bytes.strip, lines):
        try:
            read = _json(_text(line, ""))
        except UnreadableError:
            read = Decoded(line.decode("utf-8", "replace"))
        values.append(read.document)
        doubts += read.doubts
    return Decoded(values, tuple(doubts))


def paired_lines(lines: list[Json], member: str, words: Mapping[str, str]) -> Decoded:
    """Return the items that pairs of an action line and a document make; `words` has the work by action.

    An item whose document is missing or unreadable is null.
    """
    items: list[Json] = []
    ahead = iter(lines)
    for line in ahead:
        named = next(iter(line.items())) if isinstance(line, dict) and len(line) == 1 else ("", None)
        if named[0] not in words or not isinstance(named[1], dict):
            return Decoded(items, ("a line names no known action",))
        document = {} if words[named[0]] == "delete" else next(ahead, None)
        made = {**document, **named[1], member: named[0]} if isinstance(document, dict) else None
        items.append(made)
    return Decoded(items)


def is_json(media_type: str) -> bool:
    """Return whether bodies of a media type without parameters are JSON, as the oracle decides it."""
    return media_type.endswith(("/json", "+json", "/x-amz-json-1.0", "/x-amz-json-1.1"))


def media_type_of(content_type: str) -> tuple[str, str]:
    """Return media type and charset of a Content-Type in lower case; a missing part is ""."""
    media_type, _, parameters = content_type.partition(";")
    charset = ""
    for one in parameters.split(";"):
        name, _, value = one.partition("=")
        if name.strip().lower() == "charset":
            charset = value.strip().strip('"').lower()
    return media_type.strip().lower(), charset


def _text(body: bytes, charset: str) -> str:
    try:
        return body.decode(_CHARSETS.get(charset, charset))
    except LookupError:
        raise UnreadableError(f"unknown charset {charset}") from None
    except ValueError:
        reason = f"the bytes are not {charset or 'utf-8'}"
        raise UnreadableError(reason, for_all_readers=True) from None


def _json(text: str) -> Decoded:
    doubts: dict[str, None] = {}
    try:
        document = json.loads(
            text,
            object_pairs_hook=partial(_object, doubts),
            parse_float=partial(_fraction, doubts),
            parse_int=lambda digits: int(digits) if len(digits) < _LARGEST else _fraction(doubts, digits),
            parse_constant=_no_constant,
        )
    except RecursionError:
        raise UnreadableError("it is nested without end") from None
    except ValueError as error:
        raise UnreadableError(f"it is not JSON: {error}", for_all_readers=_is_cut(text, error)) from None
    if "\\u" in text and _HALF.search(json.dumps(document, default=str, ensure_ascii=False)):
        doubts["a text has half a surrogate pair"] = None
    if text.count("[") + text.count("{") > DEEP and _is_deep(document):
        doubts[f"it is nested deeper than {DEEP} levels"] = None
    return Decoded(document, tuple(doubts))


def _is_cut(text: str, error: ValueError) -> bool:
    """Return whether the text is the beginning of a JSON list or object whose end is cut off."""
    if not isinstance(error, json.JSONDecodeError) or not text.lstrip().startswith(("[", "{")):
        return False
    return error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")


def _yaml(text: str) -> Decoded:
    try:
        document = yaml.load(text, _TextLoader)  # noqa: S506 - a safe one
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UnreadableError(f"it is not YAML: {error}") from None
    return Decoded(document, ("readers of YAML differ",))


def _object(doubts: dict[str, None], pairs: list[tuple[str, Json]]) -> Json:
    made = dict(pairs)
    if len(made) < len(pairs):
        doubts["a member occurs twice"] = None
    return made


def _fraction(doubts: dict[str, None], digits: str) -> Decimal:
    try:
        number = Decimal(digits)
    except InvalidOperation:
        number = Decimal("Infinity")
    if abs(number.adjusted()) > _LARGEST or number.is_infinite():
        doubts["a number is beyond a double"] = None
    return number


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is not a number")


def _is_deep(document: Json) -> bool:
    level: list[Json] = [[document]]
    for _ in range(DEEP + 1):
        inner = [one.values() if isinstance(one, dict) else one for one in level]
        level = [child for children in inner for child in children if isinstance(child, dict | list)]
    return bool(level)


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict")
    except ValueError as error:
        raise UnreadableError(f"it is not a form: {error}") from None


def _form(text: str, node: Document, settings: Document) -> Decoded:
    pairs, doubts = _pairs(text), []
    if len(pairs) >= int(settings.get("max-keys", 1000)):
        doubts.append("there are more keys than a reader may take")
    if settings.get("format") == "indexed-form" or node.get("type") == "array":
        document, unbound = _nest_form_keys(pairs, node.get("items", EMPTY))
        return Decoded(document, (*doubts, *(["a key binds nothing"] if unbound else [])))
    if settings.get("format") == "nested-form":
        doubts.append("how a reader nests keys is not known")
    read: dict[str, Json] = {}
    members = node.get("properties", EMPTY)
    for key, value in pairs:
        name = key.removesuffix("[]")
        member = members.get(name, EMPTY)
        if member.get("type") == "array":
            read.setdefault(name, []).append(typed(value, member.get("items", EMPTY)))
            continue
        if key in read:
            doubts.append("a key occurs twice")
        read[key] = typed(value, members.get(key, EMPTY))
    return Decoded(read, tuple(doubts))


def _wrapped_xml(text: str, node: Document, settings: Document) -> Decoded:
    pairs = _pairs(text)
    name = settings.get("member", "xml")
    found = [value for key, value in pairs if key == name]
    if not found:
        raise UnreadableError(f"the form has no {name}")
    read = _xml(found[0].encode("utf-8", "surrogatepass"), node, settings)
    more = ("the form has more than one member",) if len(pairs) > 1 else ()
    return Decoded(read.document, (*read.doubts, *more))


def _xml(body: bytes, node: Document, settings: Document) -> Decoded:
    match = _DECLARED.match(body)
    doubts = []
    if match and match[1].lower() not in (b"utf-8", b"utf8"):
        doubts.append("it declares an encoding of its own")
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError) as error:
        raise UnreadableError(f"it is not XML: {error}") from None
    if settings.get("format") in ("xml", "xml-form"):
        document = read_request(root, node, doubts)
        deep = ("it is nested deeper than other readers go",) if _is_deep(document) else ()
        return Decoded(document, (*dict.fromkeys(doubts), *deep))
    wanted = element_name(flattened(node), str(root.tag))
    if root.tag != wanted:
        raise UnreadableError(f"the root is {root.tag}, not {wanted}")
    forward = settings.get("format") == "data-contract"
    return Decoded(_value(root, node, doubts, forward=forward), tuple(dict.fromkeys(doubts)))


def _value(element: Element, node: Document, doubts: list[str], *, forward: bool) -> Json:
    if element.get(XML_NIL, "").strip() in ("true", "1"):
        return None
    node = flattened(node)
    if name := element.get(XML_TYPE):
        types = node.get("x-xml", EMPTY).get("types", EMPTY).values()
        meant = [one for one in types if flattened(one).get("xml", EMPTY).get("name") == name]
        node = flattened({"allOf": [*meant[:1], node]})
    kind = node.get("type")
    if kind == "array":
        inner = flattened(node.get("items", EMPTY))
        wanted = element_name(inner, "")
        children = [child for child in element if not wanted or child.tag == wanted]
        if len(children) < len(element):
            doubts.append("an element has another name than the members of its list")
        return [_value(child, inner, doubts, forward=forward) for child in children]
    if kind == "object" or (kind is None and len(element)):
        return _members(element, node, doubts, forward=forward)
    if len(element):
        return {str(child.tag): child.text for child in element}
    form = node.get("x-xml", EMPTY).get("milliseconds")
    text = element.text or ""
    return milliseconds_text(text, form) if form else typed(text, node, of_xml=True)


def _members(element: Element, node: Document, doubts: list[str], *, forward: bool) -> Json:
    known, others = members_of(node, str(element.tag)), node.get("additionalProperties")
    order = list(known)
    read: dict[str, Json] = {
        name: typed(element.attrib[member.xml], member.node, of_xml=True)
        for name, member in known.items()
        if member.attribute and member.xml in element.attrib
    }
    last = -1
    for child in element:
        tag = str(child.tag)
        found = next((name for name, member in known.items() if member.xml == tag), None)
        if found is None:
            schema = others if isinstance(others, dict) else EMPTY
            read.setdefault(tag.rpartition("}")[2], _value(child, schema, doubts, forward=forward))
            continue
        member = known[found]
        if forward and order.index(found) < last:
            doubts.append("members are out of their order")
        last = order.index(found)
        if member.repeated:
            read.setdefault(found, []).append(_value(child, member.node, doubts, forward=forward))
        elif found in read:
            doubts.append("a member occurs twice")
        else:
            read[found] = _value(child, member.node, doubts, forward=forward)
    return read


def read_request(root: Element, node: Document, doubts: list[str]) -> Json:
    """Return the document at `root`, in the form of the schema `node`.

    Clients may add or leave out a wrapper. So `root` may be the element that `node` describes, a wrapper of
    that element alone, the element of a single member of `node`, or a single item of a member that is a list;
    in the last two cases the result has that member alone. Append to `doubts` each reason why another reader
    may get a different document. Raises UnreadableError.
    """
    whole = flattened(node)
    named, tag = whole.get("xml", EMPTY).get("name"), _local(root, doubts)
    for name, member in members_of(whole, "").items():
        if member.xml == tag and not member.attribute:
            return {name: _request_value(root, member.node, doubts)}
        item = flattened(member.node).get("items", EMPTY)
        if flattened(item).get("xml", EMPTY).get("name") == tag:
            return {name: [_request_value(root, item, doubts)]}
    if tag != named and len(root) == 1 and _local(root[0], doubts) == named:
        root, tag = root[0], named
    if tag != named:
        raise UnreadableError(f"the root is {tag}")
    return _request_value(root, whole, doubts)


def _request_value(element: Element, node: Document, doubts: list[str]) -> Json:
    here = flattened(node)
    if element.get(XML_NIL, "").strip() in ("true", "1"):
        doubts.append("an element is nil")
        return None
    kind = here.get("type", "object" if "properties" in here else "")
    if kind == "array":
        item = flattened(here.get("items", EMPTY))
        name = item.get("xml", EMPTY).get("name", "")
        children = [child for child in element if not name or _local(child, doubts) == name]
        return [_request_value(child, item, doubts) for child in children]
    if kind == "object":
        return dict(_request_members(element, here, doubts))
    if len(element):
        raise UnreadableError(f"{element.tag} holds elements")
    return typed(element.text or "", here, of_xml=True)


def _request_members(element: Element, node: Document, doubts: list[str]) -> Iterator[tuple[str, Json]]:
    known = {(one.xml, one.attribute): (name, one) for name, one in members_of(node, "").items()}
    for key, text in element.attrib.items():
        if (key, True) in known:
            name, member = known[key, True]
            yield name, typed(text, member.node, of_xml=True)
    read: dict[str, Json] = {}
    for child in element:
        name, member = known.get((_local(child, doubts), False), ("", XmlMember("", EMPTY)))
        if not name:
            continue
        if not len(child) and not (child.text or "").strip() and not _may_be_empty(member.node):
            doubts.append("an element is empty")
            continue
        if name in read:
            doubts.append("a member occurs twice")
            continue
        read[name] = _request_value(child, member.node, doubts)
    yield from read.items()


def _may_be_empty(node: Document) -> bool:
    here = flattened(node)
    is_free = here.get("type") == "string" and not {"format", "pattern", "enum"} & here.keys()
    return is_free or here.get("type") in ("array", "object") or "properties" in here


def _local(element: Element, doubts: list[str]) -> str:
    tag = str(element.tag)
    if tag.startswith("{"):
        doubts.append("an element is in a namespace")
    return tag.rpartition("}")[2]


class XmlMember(Value, frozen=True):
    """A member of an object, as XML writes it."""

    xml: str
    """Name of the element or attribute."""
    node: Document
    attribute: bool = False
    repeated: bool = False
    """Whether the member is a list without an enclosing element. If so, `node` is the schema of an item."""


def typed(text: str, node: Document, *, of_xml: bool = False) -> Json:
    """Return `text` as a value of the schema's type, or `text` itself if it does not spell such a value.

    Outside XML, an empty text becomes None if the schema is nullable and neither a string nor a boolean.
    """
    kind = node.get("type")
    plain = text.strip() if of_xml else text
    if kind == "boolean":
        return (_XML_TRUTHS if of_xml else _TRUTHS).get(plain, text)
    if kind == "integer" and _INTEGER.fullmatch(plain):
        return int(plain)
    if kind == "number" and _NUMBER.fullmatch(plain):
        return Decimal(plain)
    if not text and not of_xml and kind != "string" and node.get("nullable"):
        return None
    return text


def element_name(node: Document, default: str) -> str:
    """Return a schema's element name with its namespace; without a name in `xml`, the name is `default`."""
    message = node.get("xml", EMPTY)
    name = str(message.get("name", default))
    if "name" not in message and default.startswith("{"):
        return default
    return f"{{{message['namespace']}}}{name}" if "namespace" in message and name else name


def members_of(node: Document, tag: str) -> Mapping[str, XmlMember]:
    """Return the XML form of each member, by member name. Member elements have the namespace of `tag`."""
    namespace = tag[: tag.find("}") + 1]
    found = {}
    for name, declared in properties_of(node).items():
        schema = flattened(declared)
        message = schema.get("xml", EMPTY)
        if message.get("attribute"):
            found[name] = XmlMember(str(message.get("name", name)), schema, attribute=True)
        elif schema.get("type") == "array" and not message.get("wrapped"):
            inner = flattened(schema.get("items", EMPTY))
            own = inner.get("xml", EMPTY).get("name", message.get("name", name))
            found[name] = XmlMember(f"{namespace}{own}", inner, repeated=True)
        else:
            found[name] = XmlMember(f"{namespace}{message.get('name', name)}", schema)
    return found


def flattened(node: Document) -> Document:
    """Merge a schema with its parts. A member that is in several parts gets an `allOf` of its schemas."""
    parts = list(parts_of(node))
    if len(parts) == 1:
        return node
    made: dict[str, Json] = {}
    properties: dict[str, list[Document]] = {}
    for part in parts:
        message = {word: {**part.get(word, EMPTY), **made.get(word, EMPTY)} for word in ("xml", "x-xml")}
        made = {**part, **made, **message}
        for name, member in part.get("properties", EMPTY).items():
            properties.setdefault(name, []).append(member)
    members = {name: found[0] if len(found) == 1 else {"allOf": found} for name, found in properties.items()}
    items = [part["items"] for part in parts if "items" in part]
    return {
        **{word: value for word, value in made.items() if word not in PARTS},
        **({"properties": members} if members else {}),
        **({"items": items[0] if len(items) == 1 else {"allOf": items}} if items else {}),
    }


def parts_of(node: Document) -> Iterator[Document]:
    """Yield a schema and the schemas below its `allOf`, `anyOf` and `oneOf`."""
    yield node
    for word in PARTS:
        for part in node.get(word, ()):
            yield from parts_of(part)


def milliseconds_text(text: str, form: str) -> str:
    """Return `form` with `{}` replaced with the milliseconds from 1970 to the ISO date-time `text`.

    Ignore the offset of the date-time. If `text` is no ISO date-time, return `text`.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    passed = moment.replace(tzinfo=UTC) - _EPOCH
    return form.replace("{}", str(passed // timedelta(milliseconds=1)))


def member_schema(node: Document, path: Path) -> Document:
    """Return the schema of the member at `path`, an empty schema if there is no such member."""
    for step in path:
        node = properties_of(node).get(str(step), EMPTY)
    return node


def properties_of(node: Document) -> Mapping[str, Document]:
    """Return the schemas of the members in a schema and its `allOf`, by member name."""
    own: dict[str, Document] = {}
    for part in node.get("allOf", ()):
        own |= properties_of(part)
    return {**own, **node.get("properties", EMPTY)}
