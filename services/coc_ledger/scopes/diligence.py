"""Due diligence as it stands on a day: which criteria of the Performance Standard satisfy those of
the Chain of Custody Standard, whether the scope's certificate does, what is recorded of each
supplier, and what those brought of whom it is not. Pure.

The table says what an entity's own certificate shows of its own rules and systems. It takes the
place of no look at a supplier: where material without CoC comes in, that is asked for by topic
(`entity_rules.missing_topics`). Rules: sources.md 5.5, 5.6 (6).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from contracts.custody import Checked, Topic
from contracts.values import CertificateId, Standard
from infra.policy import Policies, Policy
from services.coc_ledger.evidence import Diligence, Unlooked
from services.coc_ledger.movements.unlooked import Brought, UnlookedRow

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


def without_record(
    some: Iterable[UnlookedRow],
    gone: Iterable[Brought],
    records: Mapping[str, Sequence[Diligence]],
    policies: Policies,
) -> tuple[Unlooked, ...]:
    """The suppliers of a pool's material without CoC that no valid record covers, by what is
    recorded now: a look that was made in time counts also where it was recorded after the receipt.
    `gone` are receipts that were taken back."""
    left = {
        (row.supplier_id or "", date.fromisoformat(day)): Counter(count=count, kg=kg)
        for row in some
        for day, (count, kg) in row.days.items()
    }
    for one in gone:
        sums = left.get((one.supplier_id or "", one.day), Counter())
        sums.subtract({"count": one.receipts, "kg": one.kg})
    found: dict[str, list[_Day]] = {}
    for (supplier_id, day), sums in sorted(left.items()):
        missing = missing_topics(records.get(supplier_id, ()), day, policies.on(day))
        if missing and sums["count"] > 0:
            found.setdefault(supplier_id, []).append(_Day(day, sums, missing))
    return tuple(
        Unlooked(
            supplier_id=supplier_id or None,
            movements=sum(one.sums["count"] for one in days),
            mass_kg=sum(one.sums["kg"] for one in days),
            first_on=days[0].day,
            last_on=days[-1].day,
            missing=tuple(sorted({topic for one in days for topic in one.missing})),
        )
        for supplier_id, days in found.items()
    )


class _Day(NamedTuple):
    day: date
    sums: Counter[str]
    missing: tuple[Topic, ...]


def _held(records: Sequence[Diligence], day: date) -> Mapping[str, date]:
    found: dict[str, date] = {}
    for record in records:
        for topic in record.topics:
            if record.performed_on <= day <= record.valid_through:
                found[topic.value] = max(record.valid_through, found.get(topic.value, day))
    return found
