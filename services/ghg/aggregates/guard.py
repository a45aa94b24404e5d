"""Whether one more number may be told, knowing all that was told before it. Pure.

A number is told when

- those who add to it are enough: at least the policy's minimum of entities, none of which has
  nearly all of it;
- what it is more or less than another told number of its kind, or a sum than two of its parts, is
  of nobody or of enough as well;
- no combination of everything told, of whatever kinds, is about fewer entities than the minimum
  (`audit`).

What the asker knows is no secret to it: its own figures, and those that were disclosed. They are
left out before anything is counted, so a sum has to be of enough others. What was told stays told:
a guard goes on from one edition to the next, and from what was known by then to what is known now.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy
from numpy.typing import NDArray

from infra.policy import Policy

from .audit import TRIES_LATER_MAX, TRIES_MAX, Audit, columns_of
from .measures import ALIKE, LATER, Measure, Number, numbers_of
from .sums import Entry

Facilities = frozenset[str]
Wanted = tuple[Measure, Facilities]
"""A number of a set of facilities."""
Amount = tuple[str, str]
"""A facility, and an amount of it."""
Numbers = Mapping[str, Mapping[Measure, Number]]
Shares = NDArray[numpy.float64]
Places = NDArray[numpy.intp]
ROUNDED = 1e-9


def numbers_by_facility(entries: Iterable[Entry]) -> Numbers:
    """The numbers of each facility."""
    return {entry.facility_id: numbers_of(entry) for entry in entries}


class Figures(NamedTuple):
    """What there is to tell of: facilities in every version with their numbers, and the ids of
    those that the asker knows; `later` where other editions were told before."""

    entries: Sequence[Entry]
    numbers: Numbers
    known: frozenset[str] = frozenset()
    later: bool = False


class Guard:
    """Everything told to one asker of one year. `candidates` are all numbers that may be asked
    about, or parts that make them up: `tell` is asked about no other. `log` was told before."""

    def __init__(
        self,
        figures: Figures,
        candidates: Iterable[Wanted],
        policy: Policy,
        log: Iterable[Wanted] = (),
    ) -> None:
        self._figures = figures
        others = (one for one in figures.entries if one.facility_id not in figures.known)
        self._entries = sorted(others, key=lambda one: (one.entity_id, one.facility_id))
        self._places = {one.facility_id: at for at, one in enumerate(self._entries)}
        self._starts = [
            at
            for at, one in enumerate(self._entries)
            if at == 0 or one.entity_id != self._entries[at - 1].entity_id
        ]
        self._least = policy.integer("aggregate.entities_min")
        self._most = float(policy.decimal("aggregate.dominance_percent")) / 100 + ROUNDED
        self._numbers = figures.numbers
        self._open = {
            (_first(one), amount)
            for one in figures.known
            for number in figures.numbers[one].values()
            for amount in number.form
        }
        self._open_numbers = {
            (measure, number.facility)
            for one in figures.known
            for measure, number in figures.numbers[one].items()
        }
        self._amounts: dict[Measure, Shares] = {}
        self._forms: dict[Measure, dict[int, dict[Amount, int]]] = {}
        self._first_places: dict[Measure, Places] = {}
        self._ordered: dict[Facilities, Places] = {}
        self._log: list[Wanted] = list(log)
        entity: dict[str, str] = {}
        for one in figures.entries:
            entity.setdefault(_first(one.facility_id), one.entity_id)
        rows = [self._form(*wanted) for wanted in dict.fromkeys([*self._log, *candidates])]
        owner = {amount: entity[amount[0]] for row in rows for amount in row}
        self._columns, about = columns_of(rows, owner)
        tries = TRIES_LATER_MAX if figures.later else TRIES_MAX
        self._audit = Audit(about, self._least, tries)
        self._told: dict[Measure, list[NDArray[numpy.bool_]]] = {}
        self._policy = policy
        for measure, facilities in self._log:
            self._audit.note(self._row(measure, facilities))
            self._note(measure, facilities)

    def beside(
        self,
        candidates: Iterable[Wanted],
        figures: Figures | None = None,
        policy: Policy | None = None,
    ) -> "Guard":
        """The same told, with other numbers that may be asked about; of more figures, by another
        policy, where these are given."""
        return Guard(figures or self._figures, candidates, policy or self._policy, self._log)

    def copy(self) -> "Guard":
        """The same told; what is told to one is not told to the other."""
        other = object.__new__(Guard)
        other.__dict__.update(self.__dict__)
        other._audit = self._audit.copy()
        other._told = {measure: list(told) for measure, told in self._told.items()}
        other._log = list(self._log)
        return other

    def tell(self, measure: Measure, facilities: Facilities) -> bool:
        """Tell a number; False, and it is not told, where it may not be."""
        values = self._values(measure)
        of = self._among(measure, facilities) & (values != 0)
        if not of.any():
            return True  # nobody else has any, which is told of nobody
        if not self._safe(values, self._differences(of, self._told.get(measure, []))):
            return False
        if not self._audit.tell(self._row(measure, facilities)):
            return False
        self._note(measure, facilities)
        self._log.append((measure, facilities))
        return True

    def leaves_enough(
        self, measure: Measure, parts: Collection[Measure], facilities: Facilities
    ) -> bool:
        """Whether a number less its parts is of nobody, or of enough."""
        whole = self._amount(measure, facilities)
        told = numpy.zeros(len(self._entries))
        for part in parts:
            told += self._amount(part, facilities)
        left = whole - told
        rounding = float(ALIKE) * numpy.maximum(numpy.abs(whole), numpy.abs(told))
        left[numpy.abs(left) <= rounding] = 0
        return self._safe(left, numpy.ones((1, len(left)), dtype=bool))

    def total(self, measure: Measure, facilities: Facilities) -> float:
        """About how much the number is."""
        return float(self._amount(measure, facilities).sum())

    def _note(self, measure: Measure, facilities: Facilities) -> None:
        of = self._among(measure, facilities) & (self._values(measure) != 0)
        if of.any():
            self._told.setdefault(measure, []).append(of)

    def _values(self, measure: Measure) -> Shares:
        """The number of each, at the place of the first version that has it."""
        if measure not in self._amounts:
            of = [self._numbers[one.facility_id].get(measure) for one in self._entries]
            self._amounts[measure] = numpy.array([float(one.value) if one else 0.0 for one in of])
        return self._amounts[measure]

    def _amount(self, measure: Measure, facilities: Facilities) -> Shares:
        """What each adds to a number, at the place of its version."""
        found = numpy.zeros(len(self._entries))
        places = self._places_of(facilities)
        places = places[self._firsts(measure)[places] >= 0]
        found[places] = self._values(measure)[places]
        return found

    def _among(self, measure: Measure, facilities: Facilities) -> NDArray[numpy.bool_]:
        """The places of those that have a number: of the first version that has the same."""
        found = numpy.zeros(len(self._entries), dtype=bool)
        firsts = self._firsts(measure)[self._places_of(facilities)]
        found[firsts[firsts >= 0]] = True
        return found

    def _firsts(self, measure: Measure) -> Places:
        """For each the place of the first version that has the same number; -1 where it has none,
        or the asker knows it."""
        if measure not in self._first_places:
            of = [self._numbers[one.facility_id].get(measure) for one in self._entries]
            self._first_places[measure] = numpy.array(
                [
                    -1
                    if number is None or (measure, number.facility) in self._open_numbers
                    else self._places[number.facility]
                    for number in of
                ],
                dtype=numpy.intp,
            )
        return self._first_places[measure]

    def _places_of(self, facilities: Facilities) -> Places:
        """Those that the asker does not know, in order of their ids: so that every process tells
        the same."""
        if facilities not in self._ordered:
            of = [self._places[one] for one in sorted(facilities & self._places.keys())]
            self._ordered[facilities] = numpy.array(of, dtype=numpy.intp)
        return self._ordered[facilities]

    def _differences(
        self, of: NDArray[numpy.bool_], told: Sequence[NDArray[numpy.bool_]]
    ) -> NDArray[numpy.bool_]:
        """What the number is of, and what differs from told ones: those in one of two and not in
        both; those in one and in neither of two parts of it."""
        if not told:
            return of[None, :]
        every = numpy.array(told)
        near = every[(every & of).any(axis=1)]
        found = [of[None, :], near ^ of]
        found += _less_two(of, every[~(every & ~of).any(axis=1)])
        for whole in every[(every & of).sum(axis=1) == of.sum()]:
            inside = ~(every & ~whole).any(axis=1) & ~(every & of).any(axis=1)
            found.append(whole & ~(every[inside] | of))
        return numpy.concatenate(found)

    def _safe(self, values: Shares, sums: NDArray[numpy.bool_]) -> bool:
        """Whether each of these sums is of nobody, or of enough."""
        if not sums.size:
            return True
        of = numpy.add.reduceat(sums * numpy.abs(values), self._starts, axis=1)
        entities = (of > 0).sum(axis=1)
        even = of.max(axis=1) <= self._most * of.sum(axis=1)
        return bool(((entities == 0) | ((entities >= self._least) & even)).all())

    def _form(self, measure: Measure, facilities: Facilities) -> dict[Amount, int]:
        found: dict[Amount, int] = {}
        forms = self._forms.setdefault(measure, {})
        for place in self._places_of(facilities).tolist():
            form = forms.get(place)
            if form is None:
                form = forms[place] = self._form_of(measure, self._entries[place].facility_id)
            found.update(form)
        return found

    def _form_of(self, measure: Measure, facility: str) -> dict[Amount, int]:
        """What the asker does not know of a number of a facility."""
        number = self._numbers[facility].get(measure)
        if number is None:
            return {}
        named = {(_first(facility), amount): many for amount, many in number.form.items()}
        return {amount: many for amount, many in named.items() if amount not in self._open}

    def _row(self, measure: Measure, facilities: Facilities) -> dict[int, int]:
        form = self._form(measure, facilities)
        return {self._columns[amount]: many for amount, many in form.items()}


def _first(version: str) -> str:
    """The facility of a version, which is the id of its first one."""
    return version.partition(LATER)[0]


def _less_two(of: NDArray[numpy.bool_], parts: NDArray[numpy.bool_]) -> list[NDArray[numpy.bool_]]:
    """What is left of a set without any two of its parts that have nothing in common."""
    found = []
    for at, part in enumerate(parts):
        others = parts[at + 1 :]
        apart = others[~(others & part).any(axis=1)]
        found.append(of & ~(apart | part))
    return found
