"""Factors and coefficients of the plant's own, and what a maker says its metal embeds, read from
cells with a unit. Pure."""

from decimal import Decimal

from infra.errors import Refused
from infra.policy import Policy
from services.ghg.activity.cells import SHARES, content, number, precursor
from services.ghg.activity.items import Item
from services.ghg.activity.plausible import (
    beyond,
    bounds,
    coefficient_bounds,
    takes_factor,
)
from services.ghg.activity.units import Units


class OwnFactors:
    """Reads them in kg CO2e per unit of the item."""

    def __init__(self, units: Units, policy: Policy) -> None:
        self._units = units
        self._most = bounds(policy)
        self._highest = coefficient_bounds(policy)

    def factor(self, text: str, unit: str, item: Item) -> Decimal:
        """The own emission factor. Refused `factor-not-used`, `value-missing`,
        `factor-not-physical`, and as the unit and the number are."""
        takes_factor(item)
        most = self._most[item.slug]
        if not text:
            raise Refused("value-missing", "the factor's unit stands there without a factor")
        conversion = self._units.of_factor(unit, item)
        value = number(text) * conversion.factor
        if value > most:
            raise Refused(
                "factor-not-physical",
                f"{value} kg CO2e/{item.unit} is more than {item.title} can give off"
                f" ({most}): look at its unit",
            )
        return value

    def content(self, quantity: Decimal, item: Item) -> None:
        """A share or a coefficient in the item's unit. Refused `share-above-one`,
        `factor-not-physical`."""
        if item.unit in SHARES:
            content(quantity, item)
        if item.slug in self._highest and quantity > self._highest[item.slug]:
            raise Refused(
                "factor-not-physical", beyond("the coefficient", quantity, item, self._highest)
            )

    def embedded(self, text: str, unit: str, item: Item) -> Decimal:
        """What bought metal embeds; refused as a factor is, and `embedded-not-used`."""
        precursor(item)
        return self.factor(text, unit, item)
