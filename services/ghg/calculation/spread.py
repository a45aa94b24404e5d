"""How sure a result is: its lines as products of uncertain quantities. Pure.

Source: sources.md 4.10; the arithmetic is in `uncertainty`. A line is what was told times a factor.
A factor that stands in a hundred lines is one quantity, and so is a datum that stands in several
(a kilowatt-hour burnt, lost and delivered). What nobody gave an uncertainty takes that of the
policy, by the kind of the datum and by the evidence of the factor. Warming potentials are certain
here: they are laid down, not measured.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple, get_args

from contracts.inventory import DataKind
from infra.policy import Evidence, Policy
from services.ghg.factors.tables import OWN

from .lines import Line
from .uncertainty import DRAWS, Propagated, Quantity, Simulated, propagate, simulate, variance_of
from .uncertainty import Line as Product
from .working import PERCENT

ONE = Decimal(1)
ZERO = Decimal(0)
BURNT, CF4, C2F6 = "t CO2", "kg CF4", "kg C2F6"
PERCENT_MAX = Decimal(10_000)
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


def half_width_percent(lines: Sequence[Line], policy: Policy) -> Decimal | None:
    """What `spread` gives in per cent, to the digit, without saying why: every result has it, so it
    is worked out in one pass. None for a total of zero, and where credits leave so little that per
    cent of it say nothing."""
    widths = _widths(policy)
    kinds, evidences = widths.kinds, widths.evidences
    moved: dict[object, list[Decimal]] = {}
    """What each quantity moves, and its width."""
    of_table: dict[int, list[Decimal]] = {}
    for line in lines:
        kg, told, factor = line.kg, line.data, line.factor
        if line.unit in EQUATIONS:
            for name, width, firm in _equation(line, " ".join(told), widths):
                cell = moved.get(name)
                if cell is None:
                    moved[name] = [kg, width]
                else:
                    cell[0] += kg
                    if firm:
                        cell[1] = width
            continue
        cell = moved.get(told)  # as `_moved_by`, without spelling names
        if cell is None:
            of_line = line.uncertainty_percent
            moved[told] = [kg, kinds[line.kind] if of_line is None else of_line]
        else:
            cell[0] += kg
        cell = of_table.get(id(factor))
        if cell is None:
            own = factor.factor_set == OWN
            which = (OWN, told) if own else (factor.factor_set, factor.name, None)
            cell = moved.get(which)
            if cell is None:
                of_factor = factor.uncertainty_percent
                if of_factor is None:
                    of_factor = evidences[factor.evidence]
                cell = moved[which] = [ZERO, of_factor]
            if not own:
                of_table[id(factor)] = cell
        cell[0] += kg
    total = sum([line.kg for line in lines], ZERO)
    if total == 0:
        return None
    variance = sum([variance_of(kg, width) for kg, width in moved.values()], ZERO)
    percent = variance.sqrt() * PERCENT / abs(total)
    return percent if percent <= PERCENT_MAX else None


def as_products(
    lines: Sequence[Line], policy: Policy
) -> tuple[Mapping[str, Quantity], Sequence[Product]]:
    """The lines as products: each its kilograms, certain, times the quantities that move them,
    each of them one with its uncertainty."""
    widths = _widths(policy)
    quantities: dict[str, Quantity] = {}
    products: list[Product] = []
    for at, line in enumerate(lines):
        names = [f"line {at}"]
        quantities[names[0]] = Quantity(line.kg, ZERO)
        for name, width, firm in _moved_by(line, widths):
            names.append(name)
            if firm or name not in quantities:
                quantities[name] = Quantity(ONE, width)
        products.append(names)
    return quantities, products


class _Widths(NamedTuple):
    """Widths in per cent of what nobody gave one."""

    kinds: Mapping[DataKind, Decimal]
    evidences: Mapping[str, Decimal]
    equation: Decimal


@lru_cache(maxsize=64)
def _widths(policy: Policy) -> _Widths:
    evidences = ("given", *get_args(Evidence))
    return _Widths(
        {kind: policy.decimal(f"uncertainty.of_kind.{kind}") for kind in DataKind},
        {one: policy.decimal(f"uncertainty.of_evidence.{one}") for one in evidences},
        policy.decimal("uncertainty.of_equation_percent"),
    )


Moved = tuple[str, Decimal, bool]
"""The name of a quantity, its width, and whether this line tells that better than others do."""


def _moved_by(line: Line, widths: _Widths) -> Sequence[Moved]:
    """The quantities that move a line: what was told, and the factor."""
    told = " ".join(line.data)
    if line.unit in EQUATIONS:
        return _equation(line, told, widths)
    width, factor = line.uncertainty_percent, line.factor
    if width is None:
        width = widths.kinds[line.kind]
    own = told if factor.factor_set == OWN else factor.name
    of_factor = factor.uncertainty_percent
    if of_factor is None:
        of_factor = widths.evidences[factor.evidence]
    return (
        (f"data {told}", width, False),
        (f"factor {factor.factor_set} {own}", of_factor, False),
    )


def _equation(line: Line, told: str, widths: _Widths) -> Sequence[Moved]:
    """What an equation gives moves as a whole. C2F6 moves with CF4, and by its own ratio beside."""
    name = f"equation {line.step} {told}"
    if line.unit == BURNT:
        name += f" {line.item}"
    width = line.uncertainty_percent
    if width is None:
        width = widths.equation
    if line.unit != C2F6:
        return ((name, width, True),)
    ratio = [term for one in line.working for term in one.terms if term.symbol == "F"]
    if not ratio:
        return ((f"{name} C2F6", width, True),)
    return (
        (name, width, False),
        (f"{name} F", ratio[0].uncertainty_percent or ZERO, True),
    )
