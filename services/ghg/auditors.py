"""Which audit firms look at a facility's emissions, as the events of audits tell it. Pure.

A firm that audits an entity against the Performance Standard reads the years of the facilities that
the audit is of as their member does, and decides nothing in them, for as long as
`contracts.audit_life` says. Rules: sources.md 2.1 (kinds of audit), 3.3.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from contracts.audit_life import EVENTS, OPERATIONS, Life, Told, audits_of, lets_read, moved_on
from contracts.envelope import Recorded
from contracts.values import Standard
from infra.policy import Policy
from infra.readmodel import Consumer, Projection

CONSUMER = "ghg_audits"


class AuditRow(NamedTuple):
    """An audit against the Performance Standard, with its `life` (`contracts.audit_life`), which
    moved on `heard_on` for the last time."""

    audit_id: str
    member_id: str
    firm: str
    kind: str
    state: str
    facilities: tuple[str, ...]
    decided: bool
    booked_by: str = ""
    heard_on: date | None = None

    @property
    def life(self) -> Life:
        """How far it is."""
        return Life(self.firm, self.kind, self.state, self.decided, self.booked_by)


NOT_HEARD_OF = AuditRow("", "", "", "", "unknown", (), False)


def reads(row: AuditRow, member_id: str, facility_id: str, policy: Policy) -> bool:
    """Whether the firm of an audit reads a facility that a member has: it is to come or under way,
    or the decision that follows from it is open."""
    if row.member_id != member_id or facility_id not in row.facilities:
        return False
    return lets_read(row.life, policy.words("audit.decided_on"))


def may_have_read(row: AuditRow, year: int, policy: Policy) -> bool:
    """Whether the firm of an audit, open or over, may have read figures of a calendar year: it was
    let in, and its audit was not over before that year began."""
    if row.booked_by != OPERATIONS:
        return False
    still = lets_read(row.life, policy.words("audit.decided_on"))
    return still or row.heard_on is None or row.heard_on.year >= year


def _keys(recorded: Recorded) -> Sequence[str]:
    return audits_of(recorded.event, Standard.PERFORMANCE)


def _evolve(key: str, row: AuditRow | None, recorded: Recorded) -> AuditRow | None:
    event = recorded.event
    known = row or NOT_HEARD_OF._replace(audit_id=key)
    known = known._replace(**moved_on(known.life, event)._asdict())
    on = date.fromisoformat(recorded.envelope.recorded_at[:10])
    known = known._replace(heard_on=max(on, known.heard_on or on))
    if isinstance(event, Told):
        return known._replace(member_id=event.member_id, facilities=tuple(event.facilities))
    return known


AUDITS = Projection("audits", 2, AuditRow, _keys, _evolve, (("firm",), ("member_id",)), EVENTS)
AUDITORS = Consumer(CONSUMER, ("audit_scheduling",), (AUDITS,))
"""A reader of its own: it begins at the first audit, and what ghg knows already waits for none."""
