"""What cannot be, told before anything is calculated: such data are refused, not found. Pure.

A finding is what an auditor would write down; a mass below zero or a factor beyond anything
physical is no statement about a facility at all, most often a unit that slipped. Bounds of factors
are policy, by family of items and closer for some items; so are those of own coefficients for
perfluorocarbons (sources.md 4.3), whose value is the datum's quantity. Data are all looked at:
whoever corrects a file wants the whole list. A factor below the least that can be is refused where
data come in (`own_factors`, a supplier's answer); data that were stored before are calculated as
they were, and found by R-17.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from contracts.values import plain
from infra.errors import Refused
from infra.importing.mapping import plain_name
from infra.policy import Policy
from services.ghg.calculation.lines import Result
from services.ghg.factors.calorific import Calorific, default_in

from .inventory import Datum, Inventory
from .items import ITEMS, Family, Item

FACTORS_OF = frozenset(
    {Family.FUEL, Family.POWER, Family.INPUT, Family.BOUGHT, Family.SCRAP, Family.TRANSPORT}
)
COEFFICIENTS = "plausible.coefficient_max."
LEANEST = "plausible.calorific_min."
WHY_NOT_LESS: Mapping[Family, str] = {
    Family.FUEL: (
        "the carbon is in the fuel (what holds none of fossil origin is fuel.biomass, biogas,"
        " bioliquid or hydrogen)"
    ),
    Family.BOUGHT: "what is bought was made, and gave something off",
    Family.TRANSPORT: "what moves it burns fuel",
}
TOLD = 20
ZERO = Decimal(0)
ONE = Decimal(1)
PRODUCTS = frozenset(one.slug for one in ITEMS.values() if one.family is Family.OUTPUT)


class Impossible(NamedTuple):
    """A datum that cannot be: what is wrong, the field, and a sentence."""

    slug: str
    datum_id: str
    field: str
    sentence: str


def impossible(inventory: Inventory, policy: Policy) -> Iterator[Impossible]:
    """Every datum with a quantity below zero, or a factor or coefficient outside its physical
    range."""
    most_of, highest = bounds(policy), coefficient_bounds(policy)
    for datum in inventory.data:
        if datum.quantity < 0:
            yield _negative(datum)
        elif datum.item in highest and datum.quantity > highest[datum.item]:
            sentence = beyond(datum.datum_id, datum.quantity, ITEMS[datum.item], highest)
            yield Impossible("factor-not-physical", datum.datum_id, "quantity", sentence)
        if datum.factor is not None:
            most = most_of.get(datum.item)
            if datum.factor < 0 or (most is not None and datum.factor > most):
                yield _outside(datum, most)
        if datum.embedded is not None and datum.embedded > most_of[datum.item]:
            yield _outside(datum._replace(factor=datum.embedded), most_of[datum.item], "embedded")


def check_data(inventory: Inventory, policy: Policy) -> None:
    """Refused `quantity-negative` or `factor-not-physical`, with the ids of all such data."""
    found = list(impossible(inventory, policy))
    if found:
        raise Refused(
            found[0].slug,
            found[0].sentence,
            data=[one.datum_id for one in found[:TOLD]],
            data_count=len(found),
        )


def check_result(result: Result) -> None:
    """Refused `output-missing` when something is given off and outputs are stated, all of zero:
    an intensity cannot be formed, and a standstill has no emissions of production. Who states no
    output at all is not judged here: totals without an intensity are a result."""
    stated = [one.quantity for one in result.inventory.data if one.item in PRODUCTS]
    if stated and not any(stated) and any(line.kg for line in result.lines):
        raise Refused(
            "output-missing",
            "emissions, but an output of zero: give what was made, or leave outputs out.",
            output_t="0",
        )


def takes_factor(item: Item) -> None:
    """An emission factor stands at what gives off, or gave off where it was made: elsewhere nothing
    would come of it, nor where an equation reckons by carbon. Refused `factor-not-used`."""
    if item.family is Family.INPUT:
        raise Refused(
            "factor-not-used",
            f"{item.title}: an equation reckons what it gives off, and takes no emission factor."
            " Leave the cell empty",
        )
    if item.family not in FACTORS_OF:
        raise Refused(
            "factor-not-used", f"{item.title} takes no emission factor: leave the cell empty"
        )


def _negative(datum: Datum) -> Impossible:
    unit = ITEMS[datum.item].unit if datum.item in ITEMS else ""
    sentence = f"{datum.datum_id} is {datum.quantity} {unit}: a quantity is zero or more."
    return Impossible("quantity-negative", datum.datum_id, "quantity", sentence)


def _outside(datum: Datum, most: Decimal | None, field: str = "factor") -> Impossible:
    unit = ITEMS[datum.item].unit if datum.item in ITEMS else "unit"
    top = "" if most is None else f" to {most}"
    sentence = (
        f"the {field} of {datum.datum_id} is {datum.factor} kg CO2e/{unit}, outside 0{top}: look at"
        " its unit."
    )
    return Impossible("factor-not-physical", datum.datum_id, field, sentence)


def beyond(what: str, value: Decimal, item: Item, highest: Mapping[str, Decimal]) -> str:
    """What is said of a coefficient that is above the highest that there can be."""
    unit = "" if item.unit == "1" else f" {item.unit}"
    return (
        f"{what} is {plain(value)}{unit}, outside 0 to {highest[item.slug]}: {item.title} cannot be"
        " so high. Look at its unit."
    )


@lru_cache(maxsize=64)
def coefficient_bounds(policy: Policy) -> Mapping[str, Decimal]:
    """The highest value of each own coefficient that has a bound, by item, in the item's unit."""
    names = [name for name in policy.figures if name.startswith(COEFFICIENTS)]
    return {name.removeprefix(COEFFICIENTS): policy.decimal(name) for name in names}


@lru_cache(maxsize=64)
def bounds(policy: Policy) -> dict[str, Decimal]:
    """The highest factor of each item that can have one."""
    found: dict[str, Decimal] = {}
    for item in ITEMS.values():
        if item.family in FACTORS_OF:
            own = f"plausible.factor_max.{item.slug}"
            name = own if own in policy.figures else f"plausible.factor_max.{item.family}"
            found[item.slug] = policy.decimal(name)
    return found


@lru_cache(maxsize=64)
def bounds_sent(policy: Policy) -> dict[str, Decimal]:
    """The highest factor that is taken in, by item: closer for some fuels than `bounds`, which
    data that were stored before are held to."""
    found = bounds(policy)
    names = {item: f"plausible.factor_high.{item}" for item in found}
    return found | {
        item: policy.decimal(name) for item, name in names.items() if name in policy.figures
    }


@lru_cache(maxsize=512)
def least_factor(item: str, policy: Policy, scrap_kind: str = "") -> Decimal:
    """The lowest factor that an item can have, in kg CO2e per its unit: fossil fuels hold carbon,
    what is bought was made somewhere, and pre-consumer scrap was molten; power, other scrap and
    ways that may be electric can be without a burden, their least is 0."""
    known = ITEMS.get(item)
    for name in (f"{item}.{scrap_kind}", item, "" if known is None else known.family.value):
        figure = f"plausible.factor_min.{name}"
        if figure in policy.figures:
            return policy.decimal(figure)
    return ZERO


def least_burnt(item: Item, by: Calorific | None, policy: Policy) -> tuple[Decimal, str]:
    """The lowest factor of a fuel, and what is said of one below. `by` is the default calorific
    value by which its quantity became energy, None where the energy is known: by a default, what
    is known is what a kilogram or a cubic metre gives off, and that is as little as that of the
    leanest fuel of the kind, or as is laid down for its measure. The factor is in kg CO2e/MJ, by
    the default."""
    least = least_factor(item.slug, policy)
    per = "" if by is None else by.unit.removeprefix("MJ/")
    name = f"{LEANEST}{item.slug}.{per}"
    if by is None or name not in policy.figures:
        return least, too_low(item, least)
    leanest, laid_down = policy.decimal(name), f"plausible.factor_min.{item.slug}.{per}"
    lowest = least * min(leanest / by.value, ONE)
    if laid_down in policy.figures:
        lowest = policy.decimal(laid_down) / by.value
    kg = plain(round(lowest * by.value, 4))
    return lowest, (
        f"{item.title} at less than {kg} kg CO2e/{per} cannot be, however lean it is"
        f" ({plain(leanest)} {by.unit}): {WHY_NOT_LESS[Family.FUEL]}. Look at its unit."
    )


def least_of(datum: Datum, policy: Policy) -> tuple[Decimal, str]:
    """The lowest factor that a stored datum can have, and what is said of one below."""
    item = ITEMS[datum.item]
    if item.family is Family.FUEL:
        return least_burnt(item, default_in(datum.source), policy)
    least = least_factor(datum.item, policy)
    return least, too_low(item, least)


class Low(NamedTuple):
    """Below `kg_per_unit` (kg CO2e) a factor of an item is doubted whatever reference it has, but
    where the datum names one of the technologies in `unless`. `amount` says the same per kilogram
    or cubic metre of a fuel whose calorific value nobody tells; empty elsewhere."""

    kg_per_unit: Decimal
    unless: frozenset[str] = frozenset()
    amount: str = ""

    def doubts(self, datum: Datum) -> bool:
        """Whether the factor of a datum is that low, with nothing that explains it."""
        if datum.factor is None or datum.factor >= self.kg_per_unit:
            return False
        return plain_name(datum.technology) not in self.unless


@lru_cache(maxsize=512)
def doubted_below(item: str, policy: Policy, by: Calorific | None = None) -> Low | None:
    """What is lower than anything that is known, though it can be; None where nothing is laid
    down. `by` is the default by which a fuel became energy, as of `least_burnt`."""
    name, unless = f"plausible.factor_low.{item}", f"plausible.factor_low_unless.{item}"
    words = frozenset(policy.words(unless) if unless in policy.figures else ())
    per = "" if by is None else by.unit.removeprefix("MJ/")
    if by is not None and f"{name}.{per}" in policy.figures:
        low = policy.decimal(f"{name}.{per}")
        return Low(low / by.value, words, f"{plain(low)} kg CO2e/{per}")
    return Low(policy.decimal(name), words) if name in policy.figures else None


def too_low(item: Item, least: Decimal) -> str:
    """What is said of a factor below the least that there can be."""
    why = WHY_NOT_LESS.get(item.family, "it gives something off")
    return (
        f"{item.title} at less than {plain(least)} kg CO2e/{item.unit} cannot be: {why}. Look at"
        " its unit."
    )
