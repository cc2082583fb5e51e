"""Badge of a drill for a README: a static SVG with the numbers of cases by verdict."""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.testing.drill import SILENT, SURVIVED, TOLD

_GOOD, _BAD, _LABEL = "#2e7d32", "#b3261e", "#444"
_LABEL_PX, _LETTER_PX = 42, 6


def badge_svg(counts: Mapping[str, int]) -> str:
    """Return the badge of a drill with these numbers of cases by verdict; it is red if a case is `silent`."""
    text = " · ".join(f"{verdict} {counts[verdict]}" for verdict in (SURVIVED, TOLD, SILENT))
    colour = _BAD if counts[SILENT] else _GOOD
    text_px = len(text) * _LETTER_PX
    width = _LABEL_PX + text_px + 12
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" '
        f'aria-label="drill: {text}"><rect width="{width}" height="20" rx="3" fill="{colour}"/>'
        f'<rect width="{_LABEL_PX}" height="20" rx="3" fill="{_LABEL}"/>'
        '<g fill="#fff" font-family="Verdana,sans-serif" font-size="11"><text x="7" y="14">drill</text>'
        f'<text x="{_LABEL_PX + 6}" y="14" textLength="{text_px}">{text}</text></g></svg>\n'
    )
