"""Anodes and paste that one facility of a scope made for another, by verified results. Pure.

What a plant gives off is on the scope's metal: all of it, but for what a smelter with a plant of
its own let go to strangers. So where the purchased goods of another facility of the scope hold the
same anodes, they are taken off there: each emission once. A result names who delivered. What came
of nobody named may be a stranger's, or another one's of the scope: it stays where it was bought,
and is not taken off where it was made, so that a tonne may be told more than it bears, never less.
An older result does not tell anodes apart: it counts as one that names nobody, and bought none.
Rules: sources.md 4.1, 5.7.
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

from contracts.bought import AnodesIn
from contracts.inventory import Step
from services.coc_ledger.evidence import FacilityResult

from .facility_metal import TAPPED, left_of, made_of

ZERO, ONE = Decimal(0), Decimal(1)
MADE = ("output.anode", "output.paste")


class Plant(NamedTuple):
    """Anodes and paste, in t: what a facility made, what of it no cells there went on with, and
    what other facilities of the scope name as its. `sold`: what left is known to have left it."""

    made: Decimal
    left: Decimal
    named: Decimal
    sold: bool

    @property
    def told_twice(self) -> Decimal:
        """Of what is named as its, the part that it can have delivered."""
        return min(self.left / self.named, ONE) if self.named else ZERO


class Anodes(NamedTuple):
    """The plants of a scope, by facility. `most`: what came of nobody named is left where it was
    bought; else it is taken off where another facility's may be left for it."""

    plants: Mapping[str, Plant]
    unnamed: Mapping[str, Decimal]
    most: bool

    def used(self, one: FacilityResult) -> Decimal:
        """Which part of what a facility's plant gives off is on the metal of the scope."""
        plant = self.plants.get(one.facility_id)
        if plant is None or not plant.sold:
            return ONE
        of_others = sum(t for name, t in self.unnamed.items() if name != one.facility_id)
        gone = plant.left - min(plant.left, plant.named + of_others)
        return ONE - gone / plant.made

    def given_off_elsewhere(self, one: FacilityResult) -> Iterator[tuple[Step, Decimal]]:
        """What of a facility's purchased goods is on the metal already, as what another facility
        of the scope gave off: by step, in kg CO2e."""
        for lot in _came(one):
            if lot.supplier_id is None:
                part = ZERO if self.most or not self._rest(one) else ONE
            elif lot.supplier_id == one.facility_id or lot.supplier_id not in self.plants:
                part = ZERO
            else:
                part = self.plants[lot.supplier_id].told_twice
            yield lot.step, lot.kg * part

    def _rest(self, one: FacilityResult) -> bool:
        """Whether others made more than is named as theirs."""
        others = (plant for name, plant in self.plants.items() if name != one.facility_id)
        return any(plant.left > plant.named for plant in others)


def anodes_of(results: Iterable[FacilityResult], *, most: bool = True) -> Anodes:
    """The plants of a scope, by a result of each of its facilities."""
    told = list(results)
    named: dict[str, Decimal] = {}
    unnamed: dict[str, Decimal] = {}
    for one in told:
        for lot in _came(one):
            if lot.supplier_id is None:
                unnamed[one.facility_id] = unnamed.get(one.facility_id, ZERO) + lot.tonnes
            elif lot.supplier_id != one.facility_id:
                named[lot.supplier_id] = named.get(lot.supplier_id, ZERO) + lot.tonnes
    plants = {one.facility_id: _plant(one, named.get(one.facility_id, ZERO)) for one in told}
    return Anodes({name: one for name, one in plants.items() if one.made}, unnamed, most)


def _came(one: FacilityResult) -> tuple[AnodesIn, ...]:
    return one.anodes_in or ()


def _plant(one: FacilityResult, named: Decimal) -> Plant:
    """A plant without cells lets all go that it makes, and nobody tells to whom: it counts in
    whole."""
    made = sum((made_of(one, item) for item in MADE), ZERO)
    left = left_of(one, MADE[0]) if made_of(one, TAPPED) else None
    return Plant(made, made if left is None else left, named, sold=left is not None)
