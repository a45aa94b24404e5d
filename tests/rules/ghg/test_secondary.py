"""World averages of 2015: worked example W1 of sources.md 9, step by step."""

from decimal import Decimal

import pytest
from hypothesis import given

from services.ghg.factors import secondary
from services.ghg.factors.gwp import Gas, co2e, gwp_set
from services.ghg.factors.secondary import Chain, Process, chain, energy

from .given import BOOK, d, decimals, rounded

WORLD = BOOK.named("world_lci_2015", secondary.FAMILY)
FUELS = BOOK.named("fuels_world_2015", secondary.FUELS_FAMILY)
GRID = d("0.45")
W1: Chain = chain(WORLD, FUELS, GRID)


@pytest.mark.parametrize(
    ("step", "tonnes"),
    [
        (W1.bauxite_kg, "0.048879"),
        (W1.alumina_kg, "2.308983"),
        (W1.anode_kg, "1.511857"),
        (W1.power_kg, "6.394500"),
        (W1.liquid_metal_kg, "10.264219"),
        (W1.casting_kg, "0.0825071"),
        (W1.liquid_metal_kg + W1.casting_kg, "10.346726"),
    ],
)
def test_w1_a_tonne_of_the_worlds_metal_by_step(step: Decimal, tonnes: str) -> None:
    assert rounded(step / 1000, tonnes) == d(tonnes)


def test_w1_takes_the_bauxite_and_burns_the_carbon_of_its_source() -> None:
    """Told by what the chain gives off: 1.928 t x 2.847 of bauxite, .463 t x .831 of carbon."""
    bauxite_t = W1.bauxite_kg / energy(Process.BAUXITE, WORLD, FUELS, GRID).value
    assert rounded(bauxite_t, "0.000001") == d("5.489016")
    anode_t = WORLD.factor("electrolysis.input_anode").value
    burnt_kg = W1.anode_kg - anode_t * energy(Process.ANODE, WORLD, FUELS, GRID).value
    assert rounded(burnt_kg / 1000 * 12 / 44, "0.000001") == d("0.384753")


@pytest.mark.parametrize(
    ("gas", "kg", "tonnes"), [(Gas.CF4, W1.cf4_kg, "0.491283"), (Gas.C2F6, W1.c2f6_kg, "0.047175")]
)
def test_w1_each_fluorocarbon(gas: Gas, kg: Decimal, tonnes: str) -> None:
    assert rounded(co2e({gas: kg}, gwp_set(BOOK, "AR5")).tonnes, tonnes) == d(tonnes)


def test_w1_with_fluorocarbons_and_casting() -> None:
    gases = {Gas.CO2: W1.liquid_metal_kg, Gas.CF4: W1.cf4_kg, Gas.C2F6: W1.c2f6_kg}
    total = co2e(gases, gwp_set(BOOK, "AR5"))
    assert rounded(total.tonnes, "0.000001") == d("10.802677")
    cast = co2e({**gases, Gas.CO2: W1.liquid_metal_kg + W1.casting_kg}, gwp_set(BOOK, "AR5"))
    assert rounded(cast.tonnes, "0.000001") == d("10.885184")


def test_all_of_a_world_average_is_default_but_the_grid() -> None:
    result = energy(Process.ALUMINA, WORLD, FUELS, GRID)
    assert result.unit == "kg CO2/t alumina"
    assert [term.symbol for term in result.terms if not term.default] == ["EF_grid"]
    assert rounded(result.value, "0.0001") == d("1197.6051")


@given(decimals("0", "2"), decimals("0", "2"))
def test_a_cleaner_grid_never_makes_dirtier_metal(ours: Decimal, theirs: Decimal) -> None:
    low, high = sorted((ours, theirs))
    assert chain(WORLD, FUELS, low).liquid_metal_kg <= chain(WORLD, FUELS, high).liquid_metal_kg
