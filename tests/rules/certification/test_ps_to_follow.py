"""The Performance Standard that is to follow on the board, and what becomes of it when facilities
leave."""

from datetime import date

import pytest

from .given import after
from .given_custody import (
    facility_added,
    facility_left,
    ps_ended,
    ps_met,
    scope_opened,
    scope_suspended,
)
from .test_custody_deadlines import DAY, DUE, FROM, end, row


def test_what_must_follow_follows_or_the_scope_is_suspended() -> None:
    key, late = "coc_needs_ps:S1", DUE + 40 * DAY
    opened = scope_opened(FROM, DUE)
    assert end(after(opened), key) == ("open", None)
    assert end(after(opened, ps_met(DUE)), key) == ("met", DUE)
    assert end(after(opened, scope_suspended(DUE + DAY)), key) == ("missed", None)
    suspended = after(opened, scope_suspended(DUE + DAY), ps_met(late))
    assert end(suspended, key) == ("missed", late)
    assert row(suspended, key).certificate_id == "C1"


def test_each_added_facility_has_its_own_year_and_a_certified_one_has_none() -> None:
    world = after(scope_opened(FROM, None), facility_added(FROM, DUE), ps_met(DUE, "F2"))
    assert world.deadlines.get("coc_needs_ps:S1") is None
    assert end(world, "coc_needs_ps:S1~F2") == ("met", DUE)


def test_of_a_facility_that_left_nothing_is_due_and_what_it_brought_or_missed_stands() -> None:
    key, added = "coc_needs_ps:S1~F2", facility_added(FROM, DUE)
    assert end(after(added, facility_left(FROM + DAY)), key) == ("cancelled", FROM + DAY)
    assert end(after(added, ps_met(FROM, "F2"), facility_left(DUE)), key) == ("met", FROM)
    late = after(added, scope_suspended(DUE + DAY, "F2"), facility_left(DUE + 2 * DAY))
    assert end(late, key) == ("missed", DUE + 2 * DAY)


@pytest.mark.parametrize(
    ("left_on", "state"), [(DUE, "cancelled"), (DUE + DAY, "missed"), (DUE + 2 * DAY, "missed")]
)
def test_a_last_day_before_the_leaving_is_missed_whether_the_clock_or_the_leaving_is_heard_first(
    left_on: date, state: str
) -> None:
    """Of one that left on its last day nothing was missed: it was due by the end of that day."""
    key, added, gone = "coc_needs_ps:S1~F2", facility_added(FROM, DUE), facility_left(left_on)
    ticked = scope_suspended(DUE + DAY, "F2")
    orders = [(added, gone), (added, gone, ticked), (added, ticked, gone)]
    assert [end(after(*one), key) for one in orders] == [(state, left_on)] * 3


def test_of_a_whole_that_left_nothing_is_due_and_what_was_missed_before_stands() -> None:
    key, opened = "coc_needs_ps:S1", scope_opened(FROM, DUE)
    in_time = after(opened, facility_left(FROM + DAY, "F1"), ps_ended(FROM + DAY))
    assert end(in_time, key) == ("cancelled", FROM + DAY)
    late = after(opened, scope_suspended(DUE + DAY), ps_ended(DUE + 2 * DAY))
    assert end(late, key) == ("missed", DUE + 2 * DAY)
