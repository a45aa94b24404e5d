"""Whether a miss ran out its days: a part of the oracle, which asks it on every day of a life.

A question once answered is not worked out again before something new is told.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from itertools import pairwise

from .history import Restored
from .ledger import MISSED, Ledger
from .rules import ONE_DAY

Eves = tuple[date, list[tuple[date, date, date]]]
"""What `Forfeits._eves` says."""


class Forfeits:
    """Forfeited memberships, by the days on which something was told of each member and by what
    was known of it at the end of any day."""

    def __init__(
        self, days: Mapping[str, Sequence[date]], ledger: Callable[[str, date], Ledger]
    ) -> None:
        self._days = days
        self._ledger = ledger
        self._dues: dict[tuple[str, int], frozenset[date]] = {}
        self._misses: dict[tuple[str, date, date, int], bool] = {}
        self._eves_known: dict[tuple[str, int], Eves] = {}

    def forfeited(self, member_id: str, on: date, known: date) -> bool:
        """Whether a miss ran out its days and no one restored the membership since.

        Looked at after every day on which something was told, and on the eve of the day of
        forfeiture as it was known then: a decision once taken stands until a person undoes it.
        """
        last = min(known, on - ONE_DAY)
        decided, others = self._eves(member_id, known)
        return decided <= last or any(
            self._missed(member_id, due, eve + ONE_DAY, day)
            for eve, due, day in others
            if eve <= last
        )

    def _eves(self, member_id: str, known: date) -> Eves:
        """Of every eve of forfeiture since the last restoration: the first on which it was decided
        before something else was told; and those that came or come after all that was told, each
        with its due day and the day of that knowledge."""
        key = (member_id, bisect_right(self._days[member_id], known))
        if key in self._eves_known:
            return self._eves_known[key]
        restored = [one.recorded_on for one in self._ledger(member_id, known).told(Restored)]
        since = max(restored, default=date.min)
        told = sorted({day for day in self._days[member_id] if since <= day <= known})
        dues = self._due_days(member_id, known)
        decided = date.max
        for day, after in pairwise(told):
            ledger = self._ledger(member_id, day)
            for due in dues:
                eve = max(day, ledger.forfeits_on(due) - ONE_DAY)
                if eve < min(after, decided):
                    if self._missed(member_id, due, eve + ONE_DAY, day):
                        decided = eve
        day, ledger = told[-1], self._ledger(member_id, told[-1])
        others = [(max(day, ledger.forfeits_on(due) - ONE_DAY), due, day) for due in dues]
        self._eves_known[key] = decided, others
        return decided, others

    def _missed(self, member_id: str, due_on: date, on: date, known: date) -> bool:
        """Whether the duty of that due day was missed and not healed, seen from a later day."""
        key = (member_id, due_on, on, bisect_right(self._days[member_id], known))
        if key not in self._misses:
            duties = self._ledger(member_id, known).duties(on)
            self._misses[key] = any((d.state, d.due_on) == (MISSED, due_on) for d in duties)
        return self._misses[key]

    def _due_days(self, member_id: str, known: date) -> frozenset[date]:
        """Every day on which a duty was to fall due by what was known at any time until then."""
        count = bisect_right(self._days[member_id], known)
        if (member_id, count) in self._dues:
            return self._dues[member_id, count]
        found: frozenset[date] = frozenset()
        for number in range(1, count + 1):
            key = (member_id, number)
            if key not in self._dues:
                ledger = self._ledger(member_id, self._days[member_id][number - 1])
                self._dues[key] = found | ledger.due_days
            found = self._dues[key]
        return found
