"""Settings that all servers on one store have alike: the first one keeps them there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from mockserver.codec import json
from mockserver.model import Json
from mockserver.sandbox.settings import Settings
from mockserver.server.startup_error import StartupError


def check_settings(default: Settings, keep_first: Callable[[bytes], bytes], *, strict_auth: bool) -> None:
    """Compare what this server is set to with the first server, whose settings `keep_first` returns.

    `default` are the settings of the default sandbox.

    Raises:
        StartupError: they differ, so that the answer to a call would depend on who takes it.
    """
    own: Mapping[str, Json] = {
        "auth": "strict" if strict_auth else "lenient",
        "seed": default.seed,
        "freeze": default.frozen,
        "empty": default.empty,
    }
    first: Mapping[str, Json] = json.decode(keep_first(json.encode(own)))
    names = [name for name in own if own[name] != first[name]]
    if names:
        raise StartupError(
            f"the store was begun with {_flags(first, names)}; this server has {_flags(own, names)}: "
            "servers that share a store have the same",
            "--store",
            f"mockserver run {_flags(first, [name for name in own if first[name]])}\n"
            "   or: mockserver run --store '…?prefix=NAME', for a world of its own",
        )


def _flags(settings: Mapping[str, Json], names: Iterable[str]) -> str:
    return " ".join(_flag(name, settings[name]) for name in names)


def _flag(name: str, value: Json) -> str:
    if value is None or value is False:
        return f"no --{name}"
    return f"--{name}" if value is True else f"--{name} {value}"
