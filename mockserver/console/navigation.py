"""The order of the documentation's pages: `nav` of `mkdocs.yml`, in which a pattern stands for a chapter.

The server uses this module; MkDocs calls the functions `on_config` and `on_files` (`hooks` in `mkdocs.yml`).
"""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from pathlib import Path
from typing import Any

Navigation = Sequence[dict[str, Any]]


def expand_navigation(navigation: Navigation, folder: Path) -> list[dict[str, Any]]:
    """Return the navigation with each pattern replaced by a chapter: the matching files, ordered by name.

    In a chapter made from a pattern, the title of a page is the page's first heading, up to a colon.
    """
    return [
        {title: _pages(content, folder) if "*" in content else content for title, content in entry.items()}
        for entry in navigation
    ]


def on_config(config: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    config["nav"] = expand_navigation(config["nav"], Path(config["docs_dir"]))
    return config


def on_files(files: Any, config: Any) -> None:
    """Add the console's icon, which is the logo of the documentation."""
    from mkdocs.structure.files import File  # noqa: PLC0415 - the server reads this module without MkDocs

    icon = Path(__file__).with_name("static") / "icon.svg"
    files.append(File.generated(config, icon.name, abs_src_path=str(icon)))


def _pages(pattern: str, folder: Path) -> list[dict[str, str]]:
    return [
        {_short_title(file): file.relative_to(folder).as_posix()} for file in sorted(folder.glob(pattern))
    ]


def _short_title(file: Path) -> str:
    with file.open(encoding="utf-8") as lines:
        return next(lines).removeprefix("# ").partition(":")[0].strip()
