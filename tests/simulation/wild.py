"""One member whose life is drawn at random, wilder than any world: late news, early news, news that
take others back. What the platform refuses has not happened; what it accepts, the oracle is told.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import TypedDict

from contracts.values import (
    Activity,
    AuditKind,
    ControlBasis,
    DutyRule,
    FindingClass,
    Maturity,
    MembershipClass,
    Standard,
)
from infra.errors import Refused
from infra.policy import Policies, PolicyFile
from simulator import history as h
from simulator.compare import Difference, differences
from simulator.oracle import Oracle
from simulator.rules import ONE_DAY, Rules
from simulator.steps import step_of

from .desks import (
    certification_expected,
    certification_shown,
    deadlines_expected,
    deadlines_shown,
    members_expected,
    members_shown,
    platform,
)
from .inmemory import Platform

M, E, F = "syn-m-0001", "syn-e-0001-1", "syn-f-0001-001"
FIRM = "syn-auditors-01"
CLASSES = (
    MembershipClass.PRODUCTION_AND_TRANSFORMATION,
    MembershipClass.INDUSTRIAL_USERS,
    MembershipClass.DOWNSTREAM_SUPPORTERS,
)
WORK = (Activity.MATERIAL_CONVERSION,)
SITE = h.Site(
    name="Synthetic Components Plant 001-001 (CN)",
    activities=WORK,
    country="CN",
    subdivision="CN-SD",
    latitude="36.4",
    longitude="118.3",
    basis=ControlBasis.OPERATIONAL,
    share_percent=100,
    operating=True,
    start_year=2001,
    capacity_t_per_year=5000,
)


Value = bool | int | str
POLICIES = Path(__file__).parents[2] / "services" / "membership" / "policy"


def policies(**figures: Value) -> Policies:
    """Membership's policies as written, but for some figures (`duty__years=1`)."""
    files = [PolicyFile.model_validate_json(path.read_bytes()) for path in POLICIES.glob("*.json")]
    other = {name.replace("__", "."): value for name, value in figures.items()}
    return Policies(
        file.model_copy(
            update={
                "figures": {
                    name: figure.model_copy(update={"value": other.get(name, figure.value)})
                    for name, figure in file.figures.items()
                }
            }
        )
        for file in files
    )


class About(TypedDict):
    """What every entry says."""

    recorded_on: date
    member_id: str


class Named(TypedDict):
    """What an application says of the applicant."""

    name: str
    country: str


class WildLife:
    """A member, the platform that knows it, and the diary of what was accepted."""

    def __init__(self, seed: int, rules: Rules | None = None, **figures: Value) -> None:
        """`figures` of membership's policy that are other than written, dots as `__`."""
        self.dice = Random(f"wild/{seed}")
        self.rules = rules or Rules()
        self.platform: Platform = platform()
        membership = self.platform.desks["membership"]
        membership.definition = membership.definition._replace(policies=policies(**figures))
        self.diary: list[h.Entry] = []
        self.today = date(2016, 1, 1) + timedelta(days=self.dice.randint(0, 1200))
        self.pace = self.dice.choice((0.004, 0.01, 0.03, 0.06))
        self.oracle = Oracle((), self.rules)
        self.audits = 0
        self.granted: list[h.CertificateGranted] = []
        self.invoices = 0
        self._join()

    # --- one day after another ---

    def live(self, days: int) -> list[Difference]:
        """So many days, with something new every few of them; the first differences found."""
        for _ in range(days):
            news = self.dice.random() < self.pace
            for _ in range(self.dice.choice((1, 1, 2)) if news else 0):
                self._something()
            self.platform.close(self.today)
            self.today += ONE_DAY
            found = self.compared(facts=news)
            if found:
                return found
        return []

    def compared(self, *, facts: bool = True) -> list[Difference]:
        """What differs on this morning, by all that was told until yesterday: in the words of
        membership, on the board, and (with `facts`) in what certification says of everything."""
        known = self.today - ONE_DAY
        expected = {
            "membership": members_expected(self.oracle, self.today, known),
            "deadlines": deadlines_expected(self.oracle, self.today, known),
        }
        shown = {
            "membership": members_shown(self.platform),
            "deadlines": deadlines_shown(self.platform, self.today),
        }
        # Before the launch nobody has begun to be obliged.
        if self.today >= self.rules.launch and (facts or self.today.day == 1):
            expected["certification"] = certification_expected(self.oracle, self.today, known)
            shown["certification"] = certification_shown(
                self.platform, self.oracle, self.today, known
            )
        return differences(expected, shown)

    def told(self) -> str:
        """The diary, for a person who looks for what went wrong."""
        return "\n".join(str(entry) for entry in self.diary)

    # --- telling ---

    def _tell(self, *entries: h.Entry) -> bool:
        """Send entries one by one until one is refused; those accepted are in the diary."""
        for entry in entries:
            try:
                sent = self.platform.send(step_of(entry))
            except Refused:
                return False
            if not sent:
                return False
            self.diary.append(entry)
            self.oracle.tell(entry)
        return True

    def _about(self) -> About:
        return {"recorded_on": self.today, "member_id": M}

    def _past(self, days: int) -> date:
        return self.today - timedelta(days=self.dice.randint(0, days))

    def _join(self) -> None:
        kind = self.dice.choice(CLASSES)
        named: Named = {"name": "Synthetic Manufacturing 001 (CN)", "country": "CN"}
        about = self._about()
        self._tell(
            h.Drafted(**about, **named),
            h.Submitted(**about, **named, membership_class=kind, activities=WORK),
            h.ReviewStarted(**about),
            h.Approved(**about, membership_class=kind, activities=WORK, fee_level="small"),
            h.Joined(**about, **named, joined_on=self._past(20), membership_class=kind),
            h.EntityRegistered(**about, entity_id=E, name="Synthetic Entity", country="CN"),
            h.FacilityRegistered(**about, facility_id=F, entity_id=E, site=SITE),
        )

    def _something(self) -> None:
        deeds: tuple[tuple[int, Callable[[], None]], ...] = (
            (30, self._certify),
            (10, self._convert),
            (6, self._suspend),
            (8, self._reinstate),
            (7, self._withdraw),
            (10, self._extend),
            (6, self._change_class),
            (6, self._rework),
            (10, self._invoice),
            (12, self._pay),
            (3, self._cancel_invoice),
            (2, self._hold),
            (3, self._let_go),
            (8, self._restore),
            (2, self._leave),
            (4, self._stay),
        )
        self.dice.choices([deed for _, deed in deeds], [weight for weight, _ in deeds])[0]()

    # --- deeds ---

    def _audit(
        self, kind: AuditKind, majors: int, about: str | None, standard: Standard
    ) -> h.AuditConcluded:
        self.audits += 1
        ended = self._past(120)
        found = tuple(
            h.Found(f"n{number}", "5.1", FindingClass.MAJOR, None) for number in range(majors)
        )
        return h.AuditConcluded(
            **self._about(),
            audit_id=f"syn-a-0001-{self.audits:02d}",
            entity_id=E,
            standard=standard,
            kind=kind,
            facilities=(F,),
            auditor_firm=FIRM,
            lead_auditor="p1",
            started_on=ended - 2 * ONE_DAY,
            ended_on=ended,
            findings=found,
            overall_maturity=self.dice.choice((Maturity.LOW, Maturity.MEDIUM)),
            certificate_id=about,
        )

    def _certify(self) -> None:
        before = self.dice.choice(self.granted) if self.granted else None
        again = before is not None and self.dice.random() < 0.7
        kind = AuditKind.RECERTIFICATION if again else AuditKind.INITIAL_CERTIFICATION
        standard = self.dice.choice((*[Standard.PERFORMANCE] * 6, Standard.CHAIN_OF_CUSTODY))
        if again and before is not None:
            standard = before.standard
        audit = self._audit(kind, self.dice.choice((0, 0, 0, 1, 2)), None, standard)
        decided = audit.ended_on + timedelta(
            days=self.dice.randint(0, (self.today - audit.ended_on).days)
        )
        ahead = self.dice.choice((0, 0, 60))
        certificate = h.CertificateGranted(
            **self._about(),
            certificate_id=f"syn-c-0001-{self.audits:02d}",
            audit_id=audit.audit_id,
            entity_id=E,
            standard=standard,
            facilities=(F,),
            decided_on=decided,
            valid_from=max(audit.ended_on, decided + timedelta(days=self.dice.randint(-60, ahead))),
            replaces=before.certificate_id if again and before else None,
        )
        if self._tell(audit, certificate):
            self.granted.append(certificate)

    def _convert(self) -> None:
        if not self.granted:
            return
        one = self.dice.choice(self.granted[-3:])
        audit = self._audit(AuditKind.PROVISIONAL_TRANSITION, 0, one.certificate_id, one.standard)
        self._tell(
            audit,
            h.CertificateConverted(
                **self._about(),
                certificate_id=one.certificate_id,
                audit_id=audit.audit_id,
                effective_on=max(audit.ended_on, self._past(60)),
            ),
        )

    def _suspend(self) -> None:
        self._later(h.CertificateSuspended, reason="r")

    def _reinstate(self) -> None:
        self._later(h.CertificateReinstated)

    def _withdraw(self) -> None:
        self._later(h.CertificateWithdrawn, reason="r")

    def _later(self, kind: Callable[..., h.Entry], **fields: str) -> None:
        if self.granted:
            one = self.dice.choice(self.granted[-3:])
            day = self._past(self.dice.choice((0, 0, 30, 300)))
            self._tell(
                kind(
                    **self._about(),
                    certificate_id=one.certificate_id,
                    effective_on=day,
                    **fields,
                )
            )

    def _extend(self) -> None:
        duty = self.platform.desks["membership"].state(f"member/{M}").duty
        if duty is not None:
            due_on = duty.due_on + timedelta(days=self.dice.randint(-30, 300))
            rule: DutyRule = duty.rule
            self._tell(h.Extended(**self._about(), rule=rule, due_on=due_on, reason="r"))

    def _change_class(self) -> None:
        self._tell(
            h.ClassChanged(
                **self._about(),
                effective_on=self._past(self.dice.choice((0, 0, 90))),
                membership_class=self.dice.choice(CLASSES),
                activities=WORK,
            )
        )

    def _rework(self) -> None:
        """The facility does something else, whatever the member's class."""
        site = replace(SITE, activities=self.dice.choice((WORK, (Activity.SMELTING,))))
        self._tell(h.FacilityChanged(**self._about(), facility_id=F, entity_id=E, site=site))

    def _invoice(self) -> None:
        self.invoices += 1
        self._tell(h.Invoiced(**self._about(), invoice_id=f"syn-i-0001-{self.invoices}"))

    def _pay(self) -> None:
        if self.invoices:
            number = self.dice.randint(1, self.invoices)
            paid_on = self._past(self.dice.choice((0, 40)))
            self._tell(h.Paid(**self._about(), invoice_id=f"syn-i-0001-{number}", paid_on=paid_on))

    def _cancel_invoice(self) -> None:
        if self.invoices:
            number = self.dice.randint(1, self.invoices)
            self._tell(h.InvoiceCancelled(**self._about(), invoice_id=f"syn-i-0001-{number}"))

    def _hold(self) -> None:
        self._tell(h.SuspendedByHand(**self._about(), effective_on=self.today))

    def _let_go(self) -> None:
        self._tell(h.ReinstatedByHand(**self._about(), effective_on=self.today))

    def _restore(self) -> None:
        self._tell(h.Restored(**self._about()))

    def _leave(self) -> None:
        """Mostly announced for a day to come, and mostly taken back."""
        if self.dice.random() < 0.3:
            self._tell(h.Resigned(**self._about(), effective_on=self._past(10)))
        elif self.dice.random() < 0.6:
            ahead = timedelta(days=self.dice.randint(1, 120))
            self._tell(h.Resigned(**self._about(), effective_on=self.today + ahead))

    def _stay(self) -> None:
        self._tell(h.ResignationWithdrawn(**self._about()))
