"""The usual names of the parameters that cut a list into pages, as `openapi.plain` writes a name."""

from __future__ import annotations

SIZES = ("limit", "perpage", "pagesize", "pagelimit", "size", "count", "maxresults", "top", "take", "first")
OFFSETS = ("offset", "pageoffset", "skip", "start", "startat", "startindex")
PAGES = ("page", "pagenumber", "pageno", "pagenum", "pageindex", "currentpage")
CURSORS = (
    *("cursor", "pagecursor", "after", "pageafter", "startingafter", "pagetoken", "nexttoken", "marker"),
    *("continuationtoken", "nextpagetoken", "iterator"),
)
