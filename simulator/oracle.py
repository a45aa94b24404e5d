"""An independent oracle: what the platform must say of the synthetic world, on any day.

Written from domain.md 1.1 to 1.4 and 2.1 to 2.7 alone, as functions over spans of days; it folds
no events and shares no code with the services. Every answer takes two days: `on`, the day asked
about, and `known`, the last day whose entries are known. What a platform shows after it has
closed a day D is `on=D+1, known=D`.

Where domain.md is silent the reading is ours and named here:
- Before its day the first duty is met by a Performance Standard certificate that holds, or that
  ran its course; one that was taken back by then does not meet it (1.2). What became valid after
  the day cures the miss.
- Once certified, a member must hold a certificate without a gap: the duty to recertify falls due
  on the last day of the run of certificates it holds (1.2).
- A missed duty suspends the member from the first missed day; forfeiture follows the policy's
  number of days later unless cured by then (1.2, 1.3, 1.4). What is told after a forfeiture
  retracts the miss, but only a restoration brings the membership back.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from contracts.values import AuditKind, CertificationStatus, JsonObject

from .coverage import Certificate
from .history import (
    Approved,
    AuditCancelled,
    AuditConcluded,
    AuditScheduled,
    CertificateGranted,
    CertificateRefused,
    Declined,
    Drafted,
    Entry,
    InformationRequested,
    InformationSupplied,
    Joined,
    Resigned,
    Restored,
    ReviewStarted,
    Submitted,
    Terminated,
)
from .ledger import MET, MISSED, Duty, Ledger
from .rules import ONE_DAY, Rules


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a member stands: a stage of the application, or of the membership with the reasons
    of a suspension (`duty_missed`, `fees_unpaid`, `other`)."""

    status: str
    reasons: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, order=True)
class Deadline:
    """Something open that falls due."""

    due_on: date
    kind: str
    subject: str
    member_id: str


_STAGES: dict[type[Entry], str] = {
    Drafted: "drafted",
    Submitted: "submitted",
    ReviewStarted: "under_review",
    InformationRequested: "information_requested",
    InformationSupplied: "under_review",
    Approved: "approved",
    Declined: "declined",
}
"""The application's stages (domain.md 1.4), by what was told last."""


_ALIVE = (
    CertificationStatus.CERTIFIED_FULL,
    CertificationStatus.CERTIFIED_PROVISIONAL,
    CertificationStatus.SUSPENDED,
)
_BEST_FIRST = (
    *_ALIVE,
    CertificationStatus.IN_PROCESS,
    CertificationStatus.WITHDRAWN,
    CertificationStatus.EXPIRED,
)
"""Where several certificates speak of one subject, the first of these that any of them says."""


class Oracle:
    """Answers about a history, for any day and any state of knowledge."""

    def __init__(self, entries: Iterable[Entry], rules: Rules) -> None:
        self.rules = rules
        told: dict[str, list[Entry]] = {}
        for entry in entries:
            told.setdefault(entry.member_id, []).append(entry)
        self._told = {member: tuple(told[member]) for member in told}
        self._days = {
            member: [entry.recorded_on for entry in found] for member, found in told.items()
        }
        self._ledgers: dict[tuple[str, int], Ledger] = {}

    @property
    def members(self) -> tuple[str, ...]:
        """Everyone ever heard of."""
        return tuple(self._told)

    def ledger(self, member_id: str, known: date) -> Ledger:
        """What was known of a member at the end of a day."""
        count = bisect_right(self._days.get(member_id, ()), known)
        key = (member_id, count)
        if key not in self._ledgers:
            entries = self._told.get(member_id, ())[:count]
            self._ledgers[key] = Ledger.of(entries, self.rules)
        return self._ledgers[key]

    # --- members ---

    def standing(self, member_id: str, on: date, known: date) -> Standing | None:
        """Where a member stands; None when nothing was heard of it."""
        ledger = self.ledger(member_id, known)
        joined = next((one.joined_on for one in ledger.entries if isinstance(one, Joined)), None)
        if joined is None or on < joined:
            stages = [one for one in ledger.entries if type(one) in _STAGES]
            return Standing(_STAGES[type(stages[-1])]) if stages else None
        ended = self._ended(ledger, on)
        if ended is not None:
            return Standing(ended)
        if self._forfeited(member_id, on, known):
            return Standing("forfeited")
        reasons = {"duty_missed"} if any(d.state == MISSED for d in ledger.duties(on)) else set()
        grace = timedelta(days=self.rules.fee_grace_days)
        if any(due + grace < on and not paid for _, due, paid in ledger.invoices()):
            reasons.add("fees_unpaid")
        if ledger.by_hand(on):
            reasons.add("other")
        return Standing("suspended" if reasons else "active", frozenset(reasons))

    def duties(self, member_id: str, on: date, known: date) -> tuple[Duty, ...]:
        """The duties of a member in force; none after its membership ended."""
        standing = self.standing(member_id, on, known)
        if standing is None or standing.status not in ("active", "suspended"):
            return ()
        return self.ledger(member_id, known).duties(on)

    def _ended(self, ledger: Ledger, on: date) -> str | None:
        for entry in ledger.entries:
            if isinstance(entry, Resigned) and entry.effective_on <= on:
                return "resigned"
            if isinstance(entry, Terminated) and entry.effective_on <= on:
                return "terminated"
        return None

    def _forfeited(self, member_id: str, on: date, known: date) -> bool:
        """Whether a miss ran out its days and no one restored the membership since.

        The decision falls on the eve of the day of forfeiture with what is known then; what is
        told later retracts the miss but not the decision.
        """
        ledger = self.ledger(member_id, known)
        restored = [one.recorded_on for one in ledger.entries if isinstance(one, Restored)]
        for due in self._due_days(member_id, known):
            day = due + ONE_DAY + timedelta(days=self.rules.forfeit_days)
            if day > on or any(day <= again <= on for again in restored):
                continue
            then = self.ledger(member_id, min(known, day - ONE_DAY))
            if any(duty.state == MISSED and duty.due_on == due for duty in then.duties(day)):
                return True
        return False

    def _due_days(self, member_id: str, known: date) -> list[date]:
        days: set[date] = set()
        for day in {day for day in self._days[member_id] if day <= known}:
            days |= self.ledger(member_id, day).due_days()
        return sorted(days)

    # --- certification ---

    def certificates(self, member_id: str, known: date) -> tuple[Certificate, ...]:
        """All certificates of a member, of both standards."""
        return self.ledger(member_id, known).certificates

    def certification(
        self, member_id: str, on: date, known: date, *, entity: str = "", facility: str = ""
    ) -> CertificationStatus:
        """The state of a member, or of one of its entities or facilities: the best that any of
        its certificates gives; without one, whether a first one is on its way (domain.md 2.7)."""
        ledger = self.ledger(member_id, known)
        states = {
            one.status(on)
            for one in ledger.certificates
            if entity in ("", one.entity_id) and (not facility or facility in one.facilities)
        }
        if self._in_process(ledger, entity, facility):
            states.add(CertificationStatus.IN_PROCESS)
        return next((state for state in _BEST_FIRST if state in states), CertificationStatus.NONE)

    def _in_process(self, ledger: Ledger, entity: str, facility: str) -> bool:
        """Whether an audit was planned or concluded that no decision has followed yet."""
        decided = {
            one.audit_id
            for one in ledger.entries
            if isinstance(one, (CertificateGranted, CertificateRefused, AuditCancelled))
        }
        return any(
            isinstance(one, (AuditScheduled, AuditConcluded))
            and one.kind is AuditKind.INITIAL_CERTIFICATION
            and one.audit_id not in decided
            and entity in ("", one.entity_id)
            and (not facility or facility in one.facilities)
            for one in ledger.entries
        )

    # --- deadlines ---

    def deadlines(self, on: date, known: date) -> list[Deadline]:
        """All that is open and falls due, of members in force, the earliest first."""
        found: list[Deadline] = []
        for member_id in self.members:
            standing = self.standing(member_id, on, known)
            if standing is not None and standing.status in ("active", "suspended"):
                found += self._deadlines(member_id, on, known)
        return sorted(found)

    def _deadlines(self, member_id: str, on: date, known: date) -> Iterable[Deadline]:
        ledger = self.ledger(member_id, known)
        for duty in ledger.duties(on):
            if duty.state != MET:
                yield Deadline(duty.due_on, duty.rule.value, member_id, member_id)
        for invoice_id, due_on, paid_on in ledger.invoices():
            if paid_on is None:
                yield Deadline(due_on, "fee", invoice_id, member_id)
        for one in ledger.certificates:
            state = one.status(on)
            if state in _ALIVE:
                yield Deadline(one.valid_to, "expiry", one.certificate_id, member_id)
                for due_on in one.surveillance_open:
                    yield Deadline(due_on, "surveillance", one.certificate_id, member_id)
            if state is CertificationStatus.CERTIFIED_PROVISIONAL:
                yield Deadline(one.valid_to, "conversion", one.certificate_id, member_id)

    # --- everything at once ---

    def state(self, on: date, known: date) -> dict[str, dict[str, JsonObject]]:
        """What the platform must show, as plain data for `simulator.compare`: `members` by id,
        `certificates` by id."""
        members: dict[str, JsonObject] = {}
        held: dict[str, JsonObject] = {}
        for member_id in self.members:
            standing = self.standing(member_id, on, known)
            if standing is None:
                continue
            members[member_id] = {
                "status": standing.status,
                "reasons": sorted(standing.reasons),
                "certification": self.certification(member_id, on, known).value,
                "duties": {
                    duty.rule.value: {"due_on": duty.due_on.isoformat(), "state": duty.state}
                    for duty in self.duties(member_id, on, known)
                },
            }
            for one in self.certificates(member_id, known):
                held[one.certificate_id] = {
                    "status": one.status(on).value,
                    "valid_from": one.valid_from.isoformat(),
                    "valid_to": one.valid_to.isoformat(),
                }
        return {"members": members, "certificates": held}
