"""The line of one call, as the log shows it and the control plane lists it."""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.model import Json

_NO_STATUS = "---"
_VIOLATION_MARK = "!"


def log_line(short: Mapping[str, Json], sandbox: str, *, numbers: bool = True) -> str:
    """Format an entry as listed by the control plane.

    The line has vendor (unless none has the call), method, path, status, items, refusal or operation,
    milliseconds, sandbox, number, rules, fault, and `!` for a contract violation.
    """
    status = _NO_STATUS if short["status"] is None else str(short["status"])
    path = _escape_path(short["path"]) or "/"
    counts, refusal = _item_counts(short), _refusal(short)
    parts = [
        " ".join(filter(None, (short["vendor"], short["method"], path, status))),
        counts,
        refusal or ("" if counts else short["operation"] or ""),
        f"{short['durationMillis']:.0f} ms",
        f"[{sandbox}]",
        f"#{short['number']}" if numbers and short["number"] else "",
        _scenario_effects(short),
    ]
    return "  ".join(part for part in parts if part)


def _refusal(short: Mapping[str, Json]) -> str:
    """Return the kind of refusal and its reason: "forbidden: no User-Agent"."""
    return ": ".join(filter(None, (short["refusal"], short["reason"])))


def _item_counts(short: Mapping[str, Json]) -> str:
    if not (total := short["items"]):
        return ""
    shares = " ".join(f"{count:,} {action}" for action, count in short["outcomes"].items())
    warned = f" {short['warned']:,} warned" if short["warned"] else ""
    return f"{total:,} item{'' if total == 1 else 's'}: {shares}{warned}"


def _scenario_effects(short: Mapping[str, Json]) -> str:
    """Return the applied rules, the fault, and the mark of a contract violation."""
    fault = f"~{short['fault']}" if short["fault"] else ""
    return " ".join(filter(None, (*short["applied"], fault, _VIOLATION_MARK if short["offContract"] else "")))


def _escape_path(path: str) -> str:
    return path.encode("unicode_escape").decode()
