"""Which audit firms read a facility's years: as long as their audit of it is open."""

from datetime import date
from itertools import permutations

import pytest

from contracts import audits
from contracts.envelope import Event
from contracts.values import AuditKind, Standard
from services.ghg.auditors import AUDITS, AuditRow, reads
from tests.rules.coc.told import recorded

from .given import POLICY

DAY = date(2026, 3, 9)
FIRST, SURVEILLANCE = AuditKind.INITIAL_CERTIFICATION, AuditKind.SURVEILLANCE
PS = Standard.PERFORMANCE
OWN = {"audit_id": "A-1", "member_id": "M-1", "entity_id": "E-1"}


def booked(
    kind: AuditKind = FIRST, standard: Standard = PS, by: str | None = "operations"
) -> audits.AuditScheduled:
    told = {**OWN, "standard": standard, "kind": kind, "facilities": ("F-1", "F-2")}
    days = {"auditor_firm": "FIRM-1", "starts_on": DAY, "ends_on": DAY, "booked_by": by}
    return audits.AuditScheduled.model_validate({**told, **days})


def concluded(kind: AuditKind = FIRST) -> audits.AuditConcluded:
    told = {**OWN, "standard": PS, "kind": kind, "facilities": ("F-1", "F-2"), "findings": ()}
    people = {"auditor_firm": "FIRM-1", "lead_auditor": "person-1"}
    return audits.AuditConcluded.model_validate(
        {**told, **people, "started_on": DAY, "ended_on": DAY}
    )


def called_off() -> audits.AuditCancelled:
    told = {**OWN, "standard": PS, "kind": FIRST, "cancelled_on": DAY, "reason": "postponed"}
    return audits.AuditCancelled.model_validate(told)


def refused() -> audits.CertificateRefused:
    told = {**OWN, "certificate_id": "C-1", "standard": PS, "reason": "other"}
    return audits.CertificateRefused.model_validate(
        {**told, "decided_on": DAY, "policy_id": "audits-1"}
    )


def row(*events: Event) -> AuditRow | None:
    """The row that these events leave."""
    found: AuditRow | None = None
    for one in recorded(*events, stream="audit/A-1"):
        for key in AUDITS.keys(one):
            found = AUDITS.evolve(key, found, one)
    return found


def open_(*events: Event, member: str = "M-1", facility: str = "F-1") -> bool:
    found = row(*events)
    return found is not None and reads(found, member, facility, POLICY)


def test_the_firm_of_a_booked_audit_reads_the_facilities_that_it_is_of() -> None:
    assert open_(booked())
    assert open_(booked(), facility="F-2")
    assert not open_(booked(), facility="F-3")
    assert not open_(booked(), member="M-2"), "the facility has gone to another member"


@pytest.mark.parametrize("by", ["firm", None])
def test_a_booking_of_its_own_lets_nobody_in(by: str | None) -> None:
    assert not open_(booked(by=by))


def test_an_audit_of_the_other_standard_opens_nothing() -> None:
    assert row(booked(standard=Standard.CHAIN_OF_CUSTODY)) is None


def test_it_ends_with_the_audit_or_with_the_decision_that_follows() -> None:
    assert not open_(booked(), called_off())
    assert open_(booked(), concluded())
    assert not open_(booked(SURVEILLANCE), concluded(SURVEILLANCE)), (
        "nothing is decided on after it"
    )
    assert not open_(booked(), concluded(), refused())


def test_a_decision_that_is_heard_of_first_counts() -> None:
    for order in permutations((booked(), concluded(), refused())):
        assert not open_(*order)
