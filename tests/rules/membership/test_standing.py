"""Suspension, more time, and the ways out: what undoes what (sources.md 1.2 to 1.4)."""

from datetime import date, timedelta

import pytest

from contracts.membership import (
    DutyEnded,
    DutyExtended,
    DutyMissRetracted,
    ForfeitureQuestioned,
    ForfeitureUpheld,
    MemberReinstated,
    MemberResigned,
    MembershipRestored,
    MembershipTerminated,
    MemberSuspended,
)
from infra.decider import Command
from services.membership import member
from services.membership.commands import (
    AdmitMember,
    ChangeClass,
    ExtendDuty,
    InvoiceFee,
    ReinstateMember,
    ResignMembership,
    RestoreMembership,
    SuspendMember,
    TerminateMembership,
)
from services.membership.duty import CertificateNoted
from tests.rules.membership.given import (
    AGAIN,
    DS,
    DUE,
    FIRST,
    FORFEIT,
    MISSED,
    NOW,
    POLICY_ID,
    certificate,
    days_closed,
    joined,
    met,
    missed,
    note,
    passing,
    reinstatement,
    started,
    tick,
    withdrawn,
)

RESIGN = ResignMembership(on=NOW, member_id="M1")
TERMINATE = TerminateMembership(on=NOW, member_id="M1", reason="breach", approver="P7")
RESTORE = RestoreMembership(on=FORFEIT, member_id="M1", approver="P7", note_ref="N3")
QUESTIONED = ForfeitureQuestioned(member_id="M1", rule=FIRST, effective_on=FORFEIT)
FORFEITED = days_closed(joined(), FORFEIT)


def extend(due_on: date, on: date = date(2025, 6, 1)) -> ExtendDuty:
    return ExtendDuty(
        on=on, member_id="M1", due_on=due_on, reason="site-inaccessible", approver="P7"
    )


def extended(previous: date, due_on: date, on: date = date(2025, 6, 1)) -> DutyExtended:
    return DutyExtended(
        member_id="M1",
        rule=FIRST,
        previous_due_on=previous,
        due_on=due_on,
        extended_on=on,
        reason="site-inaccessible",
        approver="P7",
        policy_id=POLICY_ID,
    )


# --- more time ---


def test_an_extension_names_reason_and_approver_and_moves_the_day() -> None:
    answered = joined().when(extend(date(2025, 12, 31)))
    answered.then(extended(DUE, date(2025, 12, 31)))
    assert member.due(answered.state) == {"duty_missed": date(2025, 12, 31)}
    answered.and_when(extend(date(2025, 12, 31))).nothing()


def test_an_extension_after_the_miss_lifts_the_suspension_from_today() -> None:
    days_closed(joined(), DUE).when(extend(date(2025, 12, 31), NOW)).then(
        extended(DUE, date(2025, 12, 31), NOW), reinstatement(NOW)
    ).and_when(tick("duty_missed", date(2025, 12, 31))).then(
        missed(FIRST, date(2025, 12, 31)),
        MemberSuspended(
            member_id="M1",
            reason="duty_missed",
            effective_on=date(2026, 1, 1),
            policy_id=POLICY_ID,
        ),
    )


def test_a_certificate_within_the_extension_meets_the_duty_in_time() -> None:
    given = passing(joined(), extend(date(2025, 12, 31)))
    given = passing(given, note(certificate(valid_from=date(2025, 12, 31))))
    assert given.state.duty.rule is AGAIN
    assert not given.state.misses


@pytest.mark.parametrize(
    ("due_on", "on", "slug"),
    [
        (DUE, date(2025, 6, 1), "extension-not-longer"),
        (date(2025, 8, 9), date(2025, 6, 1), "extension-not-longer"),
        (date(2025, 8, 31), NOW, "extension-in-the-past"),
        (DUE + timedelta(days=366), date(2025, 6, 1), "extension-too-long"),
        (date(2026, 1, 1), FORFEIT, "extension-too-late"),
    ],
)
def test_extensions_that_make_no_sense_are_refused(due_on: date, on: date, slug: str) -> None:
    joined().when(extend(due_on, on)).refused(slug, due_on=str(DUE))


def test_the_longest_extension_counts_from_the_day_before_all_extensions() -> None:
    last = DUE + timedelta(days=365)
    given = passing(joined(), extend(date(2025, 12, 31)), extend(last))
    given.when(extend(last + timedelta(days=1))).refused("extension-too-long", latest=str(last))


def test_after_the_forfeiture_no_extension_helps() -> None:
    FORFEITED.when(extend(date(2026, 1, 1), FORFEIT)).refused("membership-ended")


def test_without_a_duty_there_is_nothing_to_extend() -> None:
    joined(DS).when(extend(date(2026, 1, 1))).refused("no-duty")


def test_a_recertification_can_be_extended_and_what_comes_in_time_follows_without_a_gap() -> None:
    given = passing(joined(), note(certificate()), extend(date(2028, 9, 30)))
    given = passing(given, note(certificate("C2", date(2028, 9, 1), date(2031, 8, 31))))
    assert given.state.duty.key == (AGAIN, date(2031, 8, 31))
    assert not days_closed(given, date(2031, 8, 30)).state.misses


def test_an_extension_does_not_outlive_the_certificate_it_was_given_for() -> None:
    given = passing(joined(), note(certificate()), extend(date(2028, 9, 30)))
    given = passing(given, withdrawn(date(2026, 3, 1)))
    assert given.state.duty.key == (AGAIN, date(2026, 2, 28))


# --- suspension ---


def test_a_suspension_of_its_own_comes_and_goes_by_hand() -> None:
    suspend = SuspendMember(on=NOW, member_id="M1", note_ref="N1")
    given = joined().when(suspend)
    given.then(MemberSuspended(member_id="M1", reason="other", effective_on=NOW, note_ref="N1"))
    assert given.state.standing == "suspended"
    given.and_when(suspend).nothing()
    lifted = given.and_when(ReinstateMember(on=NOW, member_id="M1"))
    lifted.then(MemberReinstated(member_id="M1", reason="other", effective_on=NOW))
    assert lifted.state.standing == "active"
    lifted.and_when(ReinstateMember(on=NOW, member_id="M1")).nothing()


def test_what_a_rule_suspended_is_not_lifted_by_hand() -> None:
    days_closed(joined(), DUE).when(ReinstateMember(on=NOW, member_id="M1")).refused(
        "suspended-by-rule", reasons=["duty_missed"]
    )


def test_a_member_is_active_again_only_when_no_reason_is_left() -> None:
    both = passing(days_closed(joined(), DUE), SuspendMember(on=NOW, member_id="M1"))
    healed = passing(both, note(certificate()))
    assert healed.state.standing == "suspended"
    assert passing(healed, ReinstateMember(on=NOW, member_id="M1")).state.standing == "active"


# --- leaving ---


def test_resigning_ends_membership_and_duty() -> None:
    joined().when(RESIGN).then(
        MemberResigned(member_id="M1", effective_on=NOW),
        DutyEnded(member_id="M1", rule=FIRST, effective_on=NOW, because="membership_ended"),
    ).and_when(RESIGN).nothing()


def test_a_resignation_does_not_lie_before_joining() -> None:
    joined().when(RESIGN.model_copy(update={"effective_on": date(2023, 8, 9)})).refused(
        "before-joining"
    )


def test_a_termination_names_reason_and_approver() -> None:
    joined(DS).when(TERMINATE).then(
        MembershipTerminated(member_id="M1", effective_on=NOW, reason="breach", approver="P7")
    ).and_when(TERMINATE).nothing()


ENDS = {
    "forfeited": FORFEITED,
    "resigned": passing(joined(), RESIGN),
    "terminated": passing(joined(), TERMINATE),
}
REFUSED_AFTER_THE_END: list[Command] = [
    ChangeClass(on=FORFEIT, member_id="M1", membership_class=DS, activities=()),
    extend(date(2026, 1, 1), FORFEIT),
    SuspendMember(on=FORFEIT, member_id="M1"),
    ReinstateMember(on=FORFEIT, member_id="M1"),
    InvoiceFee(on=FORFEIT, member_id="M1", invoice_id="I1"),
]


@pytest.mark.parametrize("ended", ENDS)
@pytest.mark.parametrize("command", REFUSED_AFTER_THE_END, ids=lambda command: command.NAME)
def test_an_ended_membership_takes_no_commands(ended: str, command: Command) -> None:
    ENDS[ended].when(command).refused("membership-ended", status=ended)


@pytest.mark.parametrize("ended", ENDS)
def test_an_ended_membership_is_not_joined_or_left_again(ended: str) -> None:
    admit = AdmitMember(on=FORFEIT, member_id="M1")
    ENDS[ended].when(admit).refused("application-out-of-turn", status=ended)
    other = TERMINATE if ended == "resigned" else RESIGN
    ENDS[ended].when(other).refused("membership-ended")
    assert member.due(ENDS[ended].state) == {}


# --- a forfeiture whose ground is gone ---


def test_a_certificate_recorded_after_the_forfeiture_retracts_the_miss_and_questions_it() -> None:
    answered = FORFEITED.when(note(certificate()))
    answered.then(
        CertificateNoted(member_id="M1", certificate=certificate()),
        DutyMissRetracted(
            member_id="M1", rule=FIRST, due_on=DUE, certificate_id="C1", effective_on=MISSED
        ),
        QUESTIONED,
    )
    assert answered.state.standing == "forfeited"


def test_operations_then_restore_the_membership_as_if_it_had_never_ended() -> None:
    passing(FORFEITED, note(certificate())).when(RESTORE).then(
        MembershipRestored(member_id="M1", effective_on=FORFEIT, approver="P7", note_ref="N3"),
        started(FIRST, date(2023, 8, 10), DUE),
        met(FIRST, DUE, "C1", date(2025, 6, 1)),
        started(AGAIN, date(2025, 6, 1), date(2028, 5, 31), "C1"),
        reinstatement(MISSED),
    ).and_when(RESTORE).nothing()


def test_a_late_certificate_that_would_have_healed_in_time_is_ground_enough() -> None:
    late = certificate(valid_from=date(2025, 10, 1))
    answered = FORFEITED.when(note(late))
    answered.then(CertificateNoted(member_id="M1", certificate=late), QUESTIONED)
    restored = answered.and_when(RESTORE)
    assert restored.events[1:] == [
        started(FIRST, date(2023, 8, 10), DUE),
        met(FIRST, DUE, "C1", date(2025, 10, 1)),
        reinstatement(date(2025, 10, 1)),
        started(AGAIN, date(2025, 10, 1), date(2028, 5, 31), "C1"),
    ]
    assert restored.state.standing == "active"


def test_without_such_a_certificate_the_forfeiture_stands() -> None:
    FORFEITED.when(RESTORE).refused("forfeiture-stands", effective_on=str(FORFEIT))
    too_late = certificate(valid_from=FORFEIT)
    passing(FORFEITED, note(too_late)).when(RESTORE).refused("forfeiture-stands")


def test_a_certificate_withdrawn_again_takes_the_ground_back() -> None:
    answered = passing(FORFEITED, note(certificate())).when(withdrawn(date(2025, 7, 1)))
    upheld = ForfeitureUpheld(member_id="M1", rule=FIRST, effective_on=FORFEIT)
    assert answered.events[1:] == [
        missed(FIRST, DUE),
        DutyEnded(member_id="M1", rule=FIRST, effective_on=FORFEIT, because="membership_ended"),
        upheld,
    ]
    answered.and_when(RESTORE).refused("forfeiture-stands")


@pytest.mark.parametrize("ended", ["resigned", "terminated"])
def test_only_a_forfeiture_can_be_undone(ended: str) -> None:
    ENDS[ended].when(RESTORE).refused("not-forfeited", status=ended)


def test_a_miss_is_retracted_even_after_a_resignation() -> None:
    left = passing(days_closed(joined(), DUE), RESIGN)
    answered = left.when(note(certificate()))
    assert [event.TYPE for event in answered.events] == [
        "membership.certificate_noted.v1",
        "membership.duty_miss_retracted.v1",
    ]


def test_a_restored_member_whose_fee_is_unpaid_is_suspended_for_that() -> None:
    invoiced = passing(joined(), InvoiceFee(on=date(2025, 5, 1), member_id="M1", invoice_id="I1"))
    over = days_closed(invoiced, FORFEIT)
    assert over.state.status == "forfeited"
    back = passing(over, note(certificate()), RESTORE)
    assert dict(back.state.suspensions) == {"fees_unpaid": date(2025, 7, 31)}


def test_the_day_of_a_forfeiture_is_put_right_when_the_miss_was_an_earlier_one() -> None:
    first = passing(joined(), note(certificate(valid_to=date(2026, 5, 31))))
    over = days_closed(first, date(2027, 1, 1))
    assert over.state.forfeiture == (AGAIN, date(2026, 5, 31), date(2026, 8, 30), False)
    answered = over.when(withdrawn(DUE))
    assert answered.state.forfeiture == (FIRST, DUE, FORFEIT, False)
    assert answered.state.ended_on == FORFEIT
