"""How sure a result is: its lines as products of uncertain quantities. Pure.

Source: sources.md 4.10; the arithmetic is in `uncertainty`. A line is what was told times a factor.
A factor that stands in a hundred lines is one quantity, and so is a datum that stands in several
(a kilowatt-hour burnt, lost and delivered). What nobody gave an uncertainty takes that of the
policy, by the kind of the datum and by the evidence of the factor. Warming potentials are certain
here: they are laid down, not measured.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from infra.policy import Policy

from .lines import Line
from .tables import OWN
from .uncertainty import (
    DRAWS,
    Propagated,
    Quantity,
    Simulated,
    propagate,
    simulate,
)
from .uncertainty import (
    Line as Product,
)

ONE = Decimal(1)
ZERO = Decimal(0)
BURNT, CF4, C2F6 = "t CO2", "kg CF4", "kg C2F6"
EQUATIONS = frozenset({BURNT, CF4, C2F6})
"""Units of what an equation gives: its factor is a warming potential."""


def spread(lines: Sequence[Line], policy: Policy) -> Propagated:
    """Approach 1 over some lines, one side of Scope 2 at a time, in kg CO2e."""
    quantities, products = as_products(lines, policy)
    return propagate(quantities, products, policy)


def simulated(lines: Sequence[Line], policy: Policy, *, seed: int, draws: int = DRAWS) -> Simulated:
    """Approach 2 over the same quantities."""
    quantities, products = as_products(lines, policy)
    return simulate(quantities, products, seed=seed, draws=draws)


def as_products(
    lines: Sequence[Line], policy: Policy
) -> tuple[Mapping[str, Quantity], Sequence[Product]]:
    """The lines as products: each its kilograms, certain, times the quantities that move them,
    each of them one with its uncertainty."""
    quantities: dict[str, Quantity] = {}
    products: list[Product] = []
    for at, line in enumerate(lines):
        name = f"line {at}"
        quantities[name] = Quantity(line.kg, ZERO)
        told = " ".join(line.data)
        names = [name, f"data {told}"]
        if line.unit in EQUATIONS:
            _equation(line, names, quantities, policy)
        else:
            width = line.uncertainty_percent
            if width is None:
                width = policy.decimal(f"uncertainty.of_kind.{line.kind}")
            quantities.setdefault(names[1], Quantity(ONE, width))
            factor = line.factor
            own = told if factor.factor_set == OWN else factor.name
            names.append(f"factor {factor.factor_set} {own}")
            if factor.uncertainty_percent is None:
                width = policy.decimal(f"uncertainty.of_evidence.{factor.evidence}")
            else:
                width = factor.uncertainty_percent
            quantities.setdefault(names[2], Quantity(ONE, width))
        products.append(names)
    return quantities, products


def _equation(
    line: Line, names: list[str], quantities: dict[str, Quantity], policy: Policy
) -> None:
    """What an equation gives moves as a whole. C2F6 moves with CF4, and by its own ratio beside."""
    names[1] = f"equation {line.step} {' '.join(line.data)}"
    if line.unit == BURNT:
        names[1] += f" {line.item}"
    width = line.uncertainty_percent
    if width is None:
        width = policy.decimal("uncertainty.of_equation_percent")
    if line.unit != C2F6:
        quantities[names[1]] = Quantity(ONE, width)
        return
    ratio = [term for one in line.working for term in one.terms if term.symbol == "F"]
    if not ratio:
        names[1] += " C2F6"
        quantities[names[1]] = Quantity(ONE, width)
        return
    names.append(f"{names[1]} F")
    quantities[names[2]] = Quantity(ONE, ratio[0].uncertainty_percent or ZERO)
    quantities.setdefault(names[1], Quantity(ONE, width))
