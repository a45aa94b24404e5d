"""The numbers of facilities as arrays, so that sums over many of them are looked at quickly. Pure.

They are the same for whoever asks: made once for an edition, however many askers it is told to.
What an asker knows is left out by its `guard`.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy
from numpy.typing import NDArray

from .measures import Measure, Number
from .owners import facility_of, sales_of
from .sums import Entry

Facilities = frozenset[str]
Wanted = tuple[Measure, Facilities]
"""A number of a set of facilities."""
Numbers = Mapping[str, Mapping[Measure, Number]]
Shares = NDArray[numpy.float64]
Places = NDArray[numpy.intp]
Known = NDArray[numpy.bool_]
NOWHERE = -1


class Terms(NamedTuple):
    """What sums are made of, one after the other: which sum, which amount of whom, and by what it
    is multiplied."""

    sums: Places
    amounts: Places
    times: Places

    def without(self, known: Known) -> "Terms":
        """Those whose amounts are not known."""
        left = ~known[self.amounts]
        return Terms(self.sums[left], self.amounts[left], self.times[left])


class _OfMeasure(NamedTuple):
    """A number of every version: 0, nowhere, and without terms, where one has none. `firsts` are
    the first versions that have the same."""

    values: Shares
    firsts: Places
    starts: Places
    lengths: Places


class Forms:
    """Facilities in every version with their numbers; `owners` has the entity of each amount: that
    of the first version of its facility. `sales` are those that other entities had later."""

    def __init__(self, entries: Sequence[Entry], numbers: Numbers) -> None:
        self.entries = entries
        self.at = {one.facility_id: at for at, one in enumerate(entries)}
        self.owners: list[str] = []
        self.sales = sales_of(entries)
        self._versions: dict[Facilities, Places] = {}
        self._measures: dict[Measure, _OfMeasure] = {}
        self._none = _of_none(len(entries))
        amounts: list[int] = []
        times: list[int] = []
        seen: dict[tuple[str, str], int] = {}
        entity: dict[str, str] = {}
        for at, one in enumerate(entries):
            first = facility_of(one.facility_id)
            owner = entity.setdefault(first, one.entity_id)
            for measure, number in numbers[one.facility_id].items():
                of = self._measures.get(measure)
                if of is None:
                    of = self._measures[measure] = _of_none(len(entries))
                of.values[at] = float(number.value)
                of.firsts[at] = self.at[number.facility]
                of.starts[at] = len(amounts)
                of.lengths[at] = len(number.form)
                for amount, many in number.form.items():
                    place = seen.setdefault((first, amount), len(seen))
                    if place == len(self.owners):
                        self.owners.append(owner)
                    amounts.append(place)
                    times.append(many)
        self._amounts = numpy.array(amounts, dtype=numpy.intp)
        self._times = numpy.array(times, dtype=numpy.intp)

    def values(self, measure: Measure) -> Shares:
        """The number of each version."""
        return self._measures.get(measure, self._none).values

    def firsts(self, measure: Measure) -> Places:
        """The first version that has the same number as each."""
        return self._measures.get(measure, self._none).firsts

    def versions(self, facilities: Facilities) -> Places:
        """Where they are, in order of their ids: so that every process tells the same."""
        if facilities not in self._versions:
            of = [self.at[one] for one in sorted(facilities & self.at.keys())]
            self._versions[facilities] = numpy.array(of, dtype=numpy.intp)
        return self._versions[facilities]

    def terms(self, wanted: Sequence[Wanted]) -> Terms:
        """What these numbers are the sums of, in their order."""
        whose = [self.versions(facilities) for _, facilities in wanted]
        of = [self._measures.get(measure, self._none) for measure, _ in wanted]
        starts = _joined([one.starts[at] for one, at in zip(of, whose, strict=True)])
        lengths = _joined([one.lengths[at] for one, at in zip(of, whose, strict=True)])
        sums = numpy.repeat(numpy.arange(len(whose)), [len(at) for at in whose])
        where = _spread(starts, lengths)
        return Terms(numpy.repeat(sums, lengths), self._amounts[where], self._times[where])

    def known_by(self, versions: Places) -> Known:
        """The amounts that are known to who knows every number of these versions."""
        known = numpy.zeros(len(self.owners), dtype=bool)
        for of in self._measures.values():
            known[self._amounts[_spread(of.starts[versions], of.lengths[versions])]] = True
        return known


def _filled(many: int, of: int) -> Places:
    return numpy.full(many, of, dtype=numpy.intp)


def _of_none(many: int) -> _OfMeasure:
    none = _filled(many, 0)
    return _OfMeasure(numpy.zeros(many), _filled(many, NOWHERE), none, none.copy())


def _joined(parts: Sequence[Places]) -> Places:
    return numpy.concatenate(parts) if parts else _filled(0, 0)


def _spread(starts: Places, lengths: Places) -> Places:
    """The places of all parts, each from its start on."""
    before = numpy.cumsum(lengths) - lengths
    return numpy.repeat(starts - before, lengths) + numpy.arange(lengths.sum())


def columns_of(terms: Terms, owners: Sequence[str]) -> tuple[Places, list[frozenset[str]]]:
    """The column of each amount, and the entities of each column. Amounts that all of the sums
    treat alike share one; those that none has are nowhere. The first that is met is the first."""
    column = _filled(len(owners), NOWHERE)
    order = numpy.argsort(terms.amounts, kind="stable")
    used, first, many = numpy.unique(terms.amounts[order], return_index=True, return_counts=True)
    said = numpy.stack([terms.sums[order], terms.times[order]], axis=1)
    numbers: dict[bytes, int] = {}
    about: list[set[str]] = []
    for at in numpy.argsort(order[first]).tolist():
        alike = said[first[at] : first[at] + many[at]].tobytes()
        number = numbers.setdefault(alike, len(numbers))
        if number == len(about):
            about.append(set())
        amount = used[at]
        column[amount] = number
        about[number].add(owners[amount])
    return column, [frozenset(one) for one in about]


def rows_of(terms: Terms, column: Places, many: int) -> list[dict[int, int]]:
    """The first so many sums over columns."""
    columns, times = column[terms.amounts].tolist(), terms.times.tolist()
    ends = numpy.searchsorted(terms.sums, numpy.arange(many + 1)).tolist()
    return [
        dict(zip(columns[start:end], times[start:end], strict=True))
        for start, end in pairwise(ends)
    ]


def in_turn(wanted: Iterable[Wanted]) -> list[Wanted]:
    """Each once, where it came first."""
    return list(dict.fromkeys(wanted))
