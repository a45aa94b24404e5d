"""What is learnt late: nobody forfeits a membership without time to cure (sources.md 1.2, 1.3).

The time to forfeit counts from the day on which the miss was learnt, when that is later than the
first missed day; and what a certificate to come cures is cured on its day, not before.
"""

from datetime import date, timedelta

import pytest

from contracts.membership import DutyMissed
from contracts.values import Activity
from services.membership import member
from services.membership.commands import ChangeClass, ExtendDuty, RestoreMembership
from services.membership.duty import CertificateNoted, LateNewsNoted
from tests.rules.membership.given import (
    AGAIN,
    DS,
    DUE,
    FIRST,
    FORFEIT,
    JOINED,
    MISSED,
    NOW,
    ONE_DAY,
    POLICY_ID,
    PT,
    certificate,
    days_closed,
    joined,
    met,
    note,
    passing,
    reinstatement,
    started,
    tick,
    withdrawn,
)
from tests.rules.membership.told import Told
from tests.rules.spec import Given

LEARNT = date(2026, 5, 1)
"""Long after the first duty was due, and after its days of grace."""
ENDS = LEARNT + timedelta(days=90)


def learnt(given: Given | None = None, on: date = LEARNT) -> Given:
    """C1 met the first duty; then its withdrawal from before that duty's last day is told."""
    certified = given or passing(joined(), note(certificate(), on=date(2025, 6, 1)))
    closed = days_closed(certified, on - ONE_DAY)
    return passing(closed, withdrawn(DUE).model_copy(update={"on": on}))


def missed_and_learnt(due_on: date = DUE, forfeits_on: date = ENDS) -> DutyMissed:
    return DutyMissed(
        member_id="M1",
        rule=FIRST,
        due_on=due_on,
        effective_on=due_on + ONE_DAY,
        forfeits_on=forfeits_on,
        policy_id=POLICY_ID,
    )


def test_a_withdrawal_told_long_after_its_day_leaves_the_whole_time_to_cure() -> None:
    given = learnt()
    assert member.due(given.state) == {"duty_missed": DUE}
    answered = given.when(tick("duty_missed", LEARNT))
    assert answered.events[0] == missed_and_learnt()
    assert (answered.state.standing, member.due(answered.state)) == (
        "suspended",
        {"forfeit": ENDS - ONE_DAY},
    )
    assert days_closed(answered.and_given(), ENDS - 2 * ONE_DAY).state.standing == "suspended"
    over = days_closed(answered.and_given(), ENDS - ONE_DAY).state
    assert (over.standing, over.ended_on) == ("forfeited", ENDS)


def test_the_day_is_that_on_which_it_was_told_whenever_it_is_heard_of() -> None:
    certified = passing(joined(), note(certificate(), on=date(2025, 6, 1)))
    late = days_closed(certified, LEARNT + timedelta(days=40))
    heard = passing(late, withdrawn(DUE).model_copy(update={"on": LEARNT}))
    answered = heard.when(tick("duty_missed", LEARNT + timedelta(days=40)))
    assert answered.events[0] == missed_and_learnt()


def test_a_certificate_cures_it_within_that_time() -> None:
    suspended = days_closed(learnt(), LEARNT)
    new = certificate("C2", ENDS - ONE_DAY, date(2029, 1, 1))
    cured = days_closed(passing(suspended, note(new, on=LEARNT + ONE_DAY)), ENDS)
    assert cured.state.standing == "active"
    late = certificate("C2", ENDS, date(2029, 1, 1))
    lost = days_closed(passing(suspended, note(late, on=LEARNT + ONE_DAY)), ENDS)
    assert lost.state.standing == "forfeited"


def test_one_that_has_begun_meanwhile_has_cured_it_already() -> None:
    second = certificate("C2", date(2026, 3, 1), date(2029, 2, 28))
    both = passing(
        joined(), note(certificate(), on=date(2025, 6, 1)), note(second, on=date(2026, 2, 1))
    )
    given = days_closed(learnt(both), LEARNT)
    assert given.state.standing == "active"
    assert [miss.key for miss in given.state.misses] == [(FIRST, DUE)]


def test_a_cure_that_is_taken_back_gives_the_time_again() -> None:
    healed = passing(
        days_closed(joined(), NOW), note(certificate(valid_from=date(2025, 9, 1)), on=NOW)
    )
    assert healed.state.standing == "active"
    gone = withdrawn(date(2025, 9, 1)).model_copy(update={"on": LEARNT})
    answered = days_closed(healed, LEARNT - ONE_DAY).when(gone)
    assert missed_and_learnt() in answered.events
    assert answered.state.standing == "suspended"


def test_news_that_do_not_make_the_miss_do_not_move_its_day() -> None:
    suspended = days_closed(joined(), DUE)
    other = certificate("C9", FORFEIT, date(2028, 1, 1))
    answered = suspended.when(note(other, on=MISSED + timedelta(days=60)))
    answered.then(CertificateNoted(member_id="M1", certificate=other))
    assert member.due(answered.state) == {"forfeit": FORFEIT - ONE_DAY}


def test_a_miss_told_in_time_keeps_its_day() -> None:
    answered = joined().when(tick("duty_missed", DUE))
    assert answered.events[0] == missed_and_learnt(forfeits_on=FORFEIT)


def test_who_joined_or_changed_class_long_ago_by_what_is_told_today_has_the_time_too() -> None:
    change = ChangeClass(
        on=LEARNT,
        member_id="M1",
        membership_class=PT,
        activities=(Activity.CASTHOUSE,),
        effective_on=date(2023, 9, 1),
    )
    answered = joined(DS).when(change)
    assert LateNewsNoted(member_id="M1", noted_on=LEARNT) in answered.events
    suspended = days_closed(answered.and_given(), LEARNT)
    assert member.due(suspended.state) == {"forfeit": ENDS - ONE_DAY}


def test_an_extension_is_possible_for_as_long_as_the_membership_can_be_kept() -> None:
    extend = ExtendDuty(
        on=ENDS - ONE_DAY, member_id="M1", due_on=date(2026, 8, 10), reason="r", approver="P7"
    )
    suspended = days_closed(learnt(), LEARNT)
    assert suspended.when(extend).refusal is None
    suspended.when(extend.model_copy(update={"on": ENDS})).refused("extension-too-late")


def test_the_end_of_a_forfeited_membership_is_not_moved_by_late_news() -> None:
    forfeited = days_closed(joined(), FORFEIT)
    questioned = passing(forfeited, note(certificate(), on=LEARNT))
    upheld = passing(questioned, withdrawn(DUE).model_copy(update={"on": LEARNT + ONE_DAY}))
    assert upheld.state.forfeiture == (FIRST, DUE, FORFEIT, False)
    restore = RestoreMembership(on=ENDS, member_id="M1", approver="P7")
    upheld.when(restore).refused("forfeiture-stands")


# --- a certificate to come ---

COMES = date(2025, 10, 1)


def waiting() -> Told:
    """The miss will be cured by a certificate that was granted before it begins."""
    life = Told.joined()
    life.close(DUE)
    life.ask(note(certificate(valid_from=COMES), on=NOW))
    return life


def test_a_member_is_suspended_until_the_certificate_that_cures_begins() -> None:
    life = waiting()
    assert life.events[-2:] == [
        met(FIRST, DUE, "C1", COMES),
        started(AGAIN, COMES, date(2028, 5, 31), "C1"),
    ]
    assert life.state.standing == "suspended"
    assert member.due(life.state)["reinstate"] == COMES - ONE_DAY
    life.close(COMES - 2 * ONE_DAY)
    assert life.state.standing == "suspended"
    life.close(COMES - ONE_DAY)
    assert life.events[-1] == reinstatement(COMES)
    assert life.state.standing == "active"


@pytest.mark.parametrize("begins", [date(2025, 9, 15), NOW])
def test_another_one_that_begins_earlier_ends_the_suspension_earlier(begins: date) -> None:
    life = waiting()
    life.ask(note(certificate("C2", begins, date(2028, 1, 1)), on=NOW))
    life.close(begins - ONE_DAY)
    assert life.events[-1] == reinstatement(begins)
    assert life.state.standing == "active"


def test_withdrawn_before_it_begins_it_cures_nothing() -> None:
    life = waiting()
    life.ask(withdrawn(date(2025, 9, 20)).model_copy(update={"on": date(2025, 9, 20)}))
    life.close(COMES)
    assert life.state.standing == "suspended"
    assert JOINED < life.state.suspensions["duty_missed"] == MISSED
