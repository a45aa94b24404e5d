"""An independent oracle: what the platform must say of the synthetic world, on any day.

Written from sources.md 1.1 to 1.4 and 2.1 to 2.7 alone, as functions over spans of days; it folds
no events and shares no code with the services. Every answer takes two days: `on`, the day asked
about, and `known`, the last day whose entries are known. What a platform shows after it has
closed a day D is `on=D+1, known=D`.

Where sources.md is silent the reading is ours and named here:
- Before its day the first duty is met by a Performance Standard certificate that holds, or that
  ran its course; one that was taken back by then does not meet it (1.2). What became valid after
  the day cures the miss.
- Once certified, a member must hold a certificate without a gap: the duty to recertify falls due
  on the last day of the run of certificates it holds (1.2).
- A missed duty suspends the member from the first missed day; forfeiture follows the policy's
  number of days later unless cured by then (1.2, 1.3, 1.4). Those days count from the day on which
  the miss was learnt if that is later: nobody forfeits without time to cure. What is told after a
  forfeiture retracts the miss, but only a restoration brings the membership back.
- A member leaves on the day it named last, unless it took that back before (1.4).
- What is due on a certificate (its end, its conversion, surveillance) is open until it was done, or
  the certificate withdrawn or replaced; or, once it has run out, until each of its facilities that
  is not closed was certified to that standard again, by whichever certificate (2.1). A former
  member owes nothing on its certificates any more (1.2), but a fee until it is paid (1.3).
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from contracts.values import AuditKind, CertificationStatus, JsonObject

from .coverage import Certificate
from .fit import contradicted
from .forfeits import Forfeits
from .history import (
    Approved,
    AuditCancelled,
    AuditConcluded,
    AuditScheduled,
    CertificateGranted,
    CertificateRefused,
    Declined,
    Drafted,
    EntityChanged,
    EntityClosed,
    EntityRegistered,
    Entry,
    FacilityChanged,
    FacilityClosed,
    FacilityRegistered,
    InformationRequested,
    InformationSupplied,
    Joined,
    ResignationWithdrawn,
    Resigned,
    ReviewStarted,
    Submitted,
    Terminated,
    TransferAccepted,
    TransferOffered,
    TransferReturned,
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
"""The application's stages (sources.md 1.4), by what was told last."""


IN_FORCE = ("active", "suspended")
"""Standings of a membership that runs."""
_ALIVE = (
    CertificationStatus.CERTIFIED_FULL,
    CertificationStatus.CERTIFIED_PROVISIONAL,
    CertificationStatus.SUSPENDED,
)
_SILENT = (EntityChanged, FacilityChanged, TransferOffered, TransferAccepted, TransferReturned)
"""What no answer of the oracle depends on, but whether a class is contradicted."""
_CERTIFYING = (AuditKind.INITIAL_CERTIFICATION, AuditKind.RECERTIFICATION)
_BEST_FIRST = (
    *_ALIVE,
    CertificationStatus.IN_PROCESS,
    CertificationStatus.EXPIRED,
    CertificationStatus.WITHDRAWN,
)
"""Where several certificates speak of one subject, the first of these that any of them says."""


class Oracle:
    """Answers about a history, for any day and any state of knowledge."""

    def __init__(self, entries: Iterable[Entry], rules: Rules) -> None:
        self.rules = rules
        self._told: dict[str, list[Entry]] = {}
        self._days: dict[str, list[date]] = {}
        self._sites: list[EntityRegistered | FacilityRegistered] = []
        self._entries: list[Entry] = []
        self._ledgers: dict[str, dict[int, Ledger]] = {}
        self._forfeits = Forfeits(self._days, self.ledger)
        for entry in entries:
            self.tell(entry)

    def tell(self, entry: Entry) -> None:
        """Learn one more entry, told on the day of the last one or later."""
        self._entries.append(entry)
        if isinstance(entry, EntityRegistered | FacilityRegistered):
            self._sites.append(entry)
        elif not isinstance(entry, _SILENT):
            self._told.setdefault(entry.member_id, []).append(entry)
            self._days.setdefault(entry.member_id, []).append(entry.recorded_on)

    @property
    def members(self) -> tuple[str, ...]:
        """Everyone ever heard of."""
        return tuple(self._told)

    def ledger(self, member_id: str, known: date) -> Ledger:
        """What was known of a member at the end of a day."""
        count = bisect_right(self._days.get(member_id, ()), known)
        known_then = self._ledgers.setdefault(member_id, {})
        if count not in known_then:
            entries = self._told.get(member_id, [])[:count]
            known_then[count] = Ledger(tuple(entries), self.rules, known_then)
        return known_then[count]

    # --- members ---

    def standing(
        self, member_id: str, on: date, known: date, *, ahead: bool = False
    ) -> Standing | None:
        """Where a member stands; None when nothing was heard of it. For `ahead` see
        `Ledger.duties`."""
        ledger = self.ledger(member_id, known)
        joined = next((one.joined_on for one in ledger.told(Joined)), None)
        if joined is None or on < joined:
            stages = [one for one in ledger.entries if type(one) in _STAGES]
            return Standing(_STAGES[type(stages[-1])]) if stages else None
        ended = self._ended(ledger, on)
        if ended is not None:
            day, how = ended
            before = self._forfeits.forfeited(member_id, day - ONE_DAY, known)
            return Standing("forfeited" if before else how)
        if self._forfeits.forfeited(member_id, on, known):
            return Standing("forfeited")
        reasons = (
            {"duty_missed"}
            if any(d.state == MISSED for d in ledger.duties(on, ahead=ahead))
            else set()
        )
        grace = timedelta(days=self.rules.fee_grace_days)
        if any(bill.due_on + grace < on and not bill.paid_on for bill in ledger.invoices):
            reasons.add("fees_unpaid")
        if ledger.by_hand(on):
            reasons.add("other")
        return Standing("suspended" if reasons else "active", frozenset(reasons))

    def contradicted(self, on: date, known: date) -> frozenset[str]:
        """Members in force that have a facility which their class does not go with."""
        return frozenset(
            member
            for member in contradicted(self._entries, self.rules, known)
            if (stands := self.standing(member, on, known)) and stands.status in IN_FORCE
        )

    def duties(
        self, member_id: str, on: date, known: date, *, ahead: bool = False
    ) -> tuple[Duty, ...]:
        """The duties of a member in force; none after its membership ended."""
        standing = self.standing(member_id, on, known)
        if standing is None or standing.status not in IN_FORCE:
            return ()
        return self.ledger(member_id, known).duties(on, ahead=ahead)

    def _ended(self, ledger: Ledger, on: date) -> tuple[date, str] | None:
        """By whose word, and since when. (One that was announced comes too late for who had
        forfeited the membership by then.)"""
        words = [one for one in ledger.entries if isinstance(one, Resigned | ResignationWithdrawn)]
        last = words[-1] if words else None
        ends = [(one.effective_on, "terminated") for one in ledger.told(Terminated)]
        if isinstance(last, Resigned):
            ends.append((last.effective_on, "resigned"))
        return min((end for end in ends if end[0] <= on), default=None)

    # --- certification ---

    def certificates(self, member_id: str, known: date) -> tuple[Certificate, ...]:
        """All certificates of a member, of both standards."""
        return self.ledger(member_id, known).certificates

    def certification(
        self, member_id: str, on: date, known: date, *, entity: str = "", facility: str = ""
    ) -> CertificationStatus:
        """The state of a member, or of one of its entities or facilities: the best that any of
        its certificates gives, or an audit for one that is under way (sources.md 2.7). What is
        closed is nothing any more."""
        ledger = self.ledger(member_id, known)
        if self._closed(ledger, on, entity, facility):
            return CertificationStatus.NONE
        states = {
            one.status(on)
            for one in ledger.certificates
            if entity in ("", one.entity_id) and (not facility or facility in one.facilities)
        }
        if self._under_way(ledger, on, entity, facility):
            states.add(CertificationStatus.IN_PROCESS)
        return next((state for state in _BEST_FIRST if state in states), CertificationStatus.NONE)

    def _closed(self, ledger: Ledger, on: date, entity: str, facility: str) -> bool:
        entities = (one.entity_id for one in ledger.told(EntityClosed) if one.recorded_on <= on)
        sites = (one.facility_id for one in ledger.told(FacilityClosed) if one.recorded_on <= on)
        return entity in entities or facility in sites

    def _under_way(self, ledger: Ledger, on: date, entity: str, facility: str) -> bool:
        """Whether an audit for a certificate has begun and no decision has followed yet."""
        over = {one.audit_id for one in ledger.told(CertificateGranted) if one.decided_on <= on}
        over |= {one.audit_id for one in ledger.told(CertificateRefused) if one.recorded_on <= on}
        over |= {one.audit_id for one in ledger.told(AuditCancelled) if one.recorded_on <= on}
        concluded = ledger.told(AuditConcluded)
        begun: list[AuditConcluded | AuditScheduled] = [
            one for one in concluded if one.started_on <= on
        ]
        ended = {one.audit_id for one in concluded}
        begun += [
            one
            for one in ledger.told(AuditScheduled)
            if one.starts_on <= on and one.audit_id not in ended
        ]
        return any(
            one.kind in _CERTIFYING
            and one.audit_id not in over
            and entity in ("", one.entity_id)
            and (not facility or facility in one.facilities)
            for one in begun
        )

    # --- deadlines ---

    def deadlines(self, on: date, known: date) -> list[Deadline]:
        """All that is still to be done, in time or too late, the earliest day first. What is
        already known to be done by then is not in it."""
        return sorted(one for member in self.members for one in self._deadlines(member, on, known))

    def _deadlines(self, member_id: str, on: date, known: date) -> Iterable[Deadline]:
        ledger = self.ledger(member_id, known)
        for duty in self.duties(member_id, on, known, ahead=True):
            if duty.state != MET:
                yield Deadline(duty.due_on, duty.rule.value, member_id, member_id)
        for bill in ledger.invoices:
            if bill.paid_on is None:
                yield Deadline(bill.due_on, "fee_invoice", bill.invoice_id, member_id)
        standing = self.standing(member_id, on, known)
        if standing is None or standing.status not in IN_FORCE:
            return
        replaced = {one.replaces for one in ledger.certificates}
        for one in ledger.certificates:
            if one.withdrawn_on is not None or one.certificate_id in replaced:
                continue
            if one.valid_to < on and self._certified_again(one, on, known):
                continue
            kind = "certificate_expiry" if one.full_from else "provisional_conversion"
            yield Deadline(one.valid_to, kind, one.certificate_id, member_id)
            for due_on in one.surveillance_open[:1]:
                yield Deadline(due_on, "surveillance", one.certificate_id, member_id)

    def _certified_again(self, old: Certificate, on: date, known: date) -> bool:
        """Whether everything open that a certificate covered was certified anew, to the same
        standard, on some day from its end until now."""
        closed: set[str] = set()
        anew: set[str] = set()
        for member_id in self.members:
            ledger = self.ledger(member_id, known)
            shut = (one for one in ledger.told(FacilityClosed) if one.recorded_on <= on)
            closed |= {one.facility_id for one in shut}
            for one in ledger.certificates:
                first = max(one.valid_from, old.valid_to + ONE_DAY)
                if one.standard is old.standard and first <= min(one.last_day, on):
                    anew |= set(one.facilities)
        left = set(old.facilities) - closed
        return bool(left) and left <= anew

    # --- everything at once ---

    def state(
        self, on: date, known: date, *, ahead: bool = False
    ) -> dict[str, dict[str, JsonObject]]:
        """What the platform must show, as plain data for `simulator.compare`: `members` by id,
        `certificates` by id. For `ahead` see `Ledger.duties`."""
        members: dict[str, JsonObject] = {}
        held: dict[str, JsonObject] = {}
        for member_id in self.members:
            standing = self.standing(member_id, on, known, ahead=ahead)
            if standing is None:
                continue
            members[member_id] = {
                "status": standing.status,
                "reasons": sorted(standing.reasons),
                "certification": self.certification(member_id, on, known).value,
                "duties": {
                    duty.rule.value: {"due_on": duty.due_on.isoformat(), "state": duty.state}
                    for duty in self.duties(member_id, on, known, ahead=ahead)
                },
            }
            for one in self.certificates(member_id, known):
                held[one.certificate_id] = {
                    "status": one.status(on).value,
                    "valid_from": one.valid_from.isoformat(),
                    "valid_to": one.valid_to.isoformat(),
                }
        return {"members": members, "certificates": held}

    def sites(self, on: date, known: date) -> dict[str, dict[str, str]]:
        """The certification of every entity and facility, by the member that registered it."""
        entities: dict[str, str] = {}
        facilities: dict[str, str] = {}
        for one in self._sites:
            if one.recorded_on > known:
                continue
            if isinstance(one, EntityRegistered):
                state = self.certification(one.member_id, on, known, entity=one.entity_id)
                entities[one.entity_id] = state.value
            else:
                state = self.certification(one.member_id, on, known, facility=one.facility_id)
                facilities[one.facility_id] = state.value
        return {"entities": entities, "facilities": facilities}
