"""What a reader of a report would ask: of its regime, its product, its data. Pure.

Sources: sources.md 4.1, 4.7, 4.8. What the lines themselves leave doubtful stands at the lines.
"""

from decimal import Decimal

from contracts.inventory import Step
from contracts.values import plain
from services.ghg.activity.inventory import Inventory
from services.ghg.activity.items import ITEMS, Family
from services.ghg.calculation.cells import tapped
from services.ghg.calculation.flows import NEXT, PRODUCTS, Flows
from services.ghg.calculation.melts import ZERO
from services.ghg.calculation.working import Doubt
from services.ghg.factors.pinned import Pinned
from services.ghg.findings.survey import STAND_INS

from .cbam import OWN_PLANT, plant_fuels
from .regimes import Rules

METAL = frozenset({"output.liquid_metal", "output.cast_metal"})
SITE_DATA = frozenset({Family.FUEL, Family.POWER, Family.INPUT, Family.ANODE_EFFECT, Family.OUTPUT})


def doubts(
    inventory: Inventory, rules: Rules, what: tuple[Step | None, bool], pinned: Pinned
) -> tuple[Doubt, ...]:
    """What a report of this regime would be asked; `what` is the step whose product it speaks of,
    and whether of its primary metal alone."""
    product, primary = what
    found: list[Doubt] = []
    source = "sources.md 4.7"
    found += _of_other_cells(inventory, rules)
    if rules.in_force is not None and pinned.as_of < rules.in_force:
        sentence = f"{rules.regime} is in force from {rules.in_force}."
        found.append(Doubt("regime_not_in_force", sentence, source))
    if product is None:
        sentence = f"Nothing is known to have been made of which {rules.regime} speaks."
        found.append(Doubt("no_declared_product", sentence, source))
    elif rules.primary_only and not primary:
        sentence = f"No primary metal was cast: the product of {product} is told instead."
        found.append(Doubt("no_primary_metal", sentence, "sources.md 4.1"))
    found += _of_site_data(inventory, rules)
    found += _of_own_power(inventory, rules, pinned)
    outside = [
        one.datum_id
        for one in inventory.data
        if not one.item.startswith("parameter.")
        and any(day is not None and day.year != inventory.year for day in (one.from_on, one.to_on))
    ]
    if outside:
        sentence = f"Data of other days than those of {inventory.year}: {', '.join(outside[:5])}."
        found.append(Doubt("outside_calendar_year", sentence, f"{source}, R-26"))
    return tuple(found)


def other_goods(
    inventory: Inventory, flows: Flows, rules: Rules, product: Step | None
) -> tuple[Doubt, ...]:
    """Goods that left in the year and are in no report of `product`: each has one of its own."""
    sold: dict[str, Decimal] = {}
    for one in inventory.data:
        if one.item == "output.sold":
            sold[one.of] = sold.get(one.of, ZERO) + one.quantity
    found: list[str] = []
    for step in rules.products:
        left_t = made_t = flows.made.get(step, ZERO)
        if (
            NEXT.get(step) in flows.made
        ):  # what was sold of one product is of all steps that made it
            items = PRODUCTS[step]
            every_t = sum((flows.made.get(of, ZERO) for of in NEXT if PRODUCTS[of] == items), ZERO)
            sold_t = sum((sold.get(item, ZERO) for item in items), ZERO)
            left_t = min(sold_t * made_t / every_t, made_t) if every_t else ZERO
        if step is not product and left_t > 0:
            found.append(f"{plain(round(left_t, 3))} t of what {step} made")
    if product is None or not found:
        return ()
    sentence = (
        f"This report speaks of what {product} made. Not in it: {'; '.join(found)}. Ask for the"
        " report of each as its `product`."
    )
    return (Doubt("goods_not_reported", sentence, "sources.md 4.8 [G4]"),)


def _of_other_cells(inventory: Inventory, rules: Rules) -> list[Doubt]:
    """Cells of which the regime does not speak: of the site, or of a part of its metal."""
    site = inventory.site
    if not rules.technologies:
        return []
    metal, every_t = tapped([one for one in inventory.data if one.item in METAL], site, [])
    made: dict[str, Decimal] = {} if metal else {site.technology or "": ZERO}
    for datum in metal:
        technology = datum.technology or site.technology or ""
        made[technology] = made.get(technology, ZERO) + datum.quantity
    found: list[Doubt] = []
    for technology, metal_t in made.items():
        if technology and technology not in rules.technologies:
            sentence = f"{rules.regime} takes other cells than {technology}"
            if metal_t < every_t:
                sentence += f", which made {plain(metal_t)} t of {plain(every_t)} t of the metal"
            found.append(Doubt("regime_not_for_technology", f"{sentence}.", "sources.md 4.7"))
    return found


def _of_site_data(inventory: Inventory, rules: Rules) -> list[Doubt]:
    """What the site itself uses, and only knows by a default."""
    secondary = [
        one.datum_id
        for one in inventory.data
        if one.kind in STAND_INS and ITEMS[one.item].family in SITE_DATA
    ]
    if not rules.site_data_primary or not secondary:
        return []
    named = f"{', '.join(secondary[:5])}{' and others' if len(secondary) > 5 else ''}"
    sentence = f"{rules.regime} takes primary data of the site; these are secondary: {named}."
    return [Doubt("site_data_secondary", sentence, "sources.md 4.7")]


def _of_own_power(inventory: Inventory, rules: Rules, pinned: Pinned) -> list[Doubt]:
    """An own plant that burns something, and no fuel that is said to be its."""
    fuelless = pinned.policy.words("finding.plants_without_fuel")
    burns = any(
        one.item == OWN_PLANT
        and one.quantity > 0
        and one.technology.strip().casefold() not in fuelless
        for one in inventory.data
    )
    if not rules.own_power_apart or not burns or plant_fuels(inventory):
        return []
    sentence = (
        f"The own power plant's fuels cannot be told from others, so all count as direct: say of"
        f" them that they are `of` {OWN_PLANT}."
    )
    return [Doubt("own_power_not_apart", sentence, "sources.md 4.8 [G4]")]
