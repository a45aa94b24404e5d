"""The list of items: everything that activity data can be about, each with its one unit. Pure.

An item's slug is `<family>.<what>`. A quantity is stored in the item's unit; `units` converts what
was sent. A new item is one line here.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from contracts.inventory import Step

MINING, REFINING, ANODES = Step.BAUXITE_MINING, Step.ALUMINA_REFINING, Step.ANODE_PRODUCTION
CELLS, CASTING, REMELTING = Step.ELECTROLYSIS, Step.CASTING, Step.REMELTING
SEMIS = Step.SEMI_FABRICATION
MELTS = (CASTING, REMELTING, SEMIS)


class Family(StrEnum):
    """Kinds of item; what is done with a datum follows from its family."""

    FUEL = "fuel"
    POWER = "power"
    INPUT = "input"
    ANODE_EFFECT = "anode_effect"
    DUCT = "duct"
    PARAMETER = "parameter"
    BOUGHT = "bought"
    SCRAP = "scrap"
    TRANSPORT = "transport"
    OUTPUT = "output"
    STOCK = "stock"
    WASTE = "waste"
    LOSS = "loss"
    END_OF_LIFE = "end_of_life"


class Item(NamedTuple):
    """One item. `steps` are the process steps it may stand under, none for any."""

    slug: str
    family: Family
    unit: str
    title: str
    steps: tuple[Step, ...] = ()


def _items(family: Family, unit: str, *rows: tuple[str, str, tuple[Step, ...]]) -> list[Item]:
    return [Item(f"{family}.{slug}", family, unit, title, steps) for slug, title, steps in rows]


_ALL = (
    _items(
        Family.FUEL,
        "MJ",
        ("coal_hard", "hard coal", ()),
        ("coal_brown", "lignite", ()),
        ("oil_heavy", "heavy fuel oil", ()),
        ("diesel", "diesel", ()),
        ("gas", "natural gas", ()),
        ("lpg", "liquefied petroleum gas", ()),
        ("petrol", "petrol", ()),
        ("kerosene", "kerosene", ()),
        ("petroleum_coke", "petroleum coke that is burnt", ()),
        ("coke_oven_gas", "coke-oven gas", ()),
        ("gas_works_gas", "gas-works gas", ()),
        ("blast_furnace_gas", "blast-furnace gas", ()),
        ("steel_furnace_gas", "oxygen steel furnace gas", ()),
        ("producer_gas", "producer gas", ()),
        ("biomass", "solid biomass", ()),
        ("biogas", "biogas", ()),
        ("bioliquid", "liquid fuel of biomass", ()),
        ("hydrogen", "hydrogen", ()),
    )
    + _items(
        Family.POWER,
        "kWh",
        ("own_generation", "power of the facility's own plant", ()),
        ("direct_line", "power over a direct line", ()),
        ("ppa_contract", "power under a purchase agreement", ()),
        ("green_certificate", "grid power with certificates", ()),
        ("grid", "grid power", ()),
    )
    + _items(
        Family.INPUT,
        "t",
        ("net_anode", "baked anode consumed, butts taken off", (CELLS,)),
        ("paste", "Soederberg paste consumed", (CELLS,)),
        ("green_anode", "green anode put into the furnace", (ANODES,)),
        ("packing_coke", "packing coke consumed", (ANODES,)),
        ("green_coke", "green coke calcined on site", (ANODES,)),
        ("limestone", "limestone calcined on site", (REFINING,)),
        ("soda_ash", "soda ash used on site", (REFINING, CELLS)),
    )
    + _items(
        Family.ANODE_EFFECT,
        "1/cell-day",
        ("frequency", "anode effects per cell and day", (CELLS,)),
    )
    + _items(Family.ANODE_EFFECT, "min", ("duration", "mean length of one", (CELLS,)))
    + _items(
        Family.ANODE_EFFECT,
        "min/cell-day",
        ("minutes", "anode-effect minutes per cell and day", (CELLS,)),
    )
    + _items(Family.ANODE_EFFECT, "mV", ("overvoltage", "anode-effect over-voltage", (CELLS,)))
    + _items(Family.ANODE_EFFECT, "%", ("current_efficiency", "current efficiency", (CELLS,)))
    + _items(
        Family.DUCT,
        "kg",
        ("cf4", "CF4 measured in the duct", (CELLS,)),
        ("c2f6", "C2F6 measured in the duct", (CELLS,)),
    )
    + _items(Family.DUCT, "%", ("collected", "share that the hoods collect", (CELLS,)))
    + _items(
        Family.PARAMETER,
        "1",
        ("S_a", "sulphur in baked anode", (CELLS,)),
        ("Ash_a", "ash in baked anode", (CELLS,)),
        ("S_pc", "sulphur in packing coke", (ANODES,)),
        ("Ash_pc", "ash in packing coke", (ANODES,)),
        ("H_w", "hydrogen in green anode", (ANODES,)),
        ("WT", "waste tar per green anode", (ANODES,)),
        ("S_p", "sulphur in pitch", (CELLS,)),
        ("Ash_p", "ash in pitch", (CELLS,)),
        ("H_p", "hydrogen in pitch", (CELLS,)),
        ("S_c", "sulphur in calcined coke", (CELLS,)),
        ("Ash_c", "ash in calcined coke", (CELLS,)),
        ("BC", "binder in paste", (CELLS,)),
        ("CD", "carbon in skimmed dust per metal, Soederberg", (CELLS,)),
        ("F", "own weight ratio of C2F6 to CF4", (CELLS,)),
    )
    + _items(
        Family.PARAMETER,
        "kg/t",
        ("CSM", "cyclohexane-soluble matter per metal, Soederberg", (CELLS,)),
    )
    + _items(
        Family.PARAMETER,
        "kg/t/(min/cell-day)",
        ("S_CF4", "own PFC slope, CF4 per tonne", (CELLS,)),
    )
    + _items(
        Family.PARAMETER,
        "kg/t/mV",
        ("OVC", "own PFC over-voltage coefficient, current efficiency in per cent", (CELLS,)),
    )
    + _items(
        Family.PARAMETER,
        "t CO2e/t",
        ("exit_rate", "mine-to-metal intensity on the year's last day", (CELLS, CASTING)),
    )
    + _items(
        Family.BOUGHT,
        "t",
        ("bauxite", "bauxite", (REFINING,)),
        ("alumina", "metallurgical alumina", (CELLS,)),
        ("anode", "baked anode", (CELLS,)),
        ("coke", "calcined petroleum coke", (ANODES,)),
        ("green_coke", "green petroleum coke", (ANODES,)),
        ("pitch", "coal-tar pitch", (ANODES,)),
        ("paste", "Soederberg paste", (CELLS,)),
        ("caustic", "caustic soda", (REFINING,)),
        ("lime", "lime", (REFINING,)),
        ("soda_ash", "soda ash", (REFINING, CELLS)),
        ("alf3", "aluminium fluoride", (CELLS,)),
        ("cryolite", "cryolite", (CELLS,)),
        ("liquid_metal", "liquid primary metal", MELTS),
        ("primary_metal", "primary metal, cold", MELTS),
        ("cast_metal", "slab, billet or other cast metal", (SEMIS,)),
        ("alloying", "alloying elements", MELTS),
    )
    + _items(Family.SCRAP, "t", ("in", "scrap that goes in", (CELLS, *MELTS)))
    + _items(
        Family.TRANSPORT,
        "t*km",
        ("sea", "by sea, bulk", ()),
        ("barge", "by inland waterway", ()),
        ("rail", "by rail", ()),
        ("road", "by road", ()),
    )
    + _items(
        Family.OUTPUT,
        "t",
        ("bauxite", "bauxite mined, as shipped", (MINING,)),
        ("alumina", "alumina made", (REFINING,)),
        ("anode", "baked anode made", (ANODES,)),
        ("paste", "paste made", (ANODES,)),
        ("liquid_metal", "liquid metal tapped", (CELLS,)),
        ("cast_metal", "metal cast", (CASTING, REMELTING)),
        ("semi", "semi-fabricated product", (SEMIS,)),
        ("sold", "part of an output (`of`) that leaves before its next step", ()),
        ("scrap", "scrap that leaves the facility", MELTS),
        ("scrap_returned", "scrap that goes back to the same product line", MELTS),
        ("dross_metal", "metal recovered from dross", MELTS),
        ("to_casting", "metal that a remelting furnace gave to casting", (REMELTING,)),
    )
    + _items(
        Family.STOCK,
        "t",
        ("opening", "stock on the first day of the year", ()),
        ("closing", "stock on the last day of the year", ()),
    )
    + _items(
        Family.WASTE,
        "t",
        ("bauxite_residue", "bauxite residue, dry", (REFINING,)),
        ("spl_carbon", "spent pot lining, carbon", (CELLS,)),
        ("spl_refractory", "spent pot lining, refractory", (CELLS,)),
        ("dross", "dross", MELTS),
        ("dross_aluminium", "aluminium contained in dross", MELTS),
        ("other", "other waste", ()),
    )
    + _items(Family.LOSS, "t", ("metal", "metal lost by oxidation", (CELLS, *MELTS)))
    + _items(
        Family.END_OF_LIFE,
        "t",
        ("collected", "old scrap collected, of a market or programme", ()),
        ("available", "old scrap available, of the same market or programme", ()),
    )
    + _items(
        Family.END_OF_LIFE,
        "1",
        ("processing_yield", "aluminium left after sorting and processing of old scrap", ()),
        ("melt_yield", "metal left after melting of old scrap", ()),
    )
)
PRECURSORS = frozenset({"bought.liquid_metal", "bought.primary_metal", "bought.cast_metal"})
"""Bought metal, of whose embedded emissions its maker tells."""
BIOGENIC = frozenset({"fuel.biomass", "fuel.biogas", "fuel.bioliquid"})
"""Fuels whose carbon dioxide counts in no scope (it is told beside them), and their methane not as
fossil."""
GOODS = frozenset({"output.liquid_metal", "output.cast_metal", "output.semi"})
"""Outputs that are goods of chapter 76."""
PASSING = frozenset({"output.sold", "output.scrap_returned", "output.to_casting"})
"""Outputs that say where metal went, and are none that could lie in stock."""
STOCKED = frozenset(
    item.slug
    for item in _ALL
    if item.family in (Family.BOUGHT, Family.SCRAP)
    or (item.family is Family.OUTPUT and item.slug not in PASSING)
)
"""What a stock may hold: what is bought, and what is made. What an equation takes in (`input.`,
fuels) is told as it was used up, so that a stock of it would change nothing."""
ITEMS: Mapping[str, Item] = {item.slug: item for item in _ALL}
PARAMETERS = frozenset(item.slug for item in _ALL if item.family is Family.PARAMETER)
"""Coefficients of the facility's own; the days of such a datum say when it was measured."""
