"""Which certificates meet the duty, when, and what a later word on them does (sources.md 1.2)."""

from datetime import date, timedelta

import pytest

from contracts.membership import DutyEnded, DutyMissRetracted, DutyReopened
from contracts.values import CertificateType, Standard
from infra.policy import Figure, PolicyFile
from services.membership.duty import CertificateNoted, HeldCertificate
from tests.rules.membership.given import (
    AGAIN,
    BEFORE,
    DUE,
    FIRST,
    FORFEIT,
    MISSED,
    NOW,
    SPEC,
    applied,
    certificate,
    converted,
    days_closed,
    forfeited,
    joined,
    met,
    missed,
    note,
    passing,
    reinstated,
    reinstatement,
    started,
    suspended,
    suspension,
    tick,
    withdrawn,
)
from tests.rules.spec import Given, policies_of

END = date(2028, 5, 31)


def noted(held: HeldCertificate) -> CertificateNoted:
    return CertificateNoted(member_id="M1", certificate=held)


def retracted(due_on: date, by: str | None, rule: object = FIRST) -> DutyMissRetracted:
    return DutyMissRetracted.model_validate(
        {
            "member_id": "M1",
            "rule": rule,
            "due_on": due_on,
            "certificate_id": by,
            "effective_on": date.fromordinal(due_on.toordinal() + 1),
        }
    )


def reopened(due_on: date, of: str, on: date, rule: object = FIRST) -> DutyReopened:
    return DutyReopened.model_validate(
        {
            "member_id": "M1",
            "rule": rule,
            "due_on": due_on,
            "certificate_id": of,
            "effective_on": on,
        }
    )


def with_figure(given: Given, name: str, value: bool | int) -> Given:
    """The same member under a policy with one figure changed from its beginning."""
    file = PolicyFile(
        policy_id="membership-other",
        valid_from=date(2017, 12, 2),
        figures={name: Figure(value=value, evidence="design", source="this test")},
    )
    return Given(given.decider, policies_of("membership", file), given.state)


# --- what counts ---


def test_a_ps_certificate_over_one_facility_meets_the_duty_and_its_end_is_the_next() -> None:
    joined().when(note(certificate())).then(
        noted(certificate()),
        met(FIRST, DUE, "C1", date(2025, 6, 1)),
        started(AGAIN, date(2025, 6, 1), END, "C1"),
    )


def test_a_chain_of_custody_certificate_never_does() -> None:
    coc = certificate(standard=Standard.CHAIN_OF_CUSTODY)
    joined().when(note(coc)).then(noted(coc))


def test_a_provisional_one_does() -> None:
    provisional = certificate(kind=CertificateType.PROVISIONAL)
    assert passing(joined(), note(provisional)).state.duty.rule is AGAIN


def test_one_that_covers_no_facility_does_not() -> None:
    empty = certificate(facilities=0)
    joined().when(note(empty)).then(noted(empty))


@pytest.mark.parametrize(
    ("valid_from", "in_time"),
    [(date(2025, 8, 9), True), (DUE, True), (MISSED, False)],
    ids=["the day before", "the due day itself", "the day after"],
)
def test_validity_must_begin_on_the_due_day_at_the_latest(valid_from: date, in_time: bool) -> None:
    given = passing(joined(), note(certificate(valid_from=valid_from)))
    assert (given.state.duty.rule is AGAIN) is in_time
    given = days_closed(given, DUE)
    assert [miss.due_on for miss in given.state.misses] == ([] if in_time else [DUE])


def test_a_certificate_from_before_joining_counts_from_the_day_of_joining() -> None:
    old = certificate(valid_from=date(2022, 1, 1), valid_to=date(2024, 12, 31))
    joined().when(note(old, BEFORE)).then(
        noted(old),
        met(FIRST, DUE, "C1", date(2023, 8, 10)),
        started(AGAIN, date(2023, 8, 10), DUE),
    )


def test_one_that_was_over_before_joining_does_not_count() -> None:
    over = certificate(valid_from=date(2020, 1, 1), valid_to=date(2023, 8, 9))
    joined().when(note(over)).then(noted(over))


def test_a_certificate_is_noted_for_who_has_not_joined_yet_and_counts_on_joining() -> None:
    early = SPEC.when(note(certificate())).then(noted(certificate())).and_given()
    begun = early.given(*applied())
    assert begun.state.member_id == "M1"
    state = passing(joined(), note(certificate())).state
    assert begun.state.certificates == state.certificates


def test_the_same_word_twice_changes_nothing() -> None:
    joined().when(note(certificate()), note(certificate())).nothing()
    joined().when(note(certificate()), withdrawn(END), withdrawn(END)).nothing()


def test_a_word_on_a_certificate_of_which_no_grant_is_known_is_refused() -> None:
    joined().when(withdrawn(END, of="C9")).refused("unknown-certificate", certificate_id="C9")


# --- tick and certificate in any order ---


def test_certificate_before_tick_nothing_is_missed() -> None:
    given = passing(joined(), note(certificate()))
    given.when(tick("duty_missed", DUE)).nothing()


def test_tick_before_certificate_the_miss_is_retracted_and_the_suspension_never_was() -> None:
    days_closed(joined(), DUE).when(note(certificate())).then(
        noted(certificate()),
        retracted(DUE, "C1"),
        met(FIRST, DUE, "C1", date(2025, 6, 1)),
        started(AGAIN, date(2025, 6, 1), END, "C1"),
        reinstatement(MISSED),
    )


def test_both_orders_end_alike() -> None:
    before = days_closed(passing(joined(), note(certificate())), DUE).state
    after = passing(days_closed(joined(), DUE), note(certificate())).state
    assert (before.duty, before.misses, before.standing) == (
        after.duty,
        after.misses,
        after.standing,
    )


# --- late certificates ---


def test_a_certificate_valid_only_after_the_due_day_leaves_the_miss_and_reinstates() -> None:
    late = certificate(valid_from=date(2025, 9, 1))
    days_closed(joined(), DUE).when(note(late)).then(
        noted(late),
        met(FIRST, DUE, "C1", date(2025, 9, 1)),
        reinstatement(date(2025, 9, 1)),
        started(AGAIN, date(2025, 9, 1), END, "C1"),
    )


def test_known_beforehand_it_tells_the_same_story_when_the_day_is_closed() -> None:
    late = certificate(valid_from=date(2025, 9, 1))
    eve = date(2025, 8, 31)
    passing(joined(), note(late, BEFORE)).when(tick("duty_missed", DUE)).then(
        missed(FIRST, DUE),
        suspension(MISSED),
        met(FIRST, DUE, "C1", date(2025, 9, 1)),
        started(AGAIN, date(2025, 9, 1), END, "C1"),
    ).and_when(tick("reinstate", eve)).then(reinstatement(date(2025, 9, 1)))


def test_the_last_day_on_which_a_late_one_helps_is_the_eve_of_the_forfeiture() -> None:
    in_time = certificate(valid_from=date(2025, 11, 8))
    too_late = certificate(valid_from=date(2025, 11, 9))
    suspended = days_closed(joined(), DUE)
    healed = days_closed(passing(suspended, note(in_time)), FORFEIT)
    assert healed.state.standing == "active"
    lost = days_closed(passing(suspended, note(too_late)), FORFEIT)
    assert lost.state.standing == "forfeited"


def test_where_the_policy_says_so_a_late_one_does_not_reinstate() -> None:
    strict = with_figure(joined(), "duty.late_certificate_reinstates", False)
    late = certificate(valid_from=date(2025, 9, 1))
    days_closed(strict, DUE).when(note(late)).then(noted(late))


# --- the recertification ---


def test_a_further_certificate_moves_the_recertification_on() -> None:
    further = certificate("C2", date(2028, 6, 1), date(2031, 5, 31))
    passing(joined(), note(certificate())).when(note(further)).then(
        noted(further),
        met(AGAIN, END, "C2", date(2028, 6, 1)),
        started(AGAIN, date(2028, 6, 1), date(2031, 5, 31), "C2"),
    )


def test_a_gap_of_one_day_is_a_miss_on_that_day() -> None:
    gap = certificate("C2", date(2028, 6, 2), date(2031, 5, 31))
    given = passing(joined(), note(certificate()), note(gap))
    given.when(tick("duty_missed", END)).then(
        missed(AGAIN, END),
        suspension(date(2028, 6, 1)),
        met(AGAIN, END, "C2", date(2028, 6, 2)),
        started(AGAIN, date(2028, 6, 2), date(2031, 5, 31), "C2"),
    ).and_when(tick("reinstate", date(2028, 6, 1))).then(reinstatement(date(2028, 6, 2)))


def test_of_two_that_overlap_the_later_end_counts() -> None:
    longer = certificate("C2", date(2025, 7, 1), date(2028, 6, 30))
    shorter = certificate("C3", date(2025, 7, 1), date(2026, 6, 30))
    given = passing(joined(), note(certificate()), note(longer), note(shorter))
    assert given.state.duty.due_on == date(2028, 6, 30)


def test_without_a_further_one_the_lapse_is_a_miss_and_then_the_end() -> None:
    given = passing(joined(), note(certificate()))
    lapsed = given.when(tick("duty_missed", END))
    lapsed.then(missed(AGAIN, END), suspension(date(2028, 6, 1)))
    over = lapsed.and_when(tick("forfeit", date(2028, 8, 29)))
    assert over.events[0] == forfeited(AGAIN, date(2028, 8, 30))


def test_a_conversion_moves_the_date_of_the_same_certificate() -> None:
    provisional = certificate(valid_to=date(2026, 5, 31), kind=CertificateType.PROVISIONAL)
    given = passing(joined(), note(provisional))
    answered = given.when(converted(END, date(2026, 3, 1)))
    assert list(answered.events)[1:] == [started(AGAIN, date(2025, 6, 1), END, "C1")]


def test_one_that_expires_before_the_first_due_date_is_followed_up_by_that_date() -> None:
    short = certificate(valid_from=date(2024, 1, 1), valid_to=date(2024, 12, 31))
    joined().when(note(short, BEFORE)).then(
        noted(short),
        met(FIRST, DUE, "C1", date(2024, 1, 1)),
        started(AGAIN, date(2024, 1, 1), DUE),
    )


def test_where_the_policy_says_so_it_is_followed_up_at_its_end() -> None:
    strict = with_figure(joined(), "duty.early_expiry_waits_for_first_due", False)
    short = certificate(valid_from=date(2024, 1, 1), valid_to=date(2024, 12, 31))
    assert passing(strict, note(short)).state.duty.key == (AGAIN, date(2024, 12, 31))


# --- withdrawn, suspended, put right ---


def test_withdrawn_before_the_first_due_date_the_duty_is_open_again() -> None:
    given = passing(joined(), note(certificate(), BEFORE))
    answered = given.when(withdrawn(date(2025, 7, 1), on=BEFORE))
    assert list(answered.events)[1:] == [
        DutyEnded(
            member_id="M1",
            rule=AGAIN,
            effective_on=date(2025, 7, 1),
            because="certificate_gone",
        ),
        reopened(DUE, "C1", date(2025, 7, 1)),
    ]


@pytest.mark.parametrize(
    ("effective_on", "counts"), [(DUE, False), (MISSED, True)], ids=["on it", "the day after"]
)
def test_a_certificate_must_still_hold_on_the_first_due_date(
    effective_on: date, counts: bool
) -> None:
    given = passing(joined(), note(certificate()), withdrawn(effective_on))
    assert given.state.duty.key == ((AGAIN, DUE) if counts else (FIRST, DUE))


def test_withdrawn_later_the_recertification_is_due_on_its_last_valid_day() -> None:
    answered = passing(joined(), note(certificate())).when(withdrawn(date(2026, 3, 1)))
    assert list(answered.events)[1:] == [started(AGAIN, date(2025, 6, 1), date(2026, 2, 28), "C1")]


def test_withdrawn_while_another_still_holds_nothing_is_due_earlier_than_the_other_ends() -> None:
    other = certificate("C2", date(2025, 7, 1), date(2027, 6, 30))
    given = passing(joined(), note(certificate()), note(other), withdrawn(date(2026, 1, 1)))
    assert given.state.duty.key == (AGAIN, date(2027, 6, 30))


def test_a_renewal_that_is_withdrawn_reopens_the_recertification_it_had_met() -> None:
    further = certificate("C2", date(2028, 5, 1), date(2031, 4, 30))
    given = passing(joined(), note(certificate()), note(further))
    answered = given.when(withdrawn(date(2028, 5, 15), of="C2"))
    assert list(answered.events)[1:] == [reopened(END, "C2", date(2028, 5, 15), AGAIN)]


def test_a_withdrawal_recorded_late_brings_the_miss_back() -> None:
    healed = passing(days_closed(joined(), DUE), note(certificate()))
    answered = healed.when(withdrawn(date(2025, 7, 1)))
    learnt_now = {"forfeits_on": NOW + timedelta(days=90)}
    assert list(answered.events)[3:] == [
        reopened(DUE, "C1", date(2025, 7, 1)),
        missed(FIRST, DUE).model_copy(update=learnt_now),
        suspension(MISSED),
    ]


def test_a_suspended_certificate_still_counts() -> None:
    given = passing(joined(), note(certificate()), suspended(date(2025, 7, 1)))
    assert given.state.duty.key == (AGAIN, END)


def test_where_the_policy_says_so_a_suspended_one_does_not_until_it_is_reinstated() -> None:
    strict = with_figure(joined(), "duty.suspended_certificate_counts", False)
    given = passing(strict, note(certificate()), suspended(date(2025, 7, 1)))
    assert given.state.duty.key == (FIRST, DUE)
    assert days_closed(given, DUE).state.standing == "suspended"
    again = passing(days_closed(given, DUE), reinstated(date(2025, 8, 20)))
    assert again.state.standing == "active"
    assert again.state.duty.key == (AGAIN, END)


def test_where_the_policy_says_so_a_provisional_one_counts_from_its_conversion() -> None:
    strict = with_figure(joined(), "duty.provisional_counts", False)
    provisional = certificate(kind=CertificateType.PROVISIONAL)
    given = passing(strict, note(provisional))
    assert given.state.duty.key == (FIRST, DUE)
    given = passing(given, converted(END, date(2025, 8, 1)))
    assert given.state.duty.key == (AGAIN, END)


def test_a_grant_put_right_to_begin_later_reopens_what_it_had_met() -> None:
    given = passing(joined(), note(certificate()))
    later = certificate(valid_from=date(2025, 8, 11))
    assert passing(given, note(later)).state.duty.key == (FIRST, DUE)


def test_a_grant_put_right_to_begin_earlier_retracts_the_miss() -> None:
    late = passing(days_closed(joined(), DUE), note(certificate(valid_from=MISSED)))
    right = certificate(valid_from=DUE)
    answered = late.when(note(right))
    assert list(answered.events)[1:] == [
        retracted(DUE, "C1"),
        met(FIRST, DUE, "C1", DUE),
        started(AGAIN, DUE, END, "C1"),
    ]


def test_a_grant_put_right_keeps_the_withdrawal_that_was_told_since() -> None:
    given = passing(joined(), note(certificate()), withdrawn(date(2026, 3, 1)))
    given = passing(given, note(certificate(valid_to=date(2028, 6, 30))))
    assert given.state.duty.key == (AGAIN, date(2026, 2, 28))
