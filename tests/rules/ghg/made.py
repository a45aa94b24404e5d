"""Inventories for tests: a smelter with all that one usually tells, and data made in one line."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from contracts.inventory import DataKind, Scope, Step
from services.ghg.activity.inventory import Datum, Inventory, Site
from services.ghg.calculation.calculate import calculate
from services.ghg.calculation.lines import Line, Result
from services.ghg.factors.pinned import ENGINE, Pinned, pin

from .given import BOOK, POLICY, TODAY

NOWHERE = Site("FAC-1", "XX", technology="CWPB", started=2005)
"""A smelter in a country that announces no grid factor."""
XINJIANG = Site("FAC-2", "CN", "CN-XJ", "CWPB", 2012)


def pinned(
    gwp: str = "AR5", pfc: str = "ipcc_2006", as_of: date = TODAY, engine: str = ENGINE
) -> Pinned:
    """The sets as shipped, on the day of these tests unless told otherwise."""
    return pin(BOOK, POLICY, as_of, gwp, pfc, engine)


def datum(name: str, step: Step, item: str, quantity: str, **more: Any) -> Datum:
    """A measured datum; `factor` and `uncertainty_percent` may be text."""
    for field in ("factor", "uncertainty_percent"):
        if isinstance(more.get(field), str):
            more[field] = Decimal(more[field])
    kind = more.pop("kind", DataKind.MEASURED)
    return Datum(name, step, item, Decimal(quantity), kind, **more)


def inventory(*data: Datum, site: Site = NOWHERE, year: int = 2024) -> Inventory:
    """A facility's year."""
    return Inventory(site, year, data)


def result(*data: Datum, site: Site = NOWHERE, sets: Pinned | None = None) -> Result:
    """What is calculated from these data."""
    return calculate(inventory(*data, site=site), sets or pinned())


def kg(lines: Iterable[Line], *scopes: Scope) -> Decimal:
    """The sum of the lines of some scopes, or of all lines."""
    return sum((one.kg for one in lines if not scopes or one.scope in scopes), Decimal(0))


def smelter(metal_t: str = "250000") -> tuple[Datum, ...]:
    """A coal-powered prebake smelter with its casthouse: figures such as one sees."""
    metal = Decimal(metal_t)

    def per_t(name: str, step: Step, item: str, amount: str, **more: Any) -> Datum:
        return datum(name, step, item, str(metal * Decimal(amount)), **more)

    cells, cast = Step.ELECTROLYSIS, Step.CASTING
    return (
        per_t("metal", cells, "output.liquid_metal", "1"),
        per_t("ingot", cast, "output.cast_metal", "0.99"),
        per_t("anodes", cells, "input.net_anode", "0.42"),
        datum("minutes", cells, "anode_effect.minutes", "0.2"),
        per_t("cells-power", cells, "power.grid", "13600"),
        per_t("cast-power", cast, "power.grid", "60"),
        per_t("cast-gas", cast, "fuel.gas", "1200"),
        per_t("cells-diesel", cells, "fuel.diesel", "60"),
        per_t("alumina", cells, "bought.alumina", "1.925", supplier_id="SUP-1"),
        per_t("anode", cells, "bought.anode", "0.43"),
        per_t("fluoride", cells, "bought.alf3", "0.017"),
        per_t("alumina-sea", cells, "transport.sea", "12000", of="bought.alumina"),
        per_t("alumina-rail", cells, "transport.rail", "600", of="bought.alumina"),
    )
