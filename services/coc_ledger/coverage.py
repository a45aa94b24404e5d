"""Whether certificates cover the metal of a day, as far as rows know by now. Pure.

What was issued, or went on, from a scope on a day shares the answer. Rules: sources.md 5.6, 5.7.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from contracts.custody import Checked
from infra.decider import Lookup

from .documents.check_rows import CheckDayRow
from .rows import ScopeRow
from .scopes.certificates import CertificateRow, seen_on
from .scopes.entity_rules import supplier_faults


class Answer(NamedTuple):
    """What is seen of certificates on a day by now, and why metal of that day does not count."""

    day: CheckDayRow
    seen: Checked
    faults: tuple[str, ...]

    @property
    def passes(self) -> bool:
        """Whether it counts."""
        return not self.faults


def answers(days: Iterable[CheckDayRow], through: int | None, rows: Lookup) -> Iterator[Answer]:
    """What is known of some days by now. `through`: how far certificates are known (None: as their
    rows tell)."""
    scopes: dict[str, ScopeRow | None] = {}
    held: dict[str, Sequence[CertificateRow]] = {}
    for day in days:
        if day.entity_id not in held:
            held[day.entity_id] = rows("certificates", {"entity_id": day.entity_id})
        if day.scope_id not in scopes:
            scopes[day.scope_id] = rows("scopes", day.scope_id)
        theirs, scope = held[day.entity_id], scopes[day.scope_id]
        known = max((one.position for one in theirs), default=0) if through is None else through
        seen = seen_on(day.entity_id, day.issued_on, theirs, known).model_copy(
            update={
                "facilities": tuple(day.facilities),
                "ps_later": tuple(day.ps_later),
                "suspended": scope is not None and scope.suspended(day.issued_on),
            }
        )
        yield Answer(day, seen, supplier_faults(seen, ps_pending=day.ps_pending))
