"""By when an audit is needed, and which certificates it is about."""

from datetime import date

from contracts.values import AuditKind
from services.audit_scheduling.outlook import Due, named_in, outlook_of
from services.audit_scheduling.rows import AuditRow, CertificateRow

DAYS = ("2025-06-01", "2026-06-01")


def audit(
    kind: AuditKind, state: str = "scheduled", about: str | None = "C", led_to: str | None = None
) -> AuditRow:
    return AuditRow(
        audit_id="A",
        member_id="M",
        entity_id="E",
        standard="PS",
        kind=kind.value,
        state=state,
        auditor_firm="FIRM",
        starts_on=date(2025, 5, 1),
        ends_on=date(2025, 5, 2),
        facilities=("F",),
        certificate_id=about,
        minor_findings=0,
        major_findings=0,
        critical_breaches=0,
        overall_maturity=None,
        decided_by=led_to,
    )


def certificate(name: str = "C") -> CertificateRow:
    return CertificateRow(
        certificate_id=name,
        member_id="M",
        entity_id="E",
        audit_id="A-0",
        standard="PS",
        state="granted",
        certificate_type="full",
        valid_from=date(2024, 1, 1),
        valid_to=date(2026, 12, 31),
        decided_on=date(2024, 1, 1),
        facilities=("F",),
        surveillance_due_on=DAYS,
        replaces=None,
        policy_id="P",
    )


KNOWN = {name: certificate(name) for name in ("C", "D")}
DONE = audit(AuditKind.SURVEILLANCE, "concluded")


def test_the_nth_surveillance_is_needed_by_the_nth_day() -> None:
    booked = audit(AuditKind.SURVEILLANCE)
    for number, day in enumerate(DAYS):
        found = outlook_of(booked, KNOWN, [DONE] * number)
        assert found.due == Due("surveillance", date.fromisoformat(day))
    assert outlook_of(booked, KNOWN, [DONE] * 2).due is None
    elsewhere = audit(AuditKind.SURVEILLANCE, "concluded", about="D")
    assert outlook_of(booked, KNOWN, [elsewhere]).due == Due("surveillance", date(2025, 6, 1))


def test_other_audits_are_needed_while_the_certificate_holds() -> None:
    last = date(2026, 12, 31)
    for kind, named in (
        (AuditKind.RECERTIFICATION, "certificate_expiry"),
        (AuditKind.SCOPE_CHANGE, "certificate_expiry"),
        (AuditKind.PROVISIONAL_TRANSITION, "provisional_conversion"),
    ):
        assert outlook_of(audit(kind), KNOWN, []).due == Due(named, last)


def test_nothing_is_needed_of_what_is_over_or_about_no_certificate() -> None:
    first = audit(AuditKind.INITIAL_CERTIFICATION, about=None)
    assert outlook_of(first, KNOWN, []).due is None
    assert outlook_of(audit(AuditKind.RECERTIFICATION, "concluded"), KNOWN, []).due is None


def test_an_audit_tells_the_certificate_it_is_about_and_the_one_it_led_to() -> None:
    done = audit(AuditKind.RECERTIFICATION, "concluded", led_to="D")
    assert [one.certificate_id for one in outlook_of(done, KNOWN, []).certificates] == ["C", "D"]
    same = audit(AuditKind.RECERTIFICATION, "concluded", led_to="C")
    assert [one.certificate_id for one in outlook_of(same, KNOWN, []).certificates] == ["C"]
    assert named_in([done, same, audit(AuditKind.SPECIAL, about=None)]) == ["C", "D"]
