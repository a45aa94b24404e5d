"""When the duty to certify begins and ends: by class and date (sources.md 1.2)."""

from datetime import date

import pytest

from contracts.membership import DutyEnded, DutyMissRetracted, MembershipClassChanged
from contracts.values import Activity, MembershipClass
from infra.policy import Figure, PolicyFile
from services.membership import member
from services.membership.commands import AdmitMember, ChangeClass
from tests.rules.membership.given import (
    AGAIN,
    BEFORE,
    DS,
    DUE,
    FIRST,
    FORFEIT,
    IU,
    JOINED,
    MISSED,
    NOW,
    POLICY_ID,
    PT,
    SPEC,
    applied,
    certificate,
    days_closed,
    forfeited,
    joined,
    member_joined,
    met,
    missed,
    note,
    passing,
    reinstatement,
    started,
    suspension,
    tick,
)
from tests.rules.spec import Spec, policies_of


def changed(
    before: MembershipClass, after: MembershipClass, on: date, *activities: Activity
) -> MembershipClassChanged:
    return MembershipClassChanged(
        member_id="M1",
        previous_class=before,
        membership_class=after,
        activities=activities,
        effective_on=on,
        policy_id=POLICY_ID,
    )


def change(
    after: MembershipClass, on: date, *activities: Activity, since: date | None = None
) -> ChangeClass:
    return ChangeClass(
        on=on,
        member_id="M1",
        membership_class=after,
        activities=activities,
        effective_on=since,
    )


# --- the first day and the last ---


@pytest.mark.parametrize(
    ("joined_on", "starts_on", "due_on"),
    [
        (date(2023, 8, 10), date(2023, 8, 10), date(2025, 8, 10)),
        (date(2024, 2, 29), date(2024, 2, 29), date(2026, 2, 28)),
        (date(2022, 2, 28), date(2022, 2, 28), date(2024, 2, 28)),
        (date(2022, 3, 1), date(2022, 3, 1), date(2024, 3, 1)),
        (date(2016, 2, 29), date(2017, 12, 1), date(2019, 12, 1)),
        (date(2017, 11, 30), date(2017, 12, 1), date(2019, 12, 1)),
        (date(2017, 12, 1), date(2017, 12, 1), date(2019, 12, 1)),
        (date(2017, 12, 2), date(2017, 12, 2), date(2019, 12, 2)),
    ],
    ids=[
        "two years to the day",
        "29 February becomes 28",
        "28 February stays, leap year or not",
        "1 March stays",
        "joined before the launch: counted from it",
        "joined on the eve of the launch",
        "joined on the day of the launch",
        "joined the day after",
    ],
)
def test_the_duty_is_due_two_years_after_joining_or_launch_whichever_is_later(
    joined_on: date, starts_on: date, due_on: date
) -> None:
    SPEC.given(*applied()).when(AdmitMember(on=joined_on, member_id="M1")).then(
        member_joined(PT, joined_on), started(FIRST, starts_on, due_on)
    )


def test_the_launch_day_is_a_figure_that_can_be_put_right() -> None:
    put_right = PolicyFile(
        policy_id="membership-launch",
        valid_from=date(2017, 12, 2),
        figures={
            "duty.launched_on": Figure(value="2017-12-12", evidence="verified", source="a test")
        },
    )
    spec = Spec(member, policies_of("membership", put_right))
    assert spec.given(*applied()).when(
        AdmitMember(on=NOW, member_id="M1", joined_on=date(2017, 12, 5))
    ).state.clock == (date(2017, 12, 12), date(2019, 12, 12))


@pytest.mark.parametrize("membership_class", [PT, IU])
def test_the_two_obliged_classes_have_the_duty(membership_class: MembershipClass) -> None:
    assert joined(membership_class).state.duty.key == (FIRST, DUE)


@pytest.mark.parametrize("membership_class", sorted(set(MembershipClass) - {PT, IU}))
def test_the_four_other_classes_have_none(membership_class: MembershipClass) -> None:
    state = joined(membership_class).state
    assert state.duty is None
    assert member.due(state) == {}


# --- missed, suspended, forfeited ---


def test_the_due_day_must_be_closed_before_the_clock_asks() -> None:
    assert member.due(joined().state) == {"duty_missed": DUE}


def test_on_the_due_day_itself_nothing_is_missed_yet() -> None:
    joined().when(tick("duty_missed", date(2025, 8, 9))).nothing()


def test_once_the_due_day_is_closed_the_duty_is_missed_and_the_member_suspended() -> None:
    joined().when(tick("duty_missed", DUE)).then(missed(FIRST, DUE), suspension(MISSED))


def test_the_first_missed_day_is_the_same_however_late_the_clock_comes() -> None:
    joined().when(tick("duty_missed", date(2025, 9, 30))).then(
        missed(FIRST, DUE), suspension(MISSED)
    )


def test_a_tick_for_what_was_decided_is_silent() -> None:
    joined().when(tick("duty_missed", DUE), tick("duty_missed", DUE)).nothing()


def test_between_miss_and_forfeiture_the_clock_waits_for_the_policys_days() -> None:
    suspended_ = days_closed(joined(), DUE)
    assert suspended_.state.standing == "suspended"
    assert member.due(suspended_.state) == {"forfeit": date(2025, 11, 8)}
    suspended_.when(tick("forfeit", date(2025, 11, 7))).nothing()


def test_when_those_days_are_over_the_membership_is_forfeit() -> None:
    days_closed(joined(), DUE).when(tick("forfeit", date(2025, 11, 8))).then(
        forfeited(FIRST, FORFEIT),
        DutyEnded(member_id="M1", rule=FIRST, effective_on=FORFEIT, because="membership_ended"),
    )


def test_who_is_forfeited_is_asked_nothing_more() -> None:
    assert member.due(days_closed(joined(), FORFEIT).state) == {}


def test_what_rests_on_the_silence_of_audits_is_listed_as_data() -> None:
    rules = {*member.due(joined().state), *member.due(days_closed(joined(), DUE).state)}
    assert dict.fromkeys(rules, ("audit_scheduling",)) == member.RESTS_ON


def test_a_tick_decides_no_further_than_the_day_that_was_due() -> None:
    """Audits need have closed no more than that day when the clock catches up."""
    short = passing(joined(), note(certificate(valid_to=date(2025, 7, 31)), BEFORE))
    late = passing(short, note(certificate("C2", date(2025, 9, 1), date(2025, 9, 30)), BEFORE))
    late.when(tick("duty_missed", date(2025, 12, 31))).then(
        missed(AGAIN, DUE),
        suspension(MISSED),
        met(AGAIN, DUE, "C2", date(2025, 9, 1)),
        reinstatement(date(2025, 9, 1)),
        started(AGAIN, date(2025, 9, 1), date(2025, 9, 30), "C2"),
    )


# --- class changes ---


def test_from_pt_to_iu_the_clock_runs_on() -> None:
    joined().when(change(IU, NOW)).refused("activities-missing")
    given = joined()
    given.when(change(IU, date(2024, 3, 1), Activity.MATERIAL_CONVERSION)).then(
        changed(PT, IU, date(2024, 3, 1), Activity.MATERIAL_CONVERSION)
    )


def test_from_an_associate_class_to_an_obliged_one_a_clock_starts_at_the_change() -> None:
    joined(DS).when(change(PT, date(2024, 5, 2), Activity.SMELTING)).then(
        changed(DS, PT, date(2024, 5, 2), Activity.SMELTING),
        started(FIRST, date(2024, 5, 2), date(2026, 5, 2)),
    )


def test_a_certificate_held_at_the_change_meets_the_new_duty_at_once() -> None:
    holder = passing(joined(DS), note(certificate()))
    holder.when(change(PT, NOW, Activity.CASTHOUSE)).then(
        changed(DS, PT, NOW, Activity.CASTHOUSE),
        started(FIRST, NOW, date(2027, 9, 1)),
        met(FIRST, date(2027, 9, 1), "C1", NOW),
        started(AGAIN, NOW, date(2028, 5, 31), "C1"),
    )


def test_from_an_obliged_class_to_an_associate_one_the_duty_ends() -> None:
    joined().when(change(DS, date(2024, 5, 2))).then(
        changed(PT, DS, date(2024, 5, 2)),
        DutyEnded(
            member_id="M1", rule=FIRST, effective_on=date(2024, 5, 2), because="class_changed"
        ),
    )


def test_who_comes_back_to_an_obliged_class_gets_a_new_clock() -> None:
    away = passing(joined(), change(DS, date(2024, 5, 2)))
    back = passing(away, change(PT, date(2025, 1, 1), Activity.CASTHOUSE))
    assert back.state.duty.key == (FIRST, date(2027, 1, 1))


def test_on_the_due_day_a_class_change_still_ends_the_duty() -> None:
    left = passing(joined(), change(DS, DUE))
    assert left.state.duty is None
    assert member.due(left.state) == {}


@pytest.mark.parametrize("decided", [False, True], ids=["not yet decided", "decided"])
def test_no_class_change_leads_out_of_a_duty_that_is_over(decided: bool) -> None:
    given = days_closed(joined(), DUE) if decided else joined()
    given.when(change(DS, MISSED)).refused("duty-not-settled", due_on=str(DUE))


def test_a_class_change_recorded_late_retracts_what_was_missed_since() -> None:
    days_closed(joined(), DUE).when(change(DS, NOW, since=date(2025, 8, 1))).then(
        changed(PT, DS, date(2025, 8, 1)),
        DutyMissRetracted(
            member_id="M1", rule=FIRST, due_on=DUE, certificate_id=None, effective_on=MISSED
        ),
        reinstatement(MISSED),
        DutyEnded(
            member_id="M1", rule=FIRST, effective_on=date(2025, 8, 1), because="class_changed"
        ),
    )


def test_a_class_change_also_ends_the_duty_that_a_certificate_to_come_would_have_met() -> None:
    """Until its first day that duty runs, beside the recertification that follows it."""
    to_come = certificate(valid_from=date(2025, 8, 1), valid_to=date(2028, 7, 31))
    given = passing(joined(), note(to_come, date(2025, 3, 1)))
    answered = given.when(change(DS, date(2025, 4, 1)))
    ended = [event for event in answered.events if isinstance(event, DutyEnded)]
    assert [(event.rule, event.effective_on) for event in ended] == [
        (FIRST, date(2025, 4, 1)),
        (AGAIN, date(2025, 4, 1)),
    ]


def test_other_activities_in_the_same_class_are_a_class_change_without_consequence() -> None:
    joined().when(change(PT, NOW, Activity.SMELTING)).then(changed(PT, PT, NOW, Activity.SMELTING))


def test_the_class_that_is_held_already_changes_nothing() -> None:
    joined().when(change(PT, NOW, Activity.CASTHOUSE)).nothing()


def test_mining_refining_and_smelting_stay_in_class_pt() -> None:
    joined().when(change(IU, NOW, Activity.ALUMINA_REFINING)).refused("class-must-be-pt")


def test_class_changes_come_in_order_and_not_ahead_of_time() -> None:
    moved = passing(joined(), change(IU, NOW, Activity.CASTHOUSE))
    moved.when(change(PT, NOW, Activity.CASTHOUSE, since=date(2025, 8, 31))).refused(
        "class-change-out-of-order"
    )
    joined().when(change(DS, NOW, since=date(2025, 9, 2))).refused("day-in-the-future")
    joined().when(change(DS, NOW, since=date(2023, 8, 9))).refused("class-change-out-of-order")


def test_the_clock_counts_from_joining_not_from_the_application() -> None:
    SPEC.given(*applied(on=date(2023, 1, 1))).when(AdmitMember(on=JOINED, member_id="M1")).then(
        member_joined(), started(FIRST, JOINED, DUE)
    )
