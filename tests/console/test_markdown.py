"""Markdown of our pages becomes HTML that is safe, and can be used by keyboard."""

from __future__ import annotations

import re

import pytest

from mockserver.console.markdown import Heading, RenderedText, render_markdown, sections
from tests.docs.markdown import anchors


def rendered(text: str) -> RenderedText:
    return render_markdown(text, lambda link: f"/docs/{link}" if link.startswith("here") else None)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("<script>alert(1)</script> and <b>bold</b>", ["&lt;script&gt;", "&lt;b&gt;bold"]),
        ("[x](javascript:alert(1))", ["<p>[x](javascript:alert(1))</p>"]),
        ("# T\n\n<!-- one\ntwo -->\n\nText", ["<p>Text</p>"]),
        (
            "# T\n## Sub <x>",
            [
                '<h2 id="sub-x">',
                '<a class="anchor" href="#sub-x" aria-label="Address of: Sub &lt;x&gt;">#</a></h2>',
            ],
        ),
        ("| |a|\n|---|---|\n|1|2|", ['<td></td>\n<th scope="col">a</th>']),
        ("|a|\n|--:|\n|1|", ['<th scope="col" class="right">', '<td class="right">']),
        (
            '```html\n<a href="x">\n```',
            [
                'role="region" tabindex="0" aria-label="Sample 1"',
                '<code class="language-html">&lt;a href=&quot;x&quot;&gt;',
            ],
        ),
        ("![words](here.svg)", ['<img src="/docs/here.svg" alt="words"']),
    ],
)
def test_markdown_becomes_html_that_is_safe(text: str, parts: list[str]) -> None:
    shown = rendered(f"{text}\n").html

    assert [part for part in parts if part not in shown] == []
    assert [part for part in ("<script", "<b>", "<!--", "style", 'href="java') if part in shown] == []


def test_the_title_is_the_first_heading_and_not_in_the_html() -> None:
    shown = rendered("# The title\n\nText\n")

    assert shown.headings == (Heading(1, "The title", "the-title"),)
    assert "The title" not in shown.html


def test_anchors_are_those_that_the_pages_link_to() -> None:
    text = "# One, two\n## `x-batch`\n### A_b C\n## One two\n"

    assert [one.anchor for one in rendered(text).headings] == anchors(text)


def test_tables_scroll_in_regions_with_different_names() -> None:
    shown = rendered("|a|\n|---|\n|1|\n\ntext\n\n|b|\n|---|\n|2|\n").html

    assert re.findall(r'<div class="scroll" role="region" tabindex="0" aria-label="(.*?)">', shown) == [
        "Table 1",
        "Table 2",
    ]
    assert '<th scope="col">a</th>' in shown


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("here.md", '<a href="/docs/here.md">text</a>'),
        ("#part", '<a href="#part">text</a>'),
        ("https://example.org/", '<a href="https://example.org/" rel="noreferrer">text</a>'),
        ("../away", "text"),
    ],
)
def test_a_link_leads_to_a_page_that_is_served_or_is_text(link: str, expected: str) -> None:
    assert rendered(f"[text]({link})").html == f"<p>{expected}</p>\n"


def test_a_section_has_the_plain_text_below_its_heading() -> None:
    text = (
        "# `T`\n\nOne **two**\n[three](x.md#y)\n\n## T\n\n- four &lt;\n\n```yaml\n# five\n```\n\n## Empty\n"
    )

    assert list(sections(text)) == [
        (Heading(1, "T", "t"), "One two three"),
        (Heading(2, "T", "t-1"), "- four < # five"),
        (Heading(2, "Empty", "empty"), ""),
    ]


def test_the_rows_of_a_table_are_told_apart() -> None:
    ((_, below),) = sections("# T\n\n| a | b |\n|:---|---|\n| `one\\|1` | [two](x.md) |\n\n`a | b`\n")

    assert below == "a · b; one|1 · two; a | b"
