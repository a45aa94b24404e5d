"""Whether what was told can be combined into a figure about few: exact linear algebra. Pure.

Every told number is a sum over columns: what one facility adds to it. Columns that all sums treat
alike are one (`forms.columns_of`), about the entities of all of them. Who adds and subtracts what
was told gets what lies in the space of those sums, and nothing else; so a sum is told when no
vector of the space, with it, is about fewer entities than the minimum.

The space is kept as reduced rows. A column about enough entities is a pivot before any other, so
that a combination about few uses only rows without such a column: among these is searched. The
arithmetic is over a prime field, so nothing is rounded; that a number other than zero vanishes
there is as likely as guessing one of 2^61.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush
from itertools import islice

PRIME = 2**61 - 1
HALF = PRIME // 2
TRIES_MAX = 400
"""How many groups of entities are looked at for one sum. Rarely more than some tens are needed."""
TRIES_LATER_MAX = 15
"""How many where other editions were told before: then each takes longer, and more are in vain."""
LOOKED_AT = 6
"""In so many columns more than rows it is looked first whether these make up a row."""
Row = Mapping[int, int]
"""Columns by their number, with what each is multiplied by."""
NOTHING: Row = {}


class Audit:
    """The sums that were told so far. `about` are the entities of each column, `least` how many
    entities anything that follows from the sums has to be about. Sets of entities, and of rows, are
    numbers of which each bit is one of them: a copy shares what is told, and a search is quick."""

    def __init__(
        self, about: Sequence[frozenset[str]], least: int, tries_max: int = TRIES_MAX
    ) -> None:
        self._least, self._tries_max = least, tries_max
        bits = {one: 1 << at for at, one in enumerate(sorted(frozenset().union(*about)))}
        self._about = [sum(bits[one] for one in some) for some in about]
        self._many = [len(some) for some in about]
        self._pivots: list[int] = []  # of each row, in the order told: a column that no other has
        self._rows: dict[int, Row] = {}  # by pivot
        self._number: dict[int, int] = {}  # by pivot, which row it is
        self._having = [0] * len(about)  # by column, the rows that have it
        self._narrow = 0  # the rows whose pivot is about few
        self._only: dict[int, int] = {}  # by entities, rows whose pivot is about just these few
        self._near: dict[int, int] = {}  # by column, the entities that take part in it
        self._looked: set[int] = set()  # the groups that this search looked at

    def copy(self) -> "Audit":
        """The same sums told; what is told to one is not told to the other."""
        other = object.__new__(Audit)
        other.__dict__.update(self.__dict__)
        other._pivots, other._having = list(self._pivots), list(self._having)
        other._rows, other._number = dict(self._rows), dict(self._number)
        other._only, other._near = dict(self._only), dict(self._near)
        return other

    @property
    def many(self) -> int:
        """How many of the sums that were told do not follow from others."""
        return len(self._pivots)

    def tell(self, row: Row) -> bool:
        """Tell a sum; False, and it is not told, where something about few would follow."""
        left = self._reduced(row)
        if not left:
            return True  # it follows from what was told: nobody learns anything
        pivot = self._pivot_of(left)
        if self._many[pivot] < self._least:
            self._looked = set()
            if self._isolates(left, 0):
                return False
        self._take(pivot, left)
        return True

    def note(self, rows: Iterable[Row]) -> None:
        """Sums that were told already, whatever follows from them; before any other is. Each is
        rid of the pivots before it as it comes; of those after it once all are there, the last
        first, which is less work than after every one."""
        for row in rows:
            left = self._without_pivots(row)
            if left:
                pivot = self._pivot_of(left)
                self._rows[pivot] = _scaled(left, pivot)
                self._number[pivot] = len(self._pivots)
                self._pivots.append(pivot)
        for pivot in reversed(self._pivots):
            row = dict(self._rows.pop(pivot))
            self._rows[pivot] = self._reduced(row)
        for number, pivot in enumerate(self._pivots):
            self._enters(number, pivot)

    def _without_pivots(self, row: Row) -> dict[int, int]:
        """A row less those before it, each of which may have pivots of those after it."""
        left, number = dict(row), self._number
        get = left.get
        coming = [number[column] for column in row if column in number]
        heapify(coming)
        while coming:
            pivot = self._pivots[heappop(coming)]
            times = left[pivot] % PRIME
            if not times:
                continue  # met before, or gone
            if times > HALF:
                times -= PRIME
            for column, many in self._rows[pivot].items():
                before = get(column)
                if before is not None:
                    left[column] = before - times * many
                    continue
                left[column] = -times * many
                if column in number:
                    heappush(coming, number[column])
        return _within({column: many for column, many in left.items() if many})

    def _pivot_of(self, row: Row) -> int:
        """The column about the most entities, the first of these."""
        return max(row, key=lambda column: (self._many[column], -column))

    def _reduced(self, row: Row) -> dict[int, int]:
        left = dict(row)
        get = left.get
        for pivot, times in row.items():
            for column, many in self._rows.get(pivot, NOTHING).items():
                left[column] = get(column, 0) - times * many
        return _within({column: many for column, many in left.items() if many})

    def _take(self, pivot: int, row: Row) -> None:
        """One more row; its pivot is taken out of every other."""
        new = _scaled(row, pivot)
        for number in _bits(self._having[pivot]):
            self._less(number, new, pivot)
        number = len(self._pivots)
        self._pivots.append(pivot)
        self._rows[pivot], self._number[pivot] = new, number
        self._enters(number, pivot)

    def _enters(self, number: int, pivot: int) -> None:
        """A row is known from now on by its columns, and by whom its pivot is about."""
        if self._many[pivot] < self._least:
            of = self._about[pivot]
            self._narrow |= 1 << number
            self._only[of] = self._only.get(of, 0) | 1 << number
        self._has(self._rows[pivot], number)

    def _less(self, number: int, row: Row, pivot: int) -> None:
        """A row less another, by as much as takes the pivot of that away."""
        changed = dict(self._rows[self._pivots[number]])
        get, bit = changed.get, 1 << number
        times = changed[pivot]
        came: list[int] = []
        for column, many in row.items():
            before = get(column)
            if before is None:
                now = -times * many
                changed[column] = now if -PRIME < now < PRIME else now % PRIME
                came.append(column)
                continue
            now = before - times * many
            if not -PRIME < now < PRIME:
                now %= PRIME
            if now:
                changed[column] = now
            else:
                del changed[column]
                self._having[column] ^= bit
                self._near.pop(column, None)
        self._rows[self._pivots[number]] = changed
        self._has(came, number)

    def _has(self, columns: Iterable[int], number: int) -> None:
        """A row has these columns from now on."""
        having, bit = self._having, 1 << number
        for column in columns:
            having[column] |= bit
        near = self._near
        if near and self._narrow & bit:
            of = self._about[self._pivots[number]]
            for column in near.keys() & columns:
                near[column] |= of

    def _isolates(self, row: Row, few: int) -> bool:
        """Whether a row and some that were told combine into something about `few`, or about these
        and so many more as are too few still. Only told rows whose pivot is about them can take
        part: nothing else takes a pivot away."""
        if few in self._looked:
            return False  # in another order
        self._looked.add(few)
        if len(self._looked) > self._tries_max:
            return True  # not shown to be safe in reasonable time: not told
        ours = self._rows_within(few)
        room = self._least - 1 - few.bit_count()
        about, having = self._about, self._having
        left = (one for one in row if about[one] & ~few and not having[one] & ours)
        if not room:
            if next(left, None) is not None or self._apart(row, few, ours):
                return False
            return not self._outside(row, few, ours)[1]
        more = self._joining(left, 0, few, room)
        if more is None:
            outside, others = self._outside(row, few, ours)
            if not others:
                return True
            beside = 0
            for one in outside:
                beside |= self._takes_part(one)
            more = self._joining(others, beside, few, room) or 0
        return any(self._isolates(row, few | 1 << entity) for entity in _bits(more))

    def _joining(self, columns: Iterable[int], beside: int, few: int, room: int) -> int | None:
        """Who may join `few`; None where there are no columns. Each column has to be about those
        that join, or be taken away: by a row of theirs, or by one `beside` that leaves something
        about them. So a last one has to join all columns; of more, one joins the column that the
        fewest may join, the first of such."""
        found: int | None = None
        fewest = 0, 0
        for one in columns:
            joining = (self._takes_part(one) | beside) & ~few
            if room == 1:
                found = joining if found is None else found & joining
                if not found:
                    return 0
            elif found is None or (joining.bit_count(), one) < fewest:
                found, fewest = joining, (joining.bit_count(), one)
        return found

    def _rows_within(self, few: int) -> int:
        """The rows whose pivot is about none but these."""
        found, some = 0, few
        while some:
            found |= self._only.get(some, 0)
            some = (some - 1) & few
        return found

    def _takes_part(self, column: int) -> int:
        """The entities that a column, or told rows that have it, are about."""
        near = self._near.get(column)
        if near is None:
            near = self._about[column]
            for number in _bits(self._having[column] & self._narrow):
                near |= self._about[self._pivots[number]]
            self._near[column] = near
        return near

    def _apart(self, row: Row, few: int, ours: int) -> bool:
        """Whether some columns that are about others show already that rows of `few` do not make
        this row up there: what is no sum in these is none in all of them."""
        rows = [self._rows[self._pivots[number]] for number in _bits(ours)]
        about = self._about
        some = list(islice((one for one in row if about[one] & ~few), len(rows) + LOOKED_AT))
        kept: list[tuple[int, list[int]]] = []
        for one in (*rows, row):
            left = [one.get(column, 0) for column in some]
            for at, other in kept:
                if times := left[at]:
                    left = [(a - times * b) % PRIME for a, b in zip(left, other, strict=True)]
            at = next((at for at, many in enumerate(left) if many), -1)
            if one is row:
                return at >= 0
            if at >= 0:
                scale = pow(left[at], -1, PRIME)
                kept.append((at, [many * scale % PRIME for many in left]))
        return False

    def _outside(self, row: Row, few: int, ours: int) -> tuple[dict[int, Row], dict[int, int]]:
        """Told rows of `few`, reduced, as far as they are about others, and what they leave of this
        row."""
        about = self._about

        def others(one: Row) -> dict[int, int]:
            return {column: many for column, many in one.items() if about[column] & ~few}

        rows: dict[int, Row] = {}
        for pivot in sorted(self._pivots[number] for number in _bits(ours)):
            left = others(self._rows[pivot])
            _reduce(left, rows)
            if left:
                column = min(left)
                scale = pow(left[column], -1, PRIME)
                rows[column] = {at: many * scale % PRIME for at, many in left.items()}
        wanted = others(row)
        _reduce(wanted, rows)
        return rows, wanted


def _scaled(row: Row, pivot: int) -> Row:
    """The same row, with 1 at its pivot."""
    by = row[pivot]
    if by == 1:
        return row
    if by == -1:
        return {column: -many for column, many in row.items()}
    by = pow(by, -1, PRIME)
    return {column: many * by % PRIME for column, many in row.items()}


def _within(row: dict[int, int]) -> dict[int, int]:
    """The same, where some may have grown beyond the field. Of two numbers that are the same in it,
    one below zero, either may stand: only whether one is zero is asked."""
    values = row.values()
    if not row or (max(values) < PRIME and min(values) > -PRIME):
        return row
    return {column: left for column, many in row.items() if (left := many % PRIME)}


def _bits(of: int) -> Iterator[int]:
    """Which bits a number has, the lowest first."""
    while of:
        lowest = of & -of
        yield lowest.bit_length() - 1
        of ^= lowest


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
