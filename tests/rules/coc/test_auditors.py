"""Which audit firms read an entity's books: as long as their audit of it is open."""

from datetime import date
from itertools import permutations

import pytest

from contracts import audits
from contracts.envelope import Event
from contracts.values import AuditKind, CertificateType, Standard
from services.coc_ledger import auditors
from services.coc_ledger.auditors import AUDITS, AuditRow
from tests.rules.coc.given import POLICY
from tests.rules.coc.told import recorded

DAY = date(2026, 3, 9)
FIRST, SURVEILLANCE = AuditKind.INITIAL_CERTIFICATION, AuditKind.SURVEILLANCE
COC = Standard.CHAIN_OF_CUSTODY
OWN = {"audit_id": "A-1", "member_id": "M-1", "entity_id": "E-1"}


def booked(kind: AuditKind = FIRST, standard: Standard = COC) -> audits.AuditScheduled:
    told = {**OWN, "standard": standard, "kind": kind, "facilities": ("F-1",)}
    days = {"auditor_firm": "FIRM-1", "starts_on": DAY, "ends_on": DAY}
    return audits.AuditScheduled.model_validate({**told, **days, "booked_by": "operations"})


def called_off() -> audits.AuditCancelled:
    told = {**OWN, "standard": COC, "kind": FIRST, "cancelled_on": DAY, "reason": "postponed"}
    return audits.AuditCancelled.model_validate(told)


def concluded(kind: AuditKind = FIRST) -> audits.AuditConcluded:
    told = {**OWN, "standard": COC, "kind": kind, "facilities": ("F-1",), "findings": ()}
    people = {"auditor_firm": "FIRM-1", "lead_auditor": "person-1"}
    days = {"started_on": DAY, "ended_on": DAY}
    return audits.AuditConcluded.model_validate({**told, **people, **days})


def granted(standard: Standard = COC) -> audits.CertificateGranted:
    return audits.CertificateGranted(
        certificate_id="C-1",
        audit_id="A-1",
        member_id="M-1",
        entity_id="E-1",
        standard=standard,
        certificate_type=CertificateType.FULL,
        facilities=("F-1",),
        valid_from=DAY,
        valid_to=date(2029, 3, 8),
        surveillance_due_on=(),
        decided_on=DAY,
        policy_id="audits-1",
        minor_findings=0,
        major_findings=0,
    )


def refused() -> audits.CertificateRefused:
    return audits.CertificateRefused(
        certificate_id="C-1",
        audit_id="A-1",
        member_id="M-1",
        entity_id="E-1",
        standard=COC,
        decided_on=DAY,
        reason="other",
        policy_id="audits-1",
    )


def converted() -> audits.CertificateConverted:
    return audits.CertificateConverted(
        certificate_id="C-1",
        audit_id="A-1",
        member_id="M-1",
        valid_to=date(2029, 3, 8),
        surveillance_due_on=(),
        effective_on=DAY,
        policy_id="audits-1",
    )


def row_of(*events: Event) -> AuditRow | None:
    row = None
    for event in recorded(*events):
        for key in AUDITS.keys(event):
            row = AUDITS.evolve(key, row, event)
    return row


def reads(*events: Event) -> bool:
    row = row_of(*events)
    assert row is not None
    return auditors.reads(row, POLICY)


TRANSITION = AuditKind.PROVISIONAL_TRANSITION


@pytest.mark.parametrize(
    ("events", "may"),
    [
        ([booked()], True),
        ([booked(), called_off()], False),
        ([booked(), concluded()], True),
        ([booked().model_copy(update={"booked_by": "firm"})], False),
        ([booked().model_copy(update={"booked_by": None})], False),
        ([concluded()], False),
        ([booked(), concluded(), granted()], False),
        ([booked(), concluded(), refused()], False),
        ([booked(SURVEILLANCE)], True),
        ([booked(SURVEILLANCE), concluded(SURVEILLANCE)], False),
        ([booked(TRANSITION), concluded(TRANSITION)], True),
        ([booked(TRANSITION), concluded(TRANSITION), converted()], False),
    ],
)
def test_a_firm_that_operations_booked_reads_while_audit_or_decision_is_open(
    events: list[Event], may: bool
) -> None:
    row = row_of(*events)
    assert row is not None
    assert (row.entity_id, row.firm) == ("E-1", "FIRM-1")
    assert reads(*events) is may


@pytest.mark.parametrize("decision", [granted(), refused(), converted()])
def test_a_decision_that_is_heard_of_before_its_audit_counts_all_the_same(decision: Event) -> None:
    """An audit and its certificate are two streams, read in any order."""
    orders = permutations((booked(), concluded(), decision))
    rows = {row_of(*one) for one in orders if one.index(booked()) < one.index(concluded())}
    assert len(rows) == 1
    assert not reads(decision, booked(), concluded())
    assert not reads(decision), "of which nothing else is known"


def test_audits_against_the_performance_standard_open_no_books() -> None:
    ps = Standard.PERFORMANCE
    assert row_of(booked(standard=ps), granted(ps)) is None
