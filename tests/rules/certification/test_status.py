"""What somebody or something is on a day: sources.md 2.7, 1.2, 1.3."""

from datetime import date, timedelta

import pytest

from contracts.values import AuditKind, CertificateType, CertificationStatus, Standard
from services.certification.facts import is_public
from services.certification.status import BEST_FIRST

from .given import (
    Folded,
    Happened,
    after,
    duty_started,
    facility,
    facility_closed,
    forfeited,
    joined,
    recorded,
    suspended,
)
from .given_audits import (
    audit_cancelled,
    audit_concluded,
    audit_scheduled,
    certificate_reinstated,
    certificate_suspended,
    certificate_withdrawn,
    converted,
    granted,
    refused,
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
