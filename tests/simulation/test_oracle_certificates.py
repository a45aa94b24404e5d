"""The oracle on certificates and what they cover, case by case, from sources.md 2.1 to 2.7."""

from datetime import date

import pytest

from contracts.values import AuditKind, CertificationStatus, Maturity, Standard
from simulator.history import (
    AuditScheduled,
    CertificateReinstated,
    CertificateSuspended,
    Resigned,
)

from .told import ONE, M, converted, granted, joined, oracle

# --- certificates (sources.md 2.1, 2.7) ---


def test_the_life_of_a_certificate_day_by_day() -> None:
    day = date(2024, 11, 11)  # the dates of sources.md 2.7, from G1
    pause = CertificateSuspended(
        recorded_on=date(2025, 3, 1),
        member_id=M,
        certificate_id="c1",
        effective_on=date(2025, 3, 1),
        reason="r",
    )
    again = CertificateReinstated(
        recorded_on=date(2025, 4, 1),
        member_id=M,
        certificate_id="c1",
        effective_on=date(2025, 4, 1),
    )
    asked = oracle(joined(), *granted(day), pause, again)
    one = asked.certificates(M, date(2030, 1, 1))[0]
    assert one.valid_to == date(2027, 11, 10)
    days = [day - ONE, day, date(2025, 3, 1), date(2025, 3, 31), date(2025, 4, 1), one.valid_to]
    words = ["none", "certified_full", "suspended", "suspended", "certified_full", "certified_full"]
    assert [one.status(day).value for day in days] == words
    assert one.status(one.valid_to + ONE) is CertificationStatus.EXPIRED


def test_a_provisional_certificate_holds_a_year_and_a_converted_one_three() -> None:
    day = date(2021, 5, 1)
    entries = [joined(), *granted(day, majors=3)]
    assert oracle(*entries).certificates(M, day)[0].valid_to == date(2022, 4, 30)
    turned = oracle(*entries, *converted(date(2022, 2, 1))).certificates(M, date(2022, 2, 1))[0]
    assert turned.valid_to == date(2024, 4, 30)
    assert turned.status(date(2022, 1, 31)) is CertificationStatus.CERTIFIED_PROVISIONAL
    assert turned.status(date(2022, 2, 1)) is CertificationStatus.CERTIFIED_FULL


@pytest.mark.parametrize(
    ("maturity", "days"),
    [
        (Maturity.HIGH, []),
        (Maturity.MEDIUM, [date(2022, 11, 1)]),
        (Maturity.LOW, [date(2022, 5, 1), date(2023, 5, 1)]),
    ],
)
def test_surveillance_follows_maturity_and_the_first_open_one_is_listed(
    maturity: Maturity, days: list[date]
) -> None:
    day = date(2021, 5, 1)
    asked = oracle(joined(), *granted(day, maturity=maturity))
    due = [one.due_on for one in asked.deadlines(day, day) if one.kind == "surveillance"]
    assert due == days[:1]
    assert asked.certificates(M, day)[0].surveillance == tuple(days)


def test_a_member_is_certified_as_well_as_its_best_certificate() -> None:
    day = date(2021, 5, 1)
    asked = oracle(joined(), *granted(day, majors=1), *granted(day + 60 * ONE, number=2))
    assert asked.certification(M, day, day) is CertificationStatus.CERTIFIED_PROVISIONAL
    later = day + 60 * ONE
    assert asked.certification(M, later, later) is CertificationStatus.CERTIFIED_FULL
    assert asked.certification(M, later, later, facility="f2") is CertificationStatus.NONE


def test_an_audit_under_way_puts_a_member_in_process() -> None:
    plan = AuditScheduled(
        recorded_on=date(2020, 9, 1),
        member_id=M,
        audit_id="a1",
        entity_id="e1",
        standard=Standard.PERFORMANCE,
        kind=AuditKind.INITIAL_CERTIFICATION,
        facilities=("f1",),
        auditor_firm="syn-auditors-01",
        starts_on=date(2020, 11, 1),
        ends_on=date(2020, 11, 3),
        certificate_id=None,
    )
    first = date(2020, 11, 1)
    asked = oracle(joined(), plan)
    assert asked.certification(M, first - ONE, first) is CertificationStatus.NONE
    assert asked.certification(M, first, first) is CertificationStatus.IN_PROCESS


# --- what lapses (sources.md 1.2, 2.1) ---


def test_a_former_member_owes_nothing_on_its_certificates() -> None:
    day, left = date(2021, 5, 1), date(2022, 1, 15)
    resigned = Resigned(recorded_on=left, member_id=M, effective_on=left)
    asked = oracle(joined(), *granted(day), resigned)
    assert {one.kind for one in asked.deadlines(left, left - ONE)} >= {"certificate_expiry"}
    assert asked.deadlines(left, left) == []


def test_a_certificate_that_ran_out_is_over_once_its_facilities_are_certified_again() -> None:
    day = date(2021, 5, 1)
    last = oracle(joined(), *granted(day)).certificates(M, day)[0].valid_to
    again = [*granted(last + 10 * ONE, number=2)]
    asked = oracle(joined(), *granted(day), *again)
    known = last + 10 * ONE

    def due_on_the_first(on: date) -> bool:
        return any(one.subject == "c1" for one in asked.deadlines(on, known))

    assert due_on_the_first(last)
    assert due_on_the_first(last + 9 * ONE)
    assert not due_on_the_first(last + 10 * ONE)
    coc = granted(last + ONE, number=3, standard=Standard.CHAIN_OF_CUSTODY)
    other = oracle(joined(), *granted(day), *coc)
    assert any(one.subject == "c1" for one in other.deadlines(known, known))
