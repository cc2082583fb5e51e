"""Our own Markdown as HTML, which runs no script and whose wide parts can be scrolled by keyboard."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from html import escape, unescape
from typing import Any, TypeAlias

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from mockserver.model import Value

AddressOf: TypeAlias = Callable[[str], str | None]
"""Returns where a relative link leads, or None if its target is not served."""

_COMMENT = re.compile(r"^<!--.*?-->\n", re.MULTILINE | re.DOTALL)
_SAMPLE = re.compile(r"^( *)```.*?^\1```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#+) (.+)\n", re.MULTILINE)
_RULE = re.compile(r"^\|[-:| ]+\|$", re.MULTILINE)
_ROW = re.compile(r"^\| *(.*?) *\|$", re.MULTILINE)
_CELL = re.compile(r"[^|\s](?:\\\||[^|])*?(?=\s*(?:\||$))")  # a cell that is not empty; `\|` is part of it
_MARKS = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|```\w*|`|\*\*|\\(?=\|)")
_NO_PART_OF_AN_ANCHOR = re.compile(r"[^\w\- ]")
_OUTSIDE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_ALIGNMENT = re.compile(r"text-align:\s*(left|right|center)")


class Heading(Value, frozen=True):
    """A heading of a page; `anchor` is the fragment of the heading's address, made as on GitHub."""

    level: int
    text: str
    anchor: str


class RenderedText(Value, frozen=True):
    """The HTML of a page without its title, which is `headings[0]`."""

    html: str
    headings: tuple[Heading, ...]


def sections(text: str) -> Iterator[tuple[Heading, str]]:
    """Yield each heading with the plain text up to the next heading; this is quicker than rendering."""
    text = _SAMPLE.sub(lambda sample: sample[0].replace("\n#", "\n #"), _COMMENT.sub("", text))
    parts = _HEADING.split(text)[1:]
    seen: Counter[str] = Counter()
    for marks, head, below in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        yield _heading(len(marks), _unmarked(head), seen), " ".join(_unmarked(below).split())


def _unmarked(text: str) -> str:
    rows = _ROW.sub(lambda row: f"{' · '.join(_CELL.findall(row[1]))};", _RULE.sub("", text))
    return unescape(_MARKS.sub(r"\1", rows))


def render_markdown(text: str, address_of: AddressOf) -> RenderedText:
    """Return Markdown as HTML. HTML tags are shown as text; comments on lines of their own are omitted."""
    parser = _parser()
    tokens = parser.parse(_COMMENT.sub("", text))
    headings = tuple(_mark_headings(tokens))
    _mark_head_cells(tokens)
    for token in tokens:
        token.children = list(_with_addresses(token.children or [], address_of))
        _align(token)
    without_title = tokens[3:] if tokens and tokens[0].tag == "h1" else tokens
    html = parser.renderer.render(without_title, parser.options, {})
    return RenderedText(html, headings)


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.add_render_rule("table_open", _open_table)
    parser.add_render_rule("table_close", _close_table)
    parser.add_render_rule("fence", _sample)
    parser.add_render_rule("code_block", _sample)
    parser.add_render_rule("heading_close", _close_heading)
    return parser


def _mark_headings(tokens: Sequence[Token]) -> Iterator[Heading]:
    seen: Counter[str] = Counter()
    for token, inline, closing in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if token.type == "heading_open":
            heading = _heading(int(token.tag[1:]), _plain(inline), seen)
            token.attrSet("id", heading.anchor)
            closing.meta = {"heading": heading}
            yield heading


def _heading(level: int, text: str, seen: Counter[str]) -> Heading:
    anchor = _NO_PART_OF_AN_ANCHOR.sub("", text.lower()).replace(" ", "-")
    seen[anchor] += 1
    return Heading(level, text, f"{anchor}-{seen[anchor] - 1}" if seen[anchor] > 1 else anchor)


def _plain(token: Token) -> str:
    if token.children is None:
        return token.content
    return "".join(one.content or " " * (one.type == "softbreak") for one in token.children)


def _with_addresses(children: Sequence[Token], address_of: AddressOf) -> Iterator[Token]:
    is_open = True
    for token in children:
        if token.type == "link_open":
            is_open = _set_address(token, "href", address_of)
        elif token.type == "image":
            _set_address(token, "src", address_of)
        if is_open or token.type not in ("link_open", "link_close"):
            yield token


def _set_address(token: Token, name: str, address_of: AddressOf) -> bool:
    """Set attribute `name`, the target of a link or image; return False if this server lacks that target."""
    link = str(token.attrGet(name) or "")
    if _OUTSIDE.match(link):
        token.attrSet("rel", "noreferrer")
        return True
    address = link if link.startswith("#") else address_of(link)
    token.attrSet(name, address or "")
    return address is not None


def _mark_head_cells(tokens: Sequence[Token]) -> None:
    """Add the attribute `scope` to each head cell with text; turn an empty head cell into a plain cell."""
    for opening, inline, closing in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if opening.type == "th_open" and inline.content:
            opening.attrSet("scope", "col")
        elif opening.type == "th_open":
            opening.tag = closing.tag = "td"


def _align(token: Token) -> None:
    """Turn the alignment of a cell into a class: pages must not contain styles."""
    aligned = _ALIGNMENT.search(str(token.attrs.pop("style", "")))
    if aligned:
        token.attrSet("class", aligned[1])


_Environment: TypeAlias = MutableMapping[str, Any]


def _number(env: _Environment, kind: str) -> int:
    """Return the number of the page's next table or sample (`kind`), to make its region's name unique."""
    env[kind] = env.get(kind, 0) + 1
    return int(env[kind])


def _open_table(
    _renderer: RendererHTML,
    _tokens: Sequence[Token],
    _at: int,
    _options: Mapping[str, Any],
    env: _Environment,
) -> str:
    label = f"Table {_number(env, 'table')}"
    return f'<div class="scroll" role="region" tabindex="0" aria-label="{label}">\n<table>\n'


def _close_table(*_given: object) -> str:
    return "</table>\n</div>\n"


def _sample(
    _renderer: RendererHTML, tokens: Sequence[Token], at: int, _options: Mapping[str, Any], env: _Environment
) -> str:
    language = tokens[at].info.split()
    name = f' class="language-{escape(language[0])}"' if language else ""
    label = f"Sample {_number(env, 'sample')}"
    return (
        f'<pre class="sample" role="region" tabindex="0" aria-label="{label}">'
        f"<code{name}>{escape(tokens[at].content)}</code></pre>\n"
    )


def _close_heading(
    _renderer: RendererHTML, tokens: Sequence[Token], at: int, _options: Mapping[str, Any], _env: _Environment
) -> str:
    heading: Heading = tokens[at].meta["heading"]
    anchor, label = escape(heading.anchor), escape(f"Address of: {heading.text}")
    return f' <a class="anchor" href="#{anchor}" aria-label="{label}">#</a></h{heading.level}>\n'
