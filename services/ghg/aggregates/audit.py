"""Whether what was told can be combined into a figure about few: exact linear algebra. Pure.

Every told number is a sum over columns: what one facility adds to it. Columns that all sums treat
alike are one (`columns_of`), about the entities of all of them. Who adds and subtracts what was
told gets what lies in the space of those sums, and nothing else; so a sum is told when no vector of
the space, with it, is about fewer entities than the minimum.

The space is kept as reduced rows. A column about enough entities is a pivot before any other, so
that a combination about few uses only rows without such a column: among these is searched. The
arithmetic is over a prime field, so nothing is rounded; that a number other than zero vanishes
there is as likely as guessing one of 2^61.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

PRIME = 2**61 - 1
TRIES_MAX = 400
"""How many groups of entities are looked at for one sum. Rarely more than some tens are needed."""
TRIES_LATER_MAX = 15
"""How many where other editions were told before: then each takes longer, and more are in vain."""
Row = Mapping[int, int]
"""Columns by their number, with what each is multiplied by."""
Variable = TypeVar("Variable", bound=Hashable)


class Audit:
    """The sums that were told so far. `about` are the entities of each column, `least` how many
    entities anything that follows from the sums has to be about."""

    def __init__(
        self, about: Sequence[frozenset[str]], least: int, tries_max: int = TRIES_MAX
    ) -> None:
        self._about, self._least, self._tries_max = about, least, tries_max
        self._rows: dict[int, Row] = {}  # by pivot, a column that no other row has
        self._having: dict[int, frozenset[int]] = {}  # by column, the pivots of rows that have it
        self._pivots: dict[str, frozenset[int]] = {}  # by entity, those about it and few others
        self._narrow = frozenset(at for at, of in enumerate(about) if len(of) < least)
        self._begin()

    def _begin(self) -> None:
        """A search begins: what was told stays as it is until it ends."""
        self._looked: set[frozenset[str]] = set()  # groups that were looked at
        self._near: dict[int, frozenset[str]] = {}  # by column, the entities that take part in it
        self._rest: dict[frozenset[str], dict[int, Row]] = {}  # by group, what its rows leave

    def copy(self) -> "Audit":
        """The same sums told; what is told to one is not told to the other."""
        other = Audit(self._about, self._least, self._tries_max)
        other._rows, other._having = dict(self._rows), dict(self._having)
        other._pivots = dict(self._pivots)
        return other

    def tell(self, row: Row) -> bool:
        """Tell a sum; False, and it is not told, where something about few would follow."""
        left = self._reduced(row)
        if not left:
            return True  # it follows from what was told: nobody learns anything
        pivot = max(left, key=lambda column: (len(self._about[column]), -column))
        self._begin()
        if pivot in self._narrow and self._isolates(left, frozenset()):
            return False
        self._take(pivot, left)
        return True

    def note(self, row: Row) -> None:
        """A sum that was told already, whatever follows from it."""
        left = self._reduced(row)
        if left:
            self._take(max(left, key=lambda column: (len(self._about[column]), -column)), left)

    def _take(self, pivot: int, row: Row) -> None:
        scale = pow(row[pivot], -1, PRIME)
        self._add(pivot, {column: many * scale % PRIME for column, many in row.items()})

    def _reduced(self, row: Row) -> dict[int, int]:
        left = {column: many % PRIME for column, many in row.items() if many % PRIME}
        for pivot in [column for column in left if column in self._rows]:
            _subtract(left, self._rows[pivot], left[pivot])
        return left

    def _add(self, pivot: int, row: Row) -> None:
        for other in self._having.get(pivot, frozenset()):
            changed = dict(self._rows[other])
            _subtract(changed, row, changed[pivot])
            self._put(other, changed)
        self._put(pivot, row)
        if pivot in self._narrow:
            for entity in self._about[pivot]:
                self._pivots[entity] = self._pivots.get(entity, frozenset()) | {pivot}

    def _put(self, pivot: int, row: Row) -> None:
        before = self._rows.get(pivot, {})
        for column in before.keys() - row.keys():
            self._having[column] = self._having[column] - {pivot}
        for column in row.keys() - before.keys():
            self._having[column] = self._having.get(column, frozenset()) | {pivot}
        self._rows[pivot] = row

    def _isolates(self, row: Row, few: frozenset[str]) -> bool:
        """Whether a row and some that were told combine into something about `few`, or about these
        and so many more as are too few still. Only told rows whose pivot is about them can take
        part: nothing else takes a pivot away."""
        if few in self._looked:
            return False  # in another order
        self._looked.add(few)
        if len(self._looked) > self._tries_max:
            return True  # not shown to be safe in reasonable time: not told
        ours = self._pivots_within(few)
        room = self._least - 1 - len(few)
        if not room and not all(self._taken(one, few, ours) for one in row):
            return False
        left: Iterable[int] = [one for one in row if not self._taken(one, few, ours)]
        outside: Iterable[int] = ()
        if not left:
            outside, left = self._outside(row, few, ours)
            if not left:
                return True
        if not room:
            return False
        # each of what is left has to be about those that join, or be taken away: by a row of
        # theirs, or by one of ours that leaves something about them
        joining = [self._joining((one, *outside), few) for one in left]
        more = set.intersection(*joining) if room == 1 else min(joining, key=len)
        return any(self._isolates(row, few | {entity}) for entity in sorted(more))

    def _pivots_within(self, few: frozenset[str]) -> frozenset[int]:
        near = {one for entity in few for one in self._pivots.get(entity, ())}
        return frozenset(one for one in near if self._about[one] <= few)

    def _taken(self, column: int, few: frozenset[str], ours: frozenset[int]) -> bool:
        return self._about[column] <= few or not ours.isdisjoint(self._having.get(column, ()))

    def _joining(self, columns: Iterable[int], few: frozenset[str]) -> set[str]:
        return set[str]().union(*map(self._takes_part, columns)) - few

    def _takes_part(self, column: int) -> frozenset[str]:
        """The entities that a column, or told rows that have it, are about."""
        if column not in self._near:
            rows = self._having.get(column, frozenset()) & self._narrow
            about = (self._about[pivot] for pivot in rows)
            self._near[column] = self._about[column].union(*about)
        return self._near[column]

    def _outside(
        self, row: Row, few: frozenset[str], ours: Iterable[int]
    ) -> tuple[dict[int, Row], dict[int, int]]:
        """Told rows of `few`, reduced, as far as they are about others, and what they leave of this
        row."""

        def others(one: Row) -> dict[int, int]:
            return {column: many for column, many in one.items() if not self._about[column] <= few}

        if few not in self._rest:
            rows: dict[int, Row] = {}
            for pivot in sorted(ours):
                left = others(self._rows[pivot])
                _reduce(left, rows)
                if left:
                    column = min(left)
                    scale = pow(left[column], -1, PRIME)
                    rows[column] = {at: many * scale % PRIME for at, many in left.items()}
            self._rest[few] = rows
        rows = self._rest[few]
        wanted = others(row)
        _reduce(wanted, rows)
        return rows, wanted


def _reduce(left: dict[int, int], rows: Mapping[int, Row]) -> None:
    """Take rows by their pivots away, in their order: none has the pivot of one before it."""
    for pivot, row in rows.items():
        if pivot in left:
            _subtract(left, row, left[pivot])


def _subtract(row: dict[int, int], other: Row, times: int) -> None:
    for column, many in other.items():
        now = (row.get(column, 0) - times * many) % PRIME
        if now:
            row[column] = now
        else:
            row.pop(column, None)


def columns_of(
    rows: Iterable[Mapping[Variable, int]], owner: Mapping[Variable, str]
) -> tuple[dict[Variable, int], list[frozenset[str]]]:
    """Columns for sums over variables: the column of each variable, and the entities of each
    column. Variables that all of the sums treat alike share one."""
    seen: dict[Variable, list[tuple[int, int]]] = {}
    for number, row in enumerate(rows):
        for variable, many in row.items():
            seen.setdefault(variable, []).append((number, many))
    numbers: dict[tuple[tuple[int, int], ...], int] = {}
    column = {
        variable: numbers.setdefault(tuple(where), len(numbers)) for variable, where in seen.items()
    }
    about: list[set[str]] = [set() for _ in numbers]
    for variable, number in column.items():
        about[number].add(owner[variable])
    return column, [frozenset(one) for one in about]
