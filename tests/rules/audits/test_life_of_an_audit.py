"""Whatever is asked of an audit, in any order: what its stream tells stays sane."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from contracts.audits import AuditCancelled, AuditConcluded, AuditScheduled, Finding
from contracts.values import AuditKind, CertificateId, FindingClass, Maturity
from infra.decider import decider_of
from infra.errors import Refused
from services.audit_scheduling import audit
from services.audit_scheduling.audit import DecisionReserved
from services.audit_scheduling.commands import CancelAudit, ReserveDecision
from services.audit_scheduling.evidence import ScopeEvidence
from tests.rules.life import LIVES, Life, of_type

from .given import (
    CLASSES,
    ONE_DAY,
    POLICIES,
    SCOPE,
    STARTED,
    certified,
    conclude,
    held,
    schedule,
)

Changes = Mapping[str, object]
SURVEILLANCE: Changes = {
    "kind": AuditKind.SURVEILLANCE,
    "certificate_id": "C1",
    "certificate": certified(),
}
PLANS: tuple[Changes, ...] = ({}, {}, {}, SURVEILLANCE)
"""The same audit as a rule, so that it is booked, concluded, and asked for again."""
MAJOR = Finding(finding_id="n1", criterion="5.1", finding_class=FindingClass.MAJOR)
MINOR = Finding(
    finding_id="n2", criterion="6.1", finding_class=FindingClass.MINOR, facility_id="F1"
)
FOUND: tuple[Changes, ...] = (
    {},
    {"findings": (MINOR, MAJOR)},
    {"findings": (MAJOR, MINOR), "overall_maturity": Maturity.LOW},
    {"overall_maturity": Maturity.HIGH},
)
BAD_SCOPES: tuple[Changes, ...] = (
    {"scope": ScopeEvidence()},
    {"scope": ScopeEvidence(classes=held("GS"), entity_member_id="M1")},
    {"scope": SCOPE.model_copy(update={"entity_member_id": "M2"})},
    {"scope": SCOPE.model_copy(update={"entity_closed_on": STARTED})},
    {"scope": ScopeEvidence(classes=CLASSES, entity_member_id="M1")},
    {"facilities": ("F1", "F9")},
    {"facilities": ("F1", "F7")},
    {"certificate_id": "C2"},
    {"kind": AuditKind.SURVEILLANCE},
)
BAD_FINDINGS: tuple[Changes, ...] = (
    {"findings": (MAJOR, MAJOR)},
    {"findings": (MINOR.model_copy(update={"facility_id": "F9"}),)},
    {"findings": (MINOR,), "overall_maturity": Maturity.HIGH},
)
OTHERWISE: tuple[Changes, ...] = (
    {"facilities": ("F2", "F1", "F2")},
    {"facilities": ("F2",)},
    {"auditor_firm": "firm-2"},
)
ALL_WELL: Changes = {}
WELL = 6  # times as often as any one of what is wrong or different
HAPPENINGS = (*("days pass", "schedule", "conclude", "conclude", "reserve") * 2, "cancel")
"""What ends all further moves happens seldom."""
CERTIFICATES = st.sampled_from(["C1", "C2", "C3"])


class AuditLife(Life):
    """An audit of F1 and F2 in March 2026, booked and concluded well or badly."""

    decider = decider_of(audit)
    policies = POLICIES
    begins = date(2026, 3, 1)

    def __init__(self) -> None:
        super().__init__()
        self.holders: list[CertificateId] = []

    @rule(
        what=st.sampled_from(HAPPENINGS),
        plan=st.sampled_from(PLANS),
        found=st.sampled_from(FOUND),
        change=st.sampled_from((*(ALL_WELL,) * WELL, *BAD_SCOPES, *BAD_FINDINGS, *OTHERWISE)),
        days=st.integers(1, 30),
        length=st.sampled_from((*(4,) * WELL, 2, -1)),
        certificates=st.tuples(CERTIFICATES, st.none() | CERTIFICATES),
    )
    def something_happens(
        self,
        what: str,
        plan: Changes,
        found: Changes,
        change: Changes,
        days: int,
        length: int,
        certificates: tuple[CertificateId, CertificateId | None],
    ) -> None:
        """One rule for all: of many rules Hypothesis leaves most out of most lives."""
        last = STARTED + length * ONE_DAY
        match what:
            case "days pass":
                self.days_pass(days)
            case "schedule" if not change.keys() & {"findings"}:
                self.is_booked({**plan, **change, "ends_on": last})
            case "conclude":
                self.is_concluded({**plan, **found, **change, "ended_on": last})
            case "cancel":
                firm = str(change.get("auditor_firm", "firm-1"))
                self.ask(
                    CancelAudit(on=self.today, audit_id="A1", auditor_firm=firm, reason="strike")
                )
            case "reserve":
                self.is_reserved(*certificates)
            case _:
                assert what == "schedule", "that has no findings"

    def is_booked(self, fields: Changes) -> None:
        """Booked; once that stands, what membership says later of the scope takes it not back."""
        command = schedule(on=self.today, **fields)
        self.ask(command, command.model_copy(update={"scope": ScopeEvidence()}))

    def is_concluded(self, fields: Changes) -> None:
        """Concluded, likewise; anything else than what stands is refused, and says what differs."""
        command = conclude(on=self.today, **fields)
        told = self.ask(command, command.model_copy(update={"scope": ScopeEvidence()}))
        if told:
            other = command.model_copy(update={"lead_auditor": "person-8"})
            assert self.differing(other) == ["lead_auditor"]

    def differing(self, command: Any) -> object:
        """The fields in which a command contradicts what stands."""
        try:
            self.decider.decide(command, self.state, self.policies)
        except Refused as refusal:
            return refusal.facts.get("differs")
        return None

    def is_reserved(self, wanted: CertificateId, lapsed: CertificateId | None) -> None:
        """For a certificate, in the place of one that lapsed."""
        before = self.state.reserved
        command = ReserveDecision(
            on=self.today, audit_id="A1", certificate_id=wanted, lapsed=lapsed
        )
        if self.ask(command):
            assert before is None or before == lapsed
            self.holders.append(wanted)

    # --- what always holds ---

    @invariant()
    def it_is_booked_called_off_and_concluded_once_at_most(self) -> None:
        for kind in (AuditScheduled, AuditCancelled, AuditConcluded):
            assert len(of_type(self.told, kind)) <= 1

    @invariant()
    def it_is_called_off_or_concluded_and_booked_before_that(self) -> None:
        kinds = [type(one) for one in self.told if not isinstance(one, DecisionReserved)]
        assert kinds in (
            [],
            [AuditScheduled],
            [AuditScheduled, AuditCancelled],
            [AuditScheduled, AuditConcluded],
            [AuditConcluded],
        )

    @invariant()
    def what_is_concluded_is_the_audit_that_was_booked(self) -> None:
        for booked in of_type(self.told, AuditScheduled):
            for one in of_type(self.told, AuditConcluded):
                for name in ("kind", "standard", "entity_id", "auditor_firm", "certificate_id"):
                    assert getattr(one, name) == getattr(booked, name)

    @invariant()
    def it_looks_at_sites_of_its_entity_on_days_in_their_order(self) -> None:
        for one in of_type(self.told, AuditScheduled, AuditConcluded):
            assert set(one.facilities) <= {"F1", "F2"}
            assert list(one.facilities) == sorted(set(one.facilities))
            assert (one.certificate_id == "C1") == (one.kind is AuditKind.SURVEILLANCE)
        for booked in of_type(self.told, AuditScheduled):
            assert booked.starts_on <= booked.ends_on
        for one in of_type(self.told, AuditConcluded):
            assert one.started_on <= one.ended_on <= self.today

    @invariant()
    def its_findings_are_told_apart_and_leave_no_room_for_the_best_mark(self) -> None:
        for one in of_type(self.told, AuditConcluded):
            ids = [finding.finding_id for finding in one.findings]
            assert ids == sorted(set(ids))
            assert {finding.facility_id for finding in one.findings} <= {None, *one.facilities}
            assert not (one.findings and one.overall_maturity is Maturity.HIGH)

    @invariant()
    def a_decision_may_rest_on_it_once_it_is_concluded(self) -> None:
        concluded = of_type(self.told, AuditConcluded)
        found = audit.evidence(self.state)
        assert (found is not None) == bool(concluded)
        if found is not None:
            assert sum(found.findings.values()) == len(concluded[0].findings)

    @invariant()
    def one_certificate_at_a_time_may_be_decided_on_with_it(self) -> None:
        reserved = of_type(self.told, DecisionReserved)
        assert [event.certificate_id for event in reserved] == self.holders
        assert self.state.reserved == (self.holders[-1] if self.holders else None)
        assert all(a != b for a, b in zip(self.holders, self.holders[1:], strict=False))


TestAuditLife = AuditLife.TestCase
TestAuditLife.settings = LIVES
