"""Settings that all servers on one store have alike: the first one keeps them there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from mockserver.codec import json
from mockserver.model import Json
from mockserver.sandbox.settings import Settings
from mockserver.server.startup_error import StartupError


def check_settings(default: Settings, keep_first: Callable[[bytes], bytes], *, strict_auth: bool) -> None:
    """Compare the settings of this server with those of the first one, which `keep_first` returns.

    Raises:
        StartupError: they differ, so that the answer to a call would depend on who takes it.
    """
    own: Mapping[str, Json] = {
        "auth": "strict" if strict_auth else "lenient",
        "seed": default.seed,
        "freeze": default.frozen,
        "empty": "" if default.empty else None,
    }
    first: Mapping[str, Json] = json.decode(keep_first(json.encode(own)))
    names = [name for name in own if own[name] != first[name]]
    if names:
        what = f"the store was begun with {_flags(first, names)}; this server has {_flags(own, names)}"
        same = f"mockserver run {_flags(first, [name for name in own if first[name] is not None])}"
        other = "\n   or: mockserver run --store '…?prefix=NAME', for a world of its own"
        raise StartupError(f"{what}: servers that share a store have the same", "--store", same + other)


def _flags(settings: Mapping[str, Json], names: Iterable[str]) -> str:
    given = ((name, settings[name]) for name in names)
    return " ".join(f"no --{name}" if one is None else f"--{name} {one}".rstrip() for name, one in given)
