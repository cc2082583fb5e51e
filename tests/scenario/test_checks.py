from __future__ import annotations

from typing import Any

import pytest

from mockserver.scenario.parser import InvalidScenarioError, parse_document
from tests.scenario.documents import document, problems_of, reported_problems, rule

FAILS = {"fail": {"code": "internal"}}


def items(*effects: Any, **members: Any) -> dict[str, Any]:
    """A rule with these effects, each for an item of its own."""
    chosen = [{"select": {"index": at}, "effect": effect} for at, effect in enumerate(effects)]
    return document(rule(items=chosen, **members))


IMPOSSIBLE: dict[str, tuple[Any, tuple[str, str, str, str]]] = {
    "no-effect": (
        document({"id": "r1", "match": {"nth": 1}}),
        (
            "/rules/0",
            "no-effect",
            "the rule does nothing",
            "give it one of commit, advanceClock, envelope, items, quota, response, transitionsState",
        ),
    ),
    "commit-that-is-usual": (
        document({"id": "r1", "commit": "full"}),
        (
            "/rules/0",
            "no-effect",
            "the rule does nothing",
            "give it one of commit, advanceClock, envelope, items, quota, response, transitionsState",
        ),
    ),
    "two-of-one-id": (
        document(rule(), rule(id="r2"), rule()),
        ("/rules/2/id", "duplicate-rule", 'a second rule is called "r1"', 'rename it, such as "r1-2"'),
    ),
    "state-that-nothing-sets": (
        document(
            rule(requiresState={"phase": "Calm"}),
            rule(id="r2", transitionsState={"phase": "Calmer", "other": "Calm"}),
        ),
        (
            "/rules/0/requiresState/phase",
            "unreachable",
            'no rule ever sets the state "phase" to "Calm"',
            "it can be Calmer, Started; add transitionsState for another",
        ),
    ),
    "counted-twice": (
        document(rule(match={"nth": 3}, times={"after": 2})),
        (
            "/rules/0/times",
            "contradiction",
            "match.nth and times both count the calls",
            "take one of them out; nth: 3 is times: {after: 2, count: 1}",
        ),
    ),
    "commit-of-an-item-and-of-nothing": (
        items({**FAILS, "commit": True}),
        (
            "/rules/0/items/0/effect/commit",
            "contradiction",
            "the item is to take effect, and commit: none lets nothing do so",
            "take one of them out",
        ),
    ),
    "envelope-of-another-body": (
        document(rule(envelope={"phantom": 1}, response={"body": {"text": "", "mediaType": "text/html"}})),
        (
            "/rules/0/envelope",
            "contradiction",
            "nothing of it would be seen: response.body answers something else",
            "take one of them out, or put it into a rule of its own",
        ),
    ),
    "envelope-of-an-error": (
        document(rule(envelope={"phantom": 1}, response={"status": 500})),
        (
            "/rules/0/envelope",
            "contradiction",
            "nothing of it would be seen: response.status answers something else",
            "take one of them out, or put it into a rule of its own",
        ),
    ),
    "omission-of-no-answer": (
        items({"omit": True}, FAILS, response={"fault": "NO_RESPONSE"}),
        (
            "/rules/0/items/0/effect",
            "contradiction",
            "omit would not be seen: response.fault answers something else",
            "take one of them out, or put it into a rule of its own",
        ),
    ),
    "warning-of-an-example": (
        items({"warn": {"code": "locked"}, "duplicate": 1}, response={"example": "good"}),
        (
            "/rules/0/items/0/effect",
            "contradiction",
            "warn, duplicate would not be seen: response.example answers something else",
            "take one of them out, or put it into a rule of its own",
        ),
    ),
    "item-taken-by-all": (
        document(
            rule(
                items=[
                    {"select": {"key": "a"}, "effect": FAILS},
                    {"select": {"all": True}, "effect": FAILS},
                    {"select": {"sample": 0.5}, "effect": FAILS},
                ]
            )
        ),
        (
            "/rules/0/items/2/select",
            "unreachable",
            "items/1 has taken these items already, and the first effect wins",
            "put all that becomes of them into one effect",
        ),
    ),
    "item-taken-by-the-same": (
        document(
            rule(
                items=[
                    {"select": {"where": {"path": "$.a", "equals": 1}}, "effect": FAILS},
                    {"select": {"where": {"path": "$.a", "equals": 1}}, "effect": {"omit": True}},
                ]
            )
        ),
        (
            "/rules/0/items/1/select",
            "unreachable",
            "items/0 has taken these items already, and the first effect wins",
            "put all that becomes of them into one effect",
        ),
    ),
    "times-of-no-failure": (
        items({"failTimes": 2, "omit": True}),
        (
            "/rules/0/items/0/effect/failTimes",
            "contradiction",
            "failTimes counts what fails, and nothing does",
            "add fail: {code: internal}",
        ),
    ),
    "times-of-a-hang": (
        items({**FAILS, "failTimes": 2, "hang": 50}),
        (
            "/rules/0/items/0/effect/failTimes",
            "contradiction",
            "hang fails the item at every attempt, whatever failTimes says",
            "take one of them out",
        ),
    ),
    "omitted-twice": (
        items({"omit": True, "duplicate": 2}),
        (
            "/rules/0/items/0/effect/duplicate",
            "contradiction",
            "duplicate would not be seen: omit leaves the item out",
            "take one of them out",
        ),
    ),
    "omitted-with-a-warning": (
        items({"omit": True, "warn": {"code": "locked"}}),
        (
            "/rules/0/items/0/effect/warn",
            "contradiction",
            "warn would not be seen: omit leaves the item out",
            "take one of them out",
        ),
    ),
    "item-that-is-kept-anyway": (
        items({"commit": True}, commit="full"),
        (
            "/rules/0/items/0/effect",
            "no-effect",
            "the effect does nothing: an item takes effect anyway",
            "write commit: false, or add fail or hang",
        ),
    ),
    "unknown-vendor-near": (
        document(rule(match={"vendor": "acmee"})),
        ("/rules/0/match/vendor", "unknown-vendor", 'no vendor is called "acmee"', 'rename it to "acme"'),
    ),
    "unknown-vendor-far": (
        document(rule(match={"vendor": "zebra", "operation": "putOrders"})),
        (
            "/rules/0/match/vendor",
            "unknown-vendor",
            'no vendor is called "zebra"',
            "there are acme, bolt",
        ),
    ),
    "operation-of-another-vendor": (
        document(rule(match={"vendor": "bolt", "operation": "putOrders"})),
        (
            "/rules/0/match/operation",
            "unknown-operation",
            'bolt has no operation "putOrders"',
            "there are sendParts",
        ),
    ),
    "operation-of-no-vendor": (
        document(rule(match={"operation": "putOrder"})),
        (
            "/rules/0/match/operation",
            "unknown-operation",
            'no vendor has an operation "putOrder"',
            'rename it to "putOrders"',
        ),
    ),
    "header-that-is-none": (
        document(rule(match={"headers": {"X Key": "1"}})),
        (
            "/rules/0/match/headers/X Key",
            "bad-header",
            '"X Key" is not the name of a header',
            "use letters, digits and hyphens",
        ),
    ),
    "header-in-two-cases": (
        document(rule(match={"headers": {"X-Key": "1", "x-key": "2"}})),
        (
            "/rules/0/match/headers/x-key",
            "contradiction",
            "x-key is X-Key once more: the case of a header's name does not count",
            "take one of them out",
        ),
    ),
    "path": (
        document(rule(match={"item": {"path": "$..a", "exists": True}})),
        (
            "/rules/0/match/item/path",
            "bad-path",
            'the path "$..a" cannot be read from character 2: "..a"',
            "use names and indexes only: $.a, $['a b'], $.list[0]",
        ),
    ),
    "path-of-every-element": (
        document(rule(match={"body": {"path": "$.a[*]", "exists": True}})),
        (
            "/rules/0/match/body/path",
            "bad-path",
            'the path "$.a[*]" cannot be read from character 4: "[*]"',
            "use names and indexes only: $.a, $['a b'], $.list[0]",
        ),
    ),
    "pattern": (
        document(rule(items=[{"select": {"where": {"path": "$", "matches": "(?=a)"}}, "effect": FAILS}])),
        (
            "/rules/0/items/0/select/where/matches",
            "bad-pattern",
            'the pattern "(?=a)" cannot be compiled',
            "close its brackets, keep repetitions small; there is no look-around and no back-reference",
        ),
    ),
}


@pytest.mark.parametrize("case", IMPOSSIBLE)
def test_a_rule_that_could_not_do_what_it_says_is_refused(case: str) -> None:
    scenario, expected = IMPOSSIBLE[case]

    assert reported_problems(scenario) == [expected]


def test_an_effect_may_wait_for_the_end_of_another() -> None:
    flaky = {"select": {"all": True}, "effect": {**FAILS, "failTimes": 2}}
    then = {"select": {"all": True}, "effect": {"omit": True}}

    assert len(parse_document(document(rule(items=[flaky, then])), {}).rules[0].items) == 2


def test_of_many_operations_some_are_listed_and_the_rest_counted() -> None:
    many = {"acme": frozenset(f"op{number:02}" for number in range(25))}

    with pytest.raises(InvalidScenarioError) as caught:
        parse_document(document(rule(match={"operation": "zebra"})), many)

    told_ones = ", ".join(f"op{number:02}" for number in range(20))
    assert caught.value.problems[0].hint == f"there are {told_ones}, and 5 more"


def test_a_server_without_vendors_says_so() -> None:
    with pytest.raises(InvalidScenarioError) as caught:
        parse_document(document(rule(match={"vendor": "acme"})), {})

    assert caught.value.problems[0].hint == "there are none"


def test_a_check_is_not_made_of_what_is_broken_already() -> None:
    broken = document({"id": "r1", "match": {"vendor": "zebra"}, "commits": "none"})

    assert [(one.pointer, one.code) for one in problems_of(broken)] == [
        ("/rules/0/match/vendor", "unknown-vendor"),
        ("/rules/0/commits", "unknown-key"),
    ]


@pytest.mark.parametrize(
    "more", [{"methods": "GET"}, {"nth": 0}, {"headers": 1}, {"item": {"path": 1}}, {"body": []}]
)
@pytest.mark.parametrize(
    ("named", "found"),
    [
        ({"vendor": "zebra"}, ("vendor", "unknown-vendor")),
        ({"vendor": "bolt", "operation": "putOrders"}, ("operation", "unknown-operation")),
    ],
)
def test_names_are_judged_whatever_else_of_a_match_is_broken(
    more: dict[str, Any], named: dict[str, Any], found: tuple[str, str]
) -> None:
    told = [(one.pointer, one.code) for one in problems_of(document(rule(match={**named, **more})))]

    assert len(told) > 1
    assert (f"/rules/0/match/{found[0]}", found[1]) in told


@pytest.mark.parametrize("match", [3, [], {"vendor": 3}, {"vendor": [], "operation": {}}, {"operation": 4}])
def test_a_name_that_is_no_text_is_told_once(match: Any) -> None:
    codes = {one.code for one in problems_of(document(rule(match=match)))}

    assert codes == {"wrong-type"}


SERVED = {
    *("getV1Invoices", "postV1Invoices", "getV1Invoice", "deleteV1Invoice", "putV1Invoice"),
    *("listContacts", "addContact", "searchBoats", "sailBoat"),
}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("createInvoices", "postV1Invoices"),
        ("create_invoices", "postV1Invoices"),
        ("listInvoices", "getV1Invoices"),
        ("updateInvoice", "putV1Invoice"),
        ("removeInvoice", "deleteV1Invoice"),
        ("createContact", "addContact"),
        ("getContacts", "listContacts"),
        ("postV1Invoice", "postV1Invoices"),
        ("serchBoats", "searchBoats"),
        ("sailBoats", "sailBoat"),
    ],
)
def test_the_nearest_operation_does_what_the_written_name_says(written: str, meant: str) -> None:
    with pytest.raises(InvalidScenarioError) as caught:
        parse_document(document(rule(match={"operation": written})), {"acme": frozenset(SERVED)})

    assert caught.value.problems[0].hint == f'rename it to "{meant}"'


def test_ids_are_compared_whatever_else_is_broken() -> None:
    broken = document(rule(commits="none"), rule(priority=0))

    assert [one.code for one in problems_of(broken)] == ["unknown-key", "duplicate-rule", "out-of-range"]


RESPONSE = "/rules/0/response"
SILENT = "sends nothing of an answer"
ANOTHER_FAULT = "take it out, or use another fault"
AFTER_HEAD = "add truncateBodyAtFraction: 0.5 to reset after the head, or take it out"
BODY = {"text": "<p>", "mediaType": "text/html"}


def response(**members: Any) -> dict[str, Any]:
    return document(rule(response=members))


def delay(**members: Any) -> dict[str, Any]:
    return response(delay=members)


def envelope(**members: Any) -> dict[str, Any]:
    return document(rule(envelope=members))


def drift(**members: Any) -> dict[str, Any]:
    return envelope(drift=[members])


IMPOSSIBLE_RESPONSES: dict[str, tuple[Any, tuple[str, str, str, str]]] = {
    "parameter-of-another-delay": (
        delay(type="fixed", value=5, sigma=0.5),
        (
            f"{RESPONSE}/delay/sigma",
            "contradiction",
            "a fixed delay has no sigma; that is of a lognormal one",
            "take it out, or write type: lognormal",
        ),
    ),
    "longest-of-a-uniform-delay": (
        delay(type="uniform", lower=1, upper=5, max=4),
        (
            f"{RESPONSE}/delay/max",
            "contradiction",
            "a uniform delay has no max; that is of a lognormal one",
            "take it out, or write type: lognormal",
        ),
    ),
    "parameter-missing": (
        delay(type="lognormal", median=90),
        (
            f"{RESPONSE}/delay",
            "missing-key",
            'the key "sigma" of a lognormal delay is missing',
            'add "sigma"',
        ),
    ),
    "bounds-crossed": (
        delay(type="uniform", lower=2000, upper=500),
        (
            f"{RESPONSE}/delay/lower",
            "contradiction",
            "lower 2,000 is above upper 500",
            "change places with upper",
        ),
    ),
    "no-delay": (
        delay(type="fixed", value=0),
        (f"{RESPONSE}/delay", "no-effect", "a delay of 0 ms does nothing", "write more, or take it out"),
    ),
    "delay-cut-to-none": (
        delay(type="lognormal", median=90, sigma=1, max=0),
        (f"{RESPONSE}/delay", "no-effect", "a delay of 0 ms does nothing", "write more, or take it out"),
    ),
    "status-of-no-response": (
        response(fault="NO_RESPONSE", status=200),
        (
            f"{RESPONSE}/status",
            "contradiction",
            f"status would not be seen: NO_RESPONSE {SILENT}",
            ANOTHER_FAULT,
        ),
    ),
    "body-of-an-empty-response": (
        response(fault="EMPTY_RESPONSE", body=BODY),
        (
            f"{RESPONSE}/body",
            "contradiction",
            f"body would not be seen: EMPTY_RESPONSE {SILENT}",
            ANOTHER_FAULT,
        ),
    ),
    "part-of-nothing": (
        response(fault="EMPTY_RESPONSE", truncateBodyAtFraction=0.5),
        (
            f"{RESPONSE}/truncateBodyAtFraction",
            "contradiction",
            f"truncateBodyAtFraction would not be seen: EMPTY_RESPONSE {SILENT}",
            ANOTHER_FAULT,
        ),
    ),
    "drops-of-noise": (
        response(fault="RANDOM_DATA_THEN_CLOSE", dribble={"numberOfChunks": 2, "totalDuration": 9}),
        (
            f"{RESPONSE}/dribble",
            "contradiction",
            f"dribble would not be seen: RANDOM_DATA_THEN_CLOSE {SILENT}",
            ANOTHER_FAULT,
        ),
    ),
    "headers-before-a-reset": (
        response(fault="CONNECTION_RESET_BY_PEER", headers={"X-A": "1"}),
        (
            f"{RESPONSE}/headers",
            "contradiction",
            "headers would not be seen: CONNECTION_RESET_BY_PEER comes before anything is sent",
            AFTER_HEAD,
        ),
    ),
    "part-of-a-right-answer": (
        response(fault="CLOSE_IDLE", truncateBodyAtFraction=0.5),
        (
            f"{RESPONSE}/truncateBodyAtFraction",
            "contradiction",
            "truncateBodyAtFraction would not be seen: CLOSE_IDLE comes after a whole answer",
            ANOTHER_FAULT,
        ),
    ),
    "body-of-a-broken-chunk": (
        response(fault="MALFORMED_RESPONSE_CHUNK", body=BODY),
        (
            f"{RESPONSE}/body",
            "contradiction",
            "body would not be seen: MALFORMED_RESPONSE_CHUNK sends no body",
            ANOTHER_FAULT,
        ),
    ),
    "two-bodies": (
        response(body=BODY, example="good"),
        (
            f"{RESPONSE}/example",
            "contradiction",
            "body and example are both the answer's body",
            "take one of them out",
        ),
    ),
    "body-of-a-bodiless-status": (
        response(status=204, body=BODY),
        (
            f"{RESPONSE}/body",
            "contradiction",
            "an answer of status 204 has no body (RFC 9110)",
            "take it out, or use another status",
        ),
    ),
    "all-of-a-body": (
        response(truncateBodyAtFraction=1),
        (
            f"{RESPONSE}/truncateBodyAtFraction",
            "no-effect",
            "the whole body is sent anyway",
            "write less than 1",
        ),
    ),
    "header-that-is-none": (
        response(headers={"X:A": "1"}),
        (
            f"{RESPONSE}/headers/X:A",
            "bad-header",
            '"X:A" is not the name of a header',
            "use letters, digits and hyphens",
        ),
    ),
    "header-with-a-line-break": (
        response(headers={"X-A": "1\r\nX-B: 2"}),
        (
            f"{RESPONSE}/headers/X-A",
            "bad-header",
            'a header cannot carry "1\\r\\nX-B: 2"',
            "leave out line breaks, control characters and letters beyond Latin-1",
        ),
    ),
    "length-by-hand": (
        response(headers={"Content-Length": "3"}),
        (
            f"{RESPONSE}/headers/Content-Length",
            "contradiction",
            "Content-Length belongs to the transport, which sets it",
            "use fault: WRONG_LENGTH",
        ),
    ),
    "media-type-twice": (
        response(headers={"content-type": "text/plain"}, body=BODY),
        (
            f"{RESPONSE}/headers/content-type",
            "contradiction",
            "content-type is said by body.mediaType too",
            "take one of them out",
        ),
    ),
    "retry-after-twice": (
        response(status=429, headers={"Retry-After": "3"}, retryAfter=7),
        (
            f"{RESPONSE}/headers/Retry-After",
            "contradiction",
            "Retry-After is said by retryAfter too",
            "take one of them out",
        ),
    ),
    "media-type-that-no-header-carries": (
        response(body={"text": "", "mediaType": "text/html\n"}),
        (
            f"{RESPONSE}/body/mediaType",
            "bad-header",
            'a header cannot carry "text/html\\n"',
            "leave out line breaks, control characters and letters beyond Latin-1",
        ),
    ),
    "date-that-is-none": (
        response(status=429, retryAfter="date 7"),
        (
            f"{RESPONSE}/retryAfter",
            "bad-date",
            '"date 7" is not a date ahead',
            "write date+7 or date-300, in seconds",
        ),
    ),
    "retry-after-that-no-header-carries": (
        response(status=429, retryAfter="später\n"),
        (
            f"{RESPONSE}/retryAfter",
            "bad-header",
            'a header cannot carry "später\\n"',
            "leave out line breaks, control characters and letters beyond Latin-1",
        ),
    ),
    "nothing-added": (
        envelope(countAdd=0, phantom=1),
        (
            "/rules/0/envelope/countAdd",
            "no-effect",
            "nothing is added",
            "write another number, or take it out",
        ),
    ),
    "map-as-it-is": (
        envelope(emptyMapAsArray=False, phantom=1),
        (
            "/rules/0/envelope/emptyMapAsArray",
            "no-effect",
            "an empty map is a map anyway",
            "write true, or take it out",
        ),
    ),
    "content-type-that-no-header-carries": (
        envelope(contentType="text/→"),
        (
            "/rules/0/envelope/contentType",
            "bad-header",
            'a header cannot carry "text/→"',
            "leave out line breaks, control characters and letters beyond Latin-1",
        ),
    ),
    "drift-of-no-path": (
        drift(path="data", change="null"),
        (
            "/rules/0/envelope/drift/0/path",
            "bad-path",
            'the path "data" does not begin with $',
            "write $.data",
        ),
    ),
    "texts-repeated-without-end": (
        envelope(drift=[{"path": "$.a", "change": "reword", "to": "{text}{text}"}] * 40),
        (
            "/rules/0/envelope/drift/16/to",
            "too-long",
            "$.a would be repeated over 65,536 times, which is the limit of a text",
            "write {text} less often",
        ),
    ),
    "drift-of-the-whole": (
        drift(path="$", change="null"),
        (
            "/rules/0/envelope/drift/0/path",
            "bad-path",
            'the path "$" names no member to null',
            "end it in a name, such as $.data[*].status",
        ),
    ),
    "rename-of-an-element": (
        drift(path="$.data[0]", change="rename", to="first"),
        (
            "/rules/0/envelope/drift/0/path",
            "bad-path",
            'the path "$.data[0]" names no member to rename',
            "end it in a name, such as $.data[*].status",
        ),
    ),
    "addition-to-every-element": (
        drift(path="$.data[*]", change="add", to=1),
        (
            "/rules/0/envelope/drift/0/path",
            "bad-path",
            'the path "$.data[*]" names no member to add',
            "end it in a name, such as $.data[*].status",
        ),
    ),
    "value-of-nothing": (
        drift(path="$.data", change="value"),
        (
            "/rules/0/envelope/drift/0",
            "missing-key",
            'the key "to" of the change value is missing',
            'add "to"',
        ),
    ),
    "null-to-something": (
        drift(path="$.data", change="null", to=1),
        (
            "/rules/0/envelope/drift/0/to",
            "contradiction",
            "the change null has no to",
            "take it out",
        ),
    ),
    "rename-to-a-number": (
        drift(path="$.data", change="rename", to=7),
        (
            "/rules/0/envelope/drift/0/to",
            "wrong-type",
            "the change rename takes a text",
            "give it a text",
        ),
    ),
}


@pytest.mark.parametrize("case", IMPOSSIBLE_RESPONSES)
def test_an_answer_that_could_not_be_what_it_says_is_refused(case: str) -> None:
    scenario, expected = IMPOSSIBLE_RESPONSES[case]

    assert reported_problems(scenario) == [expected]


def test_everything_that_an_empty_response_would_hide_is_told() -> None:
    hidden = reported_problems(
        response(fault="EMPTY_RESPONSE", status=500, retryAfter=7, example="a", headers={"X": "1"})
    )

    assert [pointer for pointer, *_ in hidden] == [
        f"{RESPONSE}/status",
        f"{RESPONSE}/retryAfter",
        f"{RESPONSE}/example",
        f"{RESPONSE}/headers",
    ]
