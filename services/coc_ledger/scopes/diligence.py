"""Due diligence as it stands on a day: which criteria of the Performance Standard satisfy those of
the Chain of Custody Standard, whether the scope's certificate does, and what is recorded of each
supplier. Pure.

The table says what an entity's own certificate shows of its own rules and systems. It takes the
place of no look at a supplier: where material without CoC comes in, that is asked for by topic
(`entity_rules.missing_topics`). Rules: sources.md 5.5, 5.6 (6).
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from contracts.custody import Checked, Topic
from contracts.values import CertificateId, Standard
from infra.policy import Policy
from services.coc_ledger.evidence import Diligence

from .entity_rules import missing_topics


class Criterion(NamedTuple):
    """A topic of the Chain of Custody Standard: the criteria of the Performance Standard that
    satisfy it, how sure that is, and the valid certificates that show them for the entity itself
    (none: it shows them otherwise)."""

    topic: Topic
    ps_criteria: tuple[str, ...]
    evidence: str
    source: str
    satisfied_by: tuple[CertificateId, ...]


class Supplier(NamedTuple):
    """A supplier of material without CoC: the last day of the record of each topic, and the topics
    that none covers on the day."""

    supplier_id: str
    valid_through: Mapping[str, date]
    missing: tuple[Topic, ...]


def criteria(seen: Checked, policy: Policy) -> Sequence[Criterion]:
    """The table, by what is known of the entity's certificates on a day."""
    held = seen.valid(Standard.PERFORMANCE)
    return [
        Criterion(topic, policy.words(name), figure.evidence, figure.source, held)
        for topic in map(Topic, policy.words("diligence.topics"))
        for name in (f"diligence.ps_criteria.{topic.value}",)
        for figure in (policy.figure(name),)
    ]


def suppliers(
    records: Mapping[str, Sequence[Diligence]], day: date, policy: Policy
) -> Sequence[Supplier]:
    """What is recorded of each supplier, and what would be asked for on a day."""
    return [
        Supplier(supplier_id, _held(looked, day), missing_topics(looked, day, policy))
        for supplier_id, looked in sorted(records.items())
    ]


def _held(records: Sequence[Diligence], day: date) -> Mapping[str, date]:
    found: dict[str, date] = {}
    for record in records:
        for topic in record.topics:
            if record.performed_on <= day <= record.valid_through:
                found[topic.value] = max(record.valid_through, found.get(topic.value, day))
    return found
