"""How a result shows its working: equation, terms, values, where each came from. Pure.

Nothing is rounded on the way: a reader who repeats the terms with the formula gets the value, to
the 28 digits of decimal arithmetic.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal, NamedTuple

from infra.errors import Refused
from infra.policy import Evidence
from services.ghg.factors.book import FactorSet

CARBON_TO_CO2 = (Decimal(44), Decimal(12))
"""Molar masses of CO2 and of carbon, g/mol: multiplied first and divided last, so exact as far as
decimals go."""
PERCENT = Decimal(100)


class Term(NamedTuple):
    """One value in an equation. `given` marks the facility's own; everything else names its source
    and evidence. `default` says that a parameter stood in for a value nobody gave;
    `uncertainty_percent` is the half-width of its 95 % range, where one is known."""

    symbol: str
    value: Decimal
    unit: str
    evidence: Evidence | Literal["given"]
    source: str
    default: bool = False
    note: str = ""
    uncertainty_percent: Decimal | None = None


class Doubt(NamedTuple):
    """What a verifier would ask about; `about` names the kind, stable, in snake_case. The findings
    (R-01 to R-34) are made from doubts and from the data as a whole."""

    about: str
    sentence: str
    source: str


class Working(NamedTuple):
    """A value with the rule, the formula and the terms that made it, and what is doubtful."""

    rule: str
    formula: str
    terms: tuple[Term, ...]
    value: Decimal
    unit: str
    factor_set: str
    doubts: tuple[Doubt, ...] = ()

    @property
    def defaults(self) -> tuple[str, ...]:
        """Symbols of the parameters that were defaults."""
        return tuple(term.symbol for term in self.terms if term.default)


def given(symbol: str, value: Decimal, unit: str) -> Term:
    """A facility's own value: refused `quantity-negative` below zero."""
    if value < 0:
        raise Refused(
            "quantity-negative",
            f"{symbol} is {value} {unit}: a quantity is zero or more.",
            quantity=symbol,
            value=value,
        )
    return Term(symbol, value, unit, "given", "the facility's own data")


def from_set(factors: FactorSet, name: str, symbol: str, default: bool = False) -> Term:
    """A value of a factor set under the symbol it has in the equation."""
    factor = factors.factor(name)
    return Term(
        symbol=symbol,
        value=factor.value,
        unit=factor.unit,
        evidence=factor.evidence,
        source=factor.source,
        default=default,
        note=factor.note,
        uncertainty_percent=factor.half_width_percent(),
    )


def chosen(
    factors: FactorSet, name: str, symbol: str, own: Mapping[str, Decimal]
) -> tuple[Term, tuple[Doubt, ...]]:
    """The facility's own value of a parameter where it has one (`own`, by symbol), with a doubt
    when it lies outside the published range; else the set's default, with a doubt when that is
    compared with no source or disputed between two."""
    factor = factors.factor(name)
    if symbol not in own:
        term = from_set(factors, name, symbol, default=True)
        if factor.evidence != "unverified":
            return term, ()
        sentence = f"{symbol}: {factor.note or 'its default was compared with no source'}."
        return term, (Doubt("default_disputed", sentence, factor.source),)
    term = given(symbol, own[symbol], factor.unit)
    if factor.within(term.value):
        return term, ()
    low, high = factor.range()
    sentence = f"{symbol} is {term.value}, outside the published range {low} to {high}."
    return term, (Doubt("outside_published_range", sentence, factor.source),)
