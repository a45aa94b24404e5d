"""What somebody or something is on a day: domain.md 2.7, 1.2, 1.3."""

from datetime import date, timedelta

import pytest

from contracts.values import AuditKind, CertificateType, CertificationStatus, DutyRule, Standard
from services.certification.facts import is_public
from services.certification.status import BEST_FIRST, Duty

from .given import (
    DUE_ON,
    INITIAL_DUTY,
    JOINED_ON,
    RECERTIFICATION,
    Folded,
    Happened,
    after,
    audit_cancelled,
    audit_concluded,
    audit_scheduled,
    certificate_reinstated,
    certificate_suspended,
    certificate_withdrawn,
    converted,
    duty_ended,
    duty_extended,
    duty_met,
    duty_missed,
    duty_reopened,
    duty_started,
    facility,
    facility_closed,
    forfeited,
    granted,
    joined,
    miss_retracted,
    recorded,
    refused,
    reinstated,
    restored,
    suspended,
)

FROM, TO = date(2025, 5, 1), date(2028, 4, 30)
DAY = timedelta(days=1)
FULL, PROVISIONAL = CertificationStatus.CERTIFIED_FULL, CertificationStatus.CERTIFIED_PROVISIONAL
NONE, IN_PROCESS = CertificationStatus.NONE, CertificationStatus.IN_PROCESS
EXPIRED, SUSPENDED = CertificationStatus.EXPIRED, CertificationStatus.SUSPENDED
WITHDRAWN = CertificationStatus.WITHDRAWN
COVERED = ("certificate/C1", "facility/F1", "facility/F2", "entity/E1", "member/M1")


def on(world: Folded, day: date, subject: str = "certificate/C1") -> CertificationStatus:
    return world.status(subject, day).certification


# --- a certificate, and all that it covers ---


@pytest.mark.parametrize("subject", COVERED)
def test_a_certificate_holds_from_its_first_day_through_its_last(subject: str) -> None:
    world = after(granted(FROM, TO))
    days = (FROM - DAY, FROM, TO, TO + DAY)
    assert [on(world, day, subject) for day in days] == [NONE, FULL, FULL, EXPIRED]


@pytest.mark.parametrize("subject", COVERED)
def test_decided_ahead_it_is_in_process_until_then(subject: str) -> None:
    world = after(granted(FROM, TO, decided_on=FROM - 10 * DAY))
    days = (FROM - 11 * DAY, FROM - 10 * DAY, FROM - DAY, FROM)
    assert [on(world, day, subject) for day in days] == [NONE, IN_PROCESS, IN_PROCESS, FULL]


@pytest.mark.parametrize("subject", COVERED)
def test_decided_late_it_holds_from_its_first_day(subject: str) -> None:
    world = after(granted(FROM, TO, decided_on=FROM + 90 * DAY))
    assert [on(world, day, subject) for day in (FROM - DAY, FROM)] == [NONE, FULL]


@pytest.mark.parametrize("subject", COVERED)
def test_a_provisional_one_becomes_full_and_holds_longer(subject: str) -> None:
    short = date(2026, 4, 30)
    world = after(
        granted(FROM, short, certificate_type=CertificateType.PROVISIONAL),
        converted(date(2026, 1, 10), TO),
    )
    days = (date(2026, 1, 9), date(2026, 1, 10), short + DAY, TO + DAY)
    assert [on(world, day, subject) for day in days] == [PROVISIONAL, FULL, FULL, EXPIRED]


@pytest.mark.parametrize("subject", COVERED)
def test_it_is_suspended_until_it_is_reinstated(subject: str) -> None:
    first, last = date(2026, 1, 1), date(2026, 3, 1)
    world = after(granted(FROM, TO), certificate_suspended(first), certificate_reinstated(last))
    days = (first - DAY, first, last - DAY, last)
    assert [on(world, day, subject) for day in days] == [FULL, SUSPENDED, SUSPENDED, FULL]


def test_a_suspended_one_expires_all_the_same() -> None:
    world = after(granted(FROM, TO), certificate_suspended(date(2026, 1, 1)))
    assert [on(world, day) for day in (TO, TO + DAY)] == [SUSPENDED, EXPIRED]


@pytest.mark.parametrize("subject", COVERED)
def test_withdrawn_is_for_good(subject: str) -> None:
    day = date(2026, 1, 1)
    world = after(
        granted(FROM, TO), certificate_suspended(day - 9 * DAY), certificate_withdrawn(day)
    )
    days = (day - DAY, day, TO + DAY)
    assert [on(world, when, subject) for when in days] == [SUSPENDED, WITHDRAWN, WITHDRAWN]


def test_one_withdrawn_before_it_holds_never_holds() -> None:
    world = after(
        granted(FROM, TO, decided_on=FROM - 10 * DAY), certificate_withdrawn(FROM - 5 * DAY)
    )
    days = (FROM - 6 * DAY, FROM - 5 * DAY, FROM)
    assert [on(world, day) for day in days] == [IN_PROCESS, WITHDRAWN, WITHDRAWN]


def test_a_refused_certificate_is_nothing_and_tells_nothing() -> None:
    world = after(audit_concluded(FROM), refused(FROM + DAY))
    assert on(world, FROM + 2 * DAY) is NONE
    assert "certificate/C1" not in world.facts


def test_an_unknown_subject_is_nothing() -> None:
    world = after()
    for subject in COVERED:
        assert on(world, FROM, subject) is NONE


# --- the best of what covers it ---


def test_the_best_certificate_counts() -> None:
    world = after(
        granted(FROM, TO, "C1"),
        granted(FROM, TO, "C2", certificate_type=CertificateType.PROVISIONAL),
        certificate_suspended(date(2026, 1, 1)),
    )
    found = world.status("facility/F1", date(2026, 1, 1))
    assert found.certification is PROVISIONAL
    assert found.certificates == {"C1": SUSPENDED, "C2": PROVISIONAL}


def test_standards_are_told_apart() -> None:
    world = after(granted(FROM, TO, standard=Standard.CHAIN_OF_CUSTODY))
    found = world.status("member/M1", FROM)
    assert found.certification is FULL
    assert found.by_standard == {"PS": NONE, "CoC": FULL}


def test_every_state_has_its_rank() -> None:
    assert sorted(BEST_FIRST) == sorted(CertificationStatus)


def test_a_closed_facility_is_nothing_whatever_covers_it() -> None:
    day = date(2026, 6, 1)
    world = after(facility(), granted(FROM, TO), facility_closed(day))
    assert [on(world, when, "facility/F1") for when in (day - DAY, day)] == [FULL, NONE]
    assert on(world, day, "facility/F2") is FULL


# --- an audit under way ---


@pytest.mark.parametrize("subject", COVERED[1:])
def test_an_audit_under_way_is_in_process_until_it_is_decided(subject: str) -> None:
    start, decided = date(2025, 3, 1), date(2025, 4, 20)
    world = after(
        audit_scheduled(start),
        audit_concluded(start + 3 * DAY),
        granted(FROM, TO, decided_on=decided),
    )
    assert [on(world, day, subject) for day in (start - DAY, start, decided - DAY)] == [
        NONE,
        IN_PROCESS,
        IN_PROCESS,
    ]
    no = after(audit_scheduled(start), audit_concluded(start + 3 * DAY), refused(decided))
    assert [on(no, day, subject) for day in (decided - DAY, decided)] == [IN_PROCESS, NONE]


def test_a_cancelled_audit_is_not_under_way() -> None:
    start = date(2025, 3, 1)
    for day in (start - 20 * DAY, start + DAY):
        world = after(audit_scheduled(start), audit_cancelled(day))
        assert on(world, start + 5 * DAY, "facility/F1") is NONE


def test_an_audit_of_what_is_certified_changes_nothing() -> None:
    world = after(
        granted(FROM, TO),
        audit_scheduled(date(2026, 1, 1), "A2", AuditKind.SURVEILLANCE, "C1"),
        audit_scheduled(date(2026, 1, 1), "A3", AuditKind.RECERTIFICATION, "C1"),
    )
    assert on(world, date(2026, 1, 2), "facility/F1") is FULL


def test_only_an_audit_for_a_certificate_makes_in_process() -> None:
    world = after(granted(FROM, TO), audit_scheduled(TO + DAY, "A2", AuditKind.SURVEILLANCE, "C1"))
    assert on(world, TO + 2 * DAY, "facility/F1") is EXPIRED
    again = after(granted(FROM, TO), audit_scheduled(TO + DAY, "A3", AuditKind.RECERTIFICATION))
    assert on(again, TO + 2 * DAY, "facility/F1") is IN_PROCESS


# --- standing ---


def standing(world: Folded, day: date) -> str | None:
    return world.status("member/M1", day).standing


def test_a_member_is_active_from_the_day_it_joined() -> None:
    world = after(joined())
    assert [standing(world, day) for day in (JOINED_ON - DAY, JOINED_ON)] == ["none", "active"]


def test_a_suspension_holds_until_its_last_reason_is_gone() -> None:
    one, two, three = (JOINED_ON + days * DAY for days in (10, 20, 30))
    world = after(
        joined(),
        suspended(one, "duty_missed"),
        suspended(two, "fees_unpaid"),
        reinstated(two, "duty_missed"),
        reinstated(three, "fees_unpaid"),
    )
    days = (one - DAY, one, two, three - DAY, three)
    assert [standing(world, day) for day in days] == [
        "active",
        "suspended",
        "suspended",
        "suspended",
        "active",
    ]


def test_a_restored_membership_may_end_again_on_an_earlier_day() -> None:
    day = DUE_ON + 91 * DAY
    told = [joined(), forfeited(day), restored(day, day + DAY)]
    world = after(*told, forfeited(day - 30 * DAY, recorded_on=day + 2 * DAY))
    assert [standing(world, when) for when in (day - 30 * DAY, day)] == ["forfeited", "forfeited"]


def test_a_suspension_undone_on_its_own_day_never_was() -> None:
    day = JOINED_ON + 10 * DAY
    world = after(joined(), suspended(day), reinstated(day, recorded_on=day + 40 * DAY))
    assert [standing(world, when) for when in (day, day + DAY)] == ["active", "active"]


def test_a_membership_ends_on_a_day() -> None:
    day = DUE_ON + 91 * DAY
    world = after(joined(), suspended(DUE_ON + DAY), forfeited(day))
    assert [standing(world, when) for when in (day - DAY, day)] == ["suspended", "forfeited"]


def test_a_restored_membership_never_ended() -> None:
    day = DUE_ON + 91 * DAY
    world = after(joined(), forfeited(day), restored(day, day + 30 * DAY))
    assert standing(world, day + DAY) == "active"


def test_a_forfeiture_said_again_with_another_day_has_moved() -> None:
    day, later = DUE_ON + 91 * DAY, DUE_ON + 200 * DAY
    world = after(joined(), forfeited(day), forfeited(later, recorded_on=later))
    assert [standing(world, when) for when in (day, later - DAY, later)] == [
        "active",
        "active",
        "forfeited",
    ]


def test_only_a_member_has_standing_and_duties() -> None:
    found = after(joined(), granted(FROM, TO)).status("entity/E1", FROM)
    assert (found.standing, found.duties) == (None, ())


# --- the duty ---


def duties(world: Folded, day: date) -> tuple[Duty, ...]:
    return world.status("member/M1", day).duties


def running(due_on: date = DUE_ON, rule: DutyRule = INITIAL_DUTY) -> Duty:
    return Duty(rule, due_on, "running")


def test_a_duty_runs_from_its_first_day() -> None:
    world = after(joined(), duty_started())
    assert duties(world, JOINED_ON - DAY) == ()
    assert duties(world, JOINED_ON) == (running(),)


def test_an_extended_duty_is_due_later() -> None:
    later = DUE_ON + 180 * DAY
    world = after(duty_started(), duty_extended(later, DUE_ON - 30 * DAY))
    assert duties(world, DUE_ON) == (running(later),)


def test_a_duty_is_met_from_the_day_the_certificate_meets_it() -> None:
    world = after(duty_started(), duty_met(FROM))
    assert [duties(world, day)[0].state for day in (FROM - DAY, FROM)] == ["running", "met"]


def test_a_duty_is_missed_from_the_day_after_its_last() -> None:
    world = after(duty_started(), duty_missed())
    assert [duties(world, day)[0].state for day in (DUE_ON, DUE_ON + DAY)] == ["running", "missed"]


def test_a_miss_that_was_retracted_never_was() -> None:
    late = DUE_ON + 60 * DAY
    world = after(
        duty_started(), duty_missed(), miss_retracted(late), duty_met(FROM, recorded_on=late)
    )
    assert [duties(world, day)[0].state for day in (DUE_ON, DUE_ON + DAY)] == ["met", "met"]
    known_before = recorded([duty_started(), duty_missed()])[-1].envelope.recorded_at
    then = world.status("member/M1", DUE_ON + DAY, known_before).duties
    assert [duty.state for duty in then] == ["missed"]


def test_an_extension_after_the_miss_lets_it_run_again() -> None:
    later = DUE_ON + 180 * DAY
    world = after(duty_started(), duty_missed(), duty_extended(later, DUE_ON + 30 * DAY))
    assert duties(world, DUE_ON + 40 * DAY) == (running(later),)


def test_a_late_certificate_heals_a_miss_from_its_day_on() -> None:
    healed = DUE_ON + 50 * DAY
    world = after(duty_started(), duty_missed(), duty_met(healed))
    days = (DUE_ON + DAY, healed - DAY, healed)
    assert [duties(world, day)[0].state for day in days] == ["missed", "missed", "met"]


def test_a_duty_that_was_called_off_is_none_and_may_start_again() -> None:
    off, again = date(2024, 9, 1), date(2025, 2, 1)
    ended = [duty_started(), duty_ended(off)]
    assert [duties(after(*ended), day) for day in (off - DAY, off)] == [(running(),), ()]
    world = after(*ended, duty_started(again, date(2027, 2, 1)))
    assert duties(world, off - DAY) == (running(),)
    assert duties(world, again - DAY) == ()
    assert duties(world, again) == (running(date(2027, 2, 1)),)


def test_a_duty_said_again_counts_even_if_it_began_before_the_end_of_the_last() -> None:
    world = after(
        duty_started(FROM, TO, RECERTIFICATION),
        duty_ended(date(2026, 6, 1), RECERTIFICATION),
        duty_started(FROM + DAY, TO + DAY, RECERTIFICATION, recorded_on=date(2026, 7, 1)),
    )
    assert duties(world, date(2026, 8, 1)) == (running(TO + DAY, RECERTIFICATION),)


def test_a_duty_that_is_reopened_runs_again() -> None:
    world = after(duty_started(), duty_met(FROM), duty_reopened(FROM + 99 * DAY))
    days = (FROM, FROM + 98 * DAY, FROM + 99 * DAY)
    assert [duties(world, day)[0].state for day in days] == ["met", "met", "running"]


def test_what_met_or_missed_a_day_does_not_count_for_another() -> None:
    later = DUE_ON + 99 * DAY
    for outcome in (duty_met(FROM), duty_missed()):
        world = after(duty_started(), outcome, duty_started(due_on=later, recorded_on=DUE_ON))
        assert duties(world, later) == (running(later),)


def test_what_met_the_first_duty_does_not_meet_the_next() -> None:
    world = after(
        duty_started(), duty_met(FROM), duty_started(FROM, TO, RECERTIFICATION, recorded_on=FROM)
    )
    assert duties(world, FROM) == (Duty(INITIAL_DUTY, DUE_ON, "met"), running(TO, RECERTIFICATION))


# --- corrections ---


def test_a_correction_repeats_its_day_later_and_wins() -> None:
    day = date(2026, 1, 1)
    history = [
        granted(FROM, TO),
        certificate_suspended(day),
        certificate_reinstated(day, recorded_on=day + 30 * DAY),
    ]
    world = after(*history)
    assert on(world, day) is FULL
    before = recorded(history)[1].envelope.recorded_at
    assert world.status("certificate/C1", day, before).certification is SUSPENDED


# --- who may see what ---


def test_audits_standing_and_duties_are_not_for_the_public() -> None:
    history: list[Happened] = [
        joined(),
        duty_started(),
        suspended(FROM),
        forfeited(TO),
        audit_scheduled(FROM),
        granted(FROM, TO),
        facility(),
    ]
    world = after(*history)
    shown = {
        (subject, attribute)
        for subject, attributes in world.facts.items()
        for attribute in attributes
        if is_public(subject, attribute)
    }
    assert ("certificate/C1", "valid_to") in shown
    assert ("facility/F1", "covered_by:C1") in shown
    assert not {subject for subject, _ in shown if subject.startswith("audit/")}
    private = ("audited_by:", "duty:", "runs_", "met:", "missed:", "suspended:", "ended", "joined")
    assert not [
        attribute
        for subject, attribute in shown
        if not subject.startswith("certificate/") and attribute.startswith(private)
    ]
