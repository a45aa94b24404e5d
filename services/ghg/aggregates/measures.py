"""What numbers are told of a facility, and which of them are made of the same amounts. Pure.

Whoever subtracts one number from another is left with what only one of them has: emissions less
those of the metal are of whoever makes none, power by location less power as bought is of whoever
contracted some. So every number is written as a sum over amounts of the facility that are nobody
else's and independent of each other (its form): numbers that are the same to a ten-thousandth are
the same amount.

A facility's figures of a year may be others in a later edition (`editions`): those are a version of
it. What did not change is the same amount as before: whoever subtracts two editions is left with
what did.
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
"""Were it smaller, a new factor that moves every facility by as little would make all of them other
unknowns, and a row that goes on nearly as it was would tell of the one that came."""
LATER = "@"
"""Stands before the number of a later version; no id has it."""
Measure = tuple[str, str]
"""A step, "" for all of them, and a number told of it."""
Form = Mapping[str, int]
Amounts = dict[tuple[Step, Scope], Decimal]


class Number(NamedTuple):
    """A number of a facility, and the amounts that it is the sum of. `facility` is the id of the
    first version that has the same number."""

    value: Decimal
    form: Form
    facility: str


class Version(NamedTuple):
    """A facility as an edition has it: its numbers, and the form of each amount in kilograms."""

    entry: Entry
    numbers: Mapping[Measure, Number]
    forms: Mapping[tuple[Step, Scope], Form]


def numbers_of(entry: Entry) -> Mapping[Measure, Number]:
    """Every number that aggregates may tell of a facility and that is not zero."""
    return version_of(entry, ()).numbers


def version_of(entry: Entry, earlier: Sequence[Version]) -> Version:
    """A facility as an edition has it, after its earlier versions, the first of them first. The ids
    of later ones have their number behind `LATER`."""
    found: dict[Measure, Number] = {}
    forms = _forms(entry, earlier)
    told = _Told(entry, earlier, found)
    amounts = _amounts(entry)
    for step in ("", *sorted({step for step, _ in amounts})):
        here = {at: kg for at, kg in amounts.items() if step in ("", at[0])}
        for scope in Scope:
            of = [at for at in here if at[1] is scope]
            told.put((step, scope.value), _tonnes(here, of), _added(forms, of))
        if step:
            of = [at for at in here if at[1] is not Scope.POWER_LOCATION]
            told.put((step, EMISSION), _tonnes(here, of), _added(forms, of))
    told.put(("", EMISSION), entry.emission_t, _added(forms, _core(amounts)))
    told.put(("", OUTPUT), entry.output_t, told.alone(("", OUTPUT), entry.output_t))
    metal = _metal(entry, amounts, forms) or told.alone(("", METAL), entry.metal_t)
    told.put(("", METAL), entry.metal_t, metal)
    smelting = _smelting(entry, amounts, forms) or told.alone(("", SMELTING), entry.smelting_t)
    told.put(("", SMELTING), entry.smelting_t, smelting)
    return Version(entry, found, forms)


class _Told(NamedTuple):
    """The numbers of a version, as they are found."""

    entry: Entry
    earlier: Sequence[Version]
    found: dict[Measure, Number]

    def put(self, measure: Measure, value: Decimal, form: Form) -> None:
        """One more number."""
        if form and value:
            same = self._same(measure, value)
            facility = same.facility if same else self.entry.facility_id
            self.found[measure] = Number(value, form, facility)

    def alone(self, measure: Measure, value: Decimal) -> Form:
        """The form of a number that no other tells: that of before, where it is the same."""
        same = self._same(measure, value)
        return same.form if same else {_of(self.entry, measure[1]): 1}

    def _same(self, measure: Measure, value: Decimal) -> Number | None:
        numbers = (one.numbers.get(measure) for one in self.earlier)
        return next((one for one in numbers if one and alike(one.value, value)), None)


def alike(one: Decimal, other: Decimal) -> bool:
    """Whether two amounts are the same but for rounding."""
    return abs(one - other) <= ALIKE * max(abs(one), abs(other))


def _core(amounts: Iterable[tuple[Step, Scope]]) -> list[tuple[Step, Scope]]:
    """The amounts that all emissions of a facility are the sum of."""
    return sorted(at for at in amounts if at[1] is not Scope.POWER_LOCATION)


def _forms(entry: Entry, earlier: Sequence[Version]) -> dict[tuple[Step, Scope], Form]:
    """The form of each amount; that of before, where it is the same as before. All emissions are an
    amount of their own and the first of its parts is what the others leave of it: so numbers about
    all of them, which most are, stay short. (Of later versions they are the sum of the parts.)"""
    amounts = _amounts(entry)
    forms: dict[tuple[Step, Scope], Form] = {at: {_of(entry, _name(at)): 1} for at in amounts}
    core = _core(amounts)
    if core and not earlier:
        forms[core[0]] = {EMISSION: 1, **{_name(at): -1 for at in core[1:]}}
    same = {at: form for at in amounts if (form := _form_before(at, amounts[at], earlier))}
    forms |= same
    for step, scope in amounts:
        bought = (step, Scope.POWER_MARKET)
        if scope is Scope.POWER_LOCATION and bought in amounts and (step, scope) not in same:
            if alike(amounts[step, scope], amounts[bought]):
                forms[step, scope] = forms[bought]
    return forms


def _form_before(at: tuple[Step, Scope], kg: Decimal, earlier: Iterable[Version]) -> Form | None:
    """The form of an amount in the first version that has the same."""
    for one in earlier:
        before = one.entry.sums.kg.get(at)
        if before and alike(before, kg):
            return one.forms[at]
    return None


def _metal(entry: Entry, amounts: Amounts, forms: Mapping[tuple[Step, Scope], Form]) -> Form | None:
    """Of the steps that the metal goes through, if it is those and nothing else of them."""
    core = _core(amounts)
    steps = sorted({step for step, _ in core})
    for left_out in range(len(steps)):
        for without in combinations(steps, left_out):
            of = [at for at in core if at[0] not in without]
            if alike(_tonnes(amounts, of), entry.metal_t):
                return _added(forms, of)
    return None


def _smelting(
    entry: Entry, amounts: Amounts, forms: Mapping[tuple[Step, Scope], Form]
) -> Form | None:
    """Of the electrolysis as a whole, unless some of what was tapped was sold liquid."""
    of = [at for at in amounts if at[0] is Step.ELECTROLYSIS and at[1] in SMELTING_SCOPES]
    tapped = entry.sums.outputs.get(LIQUID, ZERO) or entry.output_t
    return _added(forms, of) if alike(tapped, entry.output_t) else None


def _amounts(entry: Entry) -> Amounts:
    return {at: kg for at, kg in entry.sums.kg.items() if kg}


def _name(at: tuple[Step, Scope]) -> str:
    return f"{at[0].value}/{at[1].value}"


def _of(entry: Entry, amount: str) -> str:
    """An amount of a version."""
    _, later, number = entry.facility_id.partition(LATER)
    return amount + later + number


def _tonnes(amounts: Amounts, of: Iterable[tuple[Step, Scope]]) -> Decimal:
    return sum((amounts[at] for at in of), ZERO) / KG_PER_T


def _added(forms: Mapping[tuple[Step, Scope], Form], of: Sequence[tuple[Step, Scope]]) -> Form:
    whole: dict[str, int] = {}
    for at in of:
        for amount, many in forms[at].items():
            whole[amount] = whole.get(amount, 0) + many
    return {amount: many for amount, many in whole.items() if many}
