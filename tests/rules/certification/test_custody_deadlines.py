"""The chain of custody on the board: reports, overdrafts, what follows, confirmations."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from contracts.coc_documents import Awaited
from contracts.custody import Dated, Switched
from services.certification.buckets import Seen, bucket_of
from services.certification.deadline_parts import DeadlineRow, items_of
from services.certification.explain import explain

from .given import POLICY, Folded, Happened, after, forfeited, joined, recorded
from .given_custody import (
    ENDS_ON,
    PERIOD,
    SIXTY,
    awaited,
    carried,
    confirmed,
    disputed,
    ended,
    foreseen,
    issued,
    lapsed,
    made_good,
    pool_closed,
    pool_opened,
    pool_shortened,
    report_accepted,
    report_excused,
    report_expected,
    report_overdue,
    report_returned,
    report_submitted,
    scope_opened,
)
from .test_laws import Publisher

Answer = Callable[[str, date, Awaited | None], Happened]
DAY = timedelta(days=1)
FROM, DUE = date(2026, 1, 1), date(2026, 6, 30)
REPORT, CONFIRM = "coc_yearly_report:S1~2025", "coc_confirmation:S1"
OVERDRAFT = "coc_overdraft:S1:aluminium:2026-01-01"
EXPECTED = report_expected(FROM, DUE)


def row(world: Folded, key: str) -> DeadlineRow:
    found: DeadlineRow = world.deadlines[key]
    return found


def end(world: Folded, key: str) -> tuple[str, date | None]:
    found = row(world, key)
    return found.state, found.closed_on


# --- yearly report ---


def test_a_year_to_report_is_open_until_its_last_day() -> None:
    found = row(after(EXPECTED), REPORT)
    assert (found.state, found.opened_on, found.due_on) == ("open", FROM, DUE)
    assert (found.member_id, found.subject) == ("M1", "coc_scope/S1")
    assert explain(found).evidence == "unverified"


@pytest.mark.parametrize(
    ("history", "state", "closed_on"),
    [
        ((report_submitted(DUE),), "met", DUE),
        ((report_submitted(DUE + DAY),), "missed", DUE + DAY),
        ((report_overdue(DUE),), "missed", None),
        ((report_overdue(DUE), report_submitted(DUE + 5 * DAY)), "missed", DUE + 5 * DAY),
        ((report_excused(DUE, DUE - DAY),), "cancelled", DUE - DAY),
        ((report_submitted(FROM), report_returned(DUE - DAY)), "open", None),
        (
            (report_submitted(FROM), report_returned(FROM), report_overdue(DUE)),
            "missed",
            None,
        ),
        (
            (report_submitted(FROM), report_returned(FROM), report_submitted(DUE, 2)),
            "met",
            DUE,
        ),
        (
            (
                report_overdue(DUE),
                report_submitted(DUE + DAY),
                report_returned(DUE + 2 * DAY),
            ),
            "missed",
            None,
        ),
    ],
)
def test_a_report_ends_as_its_scope_tells(
    history: tuple[Happened, ...], state: str, closed_on: date | None
) -> None:
    assert end(after(EXPECTED, *history), REPORT) == (state, closed_on)


def test_a_correction_of_what_was_accepted_opens_nothing_again() -> None:
    accepted = (EXPECTED, report_submitted(FROM), report_accepted(FROM + DAY))
    later = (report_submitted(DUE + DAY, 2), report_returned(DUE + 2 * DAY, 2))
    assert end(after(*accepted, *later), REPORT) == ("met", FROM)


# --- the end of a period ---

CLOSE = "coc_period_close:S1:aluminium:2026-01-01"
LATEST = ENDS_ON + 60 * DAY


def test_a_period_is_to_be_closed_and_is_until_it_was() -> None:
    opened = pool_opened(close_by=LATEST)
    found = row(after(opened), CLOSE)
    assert (found.state, found.opened_on, found.due_on) == ("open", PERIOD, LATEST)
    assert end(after(opened, pool_closed(LATEST)), CLOSE) == ("met", LATEST)
    late = LATEST + DAY
    assert end(after(opened, pool_closed(late)), CLOSE) == ("missed", late)
    assert after(pool_opened()).deadlines.get(CLOSE) is None, "older books name no day"


def test_a_period_that_ends_earlier_is_to_be_closed_earlier_and_owes_earlier() -> None:
    earlier = pool_shortened(ENDS_ON - 30 * DAY, LATEST - 30 * DAY)
    world = after(pool_opened(close_by=LATEST), carried(5), earlier)
    assert row(world, CLOSE).due_on == LATEST - 30 * DAY
    assert row(world, OVERDRAFT).due_on == ENDS_ON - 30 * DAY


# --- overdraft ---


def test_a_period_that_owes_nothing_has_nothing_due() -> None:
    world = after(pool_opened(), carried(0), pool_closed(ENDS_ON + DAY))
    assert (row(world, OVERDRAFT).state, row(world, OVERDRAFT).due_on) == ("unopened", None)


def test_an_overdraft_is_due_with_the_period_and_the_close_tells() -> None:
    owing = (pool_opened(), carried(500))
    found = row(after(*owing), OVERDRAFT)
    assert (found.state, found.opened_on, found.due_on) == ("open", PERIOD, ENDS_ON)
    assert (found.subject, [one[0] for one in found.events]) == (
        "pool/S1:aluminium:2026-01-01",
        ["opened"],
    )
    later = ENDS_ON + 20 * DAY
    assert end(after(*owing, pool_closed(later)), OVERDRAFT) == ("met", ENDS_ON)
    assert end(after(*owing, pool_closed(later, 90)), OVERDRAFT) == ("missed", later)


def test_an_overdraft_is_due_before_the_period_that_left_it_is_closed() -> None:
    """From its end on; the close then says how much it was."""
    owing = (pool_opened(), foreseen(500, 500))
    found = row(after(*owing), OVERDRAFT)
    assert (found.state, found.opened_on, found.due_on) == ("open", PERIOD, ENDS_ON)
    made_good = row(after(*owing, foreseen(0, -500)), OVERDRAFT)
    assert (made_good.state, made_good.due_on) == ("unopened", None)
    told = after(*owing, foreseen(0, -500), carried(500))
    assert (row(told, OVERDRAFT).state, row(told, OVERDRAFT).due_on) == ("open", ENDS_ON)
    later = ENDS_ON + 20 * DAY
    assert end(after(*owing, pool_closed(later, 90)), OVERDRAFT) == ("missed", later)


def test_an_overdraft_is_met_on_the_day_on_which_the_books_cover_it() -> None:
    day = PERIOD + 50 * DAY
    told = (pool_opened(), carried(500), made_good(day))
    assert end(after(*told), OVERDRAFT) == ("met", day)
    assert explain(row(after(*told), OVERDRAFT)).story[-1] == f"It was met on {day}."
    assert end(after(*told, made_good(ENDS_ON)), OVERDRAFT) == ("met", day), "said once more"
    assert end(after(*told, pool_closed(ENDS_ON + 20 * DAY)), OVERDRAFT) == ("met", day)
    assert row(after(pool_opened(), made_good(day)), OVERDRAFT).state == "unopened"


def test_an_overdraft_that_the_books_cover_no_longer_is_open_again() -> None:
    again = (pool_opened(), carried(500), made_good(PERIOD + 50 * DAY), made_good(FROM, 90))
    assert end(after(*again), OVERDRAFT) == ("open", None)
    later = ENDS_ON + 20 * DAY
    assert end(after(*again, pool_closed(later, 90)), OVERDRAFT) == ("missed", later)


def test_an_overdraft_whose_scope_goes_over_is_due_by_the_day_by_which_it_was() -> None:
    """In the successor, whose year may end later; its own pool has no more to do with it."""
    over, last = date(2026, 6, 30), ENDS_ON
    switched = Switched(carried_until=last, earned_until=date(2027, 12, 31))
    cut = (pool_opened(), carried(500), pool_shortened(over, over + SIXTY, switched))
    assert (row(after(*cut), OVERDRAFT).state, row(after(*cut), OVERDRAFT).due_on) == ("open", last)
    goes_on = (Dated(day=last, kg=300),)
    left = after(*cut, pool_closed(over + DAY, due=goes_on, switched=switched))
    assert end(left, OVERDRAFT) == ("cancelled", over + DAY)
    made_good = after(*cut, pool_closed(over + DAY, switched=switched))
    assert end(made_good, OVERDRAFT) == ("met", over + DAY)
    got = (pool_opened(), carried(300, due=(Dated(day=over, kg=300),)))
    assert row(after(*got), OVERDRAFT).due_on == over
    assert end(after(*got, pool_closed(ENDS_ON + DAY)), OVERDRAFT) == ("met", over)
    also = after(*got, carried(20))
    assert row(also, OVERDRAFT).due_on == over


def test_what_is_due_after_the_period_goes_on_into_the_next_one() -> None:
    later = (Dated(day=ENDS_ON + 365 * DAY, kg=300),)
    owing = (pool_opened(), carried(300, due=later))
    assert row(after(*owing), OVERDRAFT).due_on == later[0].day
    closed = after(*owing, pool_closed(ENDS_ON + DAY, due=later))
    assert end(closed, OVERDRAFT) == ("cancelled", ENDS_ON + DAY)


def test_one_that_was_made_good_after_its_own_day_is_missed() -> None:
    """Though before the period's end, by which the close finds it made good."""
    due = ENDS_ON - 90 * DAY
    got = (pool_opened(), carried(300, due=(Dated(day=due, kg=300),)))
    closed = after(*got, pool_closed(ENDS_ON + DAY, late_kg=200))
    assert end(closed, OVERDRAFT) == ("missed", ENDS_ON)
    assert row(closed, OVERDRAFT).due_on == due


OWN = ENDS_ON - 90 * DAY
"""A last day of its own within the period."""
GOT = (pool_opened(), carried(300, due=(Dated(day=OWN, kg=300),)))


def test_one_with_a_day_of_its_own_is_met_when_the_books_cover_it_and_not_with_the_close() -> None:
    met = after(*GOT, made_good(OWN - DAY, due_on=OWN))
    assert end(met, OVERDRAFT) == ("met", OWN - DAY)
    closed = after(*GOT, made_good(OWN - DAY, due_on=OWN), pool_closed(ENDS_ON + DAY))
    assert end(closed, OVERDRAFT) == ("met", OWN - DAY)


def test_one_with_a_day_of_its_own_is_missed_when_it_is_made_good_behind_that() -> None:
    late = (*GOT, made_good(OWN + 5 * DAY, due_on=OWN, late_kg=200))
    assert end(after(*late), OVERDRAFT) == ("missed", OWN + 5 * DAY)
    closed = after(*late, pool_closed(ENDS_ON + DAY, late_kg=200))
    assert end(closed, OVERDRAFT) == ("missed", OWN + 5 * DAY)
    again = after(*late, made_good(OWN + 6 * DAY, 100, due_on=OWN, late_kg=200))
    assert (end(again, OVERDRAFT), row(again, OVERDRAFT).due_on) == (("missed", None), OWN)
    over = after(*late, made_good(ENDS_ON, due_on=OWN, late_kg=200))
    assert end(over, OVERDRAFT) == ("missed", OWN + 5 * DAY), "the end of its period moves nothing"
    in_time = after(*late, made_good(OWN, due_on=OWN))
    assert end(in_time, OVERDRAFT) == ("met", OWN), "told later, of a day in time"


def test_one_that_was_met_is_missed_when_what_comes_late_undoes_that() -> None:
    """What covers it now came behind its day: seen at once, and not with the close alone."""
    undone = (*GOT, made_good(OWN - DAY, due_on=OWN), made_good(OWN + DAY, due_on=OWN, late_kg=14))
    assert end(after(*undone), OVERDRAFT) == ("missed", OWN + DAY)
    closed = after(*undone, pool_closed(ENDS_ON + DAY, late_kg=14))
    assert end(closed, OVERDRAFT) == ("missed", OWN + DAY)


def test_of_several_days_that_of_the_first_part_that_is_open_is_on_the_board() -> None:
    parts = (Dated(day=OWN, kg=100), Dated(day=OWN + 30 * DAY, kg=100))
    got = (pool_opened(), carried(300, due=parts))
    assert row(after(*got), OVERDRAFT).due_on == OWN
    first = (*got, made_good(OWN - DAY, 200, due_on=OWN + 30 * DAY))
    found = row(after(*first), OVERDRAFT)
    assert (found.state, found.due_on) == ("open", OWN + 30 * DAY)
    closed = after(*first, pool_closed(ENDS_ON + DAY))
    assert end(closed, OVERDRAFT) == ("met", OWN)


def test_one_that_was_made_good_is_met_though_a_new_one_is_due_on_the_same_day() -> None:
    """What the cut period claimed ahead itself is no part of what it owed."""
    far = ENDS_ON + 365 * DAY
    switched = Switched(carried_until=ENDS_ON, earned_until=far)
    new = (Dated(day=far, kg=30),)
    owing = (pool_opened(), carried(50, due=(Dated(day=far, kg=50),)))
    met = pool_closed(ENDS_ON + DAY, due=new, switched=switched, ahead_kg=30)
    assert end(after(*owing, met), OVERDRAFT) == ("met", ENDS_ON)
    partly = pool_closed(ENDS_ON + DAY, due=new, switched=switched, ahead_kg=20)
    assert end(after(*owing, partly), OVERDRAFT) == ("cancelled", ENDS_ON + DAY)


# --- confirmations ---


def test_a_scope_has_one_line_for_all_that_waits_by_the_oldest() -> None:
    days = [FROM, FROM, FROM + DAY, FROM + 2 * DAY]
    world = after(*(issued(f"D{number}", on) for number, on in enumerate(days)))
    found = row(world, CONFIRM)
    assert (found.state, found.opened_on, found.due_on) == ("open", FROM, FROM + SIXTY)
    assert (items_of(found), found.member_id, found.subject) == (4, "M1", "coc_scope/S1")
    assert "It stands for 4 that wait, by the last day of the oldest." in explain(found).story


@pytest.mark.parametrize("answer", [confirmed, disputed, lapsed, ended])
def test_an_answer_takes_one_away_and_the_last_one_the_line(answer: Answer) -> None:
    first = (issued("D1", FROM), issued("D2", FROM + DAY))
    one = after(*first, answer("D1", FROM + DAY, awaited(FROM)))
    assert (items_of(row(one, CONFIRM)), row(one, CONFIRM).due_on) == (1, FROM + DAY + SIXTY)
    both = after(
        *first,
        answer("D1", FROM + DAY, awaited(FROM)),
        answer("D2", FROM + DAY, awaited(FROM + DAY)),
    )
    assert both.deadlines[CONFIRM] is None


def test_what_was_answered_before_is_not_taken_away_twice() -> None:
    world = after(
        issued("D1", FROM),
        issued("D2", FROM),
        disputed("D1", FROM, awaited(FROM)),
        confirmed("D1", FROM + DAY, None),
        ended("D1", FROM + 2 * DAY, None),
    )
    assert items_of(row(world, CONFIRM)) == 1


def test_for_a_buyer_without_accounts_the_seller_sees_to_it() -> None:
    found = row(after(issued("D1", FROM, to_scope=False)), CONFIRM)
    assert (found.member_id, found.subject) == ("M1", "coc_scope/S1")


def test_the_row_grows_with_days_and_not_with_documents() -> None:
    world = after(
        *(issued(f"D{number}", FROM + number % 60 * DAY) for number in range(600)),
    )
    found = row(world, CONFIRM)
    assert items_of(found) == 600
    assert len(found.parts["own"]["waiting"]) == 60


# --- all of them ---


def test_past_due_only_once_the_ledger_has_closed_the_day() -> None:
    found = row(after(EXPECTED), REPORT)
    for closed, name in ((DUE - DAY, "undetermined"), (DUE, "past_due")):
        bucket = bucket_of(found, DUE + DAY, Seen({"coc_ledger": closed}), POLICY)
        assert bucket is not None
        assert bucket.name == name


@pytest.mark.parametrize("key", [REPORT, OVERDRAFT, "coc_needs_ps:S1", CONFIRM])
def test_nobody_asks_a_former_member(key: str) -> None:
    left = DUE - 90 * DAY
    world = after(
        joined(),
        EXPECTED,
        pool_opened(),
        carried(500),
        scope_opened(FROM, DUE),
        issued("D1", FROM),
        forfeited(left),
    )
    shown = world.shown(key, left)
    assert (shown.state, shown.closed_on) == ("cancelled", left)


def test_a_line_that_is_gone_is_reminded_of_no_more() -> None:
    history = [issued("D1", FROM), confirmed("D1", FROM + DAY, awaited(FROM))]
    told = Publisher(recorded(history)).told[f"deadline/{CONFIRM}"]
    assert [event.TYPE for event in told] == [
        "certification.reminder_set.v1",
        "certification.reminder_stopped.v1",
    ]
