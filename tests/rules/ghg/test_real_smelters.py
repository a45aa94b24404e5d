"""Real input: every operating smelter of the asset file as an inventory, and the curve they make.

Country, capacity, utilisation and power are real, the regions' power per tonne too; habits are
assumed alike (`simulator.smelters`). What comes out is held against the published figures of
sources.md 4.5, which were made by others from other data.
"""

import os
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from contracts.inventory import DataKind, Scope, Step
from services.ghg.activity.inventory import Datum, Inventory, Site
from services.ghg.calculation.calculate import calculate
from services.ghg.calculation.lines import Result
from services.ghg.calculation.totals import mine_to_metal
from simulator.smelters import Smelter, rows, smelters

from .made import pinned

BESIDE = Path(__file__).parents[3].parent / "shared"
DATA = Path(os.environ.get("CASTMARK_SHARED", BESIDE)) / "data"


class Plant(NamedTuple):
    """A smelter with its result, in t CO2e/t with power as bought."""

    smelter: Smelter
    result: Result
    intensity: Decimal


def inventory(smelter: Smelter) -> Inventory:
    site = Site(smelter.facility_id, smelter.country, None, "CWPB", smelter.started)
    return Inventory(
        site,
        2021,
        [
            Datum(
                datum_id=f"D{number}",
                step=Step(row["step"]),
                item=row["item"],
                quantity=Decimal(row["quantity"]),
                kind=DataKind(row["kind"]),
                source=row["source"],
                factor=Decimal(row["factor"]) if row.get("factor") else None,
                of=row.get("of", ""),
                proofs=tuple(row.get("proofs", "").split()),
            )
            for number, row in enumerate(rows(smelter))
        ],
    )


@cache
def world() -> Mapping[str, Plant]:
    found: dict[str, Plant] = {}
    sets = pinned("AR5")
    energy = DATA / "smelting-energy-1995-2021.csv"
    for smelter in smelters(DATA / "world-aluminium-assets.csv", energy):
        result = calculate(inventory(smelter), sets)
        plant = Plant(smelter, result, mine_to_metal(result).market)
        found[smelter.facility_id] = plant
    return found


def weighted(plants: list[Plant]) -> Decimal:
    metal = sum(plant.smelter.metal_t for plant in plants)
    return sum((plant.intensity * plant.smelter.metal_t for plant in plants), Decimal(0)) / metal


def powered(power: str) -> list[Plant]:
    return [plant for plant in world().values() if plant.smelter.power == power]


def test_every_operating_smelter_has_a_result_and_idle_ones_have_none() -> None:
    assert len(world()) == 151
    assert all(plant.result.lines for plant in world().values())


def test_each_smelter_lies_in_the_published_range_of_3_to_above_20() -> None:
    outside = {
        name: plant.intensity
        for name, plant in world().items()
        if not Decimal("3") <= plant.intensity <= Decimal("25")
    }
    assert outside == {}


def test_the_world_lies_between_the_two_published_averages_or_near() -> None:
    """CRU has 13.2 for 2023, IAI 15.8 for 2021: a tonne of room on either side."""
    assert Decimal("12.2") < weighted(list(world().values())) < Decimal("16.8")


@pytest.mark.parametrize(
    ("power", "low", "high"),
    [("Hydro", "3", "7"), ("Natural Gas", "8", "14"), ("Coal", "15", "22")],
)
def test_power_decides_where_a_smelter_stands(power: str, low: str, high: str) -> None:
    assert Decimal(low) < weighted(powered(power)) < Decimal(high)


def test_an_own_plant_burns_in_scope_1_and_buys_nothing() -> None:
    for plant in powered("Coal"):
        scopes: dict[tuple[Step, Scope], Decimal] = {}
        for line in plant.result.lines:
            key = (line.step, line.scope)
            scopes[key] = scopes.get(key, Decimal(0)) + line.kg
        assert scopes.get((Step.ELECTROLYSIS, Scope.POWER_MARKET), Decimal(0)) == 0
        assert scopes[Step.ELECTROLYSIS, Scope.DIRECT] > 9_000 * plant.smelter.metal_t


def test_the_scopes_without_suppliers_lie_near_the_published_10_5() -> None:
    """CRU 2023: Scope 1 and 2 of smelting are 10.5 t/t on average."""
    own = Decimal(0)
    for plant in world().values():
        kept = (Scope.DIRECT, Scope.POWER_MARKET)
        own += sum((one.kg for one in plant.result.lines if one.scope in kept), Decimal(0))
    metal = sum(plant.smelter.metal_t for plant in world().values())
    assert Decimal("9.0") < own / 1000 / metal < Decimal("12.5")
