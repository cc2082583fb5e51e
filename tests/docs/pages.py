"""Write the generated parts of the pages under `docs/`: `python -m tests.docs.pages`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import mockserver
from mockserver.engine.registry import LoadedVendor, discover_vendors
from tests.docs import batch_styles_page, catalogue_page, changes_page, control_page, reference, settings_page
from tests.docs.markdown import with_generated
from tests.tools.bench import speed_page

DOCS = Path(mockserver.__file__).parents[1] / "docs"

_NEW_PAGE = """# {title}

What is known of this vendor and where from. What the labels mean: [sources](../sources.md).

## Documents
"""


_REFERENCES = (
    ("batch-styles.md", "Batch styles", batch_styles_page.describe),
    ("catalogue.md", "Catalogue", catalogue_page.describe),
    ("control.md", "Control API", control_page.describe),
    ("settings.md", "Settings", settings_page.describe),
)
"""Pages that people begin and the code completes: file, title, what makes the rest."""


def vendor_page(vendor: LoadedVendor) -> Path:
    """Return where the vendor's page is."""
    return DOCS / "vendors" / f"{vendor.name}.md"


def fresh_pages() -> Iterator[tuple[Path, str]]:
    """Yield every page with a generated part, and how it must read."""
    for vendor in discover_vendors():
        file = vendor_page(vendor)
        title = vendor.spec.document["info"]["title"]
        yield file, with_generated(_read(file, _NEW_PAGE.format(title=title)), reference.describe(vendor))
    for name, title, generated in _REFERENCES:
        file = DOCS / name
        yield file, with_generated(_read(file, f"# {title}\n"), generated())
    yield DOCS / "changes.md", changes_page.fresh_page()
    yield speed_page.PAGE, speed_page.fresh_page()


def _read(file: Path, new: str) -> str:
    return file.read_text(encoding="utf-8") if file.is_file() else new


def main() -> None:
    """Write every page that reads otherwise than it must."""
    for file, text in fresh_pages():
        file.parent.mkdir(exist_ok=True)
        if _read(file, "") != text:
            file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
