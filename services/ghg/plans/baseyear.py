"""Which year a pathway starts from, on what evidence, and when it must start anew. Pure.

Source: sources.md 4.9: that a decision tree picks the base year and names its evidence is known,
the tree itself was not found. Ours: the latest verified and representative year from the first
that is offered; else the mean of the last years with data. After a structural change above a
threshold the base is made again with the facilities as they are now.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from contracts.ghg_plans import ChangeKind as ChangeKind
from infra.errors import Refused
from infra.policy import Policy
from services.ghg.calculation.working import PERCENT, Doubt, given

from .pathway import Base

SOURCE = "sources.md 4.9"
ZERO = Decimal(0)


class Year(NamedTuple):
    """A year with data: t CO2e, t of product, and what is there to prove it. `representative`
    says that output was usual, no line stood still for long."""

    year: int
    emission_t: Decimal
    output_t: Decimal
    verified: bool
    representative: bool
    evidence: frozenset[str] = frozenset()


class Decision(NamedTuple):
    """The base, by which rule, from which years; the evidence that is asked for and the part of
    it that is still missing, by year."""

    base: Base
    rule: str
    years: tuple[int, ...]
    asked: tuple[str, ...]
    missing: tuple[tuple[int, str], ...]
    doubts: tuple[Doubt, ...]


class Change(NamedTuple):
    """A structural change, with what it brings (takes, for a divestment) in the base year. A
    change of method has a sign of its own and no output."""

    kind: ChangeKind
    emission_t: Decimal
    output_t: Decimal


class Rebased(NamedTuple):
    """The base after structural changes. `moved` says whether it was made again; `change_percent`
    is how much of the base year's emission came, went or was counted anew: what is bought and what
    is sold do not cancel out."""

    emission_t: Decimal
    output_t: Decimal
    base: Base
    moved: bool
    change_percent: Decimal


def decide_base(years: Sequence[Year], policy: Policy) -> Decision:
    """The base year; refused `base-year-missing` when no year can be one, `year-twice`."""
    first = policy.integer("5.3.base.first_year")
    usable = sorted((one for one in years if one.year >= first), key=lambda one: one.year)
    if len({one.year for one in usable}) != len(usable):
        raise Refused("year-twice", "a year is given twice.", years=[one.year for one in usable])
    for one in usable:
        given(f"emission of {one.year}", one.emission_t, "t CO2e")
        given(f"output of {one.year}", one.output_t, "t")
    usable = [one for one in usable if one.output_t > 0]
    fitting = [one for one in usable if one.verified and one.representative]
    if fitting:
        return _decision(fitting[-1:], "latest verified representative year", policy)
    count = policy.integer("5.3.base.mean_years")
    if len(usable) < count:
        raise Refused(
            "base-year-missing",
            f"no verified representative year from {first} on, and fewer than {count} with data.",
            first_year=first,
            years=[one.year for one in usable],
        )
    return _decision(usable[-count:], f"mean of the last {count} years", policy)


def _decision(chosen: Sequence[Year], rule: str, policy: Policy) -> Decision:
    emission = sum((one.emission_t for one in chosen), ZERO)
    output = sum((one.output_t for one in chosen), ZERO)
    base = Base(chosen[-1].year, emission / output)  # a mean weighted by output
    asked = policy.words("5.3.base.evidence")
    missing = [(one.year, what) for one in chosen for what in asked if what not in one.evidence]
    doubts: list[Doubt] = []
    if len(chosen) > 1:
        sentence = "No single year is verified and representative: the base is a mean."
        doubts.append(Doubt("base_is_a_mean", sentence, SOURCE))
    unverified = [str(one.year) for one in chosen if not one.verified]
    if unverified:
        sentence = f"Not verified: {', '.join(unverified)}."
        doubts.append(Doubt("base_unverified", sentence, SOURCE))
    years = tuple(one.year for one in chosen)
    return Decision(base, rule, years, asked, tuple(missing), tuple(doubts))


def rebase(
    year: int, emission_t: Decimal, output_t: Decimal, changes: Sequence[Change], policy: Policy
) -> Rebased:
    """The base with facilities as they are now, if more than the threshold of the base year's
    emission is concerned; else the base as it was. Refused `base-year-missing` when nothing is
    left to base on."""
    given("emission of the base year", emission_t, "t CO2e")
    given("output of the base year", output_t, "t")
    emission, output, touched = emission_t, output_t, ZERO
    for change in changes:
        sign = -1 if change.kind is ChangeKind.DIVESTMENT else 1
        touched += abs(change.emission_t)
        emission += sign * change.emission_t
        output += sign * change.output_t
    if emission_t == 0 or output_t == 0 or emission <= 0 or output <= 0:
        raise Refused(
            "base-year-missing",
            f"nothing is left of the base year {year}: choose another.",
            year=year,
        )
    moved_by = touched * PERCENT / emission_t
    if moved_by > policy.decimal("5.3.rebase.percent"):
        return Rebased(emission, output, Base(year, emission / output), True, moved_by)
    return Rebased(emission_t, output_t, Base(year, emission_t / output_t), False, moved_by)
