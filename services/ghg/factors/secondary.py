"""World-average processes, for what a facility and its suppliers do not tell. Pure.

Source: sources.md 4.5. Each process is a list of fuels (MJ), power (kWh) and inputs per tonne of
its product; its emission follows with a set of fuel factors and a grid factor. Such a figure stands
in for primary data and is always found (R-01): it is nobody's own.
"""

from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from services.ghg.calculation.working import CARBON_TO_CO2, Term, Working, from_set

from .book import FactorSet

FAMILY = "process_default"
FUELS_FAMILY = "fuel"
CO2, CARBON = CARBON_TO_CO2
ZERO = Decimal(0)


class Process(StrEnum):
    """Steps from mine to metal."""

    BAUXITE = "bauxite"
    ALUMINA = "alumina"
    ANODE = "anode"
    ELECTROLYSIS = "electrolysis"
    INGOT = "ingot"


class Chain(NamedTuple):
    """One tonne of metal by step, in kg CO2 per tonne of metal; gases other than CO2 as masses,
    for whichever warming potentials the reader wants."""

    bauxite_kg: Decimal
    alumina_kg: Decimal
    anode_kg: Decimal
    power_kg: Decimal
    casting_kg: Decimal
    cf4_kg: Decimal
    c2f6_kg: Decimal

    @property
    def liquid_metal_kg(self) -> Decimal:
        """CO2 of a tonne of liquid metal: everything but casting."""
        return self.bauxite_kg + self.alumina_kg + self.anode_kg + self.power_kg


def energy(process: Process, world: FactorSet, fuels: FactorSet, grid: Decimal) -> Working:
    """Fuels and power of a process in kg CO2 per tonne of its product; `grid` in kg CO2/kWh.
    Inputs bring their own. A process with neither is refused `unknown-factor` by its power."""
    terms: list[Term] = []
    formula: list[str] = []
    value = ZERO
    for fuel in sorted(fuels.factors):
        name = f"{process}.{fuel}"
        if not world.has(name):
            continue
        used = from_set(world, name, fuel, default=True)
        factor = from_set(fuels, fuel, f"EF_{fuel}", default=True)
        terms += (used, factor)
        formula.append(f"{fuel} * EF_{fuel}")
        value += used.value * factor.value
    power = from_set(world, f"{process}.power", "power", default=True)
    price = Term("EF_grid", grid, "kg CO2/kWh", "given", "the grid factor that was asked for")
    terms += (power, price)
    formula.append("power * EF_grid")
    value += power.value * grid
    name = f"{world.factor_set}, {fuels.factor_set}"
    unit = f"kg CO2/t {process}"
    return Working("world average", " + ".join(formula), tuple(terms), value, unit, name)


def chain(world: FactorSet, fuels: FactorSet, grid: Decimal) -> Chain:
    """From mine to metal with one grid factor everywhere, per tonne of metal. Caustic, lime,
    fluoride and transport are left out: the set names their amounts, but no factors for them."""

    def of(name: str) -> Decimal:
        return world.factor(name).value

    def per_t(process: Process) -> Decimal:
        return energy(process, world, fuels, grid).value

    alumina_t = of("electrolysis.input_alumina")
    anode_t = of("electrolysis.input_anode")
    bauxite_t = alumina_t * of("alumina.input_bauxite")
    burnt = anode_t * of("anode.carbon") * CO2 / CARBON * 1000
    return Chain(
        bauxite_kg=bauxite_t * per_t(Process.BAUXITE),
        alumina_kg=alumina_t * per_t(Process.ALUMINA),
        anode_kg=anode_t * per_t(Process.ANODE) + burnt,
        power_kg=per_t(Process.ELECTROLYSIS),
        casting_kg=per_t(Process.INGOT),
        cf4_kg=of("electrolysis.cf4"),
        c2f6_kg=of("electrolysis.c2f6"),
    )
