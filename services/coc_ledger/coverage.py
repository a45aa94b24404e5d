"""Whether certificates cover the metal of a day, as far as rows know by now. Pure.

What was issued, or went on, from a scope on a day shares the answer. Rules: sources.md 5.6, 5.7.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from contracts.custody import Checked
from infra.decider import Lookup

from .documents.check_rows import CheckDayRow
from .rows import ScopeRow
from .scopes.certificates import CertificateRow, seen_on
from .scopes.entity_rules import holder_faults, supplier_faults


class Answer(NamedTuple):
    """What is seen of certificates on a day by now, and why metal of that day does not count.
    `holder` is what is seen of a joint venture's holder, where the metal is its share."""

    day: CheckDayRow
    seen: Checked
    faults: tuple[str, ...]
    holder: Checked | None = None

    @property
    def passes(self) -> bool:
        """Whether it counts."""
        return not self.faults


def answers(days: Iterable[CheckDayRow], through: int | None, rows: Lookup) -> Iterator[Answer]:
    """What is known of some days by now. `through`: how far certificates are known (None: as their
    rows tell)."""
    scopes: dict[str, ScopeRow | None] = {}
    held: dict[str, Sequence[CertificateRow]] = {}

    def of_entity(entity_id: str, day: date) -> Checked:
        if entity_id not in held:
            held[entity_id] = rows("certificates", {"entity_id": entity_id})
        theirs = held[entity_id]
        known = max((one.position for one in theirs), default=0) if through is None else through
        return seen_on(entity_id, day, theirs, known)

    for day in days:
        if day.scope_id not in scopes:
            scopes[day.scope_id] = rows("scopes", day.scope_id)
        scope, holder = scopes[day.scope_id], day.holder_entity_id
        seen = of_entity(day.entity_id, day.issued_on).model_copy(
            update={
                "facilities": tuple(day.facilities),
                "ps_later": tuple(day.ps_later),
                "suspended": scope is not None and scope.suspended(day.issued_on),
            }
        )
        shares = of_entity(holder, day.issued_on) if holder else None
        faults = supplier_faults(seen, ps_pending=day.ps_pending)
        yield Answer(day, seen, (*faults, *holder_faults(shares)), shares)
