"""An attacker on aggregates: may figures of fewer than so many entities be found by adding and
subtracting all that somebody was told of a year?

It knows what is known in the trade: which facility stands where, belongs to whom, is certified,
makes metal and has which steps and scopes, and where two numbers of a facility are the same. It
does not know the amounts. Every told number is then a sum over unknown amounts, and an entity, or
two, are found when a combination of those sums is about amounts of theirs alone. What is asked here
is only what an answer says; nothing of how the service decides is used. Where the steps of the
curve lie is taken to be known.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import combinations
from typing import NamedTuple

import numpy

from contracts.inventory import Scope, Step
from services.ghg.aggregates.emission_curve import CurveStep, PortfolioView
from services.ghg.aggregates.sums import Cell, Entry
from tests.rules.coc.attack import PRIME, rank

LOCATION = Scope.POWER_LOCATION
BESIDE = frozenset({Step.REMELTING, Step.SEMI_FABRICATION})
"""Steps that primary metal does not go through."""
Unknown = tuple[str, str]
Knowledge = dict[Unknown, int]


class Said(NamedTuple):
    """A told number, and the unknown amounts that it is the sum of."""

    value: Decimal
    about: Knowledge


class Attacker:
    """What somebody knows who was told things about a world; `own` are its facilities."""

    def __init__(self, world: Sequence[Entry], own: Collection[str] = ()) -> None:
        self.world, self.own = world, own
        self.said: list[Said] = []

    def hears_table(self, cells: Sequence[Cell]) -> None:
        """A table of any names."""
        for cell in cells:
            if cell.suppressed:
                assert cell == Cell(cell.key, True), "a row that is left out tells something"
                continue
            of = [one for one in self.world if _in(one, cell.key)]
            step = cell.key.get("step")
            for scope, told in (cell.by_scope_t or {}).items():
                self._hears(told, _scope(of, step, scope))
            self._hears(cell.emission_t, _emission(of, step))
            if cell.output_t is not None and not step:
                self._hears(cell.output_t, {(one.facility_id, "output"): 1 for one in _metal(of)})
                if cell.intensity is not None:
                    self._hears(cell.output_t * cell.intensity, _of_metal(of))

    def hears_curve(self, steps: Sequence[CurveStep]) -> None:
        """The curve: it was drawn by intensity, then by id."""
        making = sorted(_metal(self.world), key=lambda one: (one.metal_t / one.output_t, one[0]))
        for step in steps:
            of, making = making[: step.facilities], making[step.facilities :]
            self._hears_metal(step.output_t, step.intensity, of)
            if step.certified_t is not None:
                certified = [one for one in of if one.certified]
                self._hears_metal(step.certified_t, step.certified_intensity, certified)

    def hears_set(self, view: PortfolioView, facilities: Collection[str]) -> None:
        """A set of its own."""
        if view.suppressed:
            assert view == PortfolioView(view.year, True, view.because)
            return
        of = [one for one in _metal(self.world) if one.facility_id in facilities]
        assert view.output_t is not None
        assert view.smelting is not None
        self._hears_metal(view.output_t, view.intensity, of)
        self._hears(view.output_t * view.smelting, _smelting(of))
        if view.certified_percent is not None:
            part = view.output_t * view.certified_percent / 100
            self._hears_metal(part, None, [one for one in of if one.certified])

    def finds(self, least: int) -> list[tuple[str, ...]]:
        """Entities, fewer than so many together, about which something can be found."""
        owner = {one.facility_id: one.entity_id for one in self.world}
        rows = [said.about for said in self.said if said.about]
        places = {one: at for at, one in enumerate(sorted({one for row in rows for one in row}))}
        matrix = numpy.zeros((len(rows), len(places)), dtype=numpy.int64)
        for at, row in enumerate(rows):
            for one, many in row.items():
                matrix[at, places[one]] = many % PRIME
        matrix = numpy.unique(matrix, axis=0)
        whole = rank(matrix)
        entities = sorted({owner[facility] for facility, _ in places})
        return [
            some
            for some in combinations(entities, min(least - 1, len(entities)))
            if whole
            > rank(matrix[:, [at for one, at in places.items() if owner[one[0]] not in some]])
        ]

    def _hears_metal(
        self, output_t: Decimal, intensity: Decimal | None, of: Sequence[Entry]
    ) -> None:
        self._hears(output_t, {(one.facility_id, "output"): 1 for one in of})
        if intensity is not None:
            self._hears(output_t * intensity, _of_metal(of))

    def _hears(self, value: Decimal | None, about: Knowledge) -> None:
        if value is None:
            return
        amounts = {one.facility_id: _amounts(one) for one in self.world}
        true = Decimal(0)
        for (of, what), many in about.items():
            true += many * amounts[of][what]
        assert abs(value - true) <= Decimal("1e-9") * max(abs(true), Decimal(1)), (
            "it is not that sum"
        )
        left = {one: many for one, many in about.items() if many and one[0] not in self.own}
        self.said.append(Said(value, left))


def _in(one: Entry, key: Mapping[str, str]) -> bool:
    said = {
        "region": one.region,
        "country": one.country,
        "certified": "yes" if one.certified else "no",
    }
    place = all(said[name] == value for name, value in key.items() if name != "step")
    return place and ("step" not in key or any(step == key["step"] for step, _ in one.sums.kg))


def _metal(of: Sequence[Entry]) -> list[Entry]:
    return [one for one in of if one.output_t > 0]


def _amounts(one: Entry) -> dict[str, Decimal]:
    """The amounts of a facility by names: what no other number of it tells."""
    found = {f"{step} {scope}": kg / 1000 for (step, scope), kg in one.sums.kg.items()}
    return {**found, "output": one.output_t, "metal": one.metal_t}


def _kg(one: Entry, step: str | None) -> Iterator[tuple[Step, Scope]]:
    return (at for at, kg in one.sums.kg.items() if kg and step in (None, at[0]))


def _scope(of: Sequence[Entry], step: str | None, scope: str) -> Knowledge:
    """Power by location is the same unknown as power as bought, where it is as much."""
    found: Knowledge = {}
    for one in of:
        for at in _kg(one, step):
            market = (at[0], Scope.POWER_MARKET)
            same = at[1] is LOCATION and one.sums.kg[at] == one.sums.kg.get(market)
            if at[1] == scope:
                where, what = market if same else at
                found[one.facility_id, f"{where} {what}"] = 1
    return found


def _emission(of: Sequence[Entry], step: str | None) -> Knowledge:
    return {
        (one.facility_id, f"{where} {scope}"): 1
        for one in of
        for where, scope in _kg(one, step)
        if scope is not LOCATION
    }


def _of_metal(of: Sequence[Entry]) -> Knowledge:
    """What the metal gave off: all that a smelter did, or all but of its remelter and its mill;
    else what no other number tells."""
    found: Knowledge = {}
    for one in _metal(of):
        every = [at for at in _kg(one, None) if at[1] is not LOCATION]
        smelter = [at for at in every if at[0] not in BESIDE]
        whole = [at for at in (every, smelter) if _tonnes(one, at) == one.metal_t]
        names = [f"{step} {scope}" for step, scope in whole[0]] if whole else ["metal"]
        found |= {(one.facility_id, name): 1 for name in names}
    return found


def _tonnes(one: Entry, some: Sequence[tuple[Step, Scope]]) -> Decimal:
    return sum((one.sums.kg[at] for at in some), Decimal(0)) / 1000


def _smelting(of: Sequence[Entry]) -> Knowledge:
    return {
        (one.facility_id, f"{Step.ELECTROLYSIS} {scope}"): 1
        for one in of
        for scope in (Scope.DIRECT, Scope.POWER_MARKET)
        if one.sums.kg.get((Step.ELECTROLYSIS, scope))
    }
