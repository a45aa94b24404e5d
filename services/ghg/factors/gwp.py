"""Warming potentials and amounts of CO2e that never forget by which set they were made. Pure.

Adding amounts of two sets is refused (`mixed-gwp-sets`): a total has one set, and that set is
disclosed with it (sources.md 4.4, R-18). The sets are data (family `gwp100`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from infra.errors import Refused

from .book import Factor, FactorBook, FactorSet

FAMILY = "gwp100"
NAMES = ("SAR", "AR4", "AR5", "AR6")
"""The assessment reports whose potentials factors are made under."""


def gwp_set_of(text: str) -> str:
    """The set that a text names; refused `unknown-gwp-set`."""
    name = text.upper().replace("IPCC", "").replace("GWP100", "").strip(" -_,")
    if name not in NAMES:
        raise Refused(
            "unknown-gwp-set",
            f"{text[:40]!r} is no set of warming potentials: write {', '.join(NAMES)}, or leave it"
            " empty where nobody said",
        )
    return name


class Gas(StrEnum):
    """Gases of the aluminium chain. Fossil methane is a gas of its own where a set says so."""

    CO2 = "CO2"
    CH4 = "CH4"
    CH4_FOSSIL = "CH4_fossil"
    N2O = "N2O"
    CF4 = "CF4"
    C2F6 = "C2F6"


@dataclass(frozen=True, slots=True)
class Co2e:
    """Kilograms of CO2e under a named set. No tuple and no number, so that nothing adds or orders
    two of them without looking at their sets."""

    kg: Decimal
    gwp_set: str

    def __add__(self, other: "Co2e") -> "Co2e":
        """The sum; refused `mixed-gwp-sets` when the sets differ, even for nothing added."""
        if self.gwp_set != other.gwp_set:
            raise Refused(
                "mixed-gwp-sets",
                f"{self.gwp_set} and {other.gwp_set} cannot be added: recalculate under one set.",
                sets=[self.gwp_set, other.gwp_set],
            )
        return Co2e(self.kg + other.kg, self.gwp_set)

    def scaled(self, by: Decimal) -> "Co2e":
        """The amount times a number: of units, or a share."""
        return Co2e(self.kg * by, self.gwp_set)

    @property
    def tonnes(self) -> Decimal:
        """The amount in tonnes."""
        return self.kg / 1000


def total(amounts: Iterable[Co2e], gwp_set: str) -> Co2e:
    """The sum of amounts that are all of `gwp_set`; zero of that set for none."""
    found = Co2e(Decimal(0), gwp_set)
    for amount in amounts:
        found += amount
    return found


def potential(gas: Gas, factors: FactorSet) -> Factor:
    """The potential of a gas. A set that does not tell fossil methane apart counts it as methane;
    anything else it does not know is refused `unknown-factor`."""
    if gas is Gas.CH4_FOSSIL and not factors.has(gas):
        return factors.factor(Gas.CH4)
    return factors.factor(gas)


def co2e(masses_kg: Mapping[Gas, Decimal], factors: FactorSet) -> Co2e:
    """Masses of gases as CO2e under one set."""
    parts = (mass * potential(gas, factors).value for gas, mass in masses_kg.items())
    return Co2e(sum(parts, Decimal(0)), factors.factor_set)


def gwp_set(book: FactorBook, name: str | None) -> FactorSet:
    """The set of that name; refused `gwp-set-missing` without one: which set is used must be said
    (R-18), so there is no default."""
    if not name:
        known = [one.factor_set for one in book.family(FAMILY)]
        raise Refused(
            "gwp-set-missing",
            f"name the set of warming potentials: {', '.join(known)}.",
            known=known,
        )
    return book.named(name, FAMILY)
