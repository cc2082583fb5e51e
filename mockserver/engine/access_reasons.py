"""Word why a caller is not let in: which credential was missing or refused, and which one works."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from mockserver.codec.instants import parse_instant
from mockserver.codec.redaction import redact_credential
from mockserver.engine.auth import CREDENTIALS, Head, SecurityScheme, find_mistake
from mockserver.engine.registry import LoadedVendor
from mockserver.errors import Forbidden, Unauthorized
from mockserver.model import EMPTY, Call, Document, Value
from mockserver.sandbox.store import State
from mockserver.spec.openapi import Operation

_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))
_GOOD = "good"
_BASIC, _API_KEY = "basic", "apiKey"
_OTHER_SCHEMES = frozenset({"basic", "bearer", "digest", "negotiate", "ntlm", "oauth"})
"""Names that may be shown; any other may be a credential that was sent without a scheme."""

_NOT_YET = timedelta(seconds=-1)


class AccessReasons(Value, frozen=True):
    """Wording for one vendor; `strict` accepts only credentials that the sandbox knows.

    Only credentials of the fixtures are named. Of any other, two letters are shown.
    """

    served: LoadedVendor
    strict: bool = False

    def unauthorized(
        self, refusal: Unauthorized, call: Call, operation: Operation | None, state: State
    ) -> str:
        """Return why a call is not authenticated, and a credential that works."""
        scheme = self._scheme(refusal.scheme, operation)
        if scheme is None:
            return refusal.detail
        if scheme.node["type"] != _API_KEY:
            scheme = self._tried(call, operation) or scheme
        text = scheme.credential(call)
        if text is None:
            return f"{self._missing(scheme, call, operation)}; {self._cure(scheme, operation)}"
        known = state.collection(CREDENTIALS, "").get(text) or EMPTY
        if not known and (mistake := find_mistake(text)):
            said = f"the {_noun(scheme)} {mistake}"
        else:
            said = self._complaint(refusal, self._name_of(text), known, scheme, state)
        return f"{said}; {self._cure(scheme, operation, refused=text)}"

    def scope(self, refusal: Forbidden, call: Call, operation: Operation | None) -> str:
        """Return which scope the credential lacks, what it has, and a credential that has it."""
        scheme, text = next(self._sent(call, operation), (None, ""))
        name = self._name_of(text) if text else call.principal.name
        if call.principal.facts.get("kind") == "read-only":
            said = f"{name} may only read"
        else:
            held = " ".join(sorted(call.principal.scopes or ())) or "none"
            said = f"{name} lacks the scope {refusal.detail} (it has {held})"
        return said if scheme is None else f"{said}; {self._cure(scheme, operation, refused=text)}"

    def _complaint(
        self, refusal: Unauthorized, name: str, known: Document, scheme: SecurityScheme, state: State
    ) -> str:
        if known.get("scheme", scheme.name) != scheme.name:
            return f"{name} is a credential for {known['scheme']}, not for {scheme.name}"
        gone = state.now - parse_instant(known["expires"]) if "expires" in known else _NOT_YET
        if gone >= timedelta():
            return f"{name} expired {describe_duration(gone)} ago by the sandbox clock"
        why = known.get("kind", refusal.reason)
        if why in ("expired", "revoked"):
            return f"{name} is {why}"
        if scheme.node.get("scheme") == _BASIC and name in map(_without_password, self._fixtures()):
            return f"this is not the password of {name}"
        return f"{name} is not {'known here' if self.strict else 'accepted'}"

    def _missing(self, scheme: SecurityScheme, head: Head, operation: Operation | None) -> str:
        """Return what the call lacks, or brings in another form than the scheme's."""
        kind = head.headers.get("authorization", "").partition(" ")[0]
        if scheme.node["type"] == _API_KEY or not kind:
            return "no credentials" if scheme.node["type"] != _API_KEY else f"no {self._form(scheme)}"
        word = _scheme_word(scheme)
        if kind.lower() != word.lower():
            shown = f"the scheme {kind}" if kind.lower() in _OTHER_SCHEMES else "no known scheme"
            words = dict.fromkeys([word, *map(_scheme_word, self._authorizations(operation))])
            return f"Authorization has {shown}, {' or '.join(words)} is required"
        return f"Authorization: {word} is not followed by one credential of that form"

    def _cure(self, scheme: SecurityScheme, operation: Operation | None, refused: str = "") -> str:
        """Return what to send instead: a good credential of the fixtures, or any."""
        good = next(self._good(scheme, operation), "")
        mode = "strict" if self.strict else "lenient"
        if good and (refused or self.strict):
            secret = " with its password" if scheme.node.get("scheme") == _BASIC else ""
            return f"{good}{secret} will do (auth {mode})"
        if self.strict:
            return "only credentials that the sandbox knows will do (auth strict)"
        other = "other " if refused else ""
        return f"any {other}{self._form(scheme)} will do (auth lenient)"

    def _good(self, scheme: SecurityScheme, operation: Operation | None) -> Iterator[str]:
        """Yield the fixtures' credentials that may use the operation; a user without its password."""
        wanted = operation.scopes if operation else frozenset()
        for text, known in self._fixtures().items():
            scopes = known.get("scopes")
            if (
                known.get("scheme", scheme.name) == scheme.name
                and known.get("kind", _GOOD) == _GOOD
                and "expires" not in known
                and (scopes is None or not wanted or wanted & set(scopes))
            ):
                yield _without_password(text)

    def _name_of(self, text: str) -> str:
        """Return the name of a credential of the fixtures, or of its user; of any other, two letters."""
        user, known = _without_password(text), self._fixtures()
        is_user = user != text and user in map(_without_password, known)
        return user if text in known or is_user else redact_credential(user)

    def _fixtures(self) -> Document:
        return self.served.fixtures.get(f"{self.served.name}/", EMPTY).get(CREDENTIALS, EMPTY)

    def _scheme(self, name: str, operation: Operation | None) -> SecurityScheme | None:
        if name:
            return self.served.schemes.get(name)
        names = operation.security[0] if operation and operation.security else ()
        return next((self.served.schemes[one] for one in names), None)

    def _tried(self, call: Call, operation: Operation | None) -> SecurityScheme | None:
        """Return the operation's scheme that `Authorization` names, whatever stands behind its name."""
        kind = call.headers.get("authorization", "").partition(" ")[0].lower()
        named = (one for one in self._authorizations(operation) if _scheme_word(one).lower() == kind)
        return next(named, None)

    def _authorizations(self, operation: Operation | None) -> list[SecurityScheme]:
        """Return the operation's schemes whose credentials stand in `Authorization`."""
        names = (name for alternative in (operation.security if operation else ()) for name in alternative)
        found = (self.served.schemes[name] for name in names)
        return [one for one in found if one.node["type"] != _API_KEY]

    def _sent(self, call: Call, operation: Operation | None) -> Iterator[tuple[SecurityScheme, str]]:
        """Yield the call's credentials for the operation's schemes, the one that names the caller first."""
        for alternative in operation.security if operation else ():
            for name in reversed(alternative):
                if text := self.served.schemes[name].credential(call):
                    yield self.served.schemes[name], text

    def _form(self, scheme: SecurityScheme) -> str:
        """Return what a request has to bring for the scheme."""
        if scheme.node["type"] != _API_KEY:
            return f'"Authorization: {_scheme_word(scheme)} ..."'
        place = "query parameter" if scheme.node["in"] == "query" else "header"
        return f"{scheme.node['name']} {place}"


def describe_duration(duration: timedelta) -> str:
    """Return a duration in its largest unit, rounded down: "2 h", "3 d", "0 s"."""
    seconds = int(duration.total_seconds())
    size, unit = next((one for one in _UNITS if seconds >= one[0]), _UNITS[-1])
    return f"{seconds // size:,} {unit}"


def _scheme_word(scheme: SecurityScheme) -> str:
    return str(scheme.node.get("scheme", "bearer")).capitalize()


def _noun(scheme: SecurityScheme) -> str:
    if scheme.node["type"] == _API_KEY:
        return "key"
    return "user or password" if scheme.node.get("scheme") == _BASIC else "token"


def _without_password(text: str) -> str:
    return text.partition(":")[0]
