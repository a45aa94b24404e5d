"""A suspension ends as if all certificates had been known in time, in whatever order they are heard
of (rules 5.6, R-29)."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import permutations
from typing import Any

import pytest

from contracts.coc import (
    PsObligationMet,
    ScopeFacilityLeft,
    ScopeReinstated,
    ScopeSuspended,
    ScopeTransferApproved,
)
from contracts.coc_scopes import PsObligationEnded
from contracts.envelope import Event
from contracts.values import Standard
from infra.decider import Tick
from services.coc_ledger.scopes.commands import NoteFacilityLeft, NotePsCertificate, OpenScope
from services.coc_ledger.scopes.state import Scope, due, evidence
from tests.rules.coc.given import TODAY, scopes, seen
from tests.rules.coc.test_scope import MILL, OWN, add_mill, found, opening

FIRST, SECOND = TODAY.replace(year=TODAY.year + 1), date(2027, 7, 31)
"""The last days of F-2 and of F-3, which was added two months later."""
DAY = timedelta(days=1)
NOTED = SECOND + 100 * DAY


def two() -> Any:
    """A scope whose F-2 and F-3 have each a year."""
    made = scopes.when(opening(), add_mill("F-2", TODAY), add_mill("F-3", TODAY + 60 * DAY))
    assert due(made.state) == {"ps_due:F-2": FIRST, "ps_due:F-3": SECOND}
    return made


def over(facility: str, day: date) -> Tick:
    return Tick(on=day, target="coc_scope/S-1", rule=f"ps_due:{facility}")


def note(facility: str, since: date, on: date = NOTED) -> NotePsCertificate:
    named: dict[str, Any] = {
        "certificate_id": f"C-{facility}",
        "facilities": (facility,),
        "effective_on": since,
    }
    return NotePsCertificate(**{**OWN, "on": on}, **named)


def without_claims(state: Scope, around: date = FIRST) -> list[tuple[date, date]]:
    """From which days through which nothing was claimed."""
    told = evidence(state, FIRST)
    assert told is not None
    days = [around + n * DAY for n in range(-30, 300)]
    some = [day for day in days if told.suspended(day)]
    starts = [day for day in some if day - DAY not in some]
    ends = [day for day in some if day + DAY not in some]
    return list(zip(starts, ends, strict=True))


def missed(*ticks: Tick) -> Any:
    made = two()
    for tick in ticks:
        made = made.and_when(tick)
    return made


BOTH = (over("F-2", FIRST), over("F-3", SECOND))


@pytest.mark.parametrize(
    ("two_since", "three_since", "spells"),
    [
        (SECOND + 9 * DAY, SECOND + 5 * DAY, [(FIRST + DAY, SECOND + 8 * DAY)]),
        (SECOND + 5 * DAY, SECOND + 9 * DAY, [(FIRST + DAY, SECOND + 8 * DAY)]),
        (FIRST, SECOND + 9 * DAY, [(SECOND + DAY, SECOND + 8 * DAY)]),
        (FIRST + 9 * DAY, SECOND, [(FIRST + DAY, FIRST + 8 * DAY)]),
        (FIRST, SECOND, []),
        (
            FIRST + 9 * DAY,
            SECOND + 9 * DAY,
            [(FIRST + DAY, FIRST + 8 * DAY), (SECOND + DAY, SECOND + 8 * DAY)],
        ),
    ],
)
def test_its_days_are_the_same_in_whatever_order_certificates_are_heard_of(
    two_since: date, three_since: date, spells: list[tuple[date, date]]
) -> None:
    certificates = (note("F-2", two_since), note("F-3", three_since))
    for order in permutations(certificates):
        made = missed(*BOTH)
        for one in order:
            made = made.and_when(one)
        assert without_claims(made.state) == spells, [one.certificate_id for one in order]
        assert due(made.state) == {}


def test_one_certificate_that_comes_before_the_next_is_missed_leaves_the_days_between_free() -> (
    None
):
    made = missed(over("F-2", FIRST)).and_when(note("F-2", FIRST + 9 * DAY, FIRST + 20 * DAY))
    made = made.and_when(over("F-3", SECOND)).and_when(note("F-3", SECOND + 4 * DAY))
    told = [(FIRST + DAY, FIRST + 8 * DAY), (SECOND + DAY, SECOND + 3 * DAY)]
    assert without_claims(made.state) == told


def test_word_that_comes_between_a_missed_day_and_the_clock_is_told_with_the_clock() -> None:
    """F-3 is overdue, and the clock has not said so: the suspension is told once it does."""
    made = missed(over("F-2", FIRST)).and_when(note("F-2", FIRST + 9 * DAY, SECOND + DAY))
    assert [type(one) for one in made.events] == [PsObligationMet]
    after = made.and_when(over("F-3", SECOND))
    assert [type(one) for one in after.events] == [ScopeReinstated, ScopeSuspended]
    assert without_claims(after.state)[0] == (FIRST + DAY, FIRST + 8 * DAY)
    assert without_claims(after.state)[1][0] == SECOND + DAY


def test_what_is_suspended_still_is_told_by_each_that_lacks_the_standard() -> None:
    made = missed(*BOTH).and_when(note("F-2", FIRST + 9 * DAY))
    back, again = [one for one in made.events if not isinstance(one, PsObligationMet)]
    assert isinstance(back, ScopeReinstated)
    assert isinstance(again, ScopeSuspended)
    assert (back.effective_on, again.effective_on) == (FIRST + 9 * DAY, SECOND + DAY)
    assert again.facility_id == "F-3"
    assert due(made.state) == {}, "the clock asks once"


def test_a_facility_that_leaves_lacks_nothing_from_that_day_on() -> None:
    made = missed(*BOTH).and_when(note("F-3", SECOND + 9 * DAY))
    gone = NoteFacilityLeft(
        **{**OWN, "on": NOTED},
        facility_id="F-2",
        effective_on=SECOND + 2 * DAY,
        because="closed",
    )
    assert without_claims(made.and_when(gone).state) == [(FIRST + DAY, SECOND + 8 * DAY)]


# --- the whole ---

WHOLE_DUE = date(2027, 2, 1)


def whole() -> OpenScope:
    """Of a mill without any certificate to the standard, with two facilities."""
    names = ("F-1", "F-2")
    chain = seen(Standard.CHAIN_OF_CUSTODY, day=TODAY, facilities=names)
    two_of_them = found(*names, does=MILL)
    return opening(facilities=names, activities=MILL, found=two_of_them, checked=chain)


@pytest.mark.parametrize("order", list(permutations((("F-1", 40), ("F-2", 10)))))
def test_the_whole_is_covered_since_the_last_of_its_parts_is(
    order: Sequence[tuple[str, int]],
) -> None:
    made = scopes.when(whole())
    assert due(made.state) == {"ps_due:": WHOLE_DUE}
    made = made.and_when(over("", WHOLE_DUE))
    events: Sequence[Event] = ()
    for facility, days in order:
        made = made.and_when(note(facility, WHOLE_DUE + days * DAY))
        events = made.events
    met, back = events
    assert isinstance(met, PsObligationMet)
    assert isinstance(back, ScopeReinstated)
    assert met.facility_id is None
    assert met.effective_on == back.effective_on == WHOLE_DUE + 40 * DAY


def gone(facility: str, since: date, on: date = NOTED) -> NoteFacilityLeft:
    named: dict[str, Any] = {**OWN, "on": on, "facility_id": facility, "effective_on": since}
    return NoteFacilityLeft(**named, because="closed")


def test_of_a_whole_that_left_uncertified_nothing_is_due_and_what_is_added_has_its_own_day() -> (
    None
):
    made = scopes.when(whole()).and_when(gone("F-1", WHOLE_DUE - 20 * DAY, WHOLE_DUE - DAY))
    assert [type(one) for one in made.events] == [ScopeFacilityLeft]
    made = made.and_when(gone("F-2", WHOLE_DUE - 30 * DAY, WHOLE_DUE - DAY))
    left, ended = made.events
    assert isinstance(left, ScopeFacilityLeft)
    assert isinstance(ended, PsObligationEnded)
    assert ended.effective_on == WHOLE_DUE - 20 * DAY, "since the last of them left"
    assert due(made.state) == {}
    assert made.and_when(over("", WHOLE_DUE)).events == []
    more = made.and_when(add_mill("F-3", WHOLE_DUE - DAY))
    assert set(due(more.state)) == {"ps_due:F-3"}


def test_a_whole_that_was_missed_ends_its_suspension_with_the_last_that_left() -> None:
    made = scopes.when(whole()).and_when(over("", WHOLE_DUE))
    made = made.and_when(gone("F-1", WHOLE_DUE + 9 * DAY), gone("F-2", WHOLE_DUE + 4 * DAY))
    ended, back = made.events[-2:]
    assert isinstance(ended, PsObligationEnded)
    assert isinstance(back, ScopeReinstated)
    assert ended.effective_on == back.effective_on == WHOLE_DUE + 9 * DAY
    nothing_claimed = [(WHOLE_DUE + DAY, WHOLE_DUE + 8 * DAY)]
    assert without_claims(made.state, WHOLE_DUE) == nothing_claimed


@pytest.mark.parametrize("clock_first", [False, True])
def test_a_whole_of_which_an_earlier_build_told_no_end_is_ended_by_the_clock(
    clock_first: bool,
) -> None:
    before = scopes.when(whole())
    before = before.and_when(over("", WHOLE_DUE)) if clock_first else before
    one = before.and_when(gone("F-1", WHOLE_DUE + 9 * DAY))
    left = one.and_when(gone("F-2", WHOLE_DUE + 4 * DAY)).events[0]
    assert isinstance(left, ScopeFacilityLeft)
    made = one.and_given(left)
    assert due(made.state) == {"ps_due:": WHOLE_DUE + 9 * DAY}
    asked = made.when(over("", NOTED))
    assert isinstance(asked.events[0], PsObligationEnded)
    assert due(asked.state) == {}
    nothing_claimed = [(WHOLE_DUE + DAY, WHOLE_DUE + 8 * DAY)]
    assert without_claims(asked.state, WHOLE_DUE) == nothing_claimed


def test_a_certificate_of_what_was_added_meets_nothing_of_a_whole_that_left() -> None:
    made = scopes.when(whole(), add_mill("F-3", TODAY)).and_when(note("F-3", TODAY))
    assert due(made.state) == {"ps_due:": WHOLE_DUE}
    made = made.and_when(gone("F-1", TODAY + DAY), gone("F-2", TODAY + DAY))
    assert isinstance(made.events[-1], PsObligationEnded)


def test_a_certificate_of_one_part_meets_the_whole_once_the_other_left() -> None:
    made = scopes.when(whole()).and_when(note("F-1", TODAY), gone("F-2", TODAY + 9 * DAY))
    met = made.events[-1]
    assert isinstance(met, PsObligationMet)
    assert (met.facility_id, met.effective_on) == (None, TODAY + 9 * DAY)


# --- the scope itself goes over ---


def goes_over(made: Any, day: date) -> Any:
    """To a scope of somebody else."""
    own = {name: OWN[name] for name in ("scope_id", "member_id")}
    gone_to = {"to_scope_id": "S-9", "effective_on": day, "approver": "person-1"}
    over = ScopeTransferApproved.model_validate({**own, **gone_to})
    return made.and_given(over)


def test_of_a_scope_that_went_over_by_the_last_day_nothing_is_due() -> None:
    made = goes_over(two(), FIRST)
    assert due(made.state) == {"ps_due:F-2": FIRST, "ps_due:F-3": FIRST}
    asked = made.when(over("F-2", FIRST), over("F-3", FIRST))
    [ended] = asked.events
    assert isinstance(ended, PsObligationEnded)
    assert (ended.facility_id, ended.effective_on) == ("F-3", FIRST)
    assert due(asked.state) == {}
    assert without_claims(asked.state) == []


def test_what_was_missed_before_a_scope_went_over_ends_with_it() -> None:
    made = goes_over(missed(over("F-2", FIRST)), FIRST + 9 * DAY)
    asked = made.when(over("F-2", FIRST + 9 * DAY), over("F-3", FIRST + 9 * DAY))
    assert due(asked.state) == {}
    assert without_claims(asked.state) == [(FIRST + DAY, FIRST + 8 * DAY)]


def test_a_scope_that_goes_over_after_the_last_day_is_asked_on_that_day_and_then() -> None:
    made = goes_over(two(), SECOND)
    assert due(made.state) == {"ps_due:F-2": FIRST, "ps_due:F-3": SECOND}
    asked = made.when(over("F-2", FIRST))
    assert [type(one) for one in asked.events] == [ScopeSuspended]
    assert due(asked.state) == {"ps_due:F-2": SECOND, "ps_due:F-3": SECOND}
