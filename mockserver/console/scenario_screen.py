"""Scenarios: those armed in the sandbox, those packaged with the server, and an editor."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from flask import Blueprint, Response, request

from mockserver.codec import yaml
from mockserver.codec.masking import MASK
from mockserver.console.pages import action, page
from mockserver.console.screen import CONSOLE, ControlRefusal, RawBody, Screen, Visit, move_to
from mockserver.model import EMPTY, LOST, Action, Document, Json
from mockserver.scenario.selection import ITEM_FAULT_CODES

BLUEPRINT = Blueprint("scenario", __name__, url_prefix=CONSOLE)

_NO_NAME = re.compile("[^a-z0-9]+")
_MAX_NAME = 64
_MAX_MESSAGE = 2000
_OF_THE_ITEM = "unknown-reference"
"""Code in the draft if the scenario language does not know the code of the item's problem or warning."""
_REFUSED: Document = {"commit": "none", "response": {"status": 503}}
_FIRST_REFUSAL = 400
_OF_WHOLE_CALLS = ("commit", "envelope", "response")
_HIDING = frozenset({"status", "body", "example", "fault"})
"""Members of `response` because of which no client sees the outcomes of items."""
_DONE: Mapping[str, tuple[str, Json]] = {
    "omitted": ("omit", True),
    "duplicated": ("duplicate", 1),
    "stored": ("commit", True),
    "not-stored": ("commit", False),
}
"""For each word that says what a rule did to an item, the member of an effect that repeats this."""

YAML = "application/yaml"


def met_by_item(item: Document, rules: Sequence[Document]) -> Document:
    """Return the effect that repeats an item's fault, problem or warning; {} if it has none of them."""
    rule, did = (item["effect"]["rule"], item["effect"]["did"]) if item["effect"] else ("", ())
    known = [one["document"] for one in rules if one["rule"] == rule and one["document"]]
    of_rule = [one for document in known for one in document.get("items", ())]
    selectors = ({"key": item["key"]}, {"index": item["index"]}, {"all": True})
    own = [one["effect"] for one in of_rule if len(of_rule) == 1 or one["select"] in selectors]
    if len(own) == 1:
        return {name: value for name, value in own[0].items() if name != "failTimes"}
    effect: dict[str, Json] = dict(_DONE[word] for word in did if word in _DONE)
    problems = [one for one in item["problems"] if one["code"] not in (LOST, Action.SKIPPED)]
    if any(one["code"] == LOST for one in item["problems"]):
        effect["commit"] = False
    if found := problems or item["warnings"]:
        code, detail = found[0]["code"], found[0]["detail"][:_MAX_MESSAGE]
        sayable = code if code in ITEM_FAULT_CODES else _OF_THE_ITEM
        effect["fail" if problems else "warn"] = {"code": sayable, **({"message": detail} if detail else {})}
    return effect


def met_by_call(call: Document) -> Document:
    """Return the members of a rule that repeat a whole call's fault or refusal; {} if it has neither."""
    rules = [one["document"] for one in call["rules"] if one["document"]]
    met = {name: rule[name] for rule in rules for name in _OF_WHOLE_CALLS if name in rule}
    of_items = {one["effect"]["rule"] for one in call["decided"] if one["effect"]}
    is_refused = (call["status"] or 0) >= _FIRST_REFUSAL
    if met or not (set(call["applied"]) - of_items or (is_refused and not call["items"])):
        return met
    delay, fault = round(call["delayMillis"]), call["fault"]
    response = {
        "status": call["status"] if is_refused else None,
        "delay": {"type": "fixed", "value": delay} if delay else None,
        "fault": fault,
    }
    unstored = {"commit": "none"} if is_refused and not call["items"] else EMPTY
    told = {name: value for name, value in response.items() if value}
    return {**unstored, "response": told} if told else EMPTY


def draft_scenario(
    match: Mapping[str, str], item: str, select: Document | None = None, call: str = "", met: Document = EMPTY
) -> Document:
    """Return a scenario that fails the next matching call or, if `item` is set, the item in its next call.

    `match` has the vendor and the operation, "" for all. `select` is the item's selector, by default the key
    `item`. `met` is what to repeat from the earlier call `call`: the item's effect, or members of a rule.
    """
    given = {name: text for name, text in match.items() if text}
    rule: Document = {"id": "once", **({"match": given} if given else {}), "times": {"count": 1}}
    seen = f" of call #{call}" if call else ""
    if item:
        effect = met or {"fail": {"code": "internal"}}
        rule = {**rule, "items": [{"select": select or {"key": item}, "effect": effect}]}
        fails = "meets the same fault again" if met else "fails"
        what = f"The item {item}{seen} {fails} at the next call that has it, and works after that."
    else:
        rule = {**rule, **(met or _REFUSED)}
        meets = "meets the fault" + seen if met else "is answered with 503 and changes nothing"
        what = f"The next call {meets}; calls after that work."
    failing = item or (f"call {call}" if call else "next call")
    name = _NO_NAME.sub("-", f"fail {failing}".lower()).strip("-")[:_MAX_NAME].rstrip("-")
    return {"version": 1, "name": name, "description": what, "rules": [rule]}


def select_item(decided: Sequence[Document], item: str, key: str = "") -> tuple[str, Document | None]:
    """Return the key and the selector of an item. If the call has no such item, the selector is None.

    `item` is an index; without `key`, it may also be a key. `decided` are the call's items in the journal.
    If the key is empty, repeated or masked, the selector has the index; otherwise it has the key, because a
    retry may have the item at another index.
    """
    place = int(item) if item.isascii() and item.isdecimal() and int(item) < len(decided) else None
    same = [one["index"] for one in decided if one["key"] == (key or item)]
    if place is None and not same:
        return key or item, None
    index = same[0] if same else 0
    if place is not None and (not same or (key and place in same)):
        index = place
    found = decided[index]["key"]
    is_unique = [one["key"] for one in decided].count(found) == 1
    select = {"key": found} if is_unique and found and MASK not in found else {"index": index}
    return found or f"at index {index}", select


@page(BLUEPRINT, "/scenarios")
def show_scenarios(visit: Visit, refused: Document | None = None, status: int = 200) -> Screen:
    own = [
        visit.control.get(visit.of_sandbox(f"/scenarios/{one['name']}"))
        for one in visit.control.get(visit.of_sandbox("/scenarios"))
    ]
    packaged = visit.control.get("/scenarios")
    name, search = request.args.get("name", ""), request.args.get("search", "")
    wanted = [one for one in packaged if _has(one, search.lower().split())]
    document = {
        "scenarios": own,
        "packaged": wanted,
        "total": len(packaged),
        "search": search,
        "named": name,
        "isMissing": bool(name) and name not in {one["name"] for one in (*own, *packaged)},
        "refused": refused,
    }
    return Screen("scenarios.html", document, status)


def _has(packaged: Document, words: Iterable[str]) -> bool:
    text = f"{packaged['name']} {packaged['group']} {packaged['description']}".lower()
    return all(word in text for word in words)


@action(BLUEPRINT, "/scenarios/arm")
def arm(visit: Visit) -> Screen | Response:
    name = request.form.get("name", "")
    packaged = {one["name"]: one["document"] for one in visit.control.get("/scenarios")}
    if name not in packaged:
        refused = {"detail": f"there is no packaged scenario {name}"}
        return show_scenarios(visit, refused, 404)
    try:
        _add(visit, yaml.dump(packaged[name]), once="once" in request.form)
    except ControlRefusal as refusal:
        return show_scenarios(visit, refusal.problem, refusal.status)
    return move_to(visit.address("/scenarios", name=name))


@action(BLUEPRINT, "/scenarios/disarm")
def disarm(visit: Visit) -> Screen | Response:
    name = request.form.get("name", "")
    path = f"/scenarios/{quote(name, safe='')}" if name else "/scenarios"
    try:
        visit.control.delete(visit.of_sandbox(path))
    except ControlRefusal as refusal:
        return show_scenarios(visit, refusal.problem, refusal.status)
    return move_to(visit.address("/scenarios"))


@page(BLUEPRINT, "/scenarios/new")
def show_new(visit: Visit) -> Screen:
    """Show the editor with a draft: the query's item fails once or, without an item, the next call fails."""
    item, key, call = (request.args.get(name, "") for name in ("item", "key", "call"))
    match = {name: request.args.get(name, "") for name in ("vendor", "operation")}
    if not call:
        return _editor(visit, yaml.dump(draft_scenario(match, key or item)))
    entry = visit.control.get(visit.of_sandbox(f"/journal/{quote(call, safe='')}"))
    match = {name: text or entry[name] or "" for name, text in match.items()}
    of_call, select = met_by_call(entry), None
    if key or item:
        item, select = select_item(entry["decided"], item, key)
        chosen = [one for one in entry["decided"] if select in ({"key": one["key"]}, {"index": one["index"]})]
        met = met_by_item(chosen[0], entry["rules"]) if chosen else EMPTY
        if not of_call or (met and _HIDING.isdisjoint(of_call.get("response", EMPTY))):
            return _editor(visit, yaml.dump(draft_scenario(match, item, select, call, met)))
    return _editor(visit, yaml.dump(draft_scenario(match, "", None, call, of_call)))


@page(BLUEPRINT, "/scenarios/edit")
def show_edit(visit: Visit) -> Screen:
    name = request.args.get("name", "")
    try:
        found = visit.control.get(visit.of_sandbox(f"/scenarios/{quote(name, safe='')}"))
    except ControlRefusal:
        packaged = {one["name"]: one for one in visit.control.get("/scenarios")}
        if name not in packaged:
            raise
        found = packaged[name]
    return _editor(visit, yaml.dump(found["document"]))


@action(BLUEPRINT, "/scenarios/edit")
def submit(visit: Visit) -> Screen | Response:
    """If `do` is `check`, check the scenario; else arm it; if `do` is `once`, arm each rule for one call."""
    text, wish = _text(), request.form.get("do", "apply")
    if wish == "check":
        return _editor(visit, text)
    try:
        stored = _add(visit, text, once=wish == "once")
    except ControlRefusal as refusal:
        return _editor(visit, text, refusal)
    return move_to(visit.address("/scenarios", name=stored["name"]))


@action(BLUEPRINT, "/scenarios/check")
def check(visit: Visit) -> Screen:
    return Screen("parts/scenario_messages.html", {"check": _checked(visit, _text())}, is_part=True)


def _editor(visit: Visit, text: str, refusal: ControlRefusal | None = None) -> Screen:
    check = _checked(visit, text)
    rules = check["document"]["rules"] if check["valid"] else ()
    document = {
        "text": text,
        "check": check,
        "isOnce": bool(rules) and all(rule.get("times", EMPTY).get("count") == 1 for rule in rules),
        "refused": refusal.problem if refusal else None,
    }
    return Screen("scenario_editor.html", document, refusal.status if refusal else 200)


def _checked(visit: Visit, text: str) -> Json:
    return visit.control.post("/scenarios/check", _yaml(text))


def _add(visit: Visit, text: str, *, once: bool) -> Json:
    return visit.control.post(visit.of_sandbox("/scenarios"), _yaml(text), once=once)


def _yaml(text: str) -> RawBody:
    # An empty body would be refused as missing.
    return RawBody((text or "\n").encode(errors="replace"), YAML)


def _text() -> str:
    return request.form.get("text", "").replace("\r\n", "\n")
