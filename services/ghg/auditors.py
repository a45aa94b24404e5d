"""Which audit firms look at a facility's emissions, as the events of audits tell it. Pure.

A firm that audits an entity against the Performance Standard reads the years of the facilities that
the audit is of as their member does, and decides nothing in them: from the booking on, if
operations booked it (by a booking of its own a firm would let itself in), until the audit is
called off or, once it is concluded, until the certificate that it leads to is decided on. Rules:
sources.md 2.1 (kinds of audit), 3.3.
"""

from collections.abc import Sequence
from typing import NamedTuple

from contracts import audits
from contracts.envelope import Recorded
from contracts.values import Standard
from infra.policy import Policy
from infra.readmodel import Consumer, Projection

CONSUMER = "ghg_audits"
Told = audits.AuditScheduled | audits.AuditConcluded
Decided = audits.CertificateGranted | audits.CertificateRefused
OfStandard = Told | audits.AuditCancelled | Decided


class AuditRow(NamedTuple):
    """An audit against the Performance Standard. `state`: booked, called_off, concluded. Its
    decision stands in another stream and may be heard of first: then only `decided` is known, and
    the state is unknown."""

    audit_id: str
    member_id: str
    firm: str
    kind: str
    state: str
    facilities: tuple[str, ...]
    decided: bool
    booked_by: str = ""


NOT_HEARD_OF = AuditRow("", "", "", "", "unknown", (), False)


def reads(row: AuditRow, member_id: str, facility_id: str, policy: Policy) -> bool:
    """Whether the firm of an audit reads a facility that a member has: it is to come or under way,
    or the decision that follows from it is open."""
    if row.decided or row.booked_by != "operations" or row.member_id != member_id:
        return False
    waits = row.state == "concluded" and row.kind in policy.words("audit.decided_on")
    return facility_id in row.facilities and (row.state == "booked" or waits)


def _keys(recorded: Recorded) -> Sequence[str]:
    event = recorded.event
    if isinstance(event, audits.CertificateConverted):
        return (event.audit_id,)  # to which standard it does not say
    if isinstance(event, OfStandard) and event.standard is Standard.PERFORMANCE:
        return (event.audit_id,)
    return ()


def _evolve(key: str, row: AuditRow | None, recorded: Recorded) -> AuditRow | None:
    event = recorded.event
    known = row or NOT_HEARD_OF._replace(audit_id=key)
    match event:
        case audits.AuditScheduled():
            return _told(known._replace(booked_by=event.booked_by or ""), event, "booked")
        case audits.AuditConcluded():
            return _told(known, event, "concluded")
        case audits.AuditCancelled():
            return known._replace(state="called_off")
        case _:
            return known._replace(decided=True)


def _told(known: AuditRow, event: Told, state: str) -> AuditRow:
    return known._replace(
        member_id=event.member_id,
        firm=event.auditor_firm,
        kind=event.kind.value,
        state=state,
        facilities=tuple(event.facilities),
    )


AUDITS = Projection(
    "audits",
    1,
    AuditRow,
    _keys,
    _evolve,
    (("firm",), ("member_id",)),
    frozenset({*OfStandard.__args__, audits.CertificateConverted}),
)
AUDITORS = Consumer(CONSUMER, ("audit_scheduling",), (AUDITS,))
"""A reader of its own: it begins at the first audit, and what ghg knows already waits for none."""
