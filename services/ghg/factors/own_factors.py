"""Factors and coefficients of the plant's own, and what a maker says its metal embeds, read with
their unit. Pure."""

from decimal import Decimal, localcontext

from infra.errors import Refused
from infra.policy import Policy
from services.ghg.activity.cells import SHARES, content, number, precursor
from services.ghg.activity.items import BIOGENIC, ITEMS, Family, Item
from services.ghg.activity.plausible import (
    beyond,
    bounds_sent,
    coefficient_bounds,
    least_burnt,
    least_factor,
    takes_factor,
    too_low,
)
from services.ghg.activity.units import Units

from .calorific import Basis, beside, default_in

ENERGY = Basis()
OUTSIDE = ". Its biogenic carbon dioxide counts in no scope: tell methane and nitrous oxide alone"
PLACES = 24
"""Fewer than a conversion has, so that 2 t/t by 20 GJ/t is 0.1 kg/MJ and not next to it."""


class OwnFactors:
    """Reads them in kg CO2e per unit of the item. `factor` and `embedded` are cells, of a number
    and of its unit; `told` and `told_embedded` a number with a unit that may be left out over HTTP:
    then it is in kg CO2e per the item's unit. A factor of a fuel per mass or volume becomes one of
    its energy by the calorific value of its row (`Basis`)."""

    def __init__(self, units: Units, policy: Policy) -> None:
        self._units = units
        self._policy = policy
        self._most = bounds_sent(policy)
        self._least = {item: least_factor(item, policy) for item in ITEMS}
        self._highest = coefficient_bounds(policy)

    def factor(self, text: str, unit: str, item: Item, basis: Basis = ENERGY) -> Decimal:
        """The own emission factor. Refused `factor-not-used`, `value-missing`,
        `factor-not-physical`, as the unit and the number are, and as the calorific value is
        (`beside`)."""
        return self._not_too_low(self._cell(text, unit, item, basis), unit, item, basis)

    def embedded(self, text: str, unit: str, item: Item) -> Decimal:
        """What bought metal embeds; refused as a factor is, and `embedded-not-used`. It may be of
        direct emissions alone, which have no least."""
        precursor(item)
        return self._cell(text, unit, item)

    def told(
        self, value: Decimal | None, unit: str, item: Item, basis: Basis = ENERGY
    ) -> Decimal | None:
        """The own emission factor, None where there is none; refused as that of a cell is, but for
        a unit that is left out."""
        found = self._told(value, unit, item, basis)
        return None if found is None else self._not_too_low(found, unit, item, basis)

    def told_embedded(self, value: Decimal | None, unit: str, item: Item) -> Decimal | None:
        """What bought metal embeds, None where nobody tells; refused as that of a cell is, but for
        a unit that is left out."""
        if value is not None or unit.strip():
            precursor(item)
        return self._told(value, unit, item)

    def content(self, quantity: Decimal, item: Item) -> None:
        """A share or a coefficient in the item's unit. Refused `share-above-one`,
        `factor-not-physical`."""
        if item.unit in SHARES:
            content(quantity, item)
        if item.slug in self._highest and quantity > self._highest[item.slug]:
            raise Refused(
                "factor-not-physical", beyond("the coefficient", quantity, item, self._highest)
            )

    def _cell(self, text: str, unit: str, item: Item, basis: Basis = ENERGY) -> Decimal:
        takes_factor(item)
        if not text:
            raise _without_value()
        return self._not_too_high(self._read(number(text), unit, item, basis), item)

    def _read(self, value: Decimal, unit: str, item: Item, basis: Basis) -> Decimal:
        """The factor in kg CO2e per unit of the item; of a fuel by its row's calorific value."""
        conversion = self._units.of_factor(unit, item)
        found = value * conversion.factor
        told, default = basis.told, default_in(conversion.note) if conversion.note else None
        if told is None or default is None:
            return found
        own, usual = beside(told, default, "factor")
        with localcontext(prec=PLACES):
            return found * usual / own

    def _told(
        self, value: Decimal | None, unit: str, item: Item, basis: Basis = ENERGY
    ) -> Decimal | None:
        unit = unit.strip()
        if value is None and not unit:
            return None
        takes_factor(item)
        if value is None:
            raise _without_value()
        found = self._read(value, unit, item, basis) if unit else value
        return self._not_too_high(found, item)

    def _not_too_high(self, value: Decimal, item: Item) -> Decimal:
        most = self._most[item.slug]
        if value > most:
            raise Refused(
                "factor-not-physical",
                f"{value} kg CO2e/{item.unit} is more than {item.title} can give off"
                f" ({most}): look at its unit{OUTSIDE if item.slug in BIOGENIC else ''}",
            )
        return value

    def _not_too_low(self, value: Decimal, unit: str, item: Item, basis: Basis) -> Decimal:
        least = self._least[item.slug]
        if value >= least:
            return value
        said = too_low(item, least)
        guessed = unit.strip() and self._units.of_factor(unit, item).note and basis.told is None
        if item.family is Family.FUEL and guessed:
            least, said = least_burnt(item, default_in(basis.note), self._policy)
            said = f"{said.removesuffix('.')}, or tell the calorific value"
        if value < least:
            raise Refused("factor-not-physical", said.removesuffix("."))
        return value


def _without_value() -> Refused:
    return Refused("value-missing", "the factor's unit stands there without a factor")
