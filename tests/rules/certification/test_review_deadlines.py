"""The yearly review of a reduction plan stands on the board, and each review opens the next."""

from datetime import date, timedelta

import pytest

from contracts import ghg_plans
from contracts.envelope import Event
from services.certification.deadline_parts import DeadlineRow
from services.certification.explain import explain

from .given import Folded, Happened, after

FROM, DUE, NEXT = date(2026, 6, 1), date(2027, 6, 1), date(2028, 5, 1)
ONE_DAY = timedelta(days=1)
WHO = {"entity_id": "E1", "member_id": "M1"}


def told(event: Event) -> Happened:
    """What the plan's stream says."""
    return Happened("reduction_plan/E1", event, FROM)


def expected(due_on: date, on: date = FROM) -> Happened:
    """A review by a day."""
    said = {"due_on": due_on, "expected_on": on, "policy_id": "ghg-1"}
    return told(ghg_plans.PlanReviewExpected.model_validate({**WHO, **said}))


def reviewed(on: date) -> Happened:
    """The review that was due."""
    said = {"year": 2026, "years": (), "due_on": DUE, "reviewed_on": on, "policy_id": "ghg-1"}
    return told(ghg_plans.PlanReviewed.model_validate({**WHO, **said}))


OVERDUE = told(
    ghg_plans.PlanReviewOverdue.model_validate({**WHO, "due_on": DUE, "overdue_on": DUE + ONE_DAY})
)
ENDED = told(ghg_plans.ReductionPlanEnded.model_validate({**WHO, "due_on": DUE, "ended_on": FROM}))


def row(world: Folded, due_on: date = DUE) -> DeadlineRow:
    """The review of a day."""
    found: DeadlineRow = world.deadlines[f"plan_review_due:E1~{due_on}"]
    return found


def test_a_plan_opens_its_first_review() -> None:
    found = row(after(expected(DUE)))
    assert (found.state, found.opened_on, found.due_on) == ("open", FROM, DUE)
    assert (found.member_id, found.subject) == ("M1", "entity/E1")
    assert explain(found).evidence == "unverified"


@pytest.mark.parametrize(
    ("history", "state", "closed_on"),
    [
        ((reviewed(DUE),), "met", DUE),
        ((OVERDUE,), "missed", None),
        ((OVERDUE, reviewed(DUE + ONE_DAY)), "missed", DUE + ONE_DAY),
        ((ENDED,), "cancelled", FROM),
    ],
)
def test_it_ends_as_the_plan_tells(
    history: tuple[Happened, ...], state: str, closed_on: date | None
) -> None:
    found = row(after(expected(DUE), *history))
    assert (found.state, found.closed_on) == (state, closed_on)


def test_each_review_opens_the_next() -> None:
    world = after(expected(DUE), reviewed(DUE - ONE_DAY), expected(NEXT, DUE - ONE_DAY))
    assert (row(world).state, row(world, NEXT).state) == ("met", "open")
