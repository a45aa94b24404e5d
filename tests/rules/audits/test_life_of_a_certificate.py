"""Whatever is asked of a certificate, in any order: what its stream tells stays sane."""

from datetime import date, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from contracts.audits import (
    CertificateConverted,
    CertificateGranted,
    CertificateReinstated,
    CertificateSuspended,
    CertificateWithdrawn,
)
from contracts.envelope import Event
from contracts.values import AuditKind, CertificateType, FindingClass, Maturity
from infra.errors import Refused
from services.audit_scheduling import certificate
from services.audit_scheduling.commands import (
    ConvertCertificate,
    ReinstateCertificate,
    SuspendCertificate,
    WithdrawCertificate,
)

from .given import ENDED, POLICIES, audited, decide

days_back = st.integers(0, 400)


class Life(RuleBasedStateMachine):
    """Commands with good and bad dates; time goes on by up to a year between them."""

    def __init__(self) -> None:
        super().__init__()
        self.state = certificate.INITIAL
        self.told: list[Event] = []
        self.today = ENDED + timedelta(days=20)

    def ask(self, command: certificate.AnyCommand) -> None:
        """Ask; ask again the same: the second time nothing may happen."""
        before = self.state
        try:
            events = list(certificate.decide(command, self.state, POLICIES))
        except Refused:
            assert self.state == before
            return
        for event in events:
            self.state = certificate.evolve(self.state, event)
        assert not certificate.decide(command, self.state, POLICIES)
        self.told += events

    def on(self, back: int) -> date:
        """A day up to so long ago."""
        return self.today - timedelta(days=back)

    @rule(days=st.integers(1, 365))
    def time_goes_on(self, days: int) -> None:
        if self.today < date(2032, 1, 1):
            self.today += timedelta(days=days)

    @rule(
        majors=st.integers(0, 5),
        breaches=st.integers(0, 1),
        maturity=st.sampled_from([None, Maturity.LOW, Maturity.MEDIUM]),
        back=days_back,
        ahead=st.integers(-30, 400),
    )
    def decide(
        self, majors: int, breaches: int, maturity: Maturity | None, back: int, ahead: int
    ) -> None:
        found = {FindingClass.MAJOR: majors, FindingClass.CRITICAL_BREACH: breaches}
        self.ask(
            decide(
                on=self.today,
                decided_on=self.on(back),
                valid_from=self.on(back) + timedelta(days=ahead),
                audit=audited(findings=found, overall_maturity=maturity),
            )
        )

    @precondition(lambda self: self.state.granted is not None)
    @rule(back=days_back, audited_back=days_back, majors=st.integers(0, 1))
    def convert(self, back: int, audited_back: int, majors: int) -> None:
        transition = audited(
            audit_id="A2",
            kind=AuditKind.PROVISIONAL_TRANSITION,
            certificate_id="C1",
            ended_on=self.on(audited_back),
            findings={FindingClass.MAJOR: majors},
        )
        self.ask(
            ConvertCertificate(
                on=self.today,
                certificate_id="C1",
                audit_id="A2",
                effective_on=self.on(back),
                audit=transition,
            )
        )

    @precondition(lambda self: self.state.granted is not None)
    @rule(back=days_back, reason=st.sampled_from(["overdue", "fraud"]))
    def suspend(self, back: int, reason: str) -> None:
        self.ask(
            SuspendCertificate(
                on=self.today, certificate_id="C1", reason=reason, effective_on=self.on(back)
            )
        )

    @precondition(lambda self: self.state.granted is not None)
    @rule(back=days_back)
    def reinstate(self, back: int) -> None:
        self.ask(
            ReinstateCertificate(on=self.today, certificate_id="C1", effective_on=self.on(back))
        )

    @precondition(lambda self: self.state.granted is not None)
    @rule(back=days_back)
    def withdraw(self, back: int) -> None:
        self.ask(
            WithdrawCertificate(
                on=self.today, certificate_id="C1", reason="fraud", effective_on=self.on(back)
            )
        )

    @invariant()
    def at_most_one_decision_conversion_and_withdrawal(self) -> None:
        for kind in (CertificateGranted, CertificateConverted, CertificateWithdrawn):
            assert sum(isinstance(event, kind) for event in self.told) <= 1

    @invariant()
    def a_grant_keeps_the_rules_on_findings(self) -> None:
        granted = self.state.granted
        if granted is not None:
            assert granted.major_findings <= 3
            provisional = granted.certificate_type is CertificateType.PROVISIONAL
            assert provisional == (granted.major_findings >= 1)
            assert ENDED <= granted.valid_from < granted.valid_to

    @invariant()
    def suspensions_and_reinstatements_alternate_in_time(self) -> None:
        changes = [
            event
            for event in self.told
            if isinstance(event, CertificateSuspended | CertificateReinstated)
        ]
        kinds = [type(event) for event in changes]
        assert kinds == [CertificateSuspended, CertificateReinstated] * (len(kinds) // 2) + (
            [CertificateSuspended] if len(kinds) % 2 else []
        )
        assert [event.effective_on for event in changes] == sorted(
            event.effective_on for event in changes
        )

    @invariant()
    def nothing_follows_a_withdrawal(self) -> None:
        kinds = [type(event) for event in self.told]
        assert CertificateWithdrawn not in kinds[:-1]


TestLife = Life.TestCase
