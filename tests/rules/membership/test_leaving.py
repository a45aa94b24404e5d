"""A resignation for a day to come: announced, taken back, in force on its day (sources.md 1.4)."""

from datetime import date

from contracts.membership import (
    DutyEnded,
    MemberResigned,
    MembershipTerminated,
    ResignationAnnounced,
    ResignationWithdrawn,
)
from services.membership import member
from services.membership.commands import (
    ResignMembership,
    RestoreMembership,
    TerminateMembership,
    WithdrawResignation,
)
from tests.rules.membership.given import (
    DS,
    DUE,
    FIRST,
    FORFEIT,
    MISSED,
    NOW,
    ONE_DAY,
    certificate,
    days_closed,
    joined,
    note,
    passing,
    tick,
)

LEAVES = date(2025, 12, 31)
EVE = LEAVES - ONE_DAY


def resign(effective_on: date | None = LEAVES, on: date = NOW) -> ResignMembership:
    return ResignMembership(on=on, member_id="M1", effective_on=effective_on)


def announced(effective_on: date = LEAVES) -> ResignationAnnounced:
    return ResignationAnnounced(member_id="M1", announced_on=NOW, effective_on=effective_on)


def resigned(effective_on: date = LEAVES) -> MemberResigned:
    return MemberResigned(member_id="M1", effective_on=effective_on)


STAY = WithdrawResignation(on=NOW, member_id="M1")
LEAVING = passing(joined(DS), resign())


def test_a_resignation_for_a_day_ahead_is_announced_and_the_membership_goes_on() -> None:
    answered = joined(DS).when(resign())
    answered.then(announced()).and_when(resign()).nothing()
    assert answered.state.standing == "active"
    assert member.due(answered.state) == {"resignation": EVE}


def test_it_takes_effect_on_its_day_by_the_clock() -> None:
    LEAVING.when(tick("resignation", EVE - ONE_DAY)).nothing()
    LEAVING.when(tick("resignation", EVE)).then(resigned())
    gone = days_closed(LEAVING, EVE)
    assert (gone.state.standing, gone.state.ended_on) == ("resigned", LEAVES)
    assert member.due(gone.state) == {}


def test_it_can_be_taken_back_before_its_day_and_not_after() -> None:
    LEAVING.when(STAY).then(ResignationWithdrawn(member_id="M1", withdrawn_on=NOW)).and_when(
        STAY
    ).nothing()
    assert member.due(passing(LEAVING, STAY).state) == {}
    days_closed(LEAVING, EVE).when(STAY).refused("membership-ended")


def test_another_day_takes_its_place_and_today_ends_it_at_once() -> None:
    later = date(2026, 6, 30)
    moved = LEAVING.when(resign(later))
    moved.then(announced(later))
    assert member.due(moved.state) == {"resignation": later - ONE_DAY}
    LEAVING.when(resign(None)).then(resigned(NOW))


def test_a_duty_that_falls_due_before_is_missed_all_the_same() -> None:
    given = days_closed(passing(joined(), resign()), LEAVES)
    assert given.state.forfeiture is not None
    assert given.state.forfeiture.effective_on == FORFEIT


def test_nothing_is_missed_from_the_day_on_which_the_member_is_gone() -> None:
    leaving = passing(joined(), resign(MISSED, on=date(2025, 8, 1)))
    for rule in ("duty_missed", "resignation"):
        leaving.when(tick(rule, DUE)).then(
            resigned(MISSED),
            DutyEnded(member_id="M1", rule=FIRST, effective_on=MISSED, because="membership_ended"),
        )


def test_who_is_ended_otherwise_does_not_resign_any_more() -> None:
    end = TerminateMembership(on=NOW, member_id="M1", reason="breach", approver="P7")
    ended = LEAVING.when(end)
    ended.then(
        MembershipTerminated(member_id="M1", effective_on=NOW, reason="breach", approver="P7")
    )
    assert member.due(ended.state) == {}


def test_a_membership_restored_after_the_day_announced_ends_with_that_day() -> None:
    forfeited = days_closed(passing(joined(), resign()), FORFEIT)
    late = note(certificate(), on=date(2026, 1, 15))
    restore = RestoreMembership(on=date(2026, 1, 16), member_id="M1", approver="P7")
    back = passing(forfeited, late, restore)
    assert back.state.standing == "active"
    gone = days_closed(back, date(2026, 1, 16))
    assert (gone.state.standing, gone.state.ended_on) == ("resigned", LEAVES)
