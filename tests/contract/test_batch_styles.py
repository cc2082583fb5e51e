"""The suite at each example of a batch style: a right server has no finding, each lie is found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from mockserver.codec import yaml
from mockserver.contract.exchange import Finding
from mockserver.contract.loading import as_ours_keeps_it, load_api
from mockserver.contract.run_state import RunConfig
from mockserver.engine import declared_outcomes, registry, stored_answers
from mockserver.engine.resources import Resource
from mockserver.model import Action, Item, Outcome, Problem, Reply
from mockserver.sandbox.store import State
from mockserver.server.application import Options, create_app
from mockserver.spec.batch_forms import Batch
from mockserver.spec.openapi import Operation, Spec
from mockserver.vendor import ApplyBatch, BatchResult, RenderBatch, Request, StoreItem
from tests.any_files.test_batch_styles import STYLES
from tests.contract.suite import SEED, held, told


def outcome_of(file: Path) -> dict[str, Any]:
    """Return the `x-batch.outcome` of an example."""
    (path, *_) = yaml.load(file.read_text(encoding="utf-8"))["paths"].values()
    (operation,) = path.values()
    found: dict[str, Any] = operation["x-batch"]["outcome"]
    return found


FOLDER = Path(__file__).parents[2] / "examples" / "batches"
# The other examples, of more than a form of answer, have lies of their own beside their tests.
EXAMPLES = [FOLDER / f"{name}.yaml" for name in STYLES]
# A count alone does not tell which items are rejected, so that nobody can say which of them is stored.
COUNTING = ("a-count-only", "counts-in-headers")
TELLING_ITEMS = [one for one in EXAMPLES if one.stem not in COUNTING]
SUMMING_UP = [one for one in EXAMPLES if {"summary", "count"} & outcome_of(one).keys()]
WITH_STATUSES = [one for one in EXAMPLES if len({*outcome_of(one).get("statuses", {}).values()}) > 1]
QUICK = RunConfig(SEED, 2, shrinks=False)
Outcomes = tuple[Outcome, ...]


def findings(file: Path) -> list[Finding]:
    api = as_ours_keeps_it(load_api(file))
    return held(api, create_app(Options(files=(file,))), file.stem, QUICK).findings


def bad_as_good(outcomes: Outcomes) -> Outcomes:
    """The first rejected item is told as created."""
    bad = next((one for one in outcomes if not one.accepted), None)
    return tuple(
        Outcome(one.item, Action.CREATED, one.item.document) if one is bad else one for one in outcomes
    )


def without_one(outcomes: Outcomes) -> Outcomes:
    """Nothing is told of the last rejected item; without rejected items, of the last item."""
    bad = [one for one in outcomes if not one.accepted] or list(outcomes[1:])
    lost = bad[-1] if bad else None
    return tuple(one for one in outcomes if one is not lost)


def of_the_next(outcomes: Outcomes) -> Outcomes:
    """Each item is told with the outcome of the item after it."""
    following = [*outcomes[1:], *outcomes[:1]]
    return tuple(replace(other, item=one.item) for one, other in zip(outcomes, following, strict=True))


def telling(change: Callable[[Outcomes], Outcomes]) -> Callable[[Spec, Operation, Batch], RenderBatch]:
    def made(contract: Spec, operation: Operation, batch: Batch) -> RenderBatch:
        render = declared_outcomes.render_batch(contract, operation, batch)

        def lie(result: BatchResult, state: State) -> Reply:
            return render(replace(result, outcomes=change(result.outcomes)), state)

        return lie

    return made


def refusing(resource: Resource, operation: Operation) -> ApplyBatch:
    """Items are stored; each item with an odd index is told as rejected all the same."""
    apply = stored_answers.store_items(resource, operation)

    def applied(request: Request, state: State) -> StoreItem:
        keep = apply(request, state)

        def kept(item: Item) -> Outcome:
            outcome = keep(item)
            problems = (Problem("invalid", ("items", item.index), "it is not welcome"),)
            return Outcome(item, Action.REJECTED, None, problems) if item.index % 2 else outcome

        return kept

    return applied


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_nothing_is_found_at_a_right_server(file: Path) -> None:
    assert told(findings(file)) == []


LIES = [
    (file, lie)
    for file in EXAMPLES
    for lie in (bad_as_good, without_one, of_the_next)
    if lie is not of_the_next or file in TELLING_ITEMS
]


@pytest.mark.parametrize(("file", "lie"), LIES, ids=[f"{file.stem} {lie.__name__}" for file, lie in LIES])
def test_a_lie_about_an_item_is_found(
    file: Path, lie: Callable[[Outcomes], Outcomes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "render_batch", telling(lie))

    assert findings(file)


@pytest.mark.parametrize("file", TELLING_ITEMS, ids=lambda file: file.stem)
def test_a_rejected_item_that_is_stored_is_found(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "store_items", refusing)

    assert findings(file)


@pytest.mark.parametrize("file", SUMMING_UP, ids=lambda file: file.stem)
def test_a_wrong_count_is_found(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(declared_outcomes, "_fact", lambda fact, counts: counts[fact] + 1)

    assert findings(file)


@pytest.mark.parametrize("file", WITH_STATUSES, ids=lambda file: file.stem)
def test_a_status_line_that_does_not_fit_the_outcomes_is_found(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    turned = {"all": "none", "some": "none", "none": "all"}
    usual = declared_outcomes._result_of  # noqa: SLF001 - the word that chooses the status
    monkeypatch.setattr(declared_outcomes, "_result_of", lambda counts: turned[usual(counts)])

    assert findings(file)
