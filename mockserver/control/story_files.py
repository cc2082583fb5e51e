"""Files of exported stories, by format."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from mockserver.codec import json
from mockserver.control.stories import NotReproducibleError
from mockserver.journal.export.case_file import write_case_file
from mockserver.journal.export.postman import postman_collection
from mockserver.journal.export.pytest_file import pytest_file_name, pytest_source
from mockserver.journal.export.shell_script import shell_script
from mockserver.journal.export.story import Story, UnsuitableFormError
from mockserver.model import Reply

_Writer = Callable[[Story], tuple[str, str, str]]
"""Returns text, media type and file name."""


def _postman(story: Story) -> tuple[str, str, str]:
    text = json.encode(postman_collection(story)).decode()
    return text, "application/json", f"{story.stem}.postman.json"


_WRITERS: Mapping[str, _Writer] = MappingProxyType(
    {
        "case": lambda story: (write_case_file(story), "application/yaml", f"{story.stem}.yaml"),
        "curl": lambda story: (shell_script(story), "text/x-shellscript", f"{story.stem}.sh"),
        "postman": _postman,
        "pytest": lambda story: (pytest_source(story), "text/x-python", pytest_file_name(story)),
    }
)


def story_reply(story: Story, form: str) -> Reply:
    """Return the story as a file of that format.

    Raises:
        NotReproducibleError: the format cannot express a call.
    """
    try:
        return file_reply(*_WRITERS[form](story))
    except UnsuitableFormError as error:
        raise NotReproducibleError(f"not as {form}: {error}") from None


def file_reply(text: str, media_type: str, name: str) -> Reply:
    """Return a text as a file to download."""
    disposition = ("Content-Disposition", f'attachment; filename="{name}"')
    charset = "" if media_type == "application/json" else "; charset=utf-8"
    return Reply(200, text.encode(), f"{media_type}{charset}", (disposition,))
