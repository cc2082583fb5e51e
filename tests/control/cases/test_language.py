from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from mockserver.control.cases.language import (
    BadCaseError,
    BadCaseFileError,
    Case,
    CaseDefaults,
    read_case,
    read_case_file,
)
from mockserver.control.cases.runner import run_in_new_sandbox
from mockserver.journal.export.case_file import MAX_CASE_BYTES
from mockserver.server.in_process import InProcessClient
from tests.support import fact_sheets
from tests.support.client import Client

CALL = {"call": "GET /orders", "answer": {"status": 200}}
PUT = {"call": "PUT /orders", "json": [], "answer": {"status": 207}}


def case(**members: Any) -> Case:
    common = CaseDefaults({"x-key": "k"}, {"good": [1], "ok": 207})
    return read_case({"when": [CALL], **members}, "acme/orders.yaml", "acme", common)


def test_a_case_is_read() -> None:
    made = case(says="One thing holds", source="rfc", freeze="2026-01-05T09:00:00Z", then=[{"calls": 1}])

    assert (made.says, made.source, made.freeze) == ("One thing holds", "rfc", "2026-01-05T09:00:00Z")
    assert (list(made.when), list(made.then)) == ([CALL], [{"calls": 1}])


def test_a_case_has_the_vendors_headers_and_names_and_its_own_over_them() -> None:
    made = case(names={"ok": 200, "id": 7})

    assert made.headers == {"x-key": "k"}
    assert made.names == {"vendor": "acme", "good": [1], "ok": 200, "id": 7}


def test_one_scenario_or_several_are_armed() -> None:
    assert list(case(scenario="reset").scenarios) == ["reset"]
    assert list(case(scenarios=["reset", {"name": "x"}]).scenarios) == ["reset", {"name": "x"}]


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"what": 1}, "case: unknown what"),
        ({"when": []}, "when is missing"),
        ({"source": "hearsay"}, "source is one of seed, field, public, rfc, report, assumed"),
        ({"vendor": "other"}, "the case is for other"),
        ({"scenario": "a", "scenarios": ["b"]}, "scenario or scenarios, not both"),
    ],
)
def test_a_head_that_does_not_keep_the_language_is_refused(members: Any, said: str) -> None:
    with pytest.raises(BadCaseError, match=said):
        case(**members)


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"call": "GET /orders", "answer": {"type": "text/plain"}}, "step 1: answer.status is missing"),
        ({"call": "GET /orders", "answer": {"status": 200, "body": "x"}}, "step 1: unknown body"),
        ({"call": "GET /orders"}, "answer.status is missing"),
        ({**CALL, "wait": 5}, "step 1: unknown or mixed members"),
        ({**CALL, "advance": 5}, "step 1: unknown or mixed members"),
        ({**PUT, "text": "x"}, "one of json, text, not more"),
        ({"call": "GET /orders", "fails": "slowly"}, "fails is one of reset, empty"),
        ({**CALL, "fails": "reset"}, "and has no answer"),
        ({"call": "GET /orders", "fails": {"kind": "reset", "body": ""}}, "unknown body"),
        ({"together": [{"advance": 1}]}, "call 1: unknown or mixed members"),
        ({"together": [{"call": "GET /orders"}]}, "call 1: answer.status is missing"),
        ({"together": [CALL], "answers": [{"status": 200}]}, "its answer belongs in answers"),
        ({"together": [{"call": "GET /o"}], "answers": [{"times": 2}]}, "answer.status is missing"),
        ({"walk": "GET /orders", "between": [{"sleep": 1}]}, "step 1, step 1: unknown or mixed"),
        ({"sleep": 1}, "step 1: unknown or mixed members"),
    ],
)
@pytest.mark.parametrize("part", ["given", "when", "then"])
def test_a_step_that_does_not_keep_the_language_is_refused(part: str, step: Any, said: str) -> None:
    with pytest.raises(BadCaseError, match=f"^acme/orders.yaml: .*{said}"):
        case(**{part: [step]})


def test_an_answer_may_be_a_placeholder_or_the_same_as_before() -> None:
    same = {"call": "GET /orders", "answer": {"same_as": "first"}}

    assert len(case(when=[{"call": "GET /orders", "answer": "${refusal}"}, same]).when) == 2


@pytest.mark.parametrize(
    ("when", "then", "writes", "shown"),
    [
        ([CALL], [], False, True),
        ([PUT], [], True, False),
        ([PUT], [{"unchanged": True}], True, True),
        ([PUT], [{"dump": {}}], True, True),
        ([{"together": [PUT]}], [], True, False),
        ([PUT], [CALL], True, True),
        ([{"walk": "GET /orders", "items": "", "key": "/id", "between": [PUT]}], [], True, True),
    ],
)
def test_a_case_knows_whether_it_writes_and_whether_it_looks_at_what_is_there(
    when: Any, then: Any, *, writes: bool, shown: bool
) -> None:
    made = case(when=when, then=then)

    assert (fact_sheets.writes(made), fact_sheets.expects_state(made)) == (writes, shown)


def test_a_case_that_loses_an_answer_needs_a_socket() -> None:
    lost = {"call": "GET /orders", "fails": "reset"}

    assert case(when=[{"together": [CALL, lost]}]).needs_socket
    assert not case().needs_socket


CASE = """\
# a comment
vendor: acme
seed: 7
when:
- call: PUT /orders
  json: {orders: [{id: A, amount: 1}]}
  answer: {status: 207}
"""


def problems(text: str | bytes) -> list[str]:
    """What is said of a file named x.yaml."""
    with pytest.raises(BadCaseFileError) as caught:
        read_case_file(text if isinstance(text, bytes) else text.encode(), "x.yaml")
    return str(caught.value).split("\n")


def steps(*made: Any) -> str:
    return json.dumps({"vendor": "acme", "when": list(made)})


def run_text(operator: Client, text: str) -> tuple[str, ...]:
    inside = InProcessClient(operator.app)
    case = read_case_file(text.encode(), "x.yaml")
    return asyncio.run(run_in_new_sandbox(case, "from-a-file", inside)).differences


def test_a_case_is_read_from_yaml_and_from_json_below_a_comment() -> None:
    assert read_case_file(CASE.encode(), "x.yaml").seed == 7
    assert read_case_file(f"# how to run it\n{steps({'calls': 0})}".encode(), "x").vendor == "acme"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("PUT /orders", "PUT orders", "x.yaml:5:9: expected METHOD /path, found 'PUT orders'; "),
        ("  json:", "  jsno:", "x.yaml:6:3: unknown member jsno; did you mean json?"),
        ("{status: 207}", "{state: 207}", "x.yaml:5:3: unknown state; "),
        ("seed: 7", "seed: often", "x.yaml:3:7: expected a number from "),
        ("vendor: acme", "vendor: ../_mock", "x.yaml:2:9: expected the name of a vendor"),
        ("when:", "wenn:", "x.yaml:4:1: unknown member wenn; did you mean when?"),
        ("  json:", "  times: 100000\n  json:", "x.yaml:6:10: expected a number from 1 to 1000"),
        ("  json:", "  headers: {Mock-Sandbox: default}\n  json:", "x.yaml:6:27: Mock-Sandbox is set"),
        ("  json:", '  headers: {A: "b\\r\\nC: d"}\n  json:', "x.yaml:6:16: a header is one line"),
        ("  json:", '  headers: {"A b": c}\n  json:', "x.yaml:6:20: 'A b' is not a header name"),
        ("{id: A", "{id: !!python/object:os.system A", "x.yaml:6:24: the tag tag:yaml.org"),
        ("{id: A", "{id: &a A", "x.yaml:6:24: the anchor &a"),
        ("amount: 1}", "amount: *a}", "x.yaml:6:35: the alias *a"),
        ("- call: PUT /orders\n", "- call: PUT /orders\n  text: x\n", "x.yaml:5:3: one of json, text"),
        ("seed: 7", "seed: 7\nseed: 8", 'x.yaml:4:1: the key "seed" is here twice'),
        ("# a comment", "a: [", "x.yaml:"),
    ],
)  # fmt: skip
def test_a_mistake_is_reported_with_its_place_and_a_cure(old: str, new: str, said: str) -> None:
    found = problems(CASE.replace(old, new, 1))

    assert found[0].startswith(said)
    assert "; " in found[0]


@pytest.mark.parametrize(
    "control",
    [
        "POST /journal/1/replay",
        "DELETE /../default",
        "POST /state /x",
        "GET http://127.0.0.1/",
        "GET /a\nb",
    ],
)
def test_a_file_reaches_nothing_but_its_own_sandbox(control: str) -> None:
    assert "expected METHOD /path below the sandbox" in problems(steps({"control": control}))[0]


def test_a_vendor_that_is_not_text_alone_is_refused_in_a_step() -> None:
    step = {"call": "GET /a", "vendor": "sandboxes/default/acme", "answer": {"status": 200}}

    assert "expected the name of a vendor" in problems(steps(step))[0]


@pytest.mark.parametrize("path", ["/_mock/sandboxes", "/%5Fmock/health", "/sandboxes/default/acme/orders"])
def test_a_call_of_no_vendor_reaches_no_other_part_of_the_server(operator: Client, path: str) -> None:
    step = {"call": f"GET {path}", "vendor": "", "answer": {"status": 404}}

    assert "is not below a vendor" in "".join(run_text(operator, steps(step)))


def test_a_call_of_no_vendor_is_made_at_the_root(operator: Client) -> None:
    assert run_text(operator, steps({"call": "GET /nothing", "vendor": "", "answer": {"status": 404}})) == ()


def test_a_file_that_is_too_large_is_not_read() -> None:
    assert "at most" in problems(b"#" * (MAX_CASE_BYTES + 1))[0]


def test_a_file_that_is_not_utf_8_is_refused_with_its_line() -> None:
    assert problems(b"vendor: acme\nsays: \xff\n")[0].startswith("x.yaml:2:1: a byte that is not UTF-8")


def test_nested_braces_end_at_a_limit() -> None:
    assert "nested deeper than" in problems("a: " + "[" * 5000)[0]


def test_too_many_calls_are_refused() -> None:
    made = [{"call": "GET /a", "times": 1000, "answer": {"status": 200}}] * 11

    assert "11,000 calls, at most 10,000" in problems(steps(*made))[0]


@pytest.mark.parametrize("text", ["", "[]", "7", "when: []", "vendor: acme"])
def test_what_is_no_case_is_refused(text: str) -> None:
    assert problems(text)


def chain(first: Any, repeat: Callable[[str], Any]) -> dict[str, Any]:
    """Names of which each repeats the one before it nine times."""
    return {"n0": first, **{f"n{at}": repeat(f"${{n{at - 1}}}") for at in range(1, 30)}}


@pytest.mark.parametrize(
    "names",
    [
        chain("x" * 1000, lambda name: name * 9),
        chain([1], lambda name: [name] * 9),
        {"a": {"$text": "x", "$times": 10**9}},
        {"a": {"$list": "x", "$count": 10**9}},
        {"a": {"$json": 1, "$bytes": 10**9}},
        {"a": {"$text": {"$text": "x", "$times": 10**6}, "$times": 10**6}},
    ],
)
def test_placeholders_cannot_fill_the_memory(operator: Client, names: Any) -> None:
    made = {"names": names, **json.loads(steps({"call": "GET /orders", "answer": {"status": 200}}))}

    assert "a value is larger than" in "".join(run_text(operator, json.dumps(made)))


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"headers": {"x": "${bad}"}}, "line break"),
        ({"hex": "zz"}, "cannot be done"),
        ({"base64": "x"}, "cannot be done"),
        ({"text": "${missing}"}, "nothing is called"),
    ],
)
def test_what_cannot_be_sent_fails_the_case(operator: Client, step: Any, said: str) -> None:
    document = json.loads(steps({"call": "PUT /orders", "answer": {"status": 207}, **step}))

    found = run_text(operator, json.dumps({**document, "names": {"bad": "a\r\nb: c"}}))

    assert said in "".join(found)


def test_a_case_from_a_file_runs_in_a_sandbox_of_its_own(operator: Client) -> None:
    assert run_text(operator, CASE)[:2] == ("x.yaml: when, step 1, PUT /orders", "expected status 207")
    credentials = CASE.replace("  json", "  headers: {authorization: Bearer x}\n  json")
    assert run_text(operator, credentials) == ()
    assert "from-a-file" not in [one["name"] for one in operator.get("/_mock/sandboxes").json]
