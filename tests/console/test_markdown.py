"""Markdown of our pages becomes HTML that is safe, and can be used by keyboard."""

from __future__ import annotations

import re

import pytest

from mockserver.console.markdown import Heading, RenderedText, render_markdown, sections
from tests.docs.markdown import anchors


def rendered(text: str) -> RenderedText:
    return render_markdown(text, lambda link: f"/docs/{link}" if link.startswith("here") else None)


def test_html_is_shown_as_text() -> None:
    shown = rendered("# T\n\n<script>alert(1)</script> and <b>bold</b>\n").html

    assert "&lt;script&gt;" in shown
    assert "<b>" not in shown
    assert "<script" not in shown


def test_a_link_that_would_run_code_is_no_link() -> None:
    assert "href" not in rendered("[x](javascript:alert(1))").html


def test_a_comment_on_lines_of_its_own_is_left_out() -> None:
    assert rendered("# T\n\n<!-- one\ntwo -->\n\nText\n").html == "<p>Text</p>\n"


def test_the_title_is_the_first_heading_and_not_in_the_html() -> None:
    shown = rendered("# The title\n\nText\n")

    assert shown.headings == (Heading(1, "The title", "the-title"),)
    assert "The title" not in shown.html


def test_anchors_are_those_that_the_pages_link_to() -> None:
    text = "# One, two\n## `x-batch`\n### A_b C\n## One two\n"

    assert [one.anchor for one in rendered(text).headings] == anchors(text)


def test_a_heading_has_a_link_to_itself_with_a_name() -> None:
    shown = rendered("# T\n## Sub <x>\n").html

    assert '<h2 id="sub-x">' in shown
    assert '<a class="anchor" href="#sub-x" aria-label="Address of: Sub &lt;x&gt;">#</a></h2>' in shown


def test_tables_scroll_in_regions_with_different_names() -> None:
    shown = rendered("|a|\n|---|\n|1|\n\ntext\n\n|b|\n|---|\n|2|\n").html

    assert re.findall(r'<div class="scroll" role="region" tabindex="0" aria-label="(.*?)">', shown) == [
        "Table 1",
        "Table 2",
    ]
    assert '<th scope="col">a</th>' in shown


def test_a_head_cell_without_words_is_no_head() -> None:
    shown = rendered("| |a|\n|---|---|\n|1|2|\n").html

    assert shown.count("<th") == 2  # the row of the head, and one cell
    assert '<td></td>\n<th scope="col">a</th>' in shown


def test_an_aligned_column_has_a_class_and_no_style() -> None:
    shown = rendered("|a|\n|--:|\n|1|\n").html

    assert 'class="right"' in shown
    assert "style" not in shown


def test_a_sample_scrolls_and_is_escaped() -> None:
    shown = rendered('```html\n<a href="x">\n```\n').html

    assert 'role="region" tabindex="0" aria-label="Sample 1"' in shown
    assert '<code class="language-html">&lt;a href=&quot;x&quot;&gt;' in shown


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


def test_a_picture_has_its_address_and_its_words() -> None:
    assert '<img src="/docs/here.svg" alt="words"' in rendered("![words](here.svg)").html


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
