"""Checks of what messages say: that they fit their outcome, and that they are about their own item.

Only words that leave no doubt count; a message in another language, or in words that are not listed here,
passes. A vendor whose messages use these words otherwise says so in its profile (`message_exceptions`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mockserver.contract.checks.check_case import (
    FIRST_REFUSAL,
    NOTHING_TO_JUDGE,
    CheckCase,
    CheckFailure,
    CheckResult,
)
from mockserver.contract.checks.item_checks import has_message, reasons
from mockserver.contract.oracle.expectations import ExpectedItem
from mockserver.contract.profile import ReportedOutcome

_VERBS = "created|updated|saved|accepted|inserted|imported|processed|stored|completed|booked|added|registered"
_DONE = re.compile(
    rf"(the )?(?:[a-z]+ ){{0,2}}(was |has been )?created"
    rf"|{_VERBS}|ok|okay|done|success|successful|succeeded",
)
"""A whole message that says "done"."""
_SUCCESSFULLY = re.compile(r"\bsuccessfully\b")
_FAILED = re.compile(
    r"(?P<start>^(error|failure|failed)\b)|\b(failed|rejected|refused|denied|unsuccessful)\b|^invalid$"
    rf"|\b(could |can )?(not|n't|cannot|can't) (be |been )?({_VERBS})\b"
)
"""A part of a message that says "not done"."""
_IN_DOUBT = re.compile(
    r"\b(not|no|never|none|without|0|zero|cannot|can't|could|must|be|if|unless|until|only|before|after|already"
    r"|earlier|previously|failed|error|errors|warning|but|except|however|n't)\b"
)
"""Words beside which others may mean something else."""
_ABOUT_OTHERS = re.compile(
    r"\b(same|duplicates?|duplicated|also|twice|already|unique|other|another|conflicts?|previous|see)\b",
    re.IGNORECASE,
)
"""Words of a message that may rightly name another item."""

_LONG_NUMBER, _LONG_TEXT = 6, 4
_LIMITS = ("2147483647", "9223372036854775807")
"""Numbers that stand in messages about the width of a number."""


def message_fits_the_outcome(case: CheckCase) -> CheckResult:
    """Check that no rejection says that it was done, and no item that was done says that it failed."""
    told = [(one, _plain(one.message)) for one in case.told if one.message.strip()]
    told = [(one, text) for one, text in told if not _is_exempt(case, one.message)]
    for one, text in told:
        if _says_failed(text) if one.accepted else _says_done(text):
            return len(told), _contradiction(one)
    if case.reported is not None or case.status < FIRST_REFUSAL:
        return (len(told), None) if told else NOTHING_TO_JUDGE
    return _refused_call(case)


def message_names_its_item(case: CheckCase) -> CheckResult:
    """Check that the message of an item does not name the key of another item instead of its own."""
    items = {one.item.place: one for one in case.expected.items}
    told = [one for one in case.told if one.message and one.place in items and len(items) > 1]
    known = _KnownKeys.of(items.values()) if told else None
    for one in told:
        if _is_exempt(case, one.message) or _ABOUT_OTHERS.search(one.message):
            continue
        own = items[one.place or 0]
        named = known.named_in(one.message) if known else ()
        other = next((item for item in named if _is_blamed(item, own, one.message)), None)
        if other is not None:
            said = (
                f"the message of item {one.place} ({own.item.key}) is about item {other.item.place} "
                f"({other.item.key}): {one.message!r}"
            )
            expected = f"a message about {own.item.key}"
            return len(told), CheckFailure(said, one.at, expected, one.message)
    return (len(told), None) if told else NOTHING_TO_JUDGE


@dataclass(frozen=True, slots=True)
class _KnownKeys:
    """The items by those of their keys that no message has for another reason.

    A large batch has as many messages as keys: they are looked up, not tried one by one.
    """

    words: Mapping[str, tuple[ExpectedItem, ...]]
    others: tuple[tuple[str, ExpectedItem], ...]

    @classmethod
    def of(cls, items: Iterable[ExpectedItem]) -> _KnownKeys:
        """Return the keys of the items: those that are one word, and others."""
        words: defaultdict[str, list[ExpectedItem]] = defaultdict(list)
        others = []
        for item in items:
            for key in {*item.keys, item.item.key}:
                if key and _is_telling(key):
                    if _WORD.fullmatch(key):
                        words[key].append(item)
                    else:
                        others.append((key, item))
        return cls({key: tuple(found) for key, found in words.items()}, tuple(others))

    def named_in(self, message: str) -> list[ExpectedItem]:
        """Return the items that a message names, in their order."""
        named = [item for word in _WORD.findall(message) for item in self.words.get(word, ())]
        named += [item for key, item in self.others if key in message and _names(message, key)]
        return sorted(named, key=lambda one: one.item.place)


def _is_blamed(other: ExpectedItem, own: ExpectedItem, message: str) -> bool:
    mine = {text for text in (*own.keys, own.item.key) if text}
    theirs = {text for text in (*other.keys, other.item.key) if text and _is_telling(text)}
    if other is own or theirs & mine or any(_names(message, text) for text in mine):
        return False
    document = str(own.item.document)
    return any(_names(message, text) and text not in document for text in theirs)


def _refused_call(case: CheckCase) -> CheckResult:
    """Judge the reasons in the body of a call that was refused as a whole."""
    body = case.conformance.body
    if not has_message(body):
        return NOTHING_TO_JUDGE
    wrong = next((text for text in reasons(body) if _says_done(_plain(text))), None)
    if wrong is None or _is_exempt(case, wrong):
        return 1, None
    said = f"the call is refused with {case.status}, and its message says that it was done: {wrong!r}"
    return 1, CheckFailure(said, expected="why it was refused", came=wrong)


def _contradiction(one: ReportedOutcome) -> CheckFailure:
    became, opposite = ("accepted", "failed") if one.accepted else ("rejected", "done")
    item = "an item" if one.place is None else f"item {one.place}"
    name = f" ({one.key})" if one.key else ""
    said = (
        f"{item}{name} is reported as {became}, and its message says that it was {opposite}: {one.message!r}"
    )
    expected = "a message that fits it" if one.accepted else "why it was rejected"
    return CheckFailure(said, one.at, expected, one.message)


def _says_done(text: str) -> bool:
    if _DONE.fullmatch(text):
        return not _IN_DOUBT.search(text)
    return bool(_SUCCESSFULLY.search(text)) and not _IN_DOUBT.search(text)


def _says_failed(text: str) -> bool:
    """Return whether the text says that it failed, and nothing of a success or of another time beside it."""
    found = _FAILED.search(text)
    if found is None:
        return False
    rest = f"{text[: found.start()]} {text[found.end() :]}"
    is_mixed = re.search(rf"\b({_VERBS}|success\w*|ok|done)\b", rest)
    return is_mixed is None and (bool(found["start"]) or not _IN_DOUBT.search(rest))


def _plain(message: str) -> str:
    return " ".join(message.lower().split()).strip(" .!:;")


def _is_exempt(case: CheckCase, message: str) -> bool:
    return any(re.search(pattern, message) for pattern in case.message_exceptions)


def _is_telling(key: str) -> bool:
    """Return whether a key cannot be a word or a number that a message has for another reason."""
    if key.isdigit():
        return len(key) >= _LONG_NUMBER and key not in _LIMITS
    return len(key) >= _LONG_TEXT and any(letter.isdigit() for letter in key)


_WORD = re.compile(r"[\w-]+")


def _names(message: str, key: str) -> bool:
    """Return whether a message has the key as a whole word."""
    return re.search(rf"(?<![\w-]){re.escape(key)}(?![\w-])", message) is not None
