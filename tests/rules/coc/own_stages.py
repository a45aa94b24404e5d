"""What documents of a scope that mines, refines and casts should tell, from what was asked of the
ledger and from what was verified alone: in fractions, by section 5.7 of the sources. It uses none
of the service's code, and reads none of its rows.

Material is mixed in the stock of its stage in the order of days; what goes on, is shipped, or is
claimed takes its part of all that is there. Each step adds what it gave off by the results that are
verified in the end, per kilogram of its product.
"""

from dataclasses import dataclass, field
from fractions import Fraction

NONE = Fraction(0)
STAGES = ("bauxite", "alumina", "aluminium")


@dataclass
class Held:
    """Kilograms, and their grams of CO2e."""

    kg: Fraction = NONE
    grams: Fraction = NONE

    def put(self, kg: Fraction, grams: Fraction) -> None:
        self.kg, self.grams = self.kg + kg, self.grams + grams

    def take(self, kg: Fraction) -> Fraction:
        """The grams of some kilograms, which are gone."""
        grams = self.grams * kg / self.kg
        self.put(-kg, -grams)
        return grams


@dataclass
class OwnStages:
    """Own emissions of the three steps in grams per kilogram of their product."""

    own: dict[str, Fraction]
    stock: dict[str, Held] = field(default_factory=lambda: {one: Held() for one in STAGES})
    shipped: Held = field(default_factory=Held)
    told: dict[str, Fraction] = field(default_factory=dict)

    def came(self, stage: str, kg: int, grams_per_kg: int) -> None:
        self.stock[stage].put(Fraction(kg), Fraction(kg * grams_per_kg))

    def went_on(self, stage: str, kg: int, made_kg: int) -> None:
        grams = self.stock[stage].take(Fraction(kg)) + self.own[stage] * kg
        self.stock[STAGES[STAGES.index(stage) + 1]].put(Fraction(made_kg), grams)

    def left(self, kg: int) -> None:
        self.shipped.put(Fraction(kg), self.stock["aluminium"].take(Fraction(kg)))

    def sold(self, number: str, kg: int) -> None:
        self.told[number] = self.shipped.take(Fraction(kg)) + self.own["aluminium"] * kg
