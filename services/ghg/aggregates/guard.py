"""Whether one more number may be told, knowing all that was told before it. Pure.

A number is told when

- those who add to it are enough: at least the policy's minimum of entities, none of which has
  nearly all of it;
- what it is more or less than another told number of its kind, or a sum than two of its parts, is
  of nobody or of enough as well;
- no combination of everything told, of whatever kinds, is about fewer entities than the minimum
  (`audit`).

Entities between which a facility went from one edition to the next count as one (`owners`).

What the asker knows is no secret to it: its own figures, and those that were disclosed. They are
left out before anything is counted, so a sum has to be of enough others. What was told stays told:
a guard goes on from one edition to the next, and from what was known by then to what is known now.
"""

from collections.abc import Collection, Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy
from numpy.typing import NDArray

from infra.policy import Policy

from .audit import TRIES_LATER_MAX, TRIES_MAX, Audit, Row
from .forms import (
    NOWHERE,
    Facilities,
    Forms,
    Known,
    Numbers,
    Places,
    Shares,
    Wanted,
    columns_of,
    in_turn,
    rows_of,
)
from .measures import ALIKE, Measure, numbers_of
from .owners import counted_as
from .sums import Entry

Sets = NDArray[numpy.bool_]
"""Sets of those that have a number, one a row."""
ROUNDED = 1e-9


def numbers_by_facility(entries: Iterable[Entry]) -> Numbers:
    """The numbers of each facility."""
    return {entry.facility_id: numbers_of(entry) for entry in entries}


class Figures(NamedTuple):
    """What there is to tell of: facilities in every version with their numbers, and the ids of
    those that the asker knows; `later` where other editions were told before."""

    forms: Forms
    known: frozenset[str] = frozenset()
    later: bool = False


class Having(NamedTuple):
    """A number of every version, and the places of those that have any: how much of it, whatever
    its sign, and where among these each entity begins."""

    values: Shares
    places: Places
    shares: Shares
    starts: Places


class _Noted:
    """What an audit knows before a guard tells anything: made once it is asked, since most of what
    may not be told is found without one; and shared by the copies of that guard."""

    def __init__(
        self, figures: Figures, told: Sequence[Wanted], wanted: Iterable[Wanted], least: int
    ) -> None:
        self._figures, self._told, self._wanted = figures, tuple(told), wanted
        self._least = least

    @cached_property
    def _made(self) -> tuple[Known, Places, dict[Wanted, Row], Audit]:
        """Known amounts, the column of each, sums over columns, and the audit."""
        forms, known, later = self._figures
        asked = in_turn([*self._told, *self._wanted])
        knows = forms.known_by(forms.versions(known))
        terms = forms.terms(asked).without(knows)
        counted = counted_as(forms.sales, known)
        owners = [counted.get(one, one) for one in forms.owners] if counted else forms.owners
        column, about = columns_of(terms, owners)
        found = rows_of(terms, column, len(asked))
        rows: dict[Wanted, Row] = dict(zip(asked, found, strict=True))
        audit = Audit(about, self._least, TRIES_LATER_MAX if later else TRIES_MAX)
        audit.note(rows[wanted] for wanted in self._told)
        return knows, column, rows, audit

    def row(self, wanted: Wanted) -> Row:
        """A number as a sum over columns: of one that may be asked about, or is made of such."""
        knows, column, rows, _ = self._made
        if wanted not in rows:
            terms = self._figures.forms.terms([wanted]).without(knows)
            rows[wanted] = rows_of(terms, column, 1)[0]
        return rows[wanted]

    def audit(self) -> Audit:
        """One of one's own."""
        return self._made[-1].copy()


class Guard:
    """Everything told to one asker of one year. `candidates` are all numbers that may be asked
    about, or parts that make them up: `tell` is asked about no other. `log` was told before;
    `anew` are those of it that did not follow from others before them."""

    def __init__(
        self,
        figures: Figures,
        candidates: Iterable[Wanted],
        policy: Policy,
        log: Iterable[Wanted] = (),
        anew: Iterable[Wanted] = (),
    ) -> None:
        self._figures, self._policy = figures, policy
        self._forms, known, _ = figures
        every = self._forms.entries
        others = [at for at, one in enumerate(every) if one.facility_id not in known]
        counted = counted_as(self._forms.sales, known)
        entity = [counted.get(one.entity_id, one.entity_id) for one in every]
        others.sort(key=lambda at: (entity[at], every[at].facility_id))
        self._versions = numpy.array(others, dtype=numpy.intp)
        self._places = numpy.full(len(every), NOWHERE, dtype=numpy.intp)
        self._places[self._versions] = numpy.arange(len(others))
        self._known = self._forms.versions(known)
        number: dict[str, int] = {}
        self._entities = numpy.array(
            [number.setdefault(entity[at], len(number)) for at in others],
            dtype=numpy.intp,
        )
        self._least = policy.integer("aggregate.entities_min")
        self._most = float(policy.decimal("aggregate.dominance_percent")) / 100 + ROUNDED
        self._amounts: dict[Measure, Having] = {}
        self._first_places: dict[Measure, Places] = {}
        self._ordered: dict[Facilities, Places] = {}
        self._log: list[Wanted] = list(log)
        self._anew: list[Wanted] = list(anew)
        self._told: dict[Measure, Sets] = {}
        self._noted = _Noted(figures, self._anew, candidates, self._least)
        self._audit: Audit | None = None

    def beside(
        self,
        candidates: Iterable[Wanted],
        figures: Figures | None = None,
        policy: Policy | None = None,
    ) -> "Guard":
        """The same told, with other numbers that may be asked about; of more figures, by another
        policy, where these are given."""
        return Guard(
            figures or self._figures, candidates, policy or self._policy, self._log, self._anew
        )

    def copy(self) -> "Guard":
        """The same told; what is told to one is not told to the other."""
        other = object.__new__(Guard)
        other.__dict__.update(self.__dict__)
        other._audit = self._audit and self._audit.copy()
        other._told = dict(self._told)
        other._log, other._anew = list(self._log), list(self._anew)
        return other

    def tell(self, measure: Measure, facilities: Facilities) -> bool:
        """Tell a number; False, and it is not told, where it may not be."""
        having = self._having(measure)
        of = self._among(measure, facilities, having)
        if not of.any():
            return True  # nobody else has any, which is told of nobody
        told = self._told_of(measure)
        if not self._safe(having, _differences(of, told)):
            return False
        if self._audit is None:
            self._audit = self._noted.audit()
        wanted, many = (measure, facilities), self._audit.many
        if not self._audit.tell(self._noted.row(wanted)):
            return False
        self._told[measure] = numpy.concatenate([told, of[None, :]])
        self._log.append(wanted)
        if self._audit.many > many:
            self._anew.append(wanted)
        return True

    def leaves_enough(
        self, measure: Measure, parts: Collection[Measure], facilities: Facilities
    ) -> bool:
        """Whether a number less its parts is of nobody, or of enough."""
        whole = self._amount(measure, facilities)
        told = numpy.zeros(len(self._versions))
        for part in parts:
            told += self._amount(part, facilities)
        left = whole - told
        rounding = float(ALIKE) * numpy.maximum(numpy.abs(whole), numpy.abs(told))
        left[numpy.abs(left) <= rounding] = 0
        return self._safe(self._having_of(left), None)

    def total(self, measure: Measure, facilities: Facilities) -> float:
        """About how much the number is."""
        return float(self._amount(measure, facilities).sum())

    def _told_of(self, measure: Measure) -> Sets:
        """Of whom the told numbers of a kind are, among those that have any."""
        told = self._told.get(measure)
        if told is None:
            having = self._having(measure)
            sets = [facilities for kind, facilities in self._log if kind == measure]
            of = [self._among(measure, facilities, having) for facilities in sets]
            told = numpy.array([one for one in of if one.any()], dtype=bool)
            self._told[measure] = told = told.reshape(-1, len(having.places))
        return told

    def _having(self, measure: Measure) -> Having:
        """Those that have the number, at the place of the first version that has it."""
        if measure not in self._amounts:
            values = self._forms.values(measure)[self._versions]
            self._amounts[measure] = self._having_of(values)
        return self._amounts[measure]

    def _having_of(self, values: Shares) -> Having:
        places = numpy.flatnonzero(values)
        entities = self._entities[places]
        starts = numpy.flatnonzero(numpy.diff(entities, prepend=-1))
        return Having(values, places, numpy.abs(values[places]), starts)

    def _amount(self, measure: Measure, facilities: Facilities) -> Shares:
        """What each adds to a number, at the place of its version."""
        found = numpy.zeros(len(self._versions))
        places = self._places_of(facilities)
        places = places[self._firsts(measure)[places] >= 0]
        found[places] = self._having(measure).values[places]
        return found

    def _among(
        self, measure: Measure, facilities: Facilities, having: Having
    ) -> NDArray[numpy.bool_]:
        """Those of a set among all that have a number: each is the first version that has the
        same."""
        found = numpy.zeros(len(self._versions), dtype=bool)
        firsts = self._firsts(measure)[self._places_of(facilities)]
        found[firsts[firsts >= 0]] = True
        return found[having.places]

    def _firsts(self, measure: Measure) -> Places:
        """For each the place of the first version that has the same number; nowhere where it has
        none, or the asker knows it."""
        if measure not in self._first_places:
            firsts = self._forms.firsts(measure)
            known = firsts[self._known]
            places = self._places.copy()
            places[known[known >= 0]] = NOWHERE
            mine = firsts[self._versions]
            self._first_places[measure] = numpy.where(mine >= 0, places[mine], NOWHERE)
        return self._first_places[measure]

    def _places_of(self, facilities: Facilities) -> Places:
        """Those that the asker does not know, in order of their ids."""
        if facilities not in self._ordered:
            places = self._places[self._forms.versions(facilities)]
            self._ordered[facilities] = places[places >= 0]
        return self._ordered[facilities]

    def _safe(self, having: Having, sums: Sets | None) -> bool:
        """Whether each of these sums, or that of all, is of nobody, or of enough."""
        if not len(having.places):
            return True
        shares = having.shares[None, :] if sums is None else sums * having.shares
        of = numpy.add.reduceat(shares, having.starts, axis=1)
        entities = (of > 0).sum(axis=1)
        even = of.max(axis=1) <= self._most * of.sum(axis=1)
        return bool(((entities == 0) | ((entities >= self._least) & even)).all())


def _differences(of: NDArray[numpy.bool_], told: Sets) -> Sets:
    """What the number is of, and what differs from told ones: those in one of two and not in both;
    those in one and in neither of two parts of it."""
    if not len(told):
        return of[None, :]
    inside, outside = (told & of), (told & ~of).any(axis=1)
    common = inside.any(axis=1)
    found = [of[None, :], told[common] ^ of]
    found += _less_two(of, told[~outside])
    apart = told[~common]
    for whole in told[inside.sum(axis=1) == of.sum()]:
        parts = ~(apart & ~whole).any(axis=1)
        found.append(whole & ~(apart[parts] | of))
    return numpy.concatenate(found)


def _less_two(of: NDArray[numpy.bool_], parts: NDArray[numpy.bool_]) -> list[NDArray[numpy.bool_]]:
    """What is left of a set without any two of its parts that have nothing in common."""
    found = []
    for at, part in enumerate(parts):
        others = parts[at + 1 :]
        apart = others[~(others & part).any(axis=1)]
        found.append(of & ~(apart | part))
    return found
