"""Classes, activities and certification: what fits what, by sources.md 1.1 alone.

Says of a history which members have a facility that does what their class does not, and which of
its entries speak against the rules. Folds nothing of the services' and shares no code with them.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from contracts.values import MembershipClass

from .history import (
    Approved,
    AuditConcluded,
    AuditScheduled,
    CertificateGranted,
    ClassChanged,
    Entry,
    FacilityChanged,
    FacilityClosed,
    FacilityRegistered,
    Joined,
    Submitted,
    TransferAccepted,
)
from .rules import Rules

_PT = MembershipClass.PRODUCTION_AND_TRANSFORMATION


def contradicted(entries: Iterable[Entry], rules: Rules, known: date) -> frozenset[str]:
    """Who, by what was told through a day, has an open facility that does what only PT does, and
    is of another class. Whether the membership still runs is not asked here."""
    owner: dict[str, str] = {}
    forced: dict[str, bool] = {}
    classes: dict[str, MembershipClass] = {}
    for entry in entries:
        if entry.recorded_on > known:
            break
        match entry:
            case Joined() | ClassChanged():
                classes[entry.member_id] = entry.membership_class
            case FacilityRegistered() | FacilityChanged():
                owner[entry.facility_id] = entry.member_id
                forced[entry.facility_id] = bool(rules.forcing & set(entry.site.activities))
            case TransferAccepted():
                owner[entry.facility_id] = entry.member_id
            case FacilityClosed():
                forced[entry.facility_id] = False
            case _:
                pass
    doing = {owner[facility_id] for facility_id, does in forced.items() if does}
    return frozenset(member for member in doing if classes.get(member, _PT) is not _PT)


def against_the_rules(entries: Sequence[Entry], rules: Rules) -> Iterator[Entry]:
    """Entries that a platform has to refuse: a class that its activities do not go with, an audit
    or a certificate of a member whose class that day is not certified."""
    held: dict[str, list[tuple[date, MembershipClass]]] = {}
    for entry in entries:
        match entry:
            case Joined():
                held[entry.member_id] = [(entry.joined_on, entry.membership_class)]
            case ClassChanged():
                held[entry.member_id].append((entry.effective_on, entry.membership_class))
            case _:
                pass
        match entry:
            case Submitted() | Approved() | ClassChanged():
                if entry.membership_class is not _PT and rules.forcing & set(entry.activities):
                    yield entry
            case AuditScheduled() | AuditConcluded() | CertificateGranted():
                classes = held.get(entry.member_id, [])
                if _class_on(classes, _day_of(entry)) not in rules.certifiable:
                    yield entry
            case _:
                pass


def _class_on(held: Sequence[tuple[date, MembershipClass]], day: date) -> MembershipClass | None:
    """The class on a day; before the first of them it is that one already."""
    known = [kind for since, kind in held if since <= day] or [kind for _, kind in held[:1]]
    return known[-1] if known else None


def _day_of(entry: AuditScheduled | AuditConcluded | CertificateGranted) -> date:
    """The day whose class counts: an audit's last one, that of a decision."""
    match entry:
        case AuditScheduled():
            return entry.ends_on
        case AuditConcluded():
            return entry.ended_on
        case CertificateGranted():
            return entry.decided_on
