"""Rate limit that a spec declares with `x-rate-limit`: one fixed window per caller, and its headers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from mockserver.engine.auth import SecurityScheme
from mockserver.errors import TooManyRequests
from mockserver.model import Answer, Call, Document, Value
from mockserver.sandbox.assumptions import ON, Assumption
from mockserver.sandbox.quota import count_in_fixed_window, describe_fixed_window, rate_limit_headers
from mockserver.sandbox.store import State
from mockserver.spec.openapi import check_names, misused

UNLIMITED = "unlimited"
"""Value of the assumption that `RateLimit.calls` names: calls are not counted."""

_MEMBERS: Mapping[str, Callable[[object], bool]] = {
    "name": lambda value: isinstance(value, str),
    "calls": lambda value: isinstance(value, (int, str)),
    "seconds": lambda value: isinstance(value, int) and value > 0,
    "by": lambda value: isinstance(value, str),
    "when": lambda value: isinstance(value, str),
    "headers-when": lambda value: isinstance(value, str),
    "retry-after": lambda value: isinstance(value, bool),
}
_REQUIRED = ("name", "calls", "seconds")


class RateLimit(Value, frozen=True):
    """Maximum number of a caller's calls in a window of `seconds`."""

    name: str
    calls: int | str
    """The maximum, or the name of the assumption whose value is the maximum."""
    seconds: int
    scheme: SecurityScheme | None = None
    """Calls are counted for each credential of this scheme; if it is None, for each principal.

    A call without the credential is not counted.
    """
    when: str = ""
    """Name of the assumption that turns counting on; "" counts always."""
    headers_when: str = ""
    """Name of the assumption that turns on the headers with the remaining calls; "" sends them always."""
    says_wait: bool = True
    """Whether a refusal says how long to wait."""

    def count(self, call: Call, state: State) -> None:
        """Count the call if its caller has a limit. Raises TooManyRequests: the maximum is exceeded."""
        limit, key = self._limit(call), self._key(call)
        if limit is None or key is None:
            return
        spent = count_in_fixed_window(state, key, limit, self.seconds)
        if not spent.allowed:
            hint = (
                f"{limit:,} calls in {self.seconds:,} s are allowed (quota {self.name}); "
                f"wait {spent.wait:,} s by the sandbox clock"
            )
            raise TooManyRequests(self.name, spent.wait if self.says_wait else None, hint=hint)

    def with_headers(self, answer: Answer, call: Call, state: State) -> Answer:
        """Return the answer, with headers for the remaining calls unless `headers_when` is off."""
        limit, key = self._limit(call), self._key(call)
        if limit is None or key is None or (self.headers_when and call.assumptions[self.headers_when] != ON):
            return answer
        left = dict(rate_limit_headers(describe_fixed_window(state, key, self.name, limit, self.seconds)))
        kept = [(name, text) for name, text in answer.reply.headers if name not in left]
        reply = replace(answer.reply, headers=(*kept, *left.items()))
        return replace(answer, reply=reply)

    def _limit(self, call: Call) -> int | None:
        """Return the maximum number of calls in a window, or None if calls are not counted."""
        if self.when and call.assumptions[self.when] != ON:
            return None
        if isinstance(self.calls, int):
            return self.calls
        chosen = call.assumptions[self.calls]
        return None if chosen == UNLIMITED else int(chosen)

    def _key(self, call: Call) -> str | None:
        caller = call.principal.name if self.scheme is None else self.scheme.credential(call)
        return None if caller is None else f"{self.name}/{caller}"


def read_rate_limit(
    node: Document, assumptions: tuple[Assumption, ...], schemes: Mapping[str, SecurityScheme]
) -> RateLimit:
    """Return the rate limit that a spec declares. Raises SpecError: bad member, or unknown assumption."""
    if not isinstance(node, Mapping):
        raise misused("x-rate-limit", f"expected a mapping, found {node}")
    for name in (*node, *_REQUIRED):
        check_names("x-rate-limit", (name,), _MEMBERS)
        if name not in node or not _MEMBERS[name](node[name]):
            found = f"found {node[name]!r}" if name in node else "it is missing"
            raise misused(f"x-rate-limit.{name}", f"expected another value, {found}")
    known = {assumption.name for assumption in assumptions}
    for name in ("calls", "when", "headers-when"):
        if isinstance(node.get(name), str) and node[name] not in known:
            raise misused(f"x-rate-limit.{name}", f"there is no assumption {node[name]}")
    if node.get("by", "principal") not in ("principal", *schemes):
        raise misused("x-rate-limit.by", f"there is no security scheme {node['by']}")
    return RateLimit(
        name=node["name"],
        calls=node["calls"],
        seconds=node["seconds"],
        scheme=schemes.get(node.get("by", "")),
        when=node.get("when", ""),
        headers_when=node.get("headers-when", ""),
        says_wait=node.get("retry-after", True),
    )
