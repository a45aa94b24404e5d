"""Which audit firms look at an entity's chain of custody, as the events of audits tell it. Pure.

A firm that audits an entity against the Chain of Custody Standard reads its books as the entity's
member does, for as long as `contracts.audit_life` says. Rules: sources.md 2.1 (kinds of audit).
"""

from collections.abc import Sequence
from typing import NamedTuple

from contracts.audit_life import EVENTS, Life, Told, audits_of, lets_read, moved_on
from contracts.envelope import Recorded
from contracts.values import Standard
from infra.policy import Policy
from infra.readmodel import Consumer, Projection

CONSUMER = "coc_audits"


class AuditRow(NamedTuple):
    """An audit against the Chain of Custody Standard, with its `life` (`contracts.audit_life`)."""

    audit_id: str
    entity_id: str
    firm: str
    kind: str
    state: str
    decided: bool
    booked_by: str = ""

    @property
    def life(self) -> Life:
        """How far it is."""
        return Life(self.firm, self.kind, self.state, self.decided, self.booked_by)


NOT_HEARD_OF = AuditRow("", "", "", "", "unknown", False)


def reads(row: AuditRow, policy: Policy) -> bool:
    """Whether the firm of an audit reads the entity's books: it is to come or under way, or the
    decision that follows from it is open."""
    return lets_read(row.life, policy.words("audit.decided_on"))


def _keys(recorded: Recorded) -> Sequence[str]:
    return audits_of(recorded.event, Standard.CHAIN_OF_CUSTODY)


def _evolve(key: str, row: AuditRow | None, recorded: Recorded) -> AuditRow | None:
    event = recorded.event
    known = row or NOT_HEARD_OF._replace(audit_id=key)
    known = known._replace(**moved_on(known.life, event)._asdict())
    return known._replace(entity_id=event.entity_id) if isinstance(event, Told) else known


AUDITS = Projection("audits", 2, AuditRow, _keys, _evolve, (("entity_id",), ("firm",)), EVENTS)
AUDITORS = Consumer(CONSUMER, ("audit_scheduling",), (AUDITS,))
"""A reader of its own: what is booked and claimed never waits for audits."""
