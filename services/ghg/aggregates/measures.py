"""What numbers are told of a facility, and which of them are made of the same amounts. Pure.

Whoever subtracts one number from another is left with what only one of them has: emissions less
those of the metal are of whoever makes none, power by location less power as bought is of whoever
contracted some. So every number is written as a sum over amounts of the facility that are nobody
else's and independent of each other (its form): numbers that are the same to a ten-thousandth are
the same amount.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import combinations
from typing import NamedTuple

from contracts.inventory import Scope, Step
from services.ghg.plans.figures import KG_PER_T, LIQUID, ZERO

from .sums import EMISSION, METAL, OUTPUT, SMELTING_SCOPES, Entry

SMELTING = "smelting_t"
SCOPES = tuple(scope.value for scope in Scope)
ALIKE = Decimal("0.0001")
Measure = tuple[str, str]
"""A step, "" for all of them, and a number told of it."""
Form = Mapping[str, int]
Amounts = dict[tuple[Step, Scope], Decimal]


class Number(NamedTuple):
    """A number of a facility, and the amounts that it is the sum of."""

    value: Decimal
    form: Form


def numbers_of(entry: Entry) -> dict[Measure, Number]:
    """Every number that aggregates may tell of a facility and that is not zero."""
    found: dict[Measure, Number] = {}
    forms = _forms(entry)
    amounts = {at: kg for at, kg in entry.sums.kg.items() if kg}
    for step in ("", *sorted({step for step, _ in amounts})):
        here = {at: kg for at, kg in amounts.items() if step in ("", at[0])}
        for scope in Scope:
            of = [at for at in here if at[1] is scope]
            _put(found, (step, scope.value), _tonnes(here, of), _added(forms, of))
        if step:
            of = [at for at in here if at[1] is not Scope.POWER_LOCATION]
            _put(found, (step, EMISSION), _tonnes(here, of), _added(forms, of))
    core = _core(amounts)
    _put(found, ("", EMISSION), entry.emission_t, _added(forms, core))
    _put(found, ("", OUTPUT), entry.output_t, {OUTPUT: 1})
    _put(found, ("", METAL), entry.metal_t, _metal(entry, amounts, forms))
    _put(found, ("", SMELTING), entry.smelting_t, _smelting(entry, amounts, forms))
    return found


def alike(one: Decimal, other: Decimal) -> bool:
    """Whether two amounts are the same but for rounding."""
    return abs(one - other) <= ALIKE * max(abs(one), abs(other))


def _put(found: dict[Measure, Number], measure: Measure, value: Decimal, form: Form) -> None:
    if form and value:
        found[measure] = Number(value, form)


def _core(amounts: Iterable[tuple[Step, Scope]]) -> list[tuple[Step, Scope]]:
    """The amounts that all emissions of a facility are the sum of."""
    return sorted(at for at in amounts if at[1] is not Scope.POWER_LOCATION)


def _forms(entry: Entry) -> dict[tuple[Step, Scope], Form]:
    """The form of each amount. All emissions are an amount of their own and the first of its parts
    is what the others leave of it: so numbers about all of them, which most are, stay short."""
    amounts = {at: kg for at, kg in entry.sums.kg.items() if kg}
    forms: dict[tuple[Step, Scope], Form] = {at: {_name(at): 1} for at in amounts}
    core = _core(amounts)
    if core:
        forms[core[0]] = {EMISSION: 1, **{_name(at): -1 for at in core[1:]}}
    for step, scope in amounts:
        bought = (step, Scope.POWER_MARKET)
        if scope is Scope.POWER_LOCATION and bought in amounts:
            if alike(amounts[step, scope], amounts[bought]):
                forms[step, scope] = forms[bought]
    return forms


def _metal(entry: Entry, amounts: Amounts, forms: Mapping[tuple[Step, Scope], Form]) -> Form:
    """Of the steps that the metal goes through, if it is those and nothing else of them."""
    core = _core(amounts)
    steps = sorted({step for step, _ in core})
    for left_out in range(len(steps)):
        for without in combinations(steps, left_out):
            of = [at for at in core if at[0] not in without]
            if alike(_tonnes(amounts, of), entry.metal_t):
                return _added(forms, of)
    return {METAL: 1}


def _smelting(entry: Entry, amounts: Amounts, forms: Mapping[tuple[Step, Scope], Form]) -> Form:
    """Of the electrolysis as a whole, unless some of what was tapped was sold liquid."""
    of = [at for at in amounts if at[0] is Step.ELECTROLYSIS and at[1] in SMELTING_SCOPES]
    tapped = entry.sums.outputs.get(LIQUID, ZERO) or entry.output_t
    return _added(forms, of) if alike(tapped, entry.output_t) else {SMELTING: 1}


def _name(at: tuple[Step, Scope]) -> str:
    return f"{at[0].value}/{at[1].value}"


def _tonnes(amounts: Amounts, of: Iterable[tuple[Step, Scope]]) -> Decimal:
    return sum((amounts[at] for at in of), ZERO) / KG_PER_T


def _added(forms: Mapping[tuple[Step, Scope], Form], of: Sequence[tuple[Step, Scope]]) -> Form:
    whole: dict[str, int] = {}
    for at in of:
        for amount, many in forms[at].items():
            whole[amount] = whole.get(amount, 0) + many
    return {amount: many for amount, many in whole.items() if many}
